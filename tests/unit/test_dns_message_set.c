#include "async/error.h"
#include "dns_sample.h"

/* Writes the set of such an answer. */
static void set_of(struct async_buf *out, unsigned flags,
                   const char *const *lines, size_t count)
{
  static struct sample sample;
  struct async_dns_message message;
  sample_answers(&sample, LDNS_RR_TYPE_A, lines, count);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK_INT(async_dns_message_set(out, &message, flags), 0);
}

#define LINES(...)                                                             \
  (const char *const[]){ __VA_ARGS__ },                                        \
      sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)

static bool equal(unsigned flags, const char *const *a, size_t a_count,
                  const char *const *b, size_t b_count)
{
  struct async_buf first = ASYNC_BUF_INIT, second = ASYNC_BUF_INIT;
  set_of(&first, flags, a, a_count);
  set_of(&second, flags, b, b_count);
  bool same = first.len == second.len &&
              (!first.len || memcmp(first.data, second.data, first.len) == 0);
  async_buf_done(&first);
  async_buf_done(&second);
  return same;
}

static void order_ttl_case_and_repetition_are_no_difference(void)
{
  CHECK(equal(0,
              LINES("a.example.com. 300 IN A 192.0.2.1",
                    "a.example.com. 300 IN A 192.0.2.2"),
              LINES("A.example.com. 1 IN A 192.0.2.2",
                    "a.EXAMPLE.com. 2 IN A 192.0.2.1",
                    "a.example.com. 3 IN A 192.0.2.1")));
}

static void another_record_is_a_difference(void)
{
  CHECK(!equal(0, LINES("a. 1 IN A 192.0.2.1"), LINES("a. 1 IN A 192.0.2.2")));
  CHECK(!equal(0, LINES("a. 1 IN A 192.0.2.1"),
               LINES("a. 1 IN A 192.0.2.1", "a. 1 IN A 192.0.2.2")));
  CHECK(!equal(0, LINES("a. 1 IN A 192.0.2.1"), LINES("a. 1 CH A 192.0.2.1")));
  CHECK(!equal(0, LINES("a. 1 IN NS b."), LINES("a. 1 IN CNAME b.")));
  CHECK(!equal(0, LINES("a. 1 IN TXT \"x\""), LINES("a. 1 IN TXT \"X\"")));
}

static void no_answer_is_an_empty_set(void)
{
  struct async_buf out = ASYNC_BUF_INIT;
  async_buf_add_str(&out, "old");
  set_of(&out, 0, NULL, 0);
  CHECK_INT(out.len, 0);
  async_buf_done(&out);
}

/* ldns compresses the names that begin like the question's. */
static void names_in_rdata_are_compared_as_names(void)
{
  static const char *const types[] = { "NS %s",
                                       "CNAME %s",
                                       "PTR %s",
                                       "MX 10 %s",
                                       "SOA %s root.example.com. 1 2 3 4 5",
                                       "SRV 1 2 3 %s",
                                       "RP %s x.example.com.",
                                       "NAPTR 1 2 \"s\" \"t\" \"\" %s",
                                       "HTTPS 1 %s alpn=h2" };
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    char lower[256], upper[256], other[256], format[128];
    snprintf(format, sizeof(format), "www.example.com. 1 IN %s", types[i]);
    char *name = strstr(format, "%s");
    *name = '\0';
    snprintf(lower, sizeof(lower), "%sa.www.example.com.%s", format, name + 2);
    snprintf(upper, sizeof(upper), "%sA.wWw.Example.com.%s", format, name + 2);
    snprintf(other, sizeof(other), "%sb.www.example.com.%s", format, name + 2);
    CHECK(equal(0, LINES(lower), LINES(upper)));
    CHECK(!equal(0, LINES(lower), LINES(other)));
  }
}

static void owners_can_be_left_out(void)
{
  CHECK(!equal(0, LINES("a. 1 IN A 192.0.2.1"), LINES("b. 1 IN A 192.0.2.1")));
  CHECK(equal(ASYNC_DNS_SET_NO_OWNER, LINES("a. 1 IN A 192.0.2.1"),
              LINES("b. 1 IN A 192.0.2.1")));
}

static void signatures_can_be_left_out(void)
{
  const char *signature = "a. 1 IN RRSIG A 8 1 300 20300101000000 "
                          "20250101000000 12 example.com. AwEAAcw=";
  CHECK(!equal(0, LINES("a. 1 IN A 192.0.2.1", signature),
               LINES("a. 1 IN A 192.0.2.1")));
  CHECK(equal(ASYNC_DNS_SET_NO_RRSIG, LINES("a. 1 IN A 192.0.2.1", signature),
              LINES("a. 1 IN A 192.0.2.1")));
}

static const struct tap_test tests[] = {
  TEST(order_ttl_case_and_repetition_are_no_difference),
  TEST(another_record_is_a_difference),
  TEST(no_answer_is_an_empty_set),
  TEST(names_in_rdata_are_compared_as_names),
  TEST(owners_can_be_left_out),
  TEST(signatures_can_be_left_out),
};

TAP_MAIN(tests)
