#include "async/dns.h"
#include "async/dns_fleet.h"
#include "async/error.h"
#include "tap.h"

static struct async_dns_resolver parse(const char *text)
{
  struct async_dns_resolver resolver;
  const char *why = NULL;
  int rc = async_dns_resolver_parse(&resolver, text, &why);
  if (rc < 0)
    CHECK_STR(why, text);
  return resolver;
}

static void check_text(const char *given, const char *text)
{
  char out[ASYNC_DNS_RESOLVER_TEXT_BYTES];
  struct async_dns_resolver resolver = parse(given);
  async_dns_resolver_text(out, &resolver);
  CHECK_STR(out, text);
}

static void reads_addresses_with_and_without_a_port(void)
{
  check_text("192.0.2.1", "udp://192.0.2.1:53");
  check_text("192.0.2.1:5353", "udp://192.0.2.1:5353");
  check_text("2001:db8::1", "udp://[2001:db8::1]:53");
  check_text("[2001:db8::1]", "udp://[2001:db8::1]:53");
  check_text("[2001:db8::1]:5353", "udp://[2001:db8::1]:5353");
  check_text("::1", "udp://[::1]:53");
}

static void reads_the_transport(void)
{
  check_text("udp://192.0.2.1", "udp://192.0.2.1:53");
  check_text("tcp://192.0.2.1:54", "tcp://192.0.2.1:54");
  check_text("tcp://[::1]:54", "tcp://[::1]:54");
  CHECK(parse("tcp://192.0.2.1").tcp);
  CHECK(!parse("192.0.2.1").tcp);
}

static void what_it_writes_it_reads(void)
{
  check_text("udp://[2001:db8::1]:53", "udp://[2001:db8::1]:53");
  check_text("tcp://192.0.2.1:53", "tcp://192.0.2.1:53");
}

static void reads_the_words_behind(void)
{
  struct async_dns_resolver resolver =
      parse("  192.0.2.1\trate=50 weight=2  trusted jobs=100\r\n");
  CHECK(resolver.rate_per_s > 49.9 && resolver.rate_per_s < 50.1);
  CHECK_INT(resolver.weight, 2);
  CHECK_INT(resolver.jobs, 100);
  CHECK(resolver.trusted);
  resolver = parse("192.0.2.1");
  CHECK_INT(resolver.weight, 1);
  CHECK_INT(resolver.jobs, 0);
  CHECK(!resolver.trusted);
}

static void a_rate_of_0_is_none_and_auto_is_the_fleets(void)
{
  CHECK(parse("192.0.2.1 rate=0").rate_per_s < 0);
  CHECK_INT(parse("192.0.2.1 rate=auto").rate_per_s * 1000, 0);
  CHECK_INT(parse("192.0.2.1 rate=0.5").rate_per_s * 1000, 500);
  CHECK_INT(parse("192.0.2.1 rate=20/s").rate_per_s * 1000, 20000);
}

static void refuses_what_it_does_not_know_and_says_why(void)
{
  static const char *const WRONG[] = {
    "",
    "   ",
    "example.com",
    "192.0.2",
    "192.0.2.1:",
    "192.0.2.1:0",
    "192.0.2.1:65536",
    "192.0.2.1:53x",
    "[::1",
    "[::1]x",
    "tls://192.0.2.1",
    "https://192.0.2.1/dns-query",
    "192.0.2.1 rate=",
    "192.0.2.1 rate=-1",
    "192.0.2.1 rate=fast",
    "192.0.2.1 rate=nan",
    "192.0.2.1 weight=0",
    "192.0.2.1 weight=1x",
    "192.0.2.1 jobs=0",
    "192.0.2.1 jobs=-3",
    "192.0.2.1 trust",
    "192.0.2.1 192.0.2.2",
  };
  for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
    struct async_dns_resolver resolver = { .jobs = 7 };
    const char *why = NULL;
    int rc = async_dns_resolver_parse(&resolver, WRONG[i], &why);
    if (rc == 0)
      CHECK_STR(WRONG[i], "refused");
    CHECK_INT(rc, ASYNC_EINVAL);
    CHECK(why && *why);
    CHECK_INT(resolver.jobs, 7);
    CHECK_INT(async_dns_resolver_parse(&resolver, WRONG[i], NULL),
              ASYNC_EINVAL);
  }
}

static void refuses_a_word_of_any_length(void)
{
  struct async_dns_resolver resolver;
  char text[4096];
  memset(text, '1', sizeof(text));
  text[sizeof(text) - 1] = '\0';
  CHECK_INT(async_dns_resolver_parse(&resolver, text, NULL), ASYNC_EINVAL);
  memcpy(text, "192.0.2.1 ", 10);
  CHECK_INT(async_dns_resolver_parse(&resolver, text, NULL), ASYNC_EINVAL);
}

static void finds_the_systems_resolvers(void)
{
  struct async_dns_resolver *resolvers = NULL;
  size_t count = 0;
  CHECK_INT(async_dns_resolvers_system(&resolvers, &count), 0);
  CHECK(count > 0);
  for (size_t i = 0; i < count; i++) {
    CHECK(async_addr_port(&resolvers[i].addr) > 0);
    CHECK_INT(resolvers[i].weight, 1);
    CHECK(!resolvers[i].tcp);
  }
  free(resolvers);
}

static const struct tap_test tests[] = {
  TEST(reads_addresses_with_and_without_a_port),
  TEST(reads_the_transport),
  TEST(what_it_writes_it_reads),
  TEST(reads_the_words_behind),
  TEST(a_rate_of_0_is_none_and_auto_is_the_fleets),
  TEST(refuses_what_it_does_not_know_and_says_why),
  TEST(refuses_a_word_of_any_length),
  TEST(finds_the_systems_resolvers),
};

TAP_MAIN(tests)
