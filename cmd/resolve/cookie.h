/* cmd/resolve/cookie.h: DNS cookies, those of each resolver.
 *
 *  1. To each resolver goes a cookie of ours, drawn for it alone, so that one
 *     cannot speak for another. A reply has to repeat it: who cannot see our
 *     queries cannot forge one.
 *  2. What the resolver adds is its own cookie. It is sent back from then on,
 *     and shows that we are who the source address says.
 *  3. BADCOOKIE says that it wants its cookie, and has it in the reply: the
 *     question is asked again at once, and then over TCP.
 *  4. Who has sent a cookie once sends one always. A reply without is asked for
 *     again over TCP; if there is none either, the resolver has given it up.
 *
 * Source: RFC 7873 sections 5.1 and 5.3, RFC 9018 section 3. */
#ifndef RESOLVE_COOKIE_H
#define RESOLVE_COOKIE_H

#include "async/dns_fleet.h"
#include "async/dns_message.h"
#include "resolve/random.h"

enum {
  RESOLVE_COOKIE_OURS = 8,
  RESOLVE_COOKIE_MOST = 40,
  RESOLVE_COOKIE_OPTION = 4 + RESOLVE_COOKIE_MOST /* with code and length */
};

struct resolve_cookie {
  unsigned char bytes[RESOLVE_COOKIE_MOST]; /* ours, then the resolver's */
  uint8_t len; /* 0: not drawn yet; 8: none of the resolver's is known */
};

struct resolve_cookies {
  struct resolve_cookie *items; /* by the resolver's index in the fleet */
  size_t count;
  struct resolve_random *random; /* borrowed */
  enum async_dns_tcp tcp;
};

void resolve_cookies_init(struct resolve_cookies *cookies,
                          struct resolve_random *random,
                          enum async_dns_tcp tcp);
void resolve_cookies_done(struct resolve_cookies *cookies);

/* Writes the option for a query to this resolver.
 *
 * out  RESOLVE_COOKIE_OPTION bytes
 *
 * Returns its length, or 0 without memory.
 */
size_t resolve_cookie_write(struct resolve_cookies *cookies, int resolver,
                            unsigned char *out);

/* Looks at a reply to a query that had our cookie, and keeps the resolver's.
 *
 * tcp      how it came
 * refused  how often this question had BADCOOKIE; counts
 *
 * Returns ASYNC_DNS_GOOD if there is nothing against it, or what is to be made
 * of it.
 */
enum async_dns_verdict resolve_cookie_check(
    struct resolve_cookies *cookies, int resolver,
    const struct async_dns_message *reply, bool tcp, unsigned *refused);

/* What a reply says about cookies: "good", as in dig, or "none". */
const char *resolve_cookie_word(const struct async_dns_message *reply);

#endif
