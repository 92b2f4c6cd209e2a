#include <arpa/inet.h>

#include "async/error.h"
#include "dns_sample.h"

static struct sample sample;
static struct async_dns_message message;

static const char *const three[] = {
  "www.example.com. 300 IN CNAME cdn.example.net.",
  "cdn.example.net. 60 IN A 192.0.2.1",
  "cdn.example.net. 60 IN A 192.0.2.2",
};

static void read_three(void)
{
  sample_answers(&sample, LDNS_RR_TYPE_A, three, 3);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
}

/* ---- Reading ---- */

static void the_header_and_the_counts_are_read(void)
{
  read_three();
  CHECK_INT(message.id, 0x1234);
  CHECK_INT(message.flags,
            ASYNC_DNS_FLAG_QR | ASYNC_DNS_FLAG_RD | ASYNC_DNS_FLAG_RA);
  CHECK_INT(message.opcode, 0);
  CHECK_INT(message.rcode, ASYNC_DNS_NOERROR);
  CHECK_INT(message.counts[ASYNC_DNS_QUESTION], 1);
  CHECK_INT(message.held[ASYNC_DNS_ANSWER], 3);
  CHECK_INT(message.held[ASYNC_DNS_AUTHORITY], 0);
  CHECK_INT(message.type, ASYNC_DNS_A);
  CHECK_INT(message.klass, ASYNC_DNS_IN);
  CHECK_INT(message.end, sample.len);
  CHECK(!message.damaged && !message.edns);
}

static void records_come_one_after_another(void)
{
  struct async_dns_record record;
  struct async_buf out = ASYNC_BUF_INIT;
  read_three();
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    CHECK_INT(async_dns_record_line_add(&out, &record), 0);
  CHECK_STR(async_buf_str(&out),
            "www.example.com.\t300\tIN\tCNAME\tcdn.example.net.\n"
            "cdn.example.net.\t60\tIN\tA\t192.0.2.1\n"
            "cdn.example.net.\t60\tIN\tA\t192.0.2.2\n");
  async_dns_record_begin(&record, &message, ASYNC_DNS_AUTHORITY);
  CHECK(!async_dns_record_next(&record));
  async_buf_clear(&out);
  async_dns_message_question_add(&out, &message);
  CHECK_STR(async_buf_str(&out), "www.example.com.");
  async_buf_done(&out);
}

static void names_and_addresses_are_values_too(void)
{
  struct async_dns_record record;
  struct async_dns_address address;
  struct async_dns_soa soa;
  unsigned char name[ASYNC_DNS_NAME_MAX];
  read_three();
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  CHECK(async_dns_record_next(&record));
  CHECK_INT(async_dns_record_owner(&record, name), 17);
  CHECK(memcmp(name, "\3www\7example\3com", 17) == 0);
  CHECK_INT(async_dns_record_target(&record, name), 17);
  CHECK(memcmp(name, "\3cdn\7example\3net", 17) == 0);
  CHECK(!async_dns_record_address(&record, &address));
  CHECK(async_dns_record_next(&record));
  CHECK(async_dns_record_address(&record, &address));
  CHECK_INT(address.family, AF_INET);
  CHECK(memcmp(address.bytes, "\300\0\2\1", 4) == 0);
  CHECK_INT(async_dns_record_target(&record, name), 0);
  CHECK(!async_dns_record_soa(&record, &soa));
}

static void check_target(const char *line)
{
  struct async_dns_record record;
  unsigned char name[ASYNC_DNS_NAME_MAX];
  sample_answer(&sample, line);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  CHECK(async_dns_record_next(&record));
  CHECK_INT(async_dns_record_target(&record, name), 15);
  CHECK(memcmp(name, "\1m\7example\3com", 15) == 0);
}

static void targets_are_found_behind_numbers(void)
{
  check_target("www.example.com. 1 IN NS m.example.com.");
  check_target("www.example.com. 1 IN PTR m.example.com.");
  check_target("www.example.com. 1 IN DNAME m.example.com.");
  check_target("www.example.com. 1 IN MX 10 m.example.com.");
  check_target("www.example.com. 1 IN SRV 1 2 3 m.example.com.");
}

static void the_numbers_of_an_soa_are_read(void)
{
  struct async_dns_record record;
  struct async_dns_soa soa;
  sample_answer(&sample, "www.example.com. 1 IN SOA www.example.com. "
                         "root.example.com. 4000000000 2 3 4 5");
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  CHECK(async_dns_record_next(&record));
  CHECK(async_dns_record_soa(&record, &soa));
  CHECK_INT(soa.serial, 4000000000);
  CHECK_INT(soa.refresh, 2);
  CHECK_INT(soa.retry, 3);
  CHECK_INT(soa.expire, 4);
  CHECK_INT(soa.minimum, 5);
  record.data_bytes--;
  CHECK(!async_dns_record_soa(&record, &soa));
}

/* ---- Fit ---- */

static unsigned char query[ASYNC_DNS_QUERY_MAX];
static size_t query_bytes;

/* A query for WwW.example.com, and a reply that repeats it. */
static void ask(void)
{
  struct async_dns_build build = {
    .name = (const unsigned char *)"\3WwW\7example\3com",
    .name_bytes = 17,
    .type = ASYNC_DNS_A,
    .id = 0x1234,
    .flags = ASYNC_DNS_FLAG_RD,
    .edns = true,
  };
  query_bytes = (size_t)async_dns_build(&build, query, sizeof(query));
  memcpy(sample.bytes, query, query_bytes);
  sample.bytes[2] |= 0x80;
  sample.len = query_bytes;
}

static enum async_dns_fit fit(bool exact_case)
{
  unsigned char *copy = sample_copy(&sample);
  async_dns_message_read(&message, copy, sample.len);
  enum async_dns_fit fit =
      async_dns_message_fit(&message, query, query_bytes, exact_case);
  free(copy);
  return fit;
}

static void an_answer_fits_its_query(void)
{
  ask();
  CHECK_INT(fit(false), ASYNC_DNS_FITS);
  CHECK_INT(fit(true), ASYNC_DNS_FITS);
}

static void the_case_of_the_name_matters_if_it_was_mixed(void)
{
  ask();
  sample.bytes[14] ^= 0x20;
  CHECK_INT(fit(false), ASYNC_DNS_FITS);
  CHECK_INT(fit(true), ASYNC_DNS_OTHER_CASE);
}

static void another_id_or_question_does_not_fit(void)
{
  ask();
  sample.bytes[1] ^= 1;
  CHECK_INT(fit(false), ASYNC_DNS_OTHER_ID);
  ask();
  sample.bytes[2] &= 0x7f;
  CHECK_INT(fit(false), ASYNC_DNS_NOT_ANSWER);
  ask();
  sample.bytes[2] |= 0x28;
  CHECK_INT(fit(false), ASYNC_DNS_NOT_ANSWER);
  for (size_t i = 12; i < 12 + 17 + 4; i++) {
    ask();
    sample.bytes[i] ^= 1;
    CHECK(fit(false) != ASYNC_DNS_FITS);
  }
  ask();
  sample.bytes[16] ^= 0x20; /* a length, not a letter */
  CHECK(fit(false) != ASYNC_DNS_FITS);
  ask();
  sample.bytes[5] = 0;
  CHECK(fit(false) != ASYNC_DNS_FITS);
}

static void every_cut_of_an_answer_is_noticed(void)
{
  ask();
  for (size_t len = 0; len < query_bytes; len++) {
    sample.len = len;
    CHECK_INT(fit(false),
              len < 12 + 17 + 4 ? ASYNC_DNS_SHORT : ASYNC_DNS_DAMAGED);
  }
}

static void a_truncated_answer_may_end_anywhere_behind_the_question(void)
{
  ask();
  sample.bytes[2] |= 2;
  sample.len = query_bytes - 3;
  CHECK_INT(fit(false), ASYNC_DNS_FITS);
  CHECK(message.damaged);
  sample.len = 20;
  CHECK_INT(fit(false), ASYNC_DNS_SHORT);
}

static void an_error_need_not_repeat_the_question(void)
{
  ask();
  sample.len = 12;
  memset(sample.bytes + 4, 0, 8);
  CHECK_INT(fit(true), ASYNC_DNS_OTHER_QUESTION);
  sample.bytes[3] = ASYNC_DNS_FORMERR;
  CHECK_INT(fit(true), ASYNC_DNS_FITS);
  sample.bytes[3] = ASYNC_DNS_REFUSED;
  CHECK_INT(fit(true), ASYNC_DNS_FITS);
  sample.bytes[3] = ASYNC_DNS_NXDOMAIN;
  CHECK_INT(fit(true), ASYNC_DNS_OTHER_QUESTION);
}

static void fits_have_words(void)
{
  CHECK_STR(async_dns_fit_name(ASYNC_DNS_FITS), "fits");
  CHECK_STR(async_dns_fit_name(ASYNC_DNS_DAMAGED), "malformed");
}

/* ---- EDNS and text ---- */

static void add_opt(const void *options, size_t len)
{
  sample_add(&sample, "\0\0\51\4\320\1\0\200\0", 9);
  sample_add16(&sample, (unsigned)len);
  sample_add(&sample, options, len);
}

static const char options[] = "\0\3\0\3ns1"
                              "\0\10\0\7\0\1\30\20\300\0\2"
                              "\0\12\0\10\1\2\3\4\5\6\7\10"
                              "\0\17\0\10\0\26no \1\"!"
                              "\0\17\0\2\0\3"
                              "\0\144\0\1\377";

static void with_options(void)
{
  sample_header(&sample, 0x8180, 1, 0, 0, 1);
  sample_question(&sample, ASYNC_DNS_A);
  add_opt(options, sizeof(options) - 1);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(!message.damaged);
}

static void edns_extends_the_rcode(void)
{
  with_options();
  CHECK(message.edns && message.dnssec_ok);
  CHECK_INT(message.udp_bytes, 1232);
  CHECK_INT(message.edns_version, 0);
  CHECK_INT(message.rcode, ASYNC_DNS_BADVERS);
}

static void options_are_found_and_read(void)
{
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  struct async_dns_subnet subnet;
  const char *text;
  unsigned code;
  size_t len;
  with_options();
  CHECK(async_dns_option_next(&message, &option));
  CHECK_INT(option.code, ASYNC_DNS_OPTION_NSID);
  CHECK(option.len == 3 && memcmp(option.data, "ns1", 3) == 0);
  CHECK(!async_dns_option_ede(&option, &code, &text, &len));
  CHECK(async_dns_option_next(&message, &option));
  CHECK(async_dns_option_subnet(&option, &subnet));
  CHECK_INT(subnet.address.family, AF_INET);
  CHECK(memcmp(subnet.address.bytes, "\300\0\2\0", 4) == 0);
  CHECK_INT(subnet.source, 24);
  CHECK_INT(subnet.scope, 16);
  CHECK(async_dns_option_next(&message, &option));
  CHECK(async_dns_option_next(&message, &option));
  CHECK(async_dns_option_ede(&option, &code, &text, &len));
  CHECK_INT(code, 22);
  CHECK(len == 6 && memcmp(text, "no \1\"!", 6) == 0);
  CHECK(async_dns_option_next(&message, &option));
  CHECK(async_dns_option_next(&message, &option));
  CHECK(!async_dns_option_next(&message, &option));
}

static void options_that_lie_about_their_length_end_the_list(void)
{
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  sample_header(&sample, 0x8180, 1, 0, 0, 1);
  sample_question(&sample, ASYNC_DNS_A);
  add_opt("\0\3\0\1x\0\3\0\2y", 10);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(async_dns_option_next(&message, &option));
  CHECK(!async_dns_option_next(&message, &option));
}

static void check_text(int expected, const char *text)
{
  struct async_buf out = ASYNC_BUF_INIT;
  CHECK_INT(async_dns_message_add(&out, &message), expected);
  CHECK_STR(async_buf_str(&out), text);
  async_buf_done(&out);
}

static void a_message_reads_as_dig_shows_it(void)
{
  read_three();
  check_text(0, ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
                ";; flags: qr rd ra; QUERY: 1, ANSWER: 3, AUTHORITY: 0, "
                "ADDITIONAL: 0\n"
                "\n;; QUESTION SECTION:\n"
                ";www.example.com.\tIN\tA\n"
                "\n;; ANSWER SECTION:\n"
                "www.example.com.\t300\tIN\tCNAME\tcdn.example.net.\n"
                "cdn.example.net.\t60\tIN\tA\t192.0.2.1\n"
                "cdn.example.net.\t60\tIN\tA\t192.0.2.2\n");
}

static void options_are_shown_above_the_sections(void)
{
  with_options();
  check_text(0, ";; ->>HEADER<<- opcode: QUERY, status: BADVERS, id: 4660\n"
                ";; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, "
                "ADDITIONAL: 1\n"
                "\n;; OPT PSEUDOSECTION:\n"
                "; EDNS: version: 0, flags: do; udp: 1232\n"
                "; NSID: 6e7331 (\"ns1\")\n"
                "; CLIENT-SUBNET: 192.0.2.0/24/16\n"
                "; COOKIE: 0102030405060708\n"
                "; EDE: 22 (No Reachable Authority): (no .\"!)\n"
                "; EDE: 3 (Stale Answer)\n"
                "; OPT=100: ff\n"
                "\n;; QUESTION SECTION:\n"
                ";www.example.com.\tIN\tA\n");
}

static void what_can_be_read_of_a_damaged_message_is_shown(void)
{
  sample_header(&sample, 0x8000, 1, 4, 0, 0);
  sample_question(&sample, ASYNC_DNS_A);
  sample_record(&sample, ASYNC_DNS_A, "\1\2\3", 3);
  sample_record(&sample, ASYNC_DNS_A, "\1\2\3\4", 4);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(message.damaged);
  CHECK_INT(message.held[ASYNC_DNS_ANSWER], 2);
  check_text(ASYNC_EENCODING,
             ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
             ";; flags: qr; QUERY: 1, ANSWER: 4, AUTHORITY: 0, ADDITIONAL: 0\n"
             "\n;; QUESTION SECTION:\n"
             ";www.example.com.\tIN\tA\n"
             "\n;; ANSWER SECTION:\n"
             "www.example.com.\t60\tIN\tA\t\\# 3 010203\n"
             "www.example.com.\t60\tIN\tA\t1.2.3.4\n"
             "\n;; the message is malformed: the rest of it could not be "
             "read\n");
}

static const struct tap_test tests[] = {
  TEST(the_header_and_the_counts_are_read),
  TEST(records_come_one_after_another),
  TEST(names_and_addresses_are_values_too),
  TEST(targets_are_found_behind_numbers),
  TEST(the_numbers_of_an_soa_are_read),
  TEST(an_answer_fits_its_query),
  TEST(the_case_of_the_name_matters_if_it_was_mixed),
  TEST(another_id_or_question_does_not_fit),
  TEST(every_cut_of_an_answer_is_noticed),
  TEST(a_truncated_answer_may_end_anywhere_behind_the_question),
  TEST(an_error_need_not_repeat_the_question),
  TEST(fits_have_words),
  TEST(edns_extends_the_rcode),
  TEST(options_are_found_and_read),
  TEST(options_that_lie_about_their_length_end_the_list),
  TEST(a_message_reads_as_dig_shows_it),
  TEST(options_are_shown_above_the_sections),
  TEST(what_can_be_read_of_a_damaged_message_is_shown),
};

TAP_MAIN(tests)
