#include "resolve/cookie.h"

#include <stdlib.h>
#include <string.h>

void resolve_cookies_init(struct resolve_cookies *cookies,
                          struct resolve_random *random, enum async_dns_tcp tcp)
{
  *cookies = (struct resolve_cookies){ .random = random, .tcp = tcp };
}

void resolve_cookies_done(struct resolve_cookies *cookies)
{
  free(cookies->items);
  cookies->items = NULL;
  cookies->count = 0;
}

/* Lines of the input may add resolvers at any time. */
static struct resolve_cookie *cookie_of(struct resolve_cookies *cookies,
                                        int resolver)
{
  size_t index = (size_t)resolver, count = cookies->count;
  if (index < count)
    return &cookies->items[index];
  size_t room = index < 2 * count ? 2 * count : index + 1;
  struct resolve_cookie *items =
      realloc(cookies->items, room * sizeof(struct resolve_cookie));
  if (!items)
    return NULL;
  memset(items + count, 0, (room - count) * sizeof(*items));
  cookies->items = items;
  cookies->count = room;
  return &items[index];
}

size_t resolve_cookie_write(struct resolve_cookies *cookies, int resolver,
                            unsigned char *out)
{
  struct resolve_cookie *cookie = cookie_of(cookies, resolver);
  if (!cookie)
    return 0;
  if (cookie->len == 0) {
    cookie->len = RESOLVE_COOKIE_OURS;
    resolve_random_fill(cookies->random, cookie->bytes, cookie->len);
  }
  out[0] = 0;
  out[1] = ASYNC_DNS_OPTION_COOKIE;
  out[2] = 0;
  out[3] = cookie->len;
  memcpy(out + 4, cookie->bytes, cookie->len);
  return 4u + cookie->len;
}

/* The first counts. */
static bool find(const struct async_dns_message *reply,
                 struct async_dns_option *option)
{
  *option = (struct async_dns_option)ASYNC_DNS_OPTION_INIT;
  while (async_dns_option_next(reply, option))
    if (option->code == ASYNC_DNS_OPTION_COOKIE)
      return true;
  return false;
}

static bool is_ours(const struct resolve_cookie *cookie,
                    const struct async_dns_option *option)
{
  bool fits = option->len == RESOLVE_COOKIE_OURS ||
              (option->len >= 2 * RESOLVE_COOKIE_OURS &&
               option->len <= RESOLVE_COOKIE_MOST);
  return fits && memcmp(option->data, cookie->bytes, RESOLVE_COOKIE_OURS) == 0;
}

/* Over TCP the other end is who it says. */
static enum async_dns_verdict judge_lack(const struct resolve_cookies *cookies,
                                         struct resolve_cookie *cookie,
                                         bool tcp)
{
  if (cookie->len == RESOLVE_COOKIE_OURS)
    return ASYNC_DNS_GOOD;
  if (!tcp)
    return cookies->tcp == ASYNC_DNS_TCP_NEVER ? ASYNC_DNS_DROP
                                               : ASYNC_DNS_TRUNCATED;
  cookie->len = RESOLVE_COOKIE_OURS;
  return ASYNC_DNS_GOOD;
}

/* Whoever refuses a fresh cookie does not agree with the servers beside it. */
static enum async_dns_verdict judge_refusal(
    const struct resolve_cookies *cookies, bool tcp, unsigned refused)
{
  if (refused == 1)
    return ASYNC_DNS_AGAIN;
  return tcp || cookies->tcp == ASYNC_DNS_TCP_NEVER ? ASYNC_DNS_GOOD
                                                    : ASYNC_DNS_TRUNCATED;
}

enum async_dns_verdict resolve_cookie_check(
    struct resolve_cookies *cookies, int resolver,
    const struct async_dns_message *reply, bool tcp, unsigned *refused)
{
  struct resolve_cookie *cookie = &cookies->items[resolver];
  struct async_dns_option option;
  if (!find(reply, &option))
    return judge_lack(cookies, cookie, tcp);
  if (!is_ours(cookie, &option))
    return ASYNC_DNS_DROP;
  if (option.len > RESOLVE_COOKIE_OURS) {
    cookie->len = (uint8_t)option.len;
    memcpy(cookie->bytes, option.data, option.len);
  }
  return reply->rcode == ASYNC_DNS_BADCOOKIE
             ? judge_refusal(cookies, tcp, ++*refused)
             : ASYNC_DNS_GOOD;
}

const char *resolve_cookie_word(const struct async_dns_message *reply)
{
  struct async_dns_option option;
  return find(reply, &option) ? "good" : "none";
}
