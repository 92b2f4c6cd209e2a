#include "fetch/redirect.h"

#include "tap.h"

static const struct fetch_redirect_rules strict = { .most = 10 };
static const struct fetch_redirect_rules lax = { 10, true };

static const char *refusal(const struct fetch_redirect_rules *rules,
                           unsigned followed, const char *from, const char *to)
{
  struct fetch_url a, b;
  const char *why = NULL;
  CHECK_INT(fetch_url_parse(&a, from, &why), 0);
  CHECK_INT(fetch_url_parse(&b, to, &why), 0);
  why = fetch_redirect_refusal(rules, followed, &a, &b);
  fetch_url_done(&a);
  fetch_url_done(&b);
  return why;
}

static bool same_origin(const char *from, const char *to)
{
  struct fetch_url a, b;
  const char *why;
  CHECK_INT(fetch_url_parse(&a, from, &why), 0);
  CHECK_INT(fetch_url_parse(&b, to, &why), 0);
  bool same = fetch_url_same_origin(&a, &b);
  fetch_url_done(&a);
  fetch_url_done(&b);
  return same;
}

static void ten_are_followed_and_no_more(void)
{
  CHECK(!refusal(&strict, 9, "http://a/", "http://b/"));
  CHECK(refusal(&strict, 10, "http://a/", "http://b/"));
}

static void https_does_not_become_http_unless_asked(void)
{
  CHECK(refusal(&strict, 0, "https://a/", "http://a/"));
  CHECK(!refusal(&lax, 0, "https://a/", "http://a/"));
  CHECK(!refusal(&strict, 0, "http://a/", "https://a/"));
}

static void only_http_and_https_are_urls(void)
{
  static const char *const others[] = { "file:///etc/passwd", "scp://h/f",
                                        "gopher://h/", "javascript:x()" };
  struct fetch_url url;
  const char *why;
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
    CHECK(fetch_url_parse(&url, others[i], &why) < 0);
    CHECK_STR(why, "its scheme is not supported: http and https are");
    fetch_url_done(&url);
  }
}

static void an_origin_is_scheme_host_and_port(void)
{
  CHECK(same_origin("http://A.b/x", "http://a.B:80/y"));
  CHECK(same_origin("https://u:p@a.b/", "https://a.b:443"));
  CHECK(!same_origin("http://a.b/", "https://a.b/"));
  CHECK(!same_origin("http://a.b/", "http://a.b:8080/"));
  CHECK(!same_origin("http://a.b/", "http://a.b.evil/"));
  CHECK(!same_origin("http://a.b/", "http://a.b@evil/"));
  CHECK(!same_origin("http://a.b/", "http://a.b%2f@evil/"));
}

static void methods_change_as_the_standard_says(void)
{
  CHECK(fetch_redirect_becomes_get(301, "POST"));
  CHECK(fetch_redirect_becomes_get(302, "POST"));
  CHECK(fetch_redirect_becomes_get(303, "PUT"));
  CHECK(!fetch_redirect_becomes_get(301, "PUT"));
  CHECK(!fetch_redirect_becomes_get(303, "HEAD"));
  CHECK(!fetch_redirect_becomes_get(307, "POST"));
  CHECK(!fetch_redirect_becomes_get(308, "POST"));
}

static void statuses_that_redirect(void)
{
  CHECK(fetch_redirect_is(301) && fetch_redirect_is(308));
  CHECK(!fetch_redirect_is(304) && !fetch_redirect_is(200));
}

static void logins_stay_home(void)
{
  CHECK(fetch_redirect_is_private("authorization: Bearer x"));
  CHECK(fetch_redirect_is_private("Cookie:a=b"));
  CHECK(!fetch_redirect_is_private("Cookies: a=b"));
  CHECK(!fetch_redirect_is_private("Accept: */*"));
}

static const struct tap_test tests[] = {
  TEST(ten_are_followed_and_no_more),
  TEST(https_does_not_become_http_unless_asked),
  TEST(only_http_and_https_are_urls),
  TEST(an_origin_is_scheme_host_and_port),
  TEST(methods_change_as_the_standard_says),
  TEST(statuses_that_redirect),
  TEST(logins_stay_home),
};

TAP_MAIN(tests)
