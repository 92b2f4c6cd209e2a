#include "fetch/classify.h"

#include "async/error.h"
#include "tap.h"

static struct opt_list split(const char *text)
{
  struct opt_list list = { NULL, 0 };
  while (*text) {
    size_t len = strcspn(text, ",");
    CHECK_INT(opt_list_add_bytes(&list, text, len), 0);
    text += len + (text[len] == ',');
  }
  return list;
}

static struct fetch_retry_on retry_on(const char *text)
{
  struct opt_list words = split(text);
  struct fetch_retry_on set;
  CHECK_INT(fetch_retry_on_parse(&set, &words), 0);
  opt_list_done(&words);
  return set;
}

static bool repeats_status(const char *text, long status)
{
  struct fetch_retry_on set = retry_on(text);
  return fetch_class(&set, FETCH_CAUSE_STATUS, status) != ASYNC_FAN_FAILED;
}

static bool repeats(const char *text, CURLcode code)
{
  struct fetch_retry_on set = retry_on(text);
  enum fetch_cause cause = fetch_verdict_of_curl(code).cause;
  return fetch_class(&set, cause, 0) != ASYNC_FAN_FAILED;
}

static void words_of_statuses_add_up(void)
{
  CHECK(repeats_status("408,429,5xx", 429));
  CHECK(repeats_status("408,429,5xx", 599));
  CHECK(repeats_status("500,502-504", 503));
  CHECK(!repeats_status("500,502-504", 501));
  CHECK(!repeats_status("timeout,dns", 503));
}

static void a_word_after_an_exclamation_mark_is_taken_out(void)
{
  CHECK(!repeats_status("5xx,!501", 501));
  CHECK(repeats_status("5xx,!501", 500));
  CHECK(repeats_status("!501,5xx", 501));
  CHECK(!repeats("all,!dns", CURLE_COULDNT_RESOLVE_HOST));
}

static void all_is_all_that_may_change(void)
{
  CHECK(repeats_status("all", 404));
  CHECK(!repeats_status("all", 204));
  CHECK(repeats("all", CURLE_COULDNT_CONNECT));
  CHECK(!repeats("all", CURLE_URL_MALFORMAT));
  CHECK(!repeats("all", CURLE_PEER_FAILED_VERIFICATION));
}

static void malformed_words_are_refused(void)
{
  static const char *const wrong[] = { "",     "99",      "600",  "50x",
                                       "5xxx", "504-500", "500-", "oops",
                                       "!",    "1e2",     "500 ", "500-504x" };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    CHECK(!fetch_is_retry_word(wrong[i]));
  CHECK(fetch_is_retry_word("!5xx") && fetch_is_retry_word("!tls"));
  CHECK(fetch_is_status_word("200-299") && !fetch_is_status_word("dns"));
}

static void kinds_follow_the_stage(void)
{
  CHECK_INT(fetch_verdict_of_curl(CURLE_COULDNT_RESOLVE_HOST).kind,
            JOB_ERROR_DNS);
  CHECK_INT(fetch_verdict_of_curl(CURLE_COULDNT_CONNECT).kind,
            JOB_ERROR_CONNECT);
  CHECK_INT(fetch_verdict_of_curl(CURLE_PEER_FAILED_VERIFICATION).kind,
            JOB_ERROR_TLS);
  CHECK_INT(fetch_verdict_of_curl(CURLE_PARTIAL_FILE).kind, JOB_ERROR_PROTO);
  CHECK_INT(fetch_verdict_of_curl(CURLE_WRITE_ERROR).kind, JOB_ERROR_IO);
  CHECK_INT(fetch_verdict_of_curl(CURLE_URL_MALFORMAT).kind, JOB_ERROR_INPUT);
}

static void every_result_of_libcurl_has_a_sentence(void)
{
  for (int code = 1; code < CURL_LAST; code++) {
    struct fetch_verdict verdict = fetch_verdict_of_curl((CURLcode)code);
    CHECK(verdict.kind != JOB_ERROR_NONE);
    CHECK(verdict.text && *verdict.text);
  }
}

static void overload_is_told_from_sickness(void)
{
  struct fetch_retry_on set = retry_on("all");
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_STATUS, 429), ASYNC_FAN_OVERLOADED);
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_STATUS, 503), ASYNC_FAN_OVERLOADED);
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_STATUS, 502), ASYNC_FAN_SICK);
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_STATUS, 408), ASYNC_FAN_RETRY);
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_TIMEOUT, 0), ASYNC_FAN_OVERLOADED);
  CHECK_INT(fetch_class(&set, FETCH_CAUSE_CONNECT, 0), ASYNC_FAN_SICK);
}

static const struct tap_test tests[] = {
  TEST(words_of_statuses_add_up),
  TEST(a_word_after_an_exclamation_mark_is_taken_out),
  TEST(all_is_all_that_may_change),
  TEST(malformed_words_are_refused),
  TEST(kinds_follow_the_stage),
  TEST(every_result_of_libcurl_has_a_sentence),
  TEST(overload_is_told_from_sickness),
};

TAP_MAIN(tests)
