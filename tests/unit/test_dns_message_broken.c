/* Any bytes may come in: by hand, and as seeded mutations of good messages. */
#include "async/error.h"
#include "async/rng.h"
#include "dns_sample.h"

static struct sample sample;

/* Asks for everything there is to ask of a message. */
static void look_at(const unsigned char *bytes, size_t len)
{
  struct async_dns_message message;
  struct async_dns_record record;
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  struct async_dns_address address;
  struct async_dns_soa soa;
  struct async_buf out = ASYNC_BUF_INIT;
  unsigned char name[ASYNC_DNS_NAME_MAX];
  async_dns_message_read(&message, bytes, len);
  CHECK(message.end <= len);
  async_dns_message_fit(&message, bytes, len, true);
  async_dns_message_add(&out, &message);
  for (int i = ASYNC_DNS_ANSWER; i < ASYNC_DNS_SECTIONS; i++) {
    async_dns_record_begin(&record, &message, (enum async_dns_section)i);
    unsigned records = 0;
    for (; async_dns_record_next(&record); records++) {
      CHECK(async_dns_record_owner(&record, name) > 0);
      async_dns_record_target(&record, name);
      async_dns_record_address(&record, &address);
      async_dns_record_soa(&record, &soa);
    }
    CHECK_INT(records, message.held[i]);
  }
  while (async_dns_option_next(&message, &option))
    CHECK(option.data + option.len <= bytes + len);
  CHECK_INT(async_dns_message_set(&out, &message, 0), 0);
  async_buf_done(&out);
}

static void look_at_sample(void)
{
  unsigned char *copy = sample_copy(&sample);
  look_at(copy, sample.len);
  free(copy);
}

/* ---- By hand ---- */

static void check_damaged(unsigned held)
{
  struct async_dns_message message;
  unsigned char *copy = sample_copy(&sample);
  CHECK_INT(async_dns_message_read(&message, copy, sample.len), 0);
  CHECK(message.damaged);
  CHECK_INT(message.held[ASYNC_DNS_ANSWER], held);
  free(copy);
  look_at_sample();
}

static void begin(unsigned answers)
{
  sample_header(&sample, 0x8180, 1, answers, 0, 0);
  sample_question(&sample, ASYNC_DNS_A);
}

static void less_than_a_header_is_no_message(void)
{
  struct async_dns_message message;
  sample_header(&sample, 0x8180, 0, 0, 0, 0);
  for (size_t len = 0; len < 12; len++) {
    CHECK_INT(async_dns_message_read(&message, sample.bytes, len),
              ASYNC_EENCODING);
    CHECK(message.damaged);
    look_at(sample.bytes, len);
  }
}

static void counts_that_lie_are_noticed(void)
{
  begin(0xffff);
  check_damaged(0);
  begin(2);
  sample_record(&sample, ASYNC_DNS_A, "\1\2\3\4", 4);
  check_damaged(1);
  sample_header(&sample, 0x8180, 0xffff, 0xffff, 0xffff, 0xffff);
  check_damaged(0);
}

static void rdata_beyond_the_end_is_noticed(void)
{
  begin(1);
  sample_record(&sample, ASYNC_DNS_A, "\1\2\3\4", 4);
  sample.bytes[sample.len - 5] = 5;
  check_damaged(0);
  sample.bytes[sample.len - 6] = 0xff;
  check_damaged(0);
}

static void bytes_behind_the_last_record_are_no_damage(void)
{
  struct async_dns_message message;
  begin(0);
  size_t end = sample.len;
  sample_add(&sample, "garbage", 7);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(!message.damaged);
  CHECK_INT(message.end, end);
}

/* One answer whose owner is these bytes. */
static void owned_by(const void *owner, size_t len)
{
  begin(1);
  sample_add(&sample, owner, len);
  sample_add(&sample, "\0\1\0\1\0\0\0\0\0\4\1\2\3\4", 14);
}

static void pointers_only_go_back(void)
{
  owned_by("\xc0\x21", 2); /* to itself */
  check_damaged(0);
  owned_by("\xc0\x23", 2); /* ahead */
  check_damaged(0);
  owned_by("\xff\xff", 2); /* beyond the end */
  check_damaged(0);
  owned_by("\1a\xc0\x21", 4); /* to the label before it */
  check_damaged(0);
  owned_by("\1a\xc0\x0c", 4);
  look_at_sample();
  begin(1);
  sample_add(&sample, "\xc0", 1);
  check_damaged(0);
}

static void other_kinds_of_labels_are_no_names(void)
{
  owned_by("\x40"
           "a",
           2);
  check_damaged(0);
  owned_by("\x80"
           "a",
           2);
  check_damaged(0);
}

/* A name that grows by a label with each pointer. */
static void names_are_at_most_255_bytes(void)
{
  struct async_dns_message message;
  for (unsigned labels = 1; labels < 130; labels++) {
    sample_header(&sample, 0x8180, 0, labels, 0, 0);
    size_t previous = 0;
    for (unsigned i = 0; i < labels; i++) {
      size_t here = sample.len;
      sample_add(&sample, "\1a", 2);
      if (previous)
        sample_add16(&sample, (unsigned)(0xc000 | previous));
      else
        sample_add(&sample, "", 1);
      previous = here;
      sample_add(&sample, "\0\1\0\1\0\0\0\0\0\0", 10);
    }
    CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
    CHECK_INT(message.damaged, labels > 127);
    CHECK_INT(message.held[ASYNC_DNS_ANSWER], labels > 127 ? 127 : labels);
  }
  look_at_sample();
}

/* Pointers to pointers, each one further back, in as many records as there is
 * room for: reading takes no longer than a message deserves. */
static void long_chains_of_pointers_are_cut(void)
{
  struct async_dns_message message;
  sample_header(&sample, 0x8180, 0, 1 + 4000, 0, 0);
  sample_add(&sample, "\0\0\12\0\1\0\0\0\0\x3f\x00", 11);
  size_t first = sample.len;
  sample_add16(&sample, 0xc00c);
  while (sample.len < first + 0x3f00)
    sample_add16(&sample, (unsigned)(0xc000 | (sample.len - 2)));
  unsigned last = (unsigned)sample.len - 2;
  for (int i = 0; i < 4000; i++) {
    sample_add16(&sample, 0xc000 | last);
    sample_add(&sample, "\0\1\0\1\0\0\0\0\0\0", 10);
  }
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(message.damaged);
  CHECK_INT(message.held[ASYNC_DNS_ANSWER], 1);
}

static void a_malformed_record_costs_no_other(void)
{
  struct async_dns_message message;
  struct async_dns_record record;
  struct async_buf out = ASYNC_BUF_INIT;
  begin(4);
  sample_record(&sample, ASYNC_DNS_A, "\1\2\3\4", 4);
  sample_record(&sample, 257, "\0\377issue", 7);
  sample_record(&sample, ASYNC_DNS_MX, "\0\1\xff\xff", 4);
  sample_record(&sample, ASYNC_DNS_A, "\5\6\7\10", 4);
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(!message.damaged);
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  int results[4];
  for (int i = 0; i < 4; i++) {
    CHECK(async_dns_record_next(&record));
    results[i] = async_dns_record_data_add(&out, &record);
    async_buf_add_char(&out, '|');
  }
  CHECK_STR(async_buf_str(&out),
            "1.2.3.4|\\# 7 00ff6973737565|\\# 4 0001ffff|5.6.7.8|");
  CHECK(results[0] == 0 && results[3] == 0);
  CHECK(results[1] == ASYNC_EENCODING && results[2] == ASYNC_EENCODING);
  async_buf_done(&out);
}

/* ---- By chance ---- */

static const char *const lines[] = {
  "www.example.com. 300 IN CNAME cdn.example.net.",
  "cdn.example.net. 60 IN A 192.0.2.1",
  "cdn.example.net. 60 IN AAAA 2001:db8::1",
  "example.com. 60 IN SOA ns.example.com. root.example.com. 1 2 3 4 5",
  "example.com. 60 IN MX 10 mail.example.com.",
  "example.com. 60 IN TXT \"one\" \"two\"",
  "example.com. 60 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1",
  "example.com. 60 IN SVCB 1 a. mandatory=alpn alpn=h2 port=1 ech=AwEAAcw=",
  "example.com. 60 IN CAA 0 issue \"ca.example.net\"",
  "example.com. 60 IN NSEC host.example.com. A MX RRSIG NSEC TYPE1234",
  "example.com. 60 IN NSEC3 1 1 12 aabb 2vptu5timamqttgl4luu9kg21e0aor3s A",
  "example.com. 60 IN RRSIG A 8 2 3 20300101000000 20250101000000 1 a. "
  "AwEAAcw=",
  "example.com. 60 IN DNSKEY 257 3 8 AwEAAcwzNAh5",
  "example.com. 60 IN DS 60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
  "example.com. 60 IN NAPTR 1 2 \"S\" \"SIP+D2U\" \"!^.*$!x!\" a.example.com.",
  "example.com. 60 IN LOC 42 21 54 N 71 06 18 W -24m 30m 10000m 10m",
  "example.com. 60 IN APL 1:192.168.32.0/21 !2:2001:db8::/32",
  "example.com. 60 IN HIP 2 200100107b1a74df365639cc39f1d578 AwEA a. b.",
  "example.com. 60 IN IPSECKEY 10 3 2 gw.example.com. AwEAAcw=",
  "example.com. 60 IN CERT PKIX 0 0 AwEAAcw=",
  "example.com. 60 IN URI 10 1 \"https://example.com/\"",
  "example.com. 60 IN ISDN \"150862028003217\" \"004\"",
  "example.com. 60 IN NSAP 0x47000580005a0000000001e133ffffff00016100",
  "example.com. 60 IN EUI48 00-00-5e-00-53-2a",
  "example.com. 60 IN L64 10 2001:0db8:1140:1000",
  "example.com. 60 IN CSYNC 66 3 A NS AAAA",
  "example.com. 60 IN ZONEMD 1 1 1 "
  "616c6c6f77656420206275742069676e6f7265642e20616c6c6f",
};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static void mutate(struct async_rng *rng, struct sample *mutant)
{
  size_t changes = 1 + (size_t)async_rng_below(rng, 6);
  for (size_t i = 0; i < changes; i++) {
    size_t at = (size_t)async_rng_below(rng, mutant->len);
    uint64_t value = async_rng_next(rng);
    switch (async_rng_below(rng, 4)) {
    case 0:
      mutant->bytes[at] = (unsigned char)value;
      break;
    case 1:
      mutant->bytes[at] ^= (unsigned char)(1 << value % 8);
      break;
    case 2:
      mutant->bytes[at] = value & 1 ? 0xff : 0xc0;
      break;
    default:
      if (value % 4 == 0)
        mutant->len = at + 1;
    }
  }
}

static void mutations_of_one_record_are_survived(void)
{
  static struct sample good;
  struct async_rng rng;
  async_rng_init(&rng, 4);
  for (size_t i = 0; i < LINES; i++) {
    sample_answer(&good, lines[i]);
    for (int round = 0; round < 300; round++) {
      sample.len = good.len;
      memcpy(sample.bytes, good.bytes, good.len);
      mutate(&rng, &sample);
      look_at_sample();
    }
  }
}

static void mutations_of_many_records_are_survived(void)
{
  static struct sample good;
  struct async_rng rng;
  async_rng_init(&rng, 5);
  sample_answers(&good, LDNS_RR_TYPE_A, lines, LINES);
  for (int round = 0; round < 500; round++) {
    sample.len = good.len;
    memcpy(sample.bytes, good.bytes, good.len);
    mutate(&rng, &sample);
    look_at_sample();
  }
}

static void every_cut_is_survived(void)
{
  sample_answers(&sample, LDNS_RR_TYPE_A, lines, LINES);
  for (size_t len = sample.len; len > 0; len--) {
    sample.len = len;
    look_at_sample();
  }
}

static void rdata_of_any_type_and_length_is_survived(void)
{
  unsigned char data[64];
  struct async_rng rng;
  async_rng_init(&rng, 6);
  for (unsigned type = 0; type < 270; type++)
    for (size_t len = 0; len < 40; len++) {
      for (size_t i = 0; i < len; i++)
        data[i] = (unsigned char)(async_rng_below(&rng, 2)
                                      ? async_rng_below(&rng, 256)
                                      : async_rng_below(&rng, 8));
      begin(1);
      sample_record(&sample, type, data, len);
      look_at_sample();
    }
}

static const struct tap_test tests[] = {
  TEST(less_than_a_header_is_no_message),
  TEST(counts_that_lie_are_noticed),
  TEST(rdata_beyond_the_end_is_noticed),
  TEST(bytes_behind_the_last_record_are_no_damage),
  TEST(pointers_only_go_back),
  TEST(other_kinds_of_labels_are_no_names),
  TEST(names_are_at_most_255_bytes),
  TEST(long_chains_of_pointers_are_cut),
  TEST(a_malformed_record_costs_no_other),
  TEST(mutations_of_one_record_are_survived),
  TEST(mutations_of_many_records_are_survived),
  TEST(every_cut_is_survived),
  TEST(rdata_of_any_type_and_length_is_survived),
};

TAP_MAIN(tests)
