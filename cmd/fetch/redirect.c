#include "fetch/redirect.h"

#include <string.h>
#include <strings.h>

bool fetch_redirect_is(long status)
{
  return status >= 300 && status <= 399 && status != 304;
}

const char *fetch_redirect_refusal(const struct fetch_redirect_rules *rules,
                                   unsigned followed,
                                   const struct fetch_url *from,
                                   const struct fetch_url *to)
{
  if (followed >= rules->most)
    return "too many redirects in a row (--max-redirs)";
  if (from->https && !to->https && !rules->allow_downgrade)
    return "a redirect from https to http (--allow-downgrade)";
  return NULL;
}

bool fetch_redirect_becomes_get(long status, const char *method)
{
  if (status == 303)
    return strcmp(method, "HEAD") != 0 && strcmp(method, "GET") != 0;
  return (status == 301 || status == 302) && strcmp(method, "POST") == 0;
}

bool fetch_redirect_is_private(const char *header)
{
  static const char *const names[] = { "Authorization", "Cookie",
                                       "Proxy-Authorization" };
  size_t len = strcspn(header, ":; \t");
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (strlen(names[i]) == len && strncasecmp(header, names[i], len) == 0)
      return true;
  return false;
}
