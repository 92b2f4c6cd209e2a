/* What we print is what ldns prints, but that it does not escape ", $ and @ in
 * names: for every type it knows, and for drawn
 * records of the types that do not pass through it. */
#include "async/error.h"
#include "async/rng.h"
#include "dns_sample.h"

static struct sample sample;

/* If a name is what `text` begins with: adds it, with what ldns does not escape.
 * Returns its length. */
static size_t add_name(struct async_buf *out, const ldns_rdf *name,
                       const char *text)
{
  char *plain = ldns_rdf2str(name);
  CHECK(plain != NULL);
  size_t len = strlen(plain);
  bool fits = strncmp(text, plain, len) == 0;
  for (size_t i = 0; fits && i < len; i++) {
    if (strchr("\"$@", plain[i]))
      async_buf_add_char(out, '\\');
    async_buf_add_char(out, plain[i]);
  }
  free(plain);
  return fits ? len : 0;
}

/* The name among the data that begins at a word, if there is one. */
static size_t add_data_name(struct async_buf *out, const ldns_rr *rr,
                            const char *text)
{
  for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
    const ldns_rdf *field = ldns_rr_rdf(rr, i);
    size_t len = ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME
                     ? add_name(out, field, text)
                     : 0;
    if (len)
      return len;
  }
  return 0;
}

/* What ldns says, its runs of spaces made one and those at the end none. */
static void ldns_line(const ldns_rr *rr, struct async_buf *out)
{
  char *text = ldns_rr2str_fmt(ldns_output_format_nocomments, rr);
  bool quoted = false;
  CHECK(text != NULL);
  async_buf_clear(out);
  const char *p = text + add_name(out, ldns_rr_owner(rr), text);
  for (; *p; p++) {
    quoted ^= *p == '"' && (p == text || p[-1] != '\\');
    if (*p == ' ' && !quoted && strchr(" \n", p[1]))
      continue;
    async_buf_add_char(out, *p);
    if (!quoted && (*p == ' ' || *p == '\t'))
      p += add_data_name(out, rr, p + 1);
  }
  free(text);
}

/* The first answer as ldns reads and prints it. */
static void ldns_answer(struct async_buf *out)
{
  ldns_pkt *packet = NULL;
  CHECK_INT(ldns_wire2pkt(&packet, sample.bytes, sample.len), LDNS_STATUS_OK);
  ldns_line(ldns_rr_list_rr(ldns_pkt_answer(packet), 0), out);
  ldns_pkt_free(packet);
}

static void our_answer(struct async_buf *out, int expected)
{
  struct async_dns_message message;
  struct async_dns_record record;
  unsigned char *copy = sample_copy(&sample);
  async_buf_clear(out);
  CHECK_INT(async_dns_message_read(&message, copy, sample.len), 0);
  CHECK(!message.damaged);
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  CHECK(async_dns_record_next(&record));
  CHECK_INT(async_dns_record_line_add(out, &record), expected);
  CHECK(!async_dns_record_next(&record));
  free(copy);
}

static void check_same(void)
{
  struct async_buf ours = ASYNC_BUF_INIT, theirs = ASYNC_BUF_INIT;
  our_answer(&ours, 0);
  ldns_answer(&theirs);
  CHECK_STR(async_buf_str(&ours), async_buf_str(&theirs));
  async_buf_done(&ours);
  async_buf_done(&theirs);
}

static const char *const records[] = {
  "A 192.0.2.1",
  "NS ns1.example.com.",
  "MD mail.example.com.",
  "MF mail.example.com.",
  "CNAME target.example.net.",
  "SOA ns.example.com. host\\.master.example.com. 2026010101 7200 3600 1209600 "
  "300",
  "MB mb.example.com.",
  "MG mg.example.com.",
  "MR mr.example.com.",
  "NULL \\# 3 010203",
  "PTR host.example.com.",
  "HINFO \"PC Intel\" \"Linux\"",
  "MINFO a.example.com. b.example.com.",
  "MX 10 mail.example.com.",
  "TXT \"one two\" \"three\"",
  "TXT \"\"",
  "TXT \"quote \\\" slash \\\\ semi ; \\200 \\007\"",
  "RP mbox.example.com. txt.example.com.",
  "AFSDB 1 afs.example.com.",
  "X25 \"311061700956\"",
  "ISDN \"150862028003217\" \"004\"",
  "ISDN \"150862028003217\"",
  "RT 2 relay.example.com.",
  "NSAP 0x47000580005a0000000001e133ffffff00016100",
  "NSAP-PTR foo.example.com.",
  "SIG A 8 2 300 20300101000000 20250101000000 12 example.com. AwEAAcw=",
  "KEY 256 3 8 AwEAAcwzNAh5",
  "PX 10 net2.it. PRMD-net2.ADMD-p400.C-it.",
  "GPOS -32.6882 116.8652 10.0",
  "AAAA 2001:db8::1",
  "LOC 42 21 54.000 N 71 06 18.000 W -24.00m 30.00m 10000.00m 10.00m",
  "SRV 0 5 5060 sip.example.com.",
  "NAPTR 100 10 \"S\" \"SIP+D2U\" \"!^.*$!sip:info@example.com!\" "
  "_sip._udp.example.com.",
  "KX 10 kx.example.com.",
  "CERT PKIX 0 0 AwEAAcw=",
  "DNAME other.example.net.",
  "APL 1:192.168.32.0/21 !1:192.168.38.0/28 2:2001:db8::/32",
  "DS 60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
  "SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
  "IPSECKEY 10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
  "IPSECKEY 10 3 2 gw.example.com. "
  "AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
  "RRSIG A 8 3 300 20300101000000 20250101000000 12 example.com. AwEAAcw=",
  "NSEC host.example.com. A MX RRSIG NSEC TYPE1234",
  "DNSKEY 257 3 8 AwEAAcwzNAh5",
  "DHCID AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
  "NSEC3 1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
  "NSEC3 1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s",
  "NSEC3PARAM 1 0 12 aabbccdd",
  "NSEC3PARAM 1 0 0 -",
  "TLSA 3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
  "SMIMEA 3 0 0 308201fe",
  "HIP 2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIv"
  "M4p9+LrV4e1 rvs.example.com.",
  "TALINK a.example.com. b.example.com.",
  "CDS 60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
  "CDNSKEY 257 3 8 AwEAAcwzNAh5",
  "OPENPGPKEY AwEAAcwzNAh5",
  "CSYNC 66 3 A NS AAAA",
  "ZONEMD 2018031500 1 1 616c6c6f77656420206275742069676e6f7265642e20616c6c6f77"
  "65642020627574206967",
  "SVCB 0 foo.example.com.",
  "SVCB 16 foo.example.org. mandatory=alpn,ipv4hint alpn=h2,h3-19 "
  "ipv4hint=192.0.2.1",
  "HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1",
  "HTTPS 1 svc.example.com. port=8443 no-default-alpn alpn=h2 key65280=\"x y\"",
  "SPF \"v=spf1 -all\"",
  "NID 10 0014:4fff:ff20:ee64",
  "L32 10 10.1.2.0",
  "L64 10 2001:0db8:1140:1000",
  "LP 10 l64.example.com.",
  "EUI48 00-00-5e-00-53-2a",
  "EUI64 00-00-5e-ef-10-00-00-2a",
  "URI 10 1 \"https://example.com/a b\"",
  "CAA 0 issue \"ca.example.net; policy=ev\"",
  "CAA 128 iodef \"mailto:security@example.com\"",
  "DLV 60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
  "TYPE65280 \\# 4 c0000201",
  "TYPE65280 \\# 0",
};

static void every_type_prints_as_ldns_prints_it(void)
{
  for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
    char line[512];
    snprintf(line, sizeof(line), "www.example.com. 300 IN %s", records[i]);
    sample_answer(&sample, line);
    check_same();
  }
}

/* Reading our text gives the record again. */
static void every_type_comes_back_from_its_text(void)
{
  struct async_buf ours = ASYNC_BUF_INIT;
  for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
    char line[512];
    snprintf(line, sizeof(line), "www.example.com. 300 IN %s", records[i]);
    sample_answer(&sample, line);
    our_answer(&ours, 0);
    ours.len--; /* ldns takes the newline for a field */
    ldns_rr *before = sample_rr(line), *after = sample_rr(async_buf_str(&ours));
    CHECK_INT(ldns_rr_compare(before, after), 0);
    ldns_rr_free(before);
    ldns_rr_free(after);
  }
  async_buf_done(&ours);
}

static void owners_ttls_and_classes_print_as_ldns_prints_them(void)
{
  static const char *const lines[] = {
    ". 0 IN A 192.0.2.1",
    "WWW.Example.COM. 2147483647 CH TXT \"x\"",
    "a\\.b\\(c\\)d\\;e\\\\f\\032g\\255.\\000. 1 HS A 192.0.2.1",
    "*.example.com. 4294967295 CLASS77 A 192.0.2.1",
    "\"@$\".example.com. 1 IN NS \"@$\".example.com.",
  };
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    sample_answer(&sample, lines[i]);
    check_same();
  }
}

/* ---- Drawn records ---- */

static size_t draw(struct async_rng *rng, size_t below)
{
  return (size_t)async_rng_below(rng, below);
}

static void draw_bytes(struct async_rng *rng, void *out, size_t len)
{
  static const unsigned char likely[] = { 0, 1, '.', '\\', '"', ';', 0xff };
  unsigned char *p = out;
  for (size_t i = 0; i < len; i++)
    p[i] = draw(rng, 2) ? (unsigned char)draw(rng, 256)
                        : likely[draw(rng, sizeof(likely))];
}

/* Any name, now and then a pointer to the question's or to a part of it. */
static void draw_name(struct async_rng *rng, struct sample *data)
{
  size_t labels = draw(rng, 5);
  for (size_t i = 0; i < labels; i++) {
    unsigned char label[64];
    label[0] = (unsigned char)(1 + draw(rng, draw(rng, 8) ? 8 : 50));
    draw_bytes(rng, label + 1, label[0]);
    sample_add(data, label, label[0] + 1u);
  }
  if (draw(rng, 2))
    sample_add16(data, draw(rng, 2) ? 0xc00c : 0xc010);
  else
    sample_add(data, "", 1);
}

static void draw_v6(struct async_rng *rng, struct sample *data)
{
  for (int i = 0; i < 8; i++)
    sample_add16(data, draw(rng, 2)   ? 0
                       : draw(rng, 4) ? (unsigned)draw(rng, 65536)
                                      : 0xffff);
}

static void draw_fields(struct async_rng *rng, struct sample *data, int shorts,
                        int names, int longs)
{
  for (; shorts > 0; shorts--)
    sample_add16(data, (unsigned)draw(rng, 65536));
  for (; names > 0; names--)
    draw_name(rng, data);
  for (; longs > 0; longs--) {
    sample_add16(data, (unsigned)draw(rng, 65536));
    sample_add16(data, (unsigned)draw(rng, 65536));
  }
}

static void draw_strings(struct async_rng *rng, struct sample *data)
{
  for (size_t i = draw(rng, 3) + 1; i > 0; i--) {
    unsigned char string[256];
    string[0] = (unsigned char)draw(rng, draw(rng, 8) ? 20 : 256);
    draw_bytes(rng, string + 1, string[0]);
    sample_add(data, string, string[0] + 1u);
  }
}

static void draw_data(struct async_rng *rng, struct sample *data, unsigned type)
{
  unsigned char address[4];
  data->len = 0;
  switch (type) {
  case ASYNC_DNS_A:
    draw_bytes(rng, address, sizeof(address));
    sample_add(data, address, sizeof(address));
    break;
  case ASYNC_DNS_AAAA:
    draw_v6(rng, data);
    break;
  case ASYNC_DNS_SOA:
    draw_fields(rng, data, 0, 2, 5);
    break;
  case ASYNC_DNS_MX:
    draw_fields(rng, data, 1, 1, 0);
    break;
  case ASYNC_DNS_SRV:
    draw_fields(rng, data, 3, 1, 0);
    break;
  case ASYNC_DNS_TXT:
  case 99:
    draw_strings(rng, data);
    break;
  default:
    draw_name(rng, data);
  }
}

static void drawn_records_of_the_short_way_print_as_ldns_prints_them(void)
{
  static const unsigned types[] = {
    ASYNC_DNS_A,
    ASYNC_DNS_AAAA,
    ASYNC_DNS_NS,
    ASYNC_DNS_CNAME,
    ASYNC_DNS_PTR,
    ASYNC_DNS_MX,
    ASYNC_DNS_TXT,
    ASYNC_DNS_SOA,
    ASYNC_DNS_SRV,
    ASYNC_DNS_DNAME,
    99,
  };
  static struct sample data;
  struct async_rng rng;
  async_rng_init(&rng, 1);
  for (int round = 0; round < 4000; round++) {
    unsigned type = types[draw(&rng, sizeof(types) / sizeof(types[0]))];
    draw_data(&rng, &data, type);
    sample_header(&sample, 0x8180, 1, 1, 0, 0);
    sample_question(&sample, type);
    sample_record(&sample, type, data.bytes, data.len);
    check_same();
  }
}

/* ---- What is ours alone ---- */

static void text_of(unsigned type, const void *data, size_t len, int expected,
                    const char *text)
{
  struct async_buf ours = ASYNC_BUF_INIT;
  char line[256], word[ASYNC_DNS_WORD_MAX];
  sample_header(&sample, 0x8180, 1, 1, 0, 0);
  sample_question(&sample, type);
  sample_record(&sample, type, data, len);
  our_answer(&ours, expected);
  snprintf(line, sizeof(line), "www.example.com.\t60\tIN\t%s\t%s\n",
           async_dns_type_name(type, word), text);
  CHECK_STR(async_buf_str(&ours), line);
  async_buf_done(&ours);
}

static void types_newer_than_ldns_have_their_names(void)
{
  text_of(261, "\3a=b", 4, 0, "\"a=b\"");
  text_of(262, "\1x\1y", 4, 0, "\"x\" \"y\"");
  text_of(66, "\1\2", 2, 0, "\\# 2 0102");
}

/* ldns would look each port up in the system's files. */
static void well_known_services_are_numbers(void)
{
  text_of(11, "\300\0\2\1\6\0\0\0\100", 9, 0, "192.0.2.1 6 25");
  text_of(11, "\300\0\2\1\21\201", 6, 0, "192.0.2.1 17 0 7");
  text_of(11, "\300\0\2\1\21", 5, 0, "192.0.2.1 17");
  text_of(11, "\300\0\2\1", 4, ASYNC_EENCODING, "\\# 4 c0000201");
}

static void data_that_does_not_fit_its_type_prints_as_bytes(void)
{
  text_of(ASYNC_DNS_A, "\1\2\3", 3, ASYNC_EENCODING, "\\# 3 010203");
  text_of(ASYNC_DNS_A, "\1\2\3\4\5", 5, ASYNC_EENCODING, "\\# 5 0102030405");
  text_of(ASYNC_DNS_A, "", 0, ASYNC_EENCODING, "\\# 0");
  text_of(ASYNC_DNS_AAAA, "\1\2\3\4", 4, ASYNC_EENCODING, "\\# 4 01020304");
  text_of(ASYNC_DNS_NS, "", 0, ASYNC_EENCODING, "\\# 0");
  text_of(ASYNC_DNS_NS, "\1a", 2, ASYNC_EENCODING, "\\# 2 0161");
  text_of(ASYNC_DNS_NS, "\0x", 2, ASYNC_EENCODING, "\\# 2 0078");
  text_of(ASYNC_DNS_CNAME, "\xc0", 1, ASYNC_EENCODING, "\\# 1 c0");
  text_of(ASYNC_DNS_CNAME, "\xff\xff", 2, ASYNC_EENCODING, "\\# 2 ffff");
  text_of(ASYNC_DNS_MX, "\0", 1, ASYNC_EENCODING, "\\# 1 00");
  text_of(ASYNC_DNS_TXT, "", 0, ASYNC_EENCODING, "\\# 0");
  text_of(ASYNC_DNS_TXT, "\2a", 2, ASYNC_EENCODING, "\\# 2 0261");
  text_of(ASYNC_DNS_SOA, "\0\0\0\0\0\1", 6, ASYNC_EENCODING,
          "\\# 6 000000000001");
}

static void data_that_ldns_cannot_read_prints_as_bytes(void)
{
  text_of(257, "\0\377issue", 7, ASYNC_EENCODING, "\\# 7 00ff6973737565");
  text_of(43, "\0", 1, ASYNC_EENCODING, "\\# 1 00");
  text_of(43, "", 0, ASYNC_EENCODING, "\\# 0");
  text_of(35, "\0\1\0\1\5S", 6, ASYNC_EENCODING, "\\# 6 000100010553");
  text_of(ASYNC_DNS_HTTPS, "\0\1\0\0\1\0\377h2", 9, ASYNC_EENCODING,
          "\\# 9 000100000100ff6832");
  text_of(47, "\0\0\40\1", 4, ASYNC_EENCODING, "\\# 4 00002001");
}

static const struct tap_test tests[] = {
  TEST(every_type_prints_as_ldns_prints_it),
  TEST(every_type_comes_back_from_its_text),
  TEST(owners_ttls_and_classes_print_as_ldns_prints_them),
  TEST(drawn_records_of_the_short_way_print_as_ldns_prints_them),
  TEST(types_newer_than_ldns_have_their_names),
  TEST(well_known_services_are_numbers),
  TEST(data_that_does_not_fit_its_type_prints_as_bytes),
  TEST(data_that_ldns_cannot_read_prints_as_bytes),
};

TAP_MAIN(tests)
