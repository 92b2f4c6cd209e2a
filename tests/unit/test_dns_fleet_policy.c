/* Whom the fleet asks, and when. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_fleet_sim.h"

/* Whom. */

SIM(in_turn_each_gets_the_same_number)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND };
  struct world *world = world_open(THREE, 3, opts);
  for (int i = 0; i < 9; i++)
    CHECK_INT(start(world, i)->ask.resolver, i % 3);
  world_close(world);
}

SIM(in_turn_by_weight)
{
  static const char *const WEIGHTS[] = { "127.0.0.1:1 weight=3",
                                         "127.0.0.1:2" };
  static const int WANT[] = { 0, 0, 0, 1, 0, 0, 0, 1 };
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND };
  struct world *world = world_open(WEIGHTS, 2, opts);
  for (int i = 0; i < 8; i++)
    CHECK_INT(start(world, i)->ask.resolver, WANT[i]);
  world_close(world);
}

SIM(at_random_each_gets_its_share)
{
  static const char *const WEIGHTS[] = { "127.0.0.1:1 weight=3",
                                         "127.0.0.1:2" };
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_RANDOM,
                                       .ramp = 2000 };
  struct world *world = world_open(WEIGHTS, 2, opts);
  for (int i = 0; i < 2000; i++)
    start(world, i);
  CHECK(stats_of(world, 0).sent > 1350 && stats_of(world, 0).sent < 1650);
  CHECK_INT(stats_of(world, 0).sent + stats_of(world, 1).sent, 2000);
  world_close(world);
}

SIM(the_fastest_gets_the_most_but_not_all)
{
  struct world *world =
      world_open(THREE, 3, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 600; i++) {
    struct dns_ask *ask = start(world, i);
    CHECK_INT(async_sleep((ask->ask.resolver == 1 ? 1 : 20) * ASYNC_MS), 0);
    answer(ask, 0);
  }
  CHECK(stats_of(world, 1).sent > 300);
  CHECK(stats_of(world, 0).sent > 0 && stats_of(world, 2).sent > 0);
  world_close(world);
}

SIM(the_same_name_goes_to_the_same_resolver)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_HASH };
  struct world *world = world_open(THREE, 3, opts);
  bool used[3] = { false };
  for (int i = 0; i < 30; i++) {
    struct dns_ask *ask = start(world, i);
    int first = ask->ask.resolver;
    used[first] = true;
    answer(ask, 0);
    dns_ask_init(ask, 1, "");
    char name[32];
    snprintf(name, sizeof(name), "N%d.TEST", i);
    dns_ask_init(ask, 1, name);
    ask->ask.keep = NULL;
    dns_ask_start(world->fleet, ask);
    CHECK_INT(ask->ask.resolver, first);
    answer(ask, 0);
  }
  CHECK(used[0] && used[1] && used[2]);
  world_close(world);
}

/* Fails, and starts again what it says. */
static void again(struct world *world, struct dns_ask *ask)
{
  answer(ask, 2);
  dns_ask_start(world->fleet, ask);
}

SIM(tries_again_elsewhere_until_it_was_everywhere)
{
  struct world *world =
      world_open(THREE, 3, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 50; i++) {
    struct dns_ask *ask = start(world, i);
    int seen = 1 << ask->ask.resolver;
    again(world, ask);
    seen |= 1 << ask->ask.resolver;
    again(world, ask);
    seen |= 1 << ask->ask.resolver;
    CHECK_INT(seen, 7);
    again(world, ask); /* somewhere */
    CHECK(ask->ask.resolver >= 0);
    answer(ask, 0);
    CHECK_INT(ask->tried.count, 4);
  }
  world_close(world);
}

SIM(sticky_tries_again_at_the_same)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_STICKY };
  struct world *world = world_open(THREE, 3, opts);
  bool used[3] = { false };
  for (int i = 0; i < 50; i++) {
    struct dns_ask *ask = start(world, i);
    int first = ask->ask.resolver;
    used[first] = true;
    again(world, ask);
    CHECK_INT(ask->ask.resolver, first);
    answer(ask, 0);
  }
  CHECK(used[0] && used[1] && used[2]);
  world_close(world);
}

SIM(asks_the_trusted_only_if_it_should)
{
  static const char *const TRUSTED[] = { "127.0.0.1:1", "127.0.0.1:2 trusted",
                                         "127.0.0.1:3" };
  struct world *world =
      world_open(TRUSTED, 3, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 20; i++) {
    struct dns_ask *ask = &world->asks[i];
    dns_ask_init(ask, 1, "a.test");
    ask->ask.trusted = true;
    dns_ask_start(world->fleet, ask);
    CHECK_INT(ask->ask.resolver, 1);
  }
  world_close(world);
}

SIM(asks_the_one_that_is_wanted)
{
  struct world *world =
      world_open(THREE, 3, (struct async_dns_fleet_opts){ .jobs = 1 });
  struct async_dns_resolver other = dns_resolver("127.0.0.1:4");
  int extra = async_dns_fleet_add(world->fleet, &other);
  CHECK_INT(extra, 3);
  for (int i = 0; i < 4; i++) {
    struct dns_ask *ask = &world->asks[i];
    dns_ask_init(ask, 1, "a.test");
    ask->ask.keep = NULL;
    ask->ask.want = i < 2 ? extra : 2;
    dns_ask_start(world->fleet, ask);
    CHECK_INT(ask->ask.resolver, i % 2 ? -1 : ask->ask.want); /* one at once */
  }
  CHECK_INT(async_dns_fleet_queued(world->fleet), 2);
  answer(&world->asks[0], 0);
  CHECK_INT(world->asks[1].ask.resolver, extra);
  CHECK_INT(world->asks[3].ask.resolver, -1);
  for (int i = 10; i < 40; i++) /* and nobody else goes there */
    CHECK(start(world, i)->ask.resolver != extra);
  world_close(world);
}

/* How many. */

SIM(waits_its_turn_when_all_are_busy)
{
  struct async_dns_fleet_opts opts = { .jobs = 2,
                                       .timeout_ns = 1000 * ASYNC_SEC };
  struct world *world = world_open(THREE, 3, opts);
  for (int i = 0; i < 20; i++)
    start(world, i);
  CHECK_INT(sent_count, 6);
  CHECK_INT(async_dns_fleet_queued(world->fleet), 14);
  CHECK_INT(async_sleep(500 * ASYNC_SEC), 0); /* never fails for that */
  CHECK_INT(async_dns_fleet_queued(world->fleet), 14);
  for (int i = 0; i < 20; i++) {
    answer(&world->asks[i], 0);
    if (i + 6 < 20) /* first come, first served */
      CHECK(world->asks[i + 6].ask.resolver >= 0);
    if (i + 7 < 20)
      CHECK_INT(world->asks[i + 7].ask.resolver, -1);
  }
  world_close(world);
}

SIM(one_that_waits_can_be_withdrawn)
{
  struct world *world =
      world_open(ONE, 1, (struct async_dns_fleet_opts){ .jobs = 1 });
  start(world, 0);
  start(world, 1);
  start(world, 2);
  async_op_abort(&world->asks[1].op);
  CHECK_INT(world->asks[1].op.rc, ASYNC_ECANCELED);
  CHECK_INT(async_dns_fleet_queued(world->fleet), 1);
  async_op_abort(&world->asks[0].op); /* its place is given away */
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(world->asks[2].ask.resolver, 0);
  world_close(world);
}

SIM(public_resolvers_get_200_at_most_and_near_ones_begin_with_100)
{
  struct async_dns_fleet_opts opts = { .ramp = 1000, .rate_per_s = -1 };
  struct world *world = world_open(PUBLIC, 1, opts);
  for (int i = 0; i < 300; i++)
    start(world, i);
  CHECK_INT(sent_count, 200);
  world_close(world);
  world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 300; i++)
    start(world, i);
  CHECK_INT(sent_count, 100);
  world_close(world);
}

/* Does everything at random, and checks that every ask ends once and that the
 * books are right. */
SIM(whatever_happens_every_ask_ends_once)
{
  struct async_rng rng;
  static const char *const FIVE[] = { "127.0.0.1:1 jobs=3",
                                      "127.0.0.1:2 rate=20", "192.0.2.1",
                                      "127.0.0.1:3 trusted weight=5",
                                      "127.0.0.1:4 jobs=1 trusted" };
  struct async_dns_fleet_opts opts = { .failures = 2 };
  static uint64_t run;
  async_rng_init(&rng, ++run);
  opts.rotate = (enum async_dns_rotate)async_rng_below(&rng, 5);
  struct world *world = world_open(FIVE, 5, opts);
  for (int i = 0; i < 5; i++) /* some have to prove that they work */
    world->fleet->resolvers[i]->proven = async_rng_below(&rng, 2);
  for (int i = 0; i < 300; i++) {
    struct dns_ask *ask = start(world, i);
    (void)ask;
    switch (async_rng_below(&rng, 6)) {
    case 0:
      CHECK_INT(
          async_sleep((int64_t)async_rng_below(&rng, (uint64_t)ASYNC_SEC)), 0);
      break;
    case 1:
      async_op_abort(&world->asks[async_rng_below(&rng, (uint64_t)i + 1)].op);
      break;
    default:
      if (sent_count > 0)
        reply(ASYNC_CONTAINER_OF(sent[async_rng_below(&rng, sent_count)],
                                 struct dns_ask, ask),
              async_rng_below(&rng, 3) ? 0 : 5);
    }
  }
  for (int i = 0; i < 300; i++)
    async_await(&world->asks[i].op);
  for (size_t i = 0; i < 5; i++)
    CHECK_INT(stats_of(world, i).in_flight, 0);
  CHECK_INT(async_dns_fleet_queued(world->fleet), 0);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), 0);
  world_close(world);
}

static const struct tap_test tests[] = {
  TEST(in_turn_each_gets_the_same_number),
  TEST(in_turn_by_weight),
  TEST(at_random_each_gets_its_share),
  TEST(the_fastest_gets_the_most_but_not_all),
  TEST(the_same_name_goes_to_the_same_resolver),
  TEST(tries_again_elsewhere_until_it_was_everywhere),
  TEST(sticky_tries_again_at_the_same),
  TEST(asks_the_trusted_only_if_it_should),
  TEST(asks_the_one_that_is_wanted),
  TEST(waits_its_turn_when_all_are_busy),
  TEST(one_that_waits_can_be_withdrawn),
  TEST(public_resolvers_get_200_at_most_and_near_ones_begin_with_100),
  TEST(whatever_happens_every_ask_ends_once),
};

TAP_MAIN(tests)
