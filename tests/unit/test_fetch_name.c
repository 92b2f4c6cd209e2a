#include "fetch/name.h"

#include "async/error.h"
#include "tap.h"

static struct async_buf buf = ASYNC_BUF_INIT;

static const char *named(const char *template, const char *text, uint64_t index)
{
  struct fetch_url url;
  const char *why = "";
  async_buf_clear(&buf);
  CHECK_INT(fetch_name_check(template), 0);
  CHECK_INT(fetch_url_parse(&url, text, &why), 0);
  fetch_name_add(&buf, template, &url, index);
  fetch_url_done(&url);
  return async_buf_str(&buf);
}

static const char *usual(const char *text)
{
  return named(FETCH_NAME_TEMPLATE, text, 1);
}

static void done(void)
{
  async_buf_done(&buf);
}

static void usual_name_is_the_last_part_of_the_path(void)
{
  CHECK_STR(usual("http://h/a/b.html"), "b.html");
  CHECK_STR(usual("http://h/a/b.tar.gz?x=1#f"), "b.tar.gz");
  CHECK_STR(usual("http://h/a/.hidden"), ".hidden");
  CHECK_STR(usual("http://h/a/dot."), "dot.");
  done();
}

static void a_folder_is_named_index_html(void)
{
  CHECK_STR(usual("http://h"), "index.html");
  CHECK_STR(usual("http://h/"), "index.html");
  CHECK_STR(usual("http://h/a/?q"), "index.html");
  done();
}

static void dots_never_climb(void)
{
  CHECK_STR(usual("http://h/.."), "__");
  CHECK_STR(usual("http://h/a/."), "_");
  CHECK_STR(usual("http://h/%2e%2E"), "__");
  CHECK_STR(named("{path}", "http://h/a/../../b", 1), "a/__/__/b");
  CHECK_STR(named("{path}", "http://h/../", 1), "__/index.html");
  CHECK_STR(named("x/{query}", "http://h/?..", 1), "x/__");
  done();
}

static void escapes_are_read_only_where_that_is_safe(void)
{
  CHECK_STR(usual("http://h/caf%C3%A9%20au%20lait"), "caf\xc3\xa9 au lait");
  CHECK_STR(usual("http://h/a%2Fb"), "a%2Fb");
  CHECK_STR(usual("http://h/a%00b%0a"), "a%00b%0a");
  CHECK_STR(usual("http://h/a%c2%85"), "a%c2%85");
  CHECK_STR(usual("http://h/\xc2\x9b"
                  "31m\xc2\xa0"),
            "__31m\xc2\xa0");
  CHECK_STR(usual("http://h/%ff"), "%ff");
  CHECK_STR(usual("http://h/100%"), "100%");
  CHECK_STR(usual("http://h/\xff\xfe"), "__");
  done();
}

static void an_empty_field_does_not_lead_to_the_root(void)
{
  CHECK_STR(named("{query}/etc", "http://h/", 1), "_/etc");
  CHECK_STR(named("{query}", "http://h/", 1), "index.html");
  CHECK_STR(named("/abs/{name}", "http://h/x", 1), "/abs/x");
  done();
}

static void templates_have_fields(void)
{
  const char *url = "https://Www.Example.com:8443/a/b/c.txt?q=1/2";
  CHECK_STR(named("{host}/{path}", url, 1), "www.example.com/a/b/c.txt");
  CHECK_STR(named("{name}-{index}{ext}", url, 7), "c-7.txt");
  CHECK_STR(named("{index:5}_{query}", url, 42), "00042_q=1_2");
  CHECK_STR(named("{{{name}}}", url, 1), "{c}}");
  CHECK_STR(named("{sha256:8}", "http://h/x", 1), "86ca9974");
  CHECK_STR(named("plain", url, 1), "plain");
  done();
}

static void what_the_user_wrote_is_taken_as_it_is(void)
{
  CHECK_STR(named("../out/{name}", "http://h/x", 1), "../out/x");
  CHECK_STR(named("out/", "http://h/x", 1), "out/index.html");
  done();
}

static void what_others_wrote_stays_in_the_directory(void)
{
  CHECK(fetch_name_stays("a/b..c/..d/...") && fetch_name_stays(""));
  CHECK(fetch_name_stays("./{name}") && fetch_name_stays("\xc2\xa0"));
  CHECK(!fetch_name_stays("/a") && !fetch_name_stays(".."));
  CHECK(!fetch_name_stays("../a") && !fetch_name_stays("a/.."));
  CHECK(!fetch_name_stays("a/../b") && !fetch_name_stays("a\nb"));
  CHECK(!fetch_name_stays("a\xc2\x85") && !fetch_name_stays("\x7f"));
}

static void malformed_templates_are_found(void)
{
  CHECK_INT(fetch_name_check("{nam}"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("{name"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("{"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("{name:3}"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("{sha256:65}"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("{index:99999999999999999999}"), ASYNC_EINVAL);
  CHECK_INT(fetch_name_check("a}b{{"), 0);
}

static void long_names_are_shortened_in_front_of_the_extension(void)
{
  char url[600] = "http://h/";
  memset(url + 9, 'a', 400);
  memcpy(url + 409, ".jpeg", 6);
  const char *name = usual(url);
  CHECK_INT(strlen(name), FETCH_NAME_BYTES);
  CHECK_STR(name + strlen(name) - 6, "a.jpeg");
  for (size_t i = 9; i + 2 <= 409; i += 2)
    memcpy(url + i, "\xc3\xa9", 2);
  name = usual(url);
  CHECK(strlen(name) <= FETCH_NAME_BYTES);
  CHECK_STR(name + strlen(name) - 7, "\xc3\xa9.jpeg");
  done();
}

static void a_number_goes_behind(void)
{
  fetch_name_add_numbered(&buf, "a/b.gz", 12);
  CHECK_STR(async_buf_str(&buf), "a/b.gz.12");
  done();
}

static const struct tap_test tests[] = {
  TEST(usual_name_is_the_last_part_of_the_path),
  TEST(a_folder_is_named_index_html),
  TEST(dots_never_climb),
  TEST(escapes_are_read_only_where_that_is_safe),
  TEST(an_empty_field_does_not_lead_to_the_root),
  TEST(templates_have_fields),
  TEST(what_the_user_wrote_is_taken_as_it_is),
  TEST(what_others_wrote_stays_in_the_directory),
  TEST(malformed_templates_are_found),
  TEST(long_names_are_shortened_in_front_of_the_extension),
  TEST(a_number_goes_behind),
};

TAP_MAIN(tests)
