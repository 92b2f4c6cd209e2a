/* Wildcards at every depth, of every kind. */
#include "command.h"
#include "resolve_world.h"

static const struct zone_row rows[] = {
  { "plain.test", "SOA", "1" },
  { "www.plain.test", "A", "192.0.2.1" },

  { "*.wild.test", "A", "192.0.2.7" },
  { "*.wild.test", "TXT", "any" },
  { "www.wild.test", "A", "192.0.2.7" },
  { "real.wild.test", "A", "192.0.2.8" }, /* of the same network */
  { "only6.wild.test", "AAAA", "2001:db8::1" },
  { "deep.real.wild.test", "A", "192.0.2.8" },

  { "*.lb.test", "A",
    "198.51.100.1|198.51.100.2|198.51.100.3|198.51.100.4|198.51.100.5" },
  { "real.lb.test", "A", "203.0.113.1" },

  { "*.alias.test", "CNAME", "all.cdn.test" },
  { "all.cdn.test", "A", "192.0.2.20|192.0.2.99|203.0.113.9" },
  { "real.alias.test", "CNAME", "other.cdn.test" },
  { "other.cdn.test", "A", "192.0.2.20" },

  { "*.each.test", "CNAME", "=.own.test" },
  { "*.own.test", "A", "192.0.2.1|198.51.100.1|203.0.113.1" },

  { "*.sick.test", "RCODE", "SERVFAIL" },
  { "well.sick.test", "A", "192.0.2.3" },
  { "fail.plain.test", "RCODE", "SERVFAIL" },

  { "*.mute.test", "RCODE", "DROP" },
  { "www.mute.test", "A", "192.0.2.3" },
  { NULL, NULL, NULL },
};

static struct world *start(void)
{
  return world_start((const struct zone_row *const[]){ rows, NULL });
}

/* The record of a name, cut off at its end. */
static const char *record_of(struct world *world, const char *name)
{
  static char line[16384];
  char part[128];
  snprintf(part, sizeof(part), "\"key\":\"%s\"", name);
  const char *at = strstr(world->out, part);
  CHECK(at);
  snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
  return line;
}

static void check_wildcard(struct world *world, const char *name, bool wildcard)
{
  CHECK_HAS(record_of(world, name),
            wildcard ? "\"wildcard\":true" : "\"wildcard\":false");
}

static void names_of_a_wildcard_are_none(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter",
                      "www.plain.test\nx.wild.test\nwww.wild.test\n"
                      "real.wild.test\n"),
            0, world);
  check_wildcard(world, "www.plain.test", false);
  check_wildcard(world, "x.wild.test", true);
  CHECK_HAS(record_of(world, "x.wild.test"), "\"result\":\"nxdomain\"");
  CHECK_HAS(record_of(world, "x.wild.test"), "\"rcode\":\"NXDOMAIN\"");
  CHECK_HAS(record_of(world, "x.wild.test"), "\"answers\":[]");
  check_wildcard(world, "www.wild.test", true);
  check_wildcard(world, "real.wild.test", false);
  CHECK_HAS(record_of(world, "real.wild.test"), "\"data\":\"192.0.2.8\"");
  world_stop(world);
}

static void marked_names_keep_their_answer(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard mark", "x.wild.test\n"), 0, world);
  check_wildcard(world, "x.wild.test", true);
  CHECK_HAS(world->out, "\"result\":\"answer\"");
  CHECK_HAS(world->out, "\"data\":\"192.0.2.7\"");
  world_stop(world);
}

static void at_any_depth(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter",
                      "a.b.c.wild.test\ndeep.real.wild.test\n"),
            0, world);
  check_wildcard(world, "a.b.c.wild.test", true);
  check_wildcard(world, "deep.real.wild.test", false);
  world_stop(world);
}

static void each_type_has_wildcards_of_its_own(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter",
                      "only6.wild.test AAAA\nx.wild.test TXT\n"),
            0, world);
  check_wildcard(world, "only6.wild.test AAAA", false);
  check_wildcard(world, "x.wild.test TXT", true);
  world_stop(world);
}

static void balanced_loads_are_seen_through(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter -j 1",
                      "a.lb.test\nb.lb.test\nc.lb.test\nd.e.lb.test\n"
                      "real.lb.test\n"),
            0, world);
  check_wildcard(world, "a.lb.test", true);
  check_wildcard(world, "b.lb.test", true);
  check_wildcard(world, "c.lb.test", true);
  check_wildcard(world, "d.e.lb.test", true);
  check_wildcard(world, "real.lb.test", false);
  world_stop(world);
}

static void aliases_count_not_where_they_lead(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter -j 1",
                      "a.alias.test\nb.alias.test\nreal.alias.test\n"
                      "a.each.test\nb.each.test\n"),
            0, world);
  check_wildcard(world, "a.alias.test", true);
  check_wildcard(world, "b.alias.test", true);
  check_wildcard(world, "real.alias.test", false);
  check_wildcard(world, "a.each.test", true);
  check_wildcard(world, "b.each.test", true);
  world_stop(world);
}

/* It stays a failure: nobody knows whether the name exists. But it is not tried
 * again and again. */
static void where_everything_fails_a_failure_says_nothing(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter -j 1 --retries 2",
                      "a.sick.test\nb.sick.test\nc.sick.test\n"
                      "well.sick.test\nfail.plain.test\n"),
            1, world);
  check_wildcard(world, "a.sick.test", true);
  check_wildcard(world, "b.sick.test", true);
  CHECK_HAS(record_of(world, "b.sick.test"), "\"attempts\":1,");
  CHECK_HAS(record_of(world, "b.sick.test"), "\"outcome\":\"failed\"");
  CHECK_HAS(record_of(world, "b.sick.test"), "\"rcode\":\"SERVFAIL\"");
  check_wildcard(world, "well.sick.test", false);
  check_wildcard(world, "fail.plain.test", false);
  CHECK_HAS(record_of(world, "fail.plain.test"), "\"attempts\":3,");
  world_stop(world);
}

static void what_cannot_be_found_out_is_no_answer(void)
{
  struct world *world = start();
  CHECK_RUN(
      world_ask(world, "--wildcard filter --timeout 1s", "www.mute.test\n"), 1,
      world);
  CHECK_HAS(world->out, "cannot find out whether it is a wildcard");
  CHECK_HAS(world->out, "\"wildcard\":null");
  CHECK_RUN(world_ask(world, "--wildcard mark --timeout 1s", "www.mute.test\n"),
            0, world);
  CHECK_HAS(world->out, "\"wildcard\":null");
  CHECK_HAS(world->out, "\"result\":\"answer\"");
  world_stop(world);
}

/* Two probes for each parent, whoever asks first, and one query each name. */
static void a_parent_is_probed_once(void)
{
  struct world *world = start();
  struct async_buf names = ASYNC_BUF_INIT;
  for (int i = 0; i < 500; i++)
    async_buf_printf(&names, "n%d.wild.test\n", i);
  CHECK_RUN(world_ask(world, "--wildcard filter -j 100", async_buf_str(&names)),
            0, world);
  CHECK_INT(count_of(world->out, "\"wildcard\":true"), 500);
  CHECK_INT(world->servers[0].queries, 502);
  async_buf_done(&names);
  world_stop(world);
}

static void names_that_do_not_exist_cost_no_probe(void)
{
  struct world *world = start();
  CHECK_RUN(
      world_ask(world, "--wildcard filter", "a.plain.test\nb.plain.test MX\n"),
      0, world);
  CHECK_INT(world->servers[0].queries, 2);
  CHECK_INT(count_of(world->out, "\"wildcard\":null"), 2);
  world_stop(world);
}

/* What a wildcard answers does not make a name worth showing. */
static void filters_see_what_is_left(void)
{
  struct world *world = start();
  CHECK_RUN(world_ask(world, "--wildcard filter --only NOERROR",
                      "x.wild.test\nreal.wild.test\n"),
            0, world);
  CHECK_INT(count_of(world->out, "\n"), 1);
  CHECK_HAS(world->out, "real.wild.test");
  CHECK_RUN(
      world_ask(world, "--wildcard filter --fail-on nxdomain", "x.wild.test\n"),
      1, world);
  world_stop(world);
}

/* Each resolver has an answer of its own for the whole zone, as those of large
 * networks do. */
static void resolvers_may_differ_about_it(void)
{
  static const struct zone_row here[] = {
    { "*.wild.test", "A", "192.0.2.1" },
    { "real.wild.test", "A", "203.0.113.1" },
    { NULL, NULL, NULL },
  };
  static const struct zone_row there[] = {
    { "*.wild.test", "A", "198.51.100.1" },
    { "real.wild.test", "A", "203.0.113.1" },
    { NULL, NULL, NULL },
  };
  struct world *world =
      world_start((const struct zone_row *const[]){ here, there, NULL });
  struct async_buf names = ASYNC_BUF_INIT;
  async_buf_add_str(&names, "real.wild.test\n");
  for (int i = 0; i < 100; i++)
    async_buf_printf(&names, "n%d.wild.test\n", i);
  CHECK_RUN(world_ask(world, "--wildcard filter", async_buf_str(&names)), 0,
            world);
  CHECK_INT(count_of(world->out, "\"wildcard\":true"), 100);
  check_wildcard(world, "real.wild.test", false);
  async_buf_done(&names);
  world_stop(world);
}

static void a_vote_comes_before_it(void)
{
  struct world *world =
      world_start((const struct zone_row *const[]){ rows, rows, NULL });
  CHECK_RUN(world_ask(world, "--wildcard filter --agree 2/2",
                      "x.wild.test\nreal.wild.test\n"),
            0, world);
  check_wildcard(world, "x.wild.test", true);
  check_wildcard(world, "real.wild.test", false);
  CHECK_HAS(record_of(world, "real.wild.test"), "\"agree\":\"2/2\"");
  world_stop(world);
}

static const struct tap_test tests[] = {
  TEST(names_of_a_wildcard_are_none),
  TEST(marked_names_keep_their_answer),
  TEST(at_any_depth),
  TEST(each_type_has_wildcards_of_its_own),
  TEST(balanced_loads_are_seen_through),
  TEST(aliases_count_not_where_they_lead),
  TEST(where_everything_fails_a_failure_says_nothing),
  TEST(what_cannot_be_found_out_is_no_answer),
  TEST(a_parent_is_probed_once),
  TEST(names_that_do_not_exist_cost_no_probe),
  TEST(filters_see_what_is_left),
  TEST(resolvers_may_differ_about_it),
  TEST(a_vote_comes_before_it),
};

TAP_MAIN(tests)
