#include "fetch/url.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "async/error.h"

enum { PORT_HTTP = 80, PORT_HTTPS = 443 };

static bool is_lower_host_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool is_literal(const char *host, size_t len)
{
  char text[INET6_ADDRSTRLEN], bytes[16];
  if (len >= sizeof(text))
    return false;
  memcpy(text, host, len);
  text[len] = '\0';
  return inet_pton(AF_INET, text, bytes) == 1 ||
         inet_pton(AF_INET6, text, bytes) == 1;
}

/* Path and query of what follows the host. */
static void split_rest(struct fetch_url *url, const char *rest)
{
  size_t path = strcspn(rest, "?#");
  url->path = (struct fetch_span){ rest, path };
  url->query = (struct fetch_span){ rest + path, 0 };
  if (rest[path] == '?')
    url->query =
        (struct fetch_span){ rest + path + 1, strcspn(rest + path + 1, "#") };
}

static bool is_plain_text(const char *text)
{
  for (; *text; text++)
    if (*text <= ' ' || *text > '~')
      return false;
  return true;
}

/* Reads ":8080"; `*text` moves behind it. False: not so plain. */
static bool read_port(const char **text, uint16_t *port)
{
  unsigned long value = 0;
  const char *p = *text + 1;
  for (; is_digit(*p) && value < 65536; p++)
    value = value * 10 + (unsigned long)(*p - '0');
  if (p == *text + 1 || value == 0 || value > 65535)
    return false;
  *text = p;
  *port = (uint16_t)value;
  return true;
}

/* What nearly every URL of a list looks like: no login, no brackets, nothing to
 * escape, lower case. Its parts are parts of the text.
 *
 * Returns false, and the text goes to libcurl's parser, if it is not that. */
static bool parse_plain(struct fetch_url *url, const char *text)
{
  if (strncmp(text, "http", 4) != 0 || !is_plain_text(text))
    return false;
  url->https = text[4] == 's';
  const char *p = text + (url->https ? 5 : 4);
  if (strncmp(p, "://", 3) != 0)
    return false;
  const char *host = p += 3;
  while (is_lower_host_char(*p))
    p++;
  size_t len = (size_t)(p - host);
  uint16_t usual = url->https ? PORT_HTTPS : PORT_HTTP;
  url->port = usual;
  size_t origin = (size_t)(p - text);
  if (len == 0 || (*p == ':' && !read_port(&p, &url->port)) ||
      (*p && *p != '/' && *p != '?' && *p != '#'))
    return false;
  if (url->port != usual)
    origin = (size_t)(p - text);
  url->literal = is_literal(host, len);
  /* libcurl reads "127.1" and "0x7f.1" as addresses, too. */
  if (is_digit(*host) && !url->literal)
    return false;
  url->text = text;
  url->host = (struct fetch_span){ host, len };
  url->origin = (struct fetch_span){ text, origin };
  split_rest(url, p);
  return true;
}

/* "http://" in front of what has no scheme, as curl does; a scheme that is not
 * ours is an error. */
static int complete_scheme(struct fetch_url *url, const char *text,
                           const char **why)
{
  size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
  bool has_scheme = len > 0 && text[len] == ':' && !is_digit(text[len + 1]);
  if (has_scheme) {
    bool ours = (len == 4 && strncasecmp(text, "http", 4) == 0) ||
                (len == 5 && strncasecmp(text, "https", 5) == 0);
    *why = "its scheme is not supported: http and https are";
    url->text = text;
    return ours ? 0 : ASYNC_EINVAL;
  }
  char *whole;
  if (asprintf(&whole, "http://%s", text) < 0)
    return ASYNC_ENOMEM;
  url->text = url->owned = whole;
  return 0;
}

/* libcurl takes one to three slashes. */
static bool has_host(const char *text)
{
  const char *slashes = strchr(text, ':') + 1;
  return strspn(slashes, "/\\") == 2;
}

static const char *reason(CURLUcode code, const char *text)
{
  if (strpbrk(text, " \t\r\n\v\f"))
    return "there is a space in it (write %20)";
  if (code == CURLUE_OUT_OF_MEMORY && !is_plain_text(text))
    return "the host is not a name that can be written in ASCII";
  switch (code) {
  case CURLUE_BAD_PORT_NUMBER:
    return "the port is not a number from 1 to 65535";
  case CURLUE_NO_HOST:
    return "the host is missing";
  case CURLUE_BAD_HOSTNAME:
  case CURLUE_BAD_IPV6:
    return "the host is not a name or an address";
  case CURLUE_LACKS_IDN:
    return "this libcurl knows ASCII host names only";
  case CURLUE_MALFORMED_INPUT:
    return "it is not a URL";
  default:
    return curl_url_strerror(code);
  }
}

/* The parts in memory of their own: text, origin and host, one after another.
 */
static int own_parts(struct fetch_url *url, const char *scheme, char *host)
{
  size_t len = strlen(host);
  bool brackets = *host == '[';
  char port[8] = "", *memory;
  if (url->port != (url->https ? PORT_HTTPS : PORT_HTTP))
    snprintf(port, sizeof(port), ":%u", (unsigned)url->port);
  for (char *p = host; *p; p++)
    if (*p >= 'A' && *p <= 'Z')
      *p = (char)(*p - 'A' + 'a');
  size_t text_len = strlen(url->text);
  int all = asprintf(&memory, "%s\n%s://%s%s", url->text, scheme, host, port);
  if (all < 0)
    return ASYNC_ENOMEM;
  memory[text_len] = '\0';
  free(url->owned);
  url->text = url->owned = memory;
  const char *origin = memory + text_len + 1;
  url->origin = (struct fetch_span){ origin, (size_t)all - text_len - 1 };
  url->host = (struct fetch_span){ origin + strlen(scheme) + 3, len };
  if (brackets) {
    url->host.at++;
    url->host.len -= 2;
  }
  url->literal = is_literal(url->host.at, url->host.len);
  return 0;
}

/* Path and query as they stand in the text, behind scheme and authority. */
static void find_rest(struct fetch_url *url)
{
  const char *p = strchr(url->text, ':') + 1;
  p += strspn(p, "/\\");
  split_rest(url, p + strcspn(p, "/?#"));
}

static int parse_any(struct fetch_url *url, CURLU *parser, const char **why)
{
  char *scheme = NULL, *host = NULL, *port = NULL;
  CURLUcode code =
      curl_url_set(parser, CURLUPART_URL, url->text, CURLU_PATH_AS_IS);
  if (code == CURLUE_OK)
    code = curl_url_get(parser, CURLUPART_SCHEME, &scheme, 0);
  if (code == CURLUE_OK)
    code = curl_url_get(parser, CURLUPART_HOST, &host, CURLU_PUNYCODE);
  if (code == CURLUE_OK)
    code = curl_url_get(parser, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  /* 7.88 says so, too, of a host that IDNA does not know. */
  int err = code == CURLUE_OUT_OF_MEMORY && is_plain_text(url->text)
                ? ASYNC_ENOMEM
                : ASYNC_EINVAL;
  *why = reason(code, url->text);
  if (code == CURLUE_OK) {
    url->https = strcmp(scheme, "https") == 0;
    url->port = (uint16_t)strtoul(port, NULL, 10);
    err = own_parts(url, scheme, host);
  }
  if (err == 0)
    find_rest(url);
  curl_free(scheme);
  curl_free(host);
  curl_free(port);
  return err;
}

int fetch_url_parse(struct fetch_url *url, const char *text, const char **why)
{
  *url = (struct fetch_url){ .text = text };
  if (parse_plain(url, text))
    return 0;
  int err = complete_scheme(url, text, why);
  if (err < 0)
    return err;
  *why = "the host is missing";
  if (!has_host(url->text))
    return ASYNC_EINVAL;
  CURLU *parser = curl_url();
  if (!parser)
    return ASYNC_ENOMEM;
  err = parse_any(url, parser, why);
  curl_url_cleanup(parser);
  return err;
}

void fetch_url_done(struct fetch_url *url)
{
  free(url->owned);
  url->owned = NULL;
}

bool fetch_url_same_origin(const struct fetch_url *a, const struct fetch_url *b)
{
  return a->origin.len == b->origin.len &&
         memcmp(a->origin.at, b->origin.at, a->origin.len) == 0;
}
