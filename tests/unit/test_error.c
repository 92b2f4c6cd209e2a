#include "async/error.h"

#include <limits.h>

#include "tap.h"

static void success_has_a_name_too(void)
{
  CHECK_STR(async_err_name(0), "OK");
  CHECK_STR(async_err_name(1500), "OK");
  CHECK_STR(async_err_text(0), "success");
}

static void system_errors_have_their_names(void)
{
  CHECK_STR(async_err_name(ASYNC_ETIMEDOUT), "ETIMEDOUT");
  CHECK_STR(async_err_name(ASYNC_ECANCELED), "ECANCELED");
  CHECK_STR(async_err_name(ASYNC_ENOMEM), "ENOMEM");
  CHECK_STR(async_err_name(ASYNC_ECLOSED), "EPIPE");
  CHECK_STR(async_err_text(-ECONNREFUSED), "connection refused");
}

static void our_own_words_have_names_and_sentences(void)
{
#define CHECK_WORD(name, number, text)                                         \
  CHECK_INT(ASYNC_##name, -(number));                                          \
  CHECK_STR(async_err_name(ASYNC_##name), #name);                              \
  CHECK_STR(async_err_text(ASYNC_##name), text);
  ASYNC_ERROR_MAP(CHECK_WORD)
#undef CHECK_WORD
}

static void a_name_is_always_one_word(void)
{
  for (int err = 0; err >= -13000; err--) {
    const char *name = async_err_name(err);
    CHECK(*name);
    CHECK_INT(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
              strlen(name));
    CHECK(*async_err_text(err));
  }
  CHECK_STR(async_err_name(-9999), "ERRNO_9999");
}

static void the_families_keep_their_codes(void)
{
  CHECK_STR(async_err_name(ASYNC_ERROR_FROM_CURL(28)), "CURL_28");
  CHECK_STR(async_err_name(ASYNC_ERROR_FROM_CURL(0)), "CURL_0");
  CHECK_STR(async_err_name(ASYNC_ERROR_FROM_ARES(4)), "ARES_4");
  CHECK_STR(async_err_name(ASYNC_ERROR_FROM_ARES(0)), "ARES_0");
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_CURL(28)), "error 28 of libcurl");
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_ARES(4)), "error 4 of c-ares");
}

static const char *curl_sentence(int code)
{
  return code == 28 ? "curl says so" : "other";
}

static const char *ares_sentence(int code)
{
  return code == 4 ? "ares says so" : "other";
}

static void a_registered_library_says_its_own_sentences(void)
{
  async_err_register(ASYNC_ERROR_CURL_BASE, curl_sentence);
  async_err_register(ASYNC_ERROR_ARES_BASE, ares_sentence);
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_CURL(28)), "curl says so");
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_ARES(4)), "ares says so");
  CHECK_STR(async_err_text(ASYNC_EOPEN), "the circuit breaker is open");
  async_err_register(ASYNC_ERROR_CURL_BASE, NULL);
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_CURL(28)), "error 28 of libcurl");
}

static void the_smallest_number_is_harmless(void)
{
  CHECK(*async_err_name(INT_MIN));
  CHECK(*async_err_text(INT_MIN));
}

static const struct tap_test tests[] = {
  TEST(success_has_a_name_too),
  TEST(system_errors_have_their_names),
  TEST(our_own_words_have_names_and_sentences),
  TEST(a_name_is_always_one_word),
  TEST(the_families_keep_their_codes),
  TEST(a_registered_library_says_its_own_sentences),
  TEST(the_smallest_number_is_harmless),
};

TAP_MAIN(tests)
