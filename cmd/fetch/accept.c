#include "fetch/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"

/* Source: RFC 9110 section 5.6.2. */
static size_t token_len(const char *text)
{
  return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                      "abcdefghijklmnopqrstuvwxyz" DIGITS "!#$%&'*+-.^_`|~");
}

bool fetch_accept_method(const char *text)
{
  size_t len = token_len(text);
  return len > 0 && text[len] == '\0';
}

bool fetch_accept_header(const char *text)
{
  size_t len = token_len(text);
  return len > 0 && (text[len] == ':' || text[len] == ';') &&
         !strpbrk(text, "\r\n");
}

bool fetch_accept_resolve(const char *text)
{
  const char *port = strchr(text, ':');
  size_t len = port ? strspn(port + 1, DIGITS) : 0;
  return port > text && len > 0 && port[1 + len] == ':' && port[2 + len];
}

static const char *after_host(const char *text)
{
  const char *bracket = *text == '[' ? strchr(text, ']') : NULL;
  return strchr(bracket ? bracket : text, ':');
}

bool fetch_accept_connect_to(const char *text)
{
  for (int host = 0; host < 2; host++) {
    const char *port = after_host(text);
    if (!port)
      return false;
    text = port + 1 + strspn(port + 1, DIGITS);
    if (*text++ != (host == 0 ? ':' : '\0'))
      return false;
  }
  return true;
}

bool fetch_accept_proxy(const char *text)
{
  static const char *const schemes[] = { "http",    "https",  "socks4",
                                         "socks4a", "socks5", "socks5h" };
  const char *end = strstr(text, "://");
  if (!end)
    return true;
  size_t len = (size_t)(end - text);
  for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
    if (strlen(schemes[i]) == len && strncasecmp(schemes[i], text, len) == 0)
      return end[3] != '\0';
  return false;
}
