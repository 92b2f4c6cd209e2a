#include <arpa/inet.h>

#include "async/error.h"
#include "async/rng.h"
#include "dns_sample.h"

static unsigned char query[ASYNC_DNS_QUERY_MAX];

static struct async_dns_build about(const char *text)
{
  static unsigned char name[ASYNC_DNS_NAME_MAX];
  int bytes = async_dns_name_parse(text, strlen(text), name);
  CHECK(bytes > 0);
  return (struct async_dns_build){ .name = name,
                                   .name_bytes = (size_t)bytes,
                                   .type = ASYNC_DNS_A,
                                   .id = 0x1234,
                                   .flags = ASYNC_DNS_FLAG_RD };
}

static void check_bytes(const struct async_dns_build *build,
                        const void *expected, size_t len)
{
  CHECK_INT(async_dns_build(build, query, sizeof(query)), len);
  CHECK(memcmp(query, expected, len) == 0);
}

static void a_plain_query_is_a_header_and_a_question(void)
{
  struct async_dns_build build = about("ab.c");
  check_bytes(&build, "\x12\x34\1\0\0\1\0\0\0\0\0\0\2ab\1c\0\0\1\0\1", 22);
  build.klass = ASYNC_DNS_CH;
  build.type = 0xff00;
  build.flags = ASYNC_DNS_FLAG_CD | ASYNC_DNS_FLAG_AD;
  check_bytes(&build, "\x12\x34\0\x30\0\1\0\0\0\0\0\0\2ab\1c\0\xff\0\0\3", 22);
}

static void edns_is_an_additional_record(void)
{
  struct async_dns_build build = about("c");
  build.edns = true;
  check_bytes(&build,
              "\x12\x34\1\0\0\1\0\0\0\0\0\1\1c\0\0\1\0\1"
              "\0\0\51\4\320\0\0\0\0\0\0",
              30);
  build.dnssec_ok = true;
  build.udp_bytes = 4096;
  build.edns_version = 1;
  build.options = (const unsigned char *)"\0\3\0\0";
  build.options_bytes = 4;
  check_bytes(&build,
              "\x12\x34\1\0\0\1\0\0\0\0\0\1\1c\0\0\1\0\1"
              "\0\0\51\20\0\0\1\200\0\0\4\0\3\0\0",
              34);
}

static void ldns_reads_the_query(void)
{
  struct async_dns_build build = about("www.example.com");
  ldns_pkt *packet = NULL;
  build.edns = build.dnssec_ok = true;
  build.type = ASYNC_DNS_HTTPS;
  int len = async_dns_build(&build, query, sizeof(query));
  CHECK_INT(ldns_wire2pkt(&packet, query, (size_t)len), LDNS_STATUS_OK);
  CHECK_INT(ldns_pkt_id(packet), 0x1234);
  CHECK(ldns_pkt_rd(packet) && ldns_pkt_edns_do(packet));
  CHECK_INT(ldns_pkt_edns_udp_size(packet), 1232);
  char *question = ldns_rr2str(ldns_rr_list_rr(ldns_pkt_question(packet), 0));
  CHECK_STR(question, "www.example.com.\tIN\tHTTPS\n");
  free(question);
  ldns_pkt_free(packet);
}

static void a_query_without_room_is_refused(void)
{
  struct async_dns_build build = about("ab.c");
  for (size_t room = 0; room < 22; room++)
    CHECK_INT(async_dns_build(&build, query, room), ASYNC_ETOOLONG);
  build.edns = true;
  CHECK_INT(async_dns_build(&build, query, 32), ASYNC_ETOOLONG);
  CHECK_INT(async_dns_build(&build, query, 33), 33);
  build.options = query;
  build.options_bytes = SIZE_MAX - 20;
  CHECK_INT(async_dns_build(&build, query, sizeof(query)), ASYNC_ETOOLONG);
}

static void mixing_changes_the_case_of_letters_alone(void)
{
  struct async_dns_build build = about("ABab@[`{z.Z-09\\193\\225");
  uint64_t bits[4] = { 0 };
  build.case_bits = bits;
  CHECK(async_dns_build(&build, query, sizeof(query)) > 0);
  CHECK(memcmp(query + 12, "\11ABAB@[`{Z\6Z-09\301\341", 18) == 0);
  memset(bits, 0xff, sizeof(bits));
  CHECK(async_dns_build(&build, query, sizeof(query)) > 0);
  CHECK(memcmp(query + 12, "\11abab@[`{z\6z-09\301\341", 18) == 0);
}

static void mixed_names_take_both_cases(void)
{
  struct async_rng rng;
  struct async_dns_build build = about("www.example.com");
  unsigned upper = 0, letters = 0;
  async_rng_init(&rng, 3);
  for (int round = 0; round < 100; round++) {
    uint64_t bits[4];
    for (int i = 0; i < 4; i++)
      bits[i] = async_rng_next(&rng);
    build.case_bits = bits;
    CHECK(async_dns_build(&build, query, sizeof(query)) > 0);
    for (size_t i = 12; i < 12 + build.name_bytes; i++) {
      letters += (query[i] | 0x20) >= 'a' && (query[i] | 0x20) <= 'z';
      upper += query[i] >= 'A' && query[i] <= 'Z';
    }
  }
  CHECK_INT(letters, 1300);
  CHECK(upper > 520 && upper < 780);
}

/* ---- Options ---- */

static void check_option(const struct async_buf *out, const void *bytes,
                         size_t len)
{
  CHECK_INT(out->err, 0);
  CHECK_INT(out->len, len);
  CHECK(memcmp(out->data, bytes, len) == 0);
}

static void check_subnet(const char *text, const void *bytes, size_t len)
{
  struct async_buf out = ASYNC_BUF_INIT;
  CHECK_INT(async_dns_option_add_subnet(&out, text), 0);
  check_option(&out, bytes, len);
  async_buf_done(&out);
}

static void a_subnet_is_sent_up_to_its_prefix(void)
{
  check_subnet("192.0.2.0/24", "\0\10\0\7\0\1\30\0\300\0\2", 11);
  check_subnet("192.0.2.255/25", "\0\10\0\10\0\1\31\0\300\0\2\200", 12);
  check_subnet("192.0.2.1", "\0\10\0\10\0\1\40\0\300\0\2\1", 12);
  check_subnet("2001:db8::/33", "\0\10\0\11\0\2\41\0\40\1\r\270\0", 13);
  check_subnet("0", "\0\10\0\4\0\1\0\0", 8);
  check_subnet("0.0.0.0/0", "\0\10\0\4\0\1\0\0", 8);
  check_subnet("::/0", "\0\10\0\4\0\2\0\0", 8);
}

static void what_is_no_subnet_is_refused(void)
{
  static const char *const bad[] = { "",         "x",           "192.0.2.0/33",
                                     "::/129",   "192.0.2/24",  "192.0.2.0/",
                                     "::1/-1",   "::1/1x",      "/24",
                                     "1.2.3.4 ", "1.2.3.4/8/8", "::g" };
  struct async_buf out = ASYNC_BUF_INIT;
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    CHECK_INT(async_dns_option_add_subnet(&out, bad[i]), ASYNC_EINVAL);
  CHECK_INT(out.len, 0);
  async_buf_done(&out);
}

static void an_option_is_a_number_and_hexadecimal_digits(void)
{
  struct async_buf out = ASYNC_BUF_INIT;
  CHECK_INT(async_dns_option_add_hex(&out, "10:0123456789abCDEF"), 0);
  check_option(&out, "\0\12\0\10\1\43\105\147\211\253\315\357", 12);
  async_buf_clear(&out);
  CHECK_INT(async_dns_option_add_hex(&out, "65535"), 0);
  CHECK_INT(async_dns_option_add_hex(&out, "3:"), 0);
  check_option(&out, "\377\377\0\0\0\3\0\0", 8);
  async_buf_done(&out);
}

static void what_is_no_option_is_refused(void)
{
  static const char *const bad[] = { "",     ":",   "x",     "65536", "1:0",
                                     "1:0g", ":00", "-1:00", "1 :00", "1:00 " };
  struct async_buf out = ASYNC_BUF_INIT;
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    CHECK_INT(async_dns_option_add_hex(&out, bad[i]), ASYNC_EINVAL);
  CHECK_INT(out.len, 0);
  async_buf_done(&out);
}

static const struct tap_test tests[] = {
  TEST(a_plain_query_is_a_header_and_a_question),
  TEST(edns_is_an_additional_record),
  TEST(ldns_reads_the_query),
  TEST(a_query_without_room_is_refused),
  TEST(mixing_changes_the_case_of_letters_alone),
  TEST(mixed_names_take_both_cases),
  TEST(a_subnet_is_sent_up_to_its_prefix),
  TEST(what_is_no_subnet_is_refused),
  TEST(an_option_is_a_number_and_hexadecimal_digits),
  TEST(what_is_no_option_is_refused),
};

TAP_MAIN(tests)
