/* Cookies: what is sent, which replies are taken, what is learnt from them. */
#include "resolve/cookie.h"

#include "tap.h"

enum { OURS = 8, SERVER = 16, FULL = OURS + SERVER, HEADER = 12, OPT = 11 };

struct jar {
  struct resolve_random random;
  struct resolve_cookies cookies;
  unsigned refused;
};

static void begin(struct jar *jar, enum async_dns_tcp tcp)
{
  *jar = (struct jar){ .refused = 0 };
  resolve_cookies_init(&jar->cookies, &jar->random, tcp);
}

/* The cookie that is sent to that resolver. Returns its length. */
static size_t sent(struct jar *jar, int resolver, unsigned char *out)
{
  unsigned char option[RESOLVE_COOKIE_OPTION];
  size_t len = resolve_cookie_write(&jar->cookies, resolver, option);
  CHECK(len >= 4);
  CHECK_INT(option[0] << 8 | option[1], ASYNC_DNS_OPTION_COOKIE);
  CHECK_INT(option[2] << 8 | option[3], len - 4);
  memcpy(out, option + 4, len - 4);
  return len - 4;
}

/* What is made of a reply with this cookie; len 0: without one. */
static enum async_dns_verdict reply(struct jar *jar, int resolver, int rcode,
                                    const unsigned char *cookie, size_t len,
                                    bool tcp)
{
  unsigned char bytes[HEADER + OPT + 4 + 64] = { 0 };
  struct async_dns_message message;
  bytes[2] = 0x80;
  bytes[3] = (unsigned char)(rcode & 15);
  bytes[11] = 1;
  bytes[HEADER + 2] = ASYNC_DNS_OPT;
  bytes[HEADER + 5] = (unsigned char)(rcode >> 4);
  size_t options = len ? 4 + len : 0;
  bytes[HEADER + 10] = (unsigned char)options;
  if (len) {
    bytes[HEADER + OPT + 1] = ASYNC_DNS_OPTION_COOKIE;
    bytes[HEADER + OPT + 3] = (unsigned char)len;
    memcpy(bytes + HEADER + OPT + 4, cookie, len);
  }
  CHECK_INT(async_dns_message_read(&message, bytes, HEADER + OPT + options), 0);
  CHECK_INT(message.rcode, rcode);
  return resolve_cookie_check(&jar->cookies, resolver, &message, tcp,
                              &jar->refused);
}

/* The resolver's cookie is behind ours: so many times that letter. */
static void make(struct jar *jar, int resolver, char letter, unsigned char *out)
{
  memset(out, letter, RESOLVE_COOKIE_MOST + 8);
  unsigned char own[RESOLVE_COOKIE_MOST];
  sent(jar, resolver, own);
  memcpy(out, own, OURS);
}

static void each_resolver_gets_a_cookie_of_its_own(void)
{
  struct jar jar;
  unsigned char one[RESOLVE_COOKIE_MOST], two[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  CHECK_INT(sent(&jar, 3, one), OURS);
  CHECK_INT(sent(&jar, 1000, two), OURS);
  CHECK(memcmp(one, two, OURS) != 0);
  CHECK_INT(sent(&jar, 3, two), OURS);
  CHECK_INT(memcmp(one, two, OURS), 0);
  resolve_cookies_done(&jar.cookies);
}

static void the_resolvers_cookie_goes_back_to_it_alone(void)
{
  struct jar jar;
  unsigned char theirs[48], back[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  make(&jar, 1, 'x', theirs);
  CHECK_INT(reply(&jar, 1, 0, theirs, FULL, false), ASYNC_DNS_GOOD);
  CHECK_INT(sent(&jar, 1, back), FULL);
  CHECK_INT(memcmp(back, theirs, FULL), 0);
  CHECK_INT(sent(&jar, 0, back), OURS);
  /* The latest counts, whatever the answer is. */
  memset(theirs + OURS, 'y', SERVER);
  CHECK_INT(reply(&jar, 1, ASYNC_DNS_NXDOMAIN, theirs, FULL, false),
            ASYNC_DNS_GOOD);
  CHECK_INT(sent(&jar, 1, back), FULL);
  CHECK_INT(memcmp(back, theirs, FULL), 0);
  resolve_cookies_done(&jar.cookies);
}

static void a_reply_with_another_cookie_is_dropped(void)
{
  struct jar jar;
  unsigned char theirs[48], back[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  make(&jar, 0, 'x', theirs);
  theirs[OURS - 1] ^= 1;
  CHECK_INT(reply(&jar, 0, 0, theirs, FULL, false), ASYNC_DNS_DROP);
  CHECK_INT(reply(&jar, 0, 0, theirs, OURS, false), ASYNC_DNS_DROP);
  CHECK_INT(reply(&jar, 0, ASYNC_DNS_BADCOOKIE, theirs, FULL, false),
            ASYNC_DNS_DROP);
  CHECK_INT(reply(&jar, 0, 0, theirs, FULL, true), ASYNC_DNS_DROP);
  CHECK_INT(jar.refused, 0);
  CHECK_INT(sent(&jar, 0, back), OURS);
  make(&jar, 1, 'x', theirs); /* another one's */
  sent(&jar, 0, back);
  CHECK_INT(reply(&jar, 0, 0, theirs, FULL, false), ASYNC_DNS_DROP);
  resolve_cookies_done(&jar.cookies);
}

static void so_is_one_of_a_length_that_there_is_not(void)
{
  struct jar jar;
  unsigned char theirs[48];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  make(&jar, 0, 'x', theirs);
  for (size_t len = 1; len <= 48; len++) {
    bool good = len == 8 || (len >= 16 && len <= 40);
    CHECK_INT(reply(&jar, 0, 0, theirs, len, false),
              good ? ASYNC_DNS_GOOD : ASYNC_DNS_DROP);
  }
  resolve_cookies_done(&jar.cookies);
}

static void bad_cookie_is_asked_again_and_then_over_tcp(void)
{
  struct jar jar;
  unsigned char theirs[48], back[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  make(&jar, 0, 'x', theirs);
  CHECK_INT(reply(&jar, 0, ASYNC_DNS_BADCOOKIE, theirs, FULL, false),
            ASYNC_DNS_AGAIN);
  CHECK_INT(sent(&jar, 0, back), FULL);
  CHECK_INT(reply(&jar, 0, ASYNC_DNS_BADCOOKIE, theirs, FULL, false),
            ASYNC_DNS_TRUNCATED);
  CHECK_INT(reply(&jar, 0, ASYNC_DNS_BADCOOKIE, theirs, FULL, true),
            ASYNC_DNS_GOOD); /* as an answer, if a bad one */
  jar.refused = 1;
  jar.cookies.tcp = ASYNC_DNS_TCP_NEVER;
  CHECK_INT(reply(&jar, 0, ASYNC_DNS_BADCOOKIE, theirs, FULL, false),
            ASYNC_DNS_GOOD);
  resolve_cookies_done(&jar.cookies);
}

static void a_resolver_without_cookies_is_taken_as_it_is(void)
{
  struct jar jar;
  unsigned char own[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  sent(&jar, 0, own);
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, false), ASYNC_DNS_GOOD);
  CHECK_INT(reply(&jar, 0, 0, own, OURS, false), ASYNC_DNS_GOOD);
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, false), ASYNC_DNS_GOOD);
  resolve_cookies_done(&jar.cookies);
}

static void who_has_sent_a_cookie_has_to_send_one(void)
{
  struct jar jar;
  unsigned char theirs[48], back[RESOLVE_COOKIE_MOST];
  begin(&jar, ASYNC_DNS_TCP_AUTO);
  make(&jar, 0, 'x', theirs);
  CHECK_INT(reply(&jar, 0, 0, theirs, FULL, false), ASYNC_DNS_GOOD);
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, false), ASYNC_DNS_TRUNCATED);
  jar.cookies.tcp = ASYNC_DNS_TCP_NEVER;
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, false), ASYNC_DNS_DROP);
  CHECK_INT(sent(&jar, 0, back), FULL);
  jar.cookies.tcp = ASYNC_DNS_TCP_AUTO;
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, true), ASYNC_DNS_GOOD);
  CHECK_INT(sent(&jar, 0, back), OURS); /* it has given them up */
  CHECK_INT(memcmp(back, theirs, OURS), 0);
  CHECK_INT(reply(&jar, 0, 0, NULL, 0, false), ASYNC_DNS_GOOD);
  resolve_cookies_done(&jar.cookies);
}

static const struct tap_test tests[] = {
  TEST(each_resolver_gets_a_cookie_of_its_own),
  TEST(the_resolvers_cookie_goes_back_to_it_alone),
  TEST(a_reply_with_another_cookie_is_dropped),
  TEST(so_is_one_of_a_length_that_there_is_not),
  TEST(bad_cookie_is_asked_again_and_then_over_tcp),
  TEST(a_resolver_without_cookies_is_taken_as_it_is),
  TEST(who_has_sent_a_cookie_has_to_send_one),
};

TAP_MAIN(tests)
