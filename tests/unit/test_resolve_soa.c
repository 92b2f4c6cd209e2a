/* --soa-check: do all servers of a zone say the same? */
#include "command.h"
#include "resolve_world.h"

/* The first server is the resolver; it knows who has the zones. The second and
 * third have them, at 127.0.0.2 and 127.0.0.3. */
#define SERVERS                                                                \
  { "ns1.x.test", "A", "127.0.0.2" },                                          \
  {                                                                            \
    "ns2.x.test", "A", "127.0.0.3"                                             \
  }

static const struct zone_row resolver[] = {
  SERVERS,
  { "x.test", "SOA", "7" },
  { "x.test", "NS", "ns1.x.test ns2.x.test" },
  { "www.x.test", "A", "192.0.2.1" },
  { "away.x.test", "CNAME", "www.y.test" },
  { "y.test", "SOA", "1" },
  { "y.test", "NS", "ns1.x.test" },
  { "www.y.test", "A", "192.0.2.2" },
  { "lame.test", "SOA", "1" },
  { "lame.test", "NS", "ns1.x.test" },
  { "lost.test", "SOA", "1" },
  { "lost.test", "NS", "ns1.x.test nowhere.lost.test" },
  { "sick.test", "RCODE", "SERVFAIL" },
  { NULL, NULL, NULL },
};

static const struct zone_row first[] = {
  { "x.test", "SOA", "7" },
  { "y.test", "SOA", "1" },
  { "lame.test", "RCODE", "REFUSED" },
  { "lost.test", "SOA", "1" },
  { NULL, NULL, NULL },
};

static const struct zone_row equal[] = { { "x.test", "SOA", "7" },
                                         { NULL, NULL, NULL } };
static const struct zone_row behind[] = { { "x.test", "SOA", "6" },
                                          { NULL, NULL, NULL } };
static const struct zone_row silent[] = { { "x.test", "RCODE", "DROP" },
                                          { NULL, NULL, NULL } };

static struct world *start(const struct zone_row *second)
{
  return world_start(
      (const struct zone_row *const[]){ resolver, first, second, NULL });
}

static int check(struct world *world, const char *more, const char *input)
{
  char words[256];
  snprintf(words, sizeof(words), "--soa-check -r %s --server-port %d %s",
           world->servers[0].address, world->port, more);
  return world_run(world, words, input);
}

static void equal_serials_are_right(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "", "x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"zone\":\"x.test.\"");
  CHECK_HAS(world->out, "{\"server\":\"ns1.x.test.\",\"address\":\"127.0.0.2\","
                        "\"serial\":7,\"rcode\":\"NOERROR\","
                        "\"authoritative\":true,");
  CHECK_HAS(world->out, "{\"server\":\"ns2.x.test.\",\"address\":\"127.0.0.3\","
                        "\"serial\":7,");
  CHECK_HAS(world->out, "\"qtype\":\"SOA\"");
  CHECK_HAS(world->out, "\"result\":\"answer\"");
  world_stop(world);
}

/* The servers are asked for what they have, not to go and look. */
static void servers_are_not_asked_to_recurse(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "", "x.test\n"), 0, world);
  CHECK_INT(world->servers[1].queries, 1);
  CHECK_STR(world->servers[1].log[0], "x.test SOA ");
  CHECK_STR(world->servers[0].log[0], "x.test SOA rd");
  world_stop(world);
}

static void serials_that_differ_are_a_failure(void)
{
  struct world *world = start(behind);
  CHECK_RUN(check(world, "", "x.test\n"), 1, world);
  CHECK_HAS(world->out, "the serials differ: 7 at ns1.x.test. (127.0.0.2), "
                        "6 at ns2.x.test. (127.0.0.3)");
  CHECK_HAS(world->out, "\"serial\":6");
  world_stop(world);
}

static void a_silent_server_is_a_failure(void)
{
  struct world *world = start(silent);
  CHECK_RUN(check(world, "--retries 1 --attempt-timeout 500ms", "x.test\n"), 1,
            world);
  CHECK_HAS(world->out, "ns2.x.test.: no answer from udp://127.0.0.3");
  CHECK_HAS(world->out, "\"serial\":null,\"error\":\"ETIMEDOUT\"");
  CHECK_INT(world->servers[2].queries, 2);
  world_stop(world);
}

static void the_zone_of_a_name_is_found(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "", "www.x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"zone\":\"x.test.\"");
  CHECK_HAS(world->out, "\"name\":\"www.x.test.\"");
  world_stop(world);
}

/* The zone of an alias is where the alias is. */
static void an_alias_does_not_lead_away(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "", "away.x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"zone\":\"x.test.\"");
  world_stop(world);
}

static void a_server_that_does_not_have_the_zone_is_a_failure(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "--retries 0", "lame.test\n"), 1, world);
  CHECK_HAS(world->out, "ns1.x.test.: REFUSED from udp://127.0.0.2");
  world->servers[1].authoritative = false;
  CHECK_RUN(check(world, "", "x.test\n"), 1, world);
  CHECK_HAS(world->out, "no authority at udp://127.0.0.2");
  world_stop(world);
}

static void a_server_without_an_address_is_a_failure(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "", "lost.test\n"), 1, world);
  CHECK_HAS(world->out,
            "the name server nowhere.lost.test. has no address: NXDOMAIN");
  world_stop(world);
}

static void what_does_not_exist_has_no_zone(void)
{
  struct world *world = start(equal);
  CHECK_RUN(check(world, "--retries 0", "no.x.test\nsick.test\n"), 1, world);
  CHECK_INT(count_of(world->out, "\"outcome\":\"failed\""), 2);
  CHECK_HAS(world->out, "there is no such name");
  CHECK_HAS(world->out, "SERVFAIL from");
  world_stop(world);
}

static const struct tap_test tests[] = {
  TEST(equal_serials_are_right),
  TEST(servers_are_not_asked_to_recurse),
  TEST(serials_that_differ_are_a_failure),
  TEST(a_silent_server_is_a_failure),
  TEST(the_zone_of_a_name_is_found),
  TEST(an_alias_does_not_lead_away),
  TEST(a_server_that_does_not_have_the_zone_is_a_failure),
  TEST(a_server_without_an_address_is_a_failure),
  TEST(what_does_not_exist_has_no_zone),
};

TAP_MAIN(tests)
