/* When descriptors are short: that is no resolver's fault, and no name's. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_fleet_sim.h"

SIM(without_a_descriptor_they_wait_for_one)
{
  struct world *world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  wire_most = 7;
  for (int i = 0; i < 200; i++)
    start(world, i);
  for (int left = 200; left > 0;) {
    CHECK_INT(async_sleep(50 * ASYNC_MS), 0);
    CHECK_INT(sent_count, left < 7 ? left : 7);
    for (; sent_count > 0; left--)
      answer(ASYNC_CONTAINER_OF(sent[0], struct dns_ask, ask), 0);
  }
  for (int i = 0; i < 200; i++) {
    CHECK_INT(world->asks[i].op.rc, 0);
    CHECK_INT(world->asks[i].ask.verdict, ASYNC_DNS_GOOD);
  }
  struct async_dns_resolver_stats stats = stats_of(world, 0);
  CHECK_INT(stats.answered, 200);
  CHECK_INT(stats.errors + stats.timeouts + stats.opened, 0);
  CHECK(stats.abandoned < 400); /* it does not try over and over */
  wire_most = ASKS;
  world_close(world);
}

SIM(the_room_comes_back_when_there_are_descriptors_again)
{
  struct world *world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  wire_most = 3;
  for (int i = 0; i < 50; i++)
    start(world, i);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(sent_count, 3);
  wire_most = ASKS;
  for (int i = 50; i < 2000; i++)
    start(world, i);
  for (int i = 0; i < 300; i++) {
    CHECK_INT(async_sleep(20 * ASYNC_MS), 0);
    for (size_t n = sent_count; n > 0; n--)
      answer(ASYNC_CONTAINER_OF(sent[0], struct dns_ask, ask), 0);
  }
  CHECK_INT(stats_of(world, 0).answered, 2000);
  CHECK(stats_of(world, 0).window >= 64);
  world_close(world);
}

SIM(others_have_sockets_already)
{
  struct world *world =
      world_open(THREE, 3, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 60; i++) {
    struct dns_ask *ask = start(world, i);
    if (ask->ask.resolver == 0 && ask->op.state == ASYNC_OP_STARTED &&
        sent_count > 0 && i % 2) {
      asy_fleet_enter(world->fleet);
      asy_fleet_lost(&ask->ask, -ENFILE, false);
      asy_fleet_leave(world->fleet);
      CHECK_INT(ask->op.state, ASYNC_OP_STARTED);
      CHECK(ask->ask.resolver != 0); /* went to another one at once */
    }
    answer(ask, 0);
  }
  CHECK_INT(stats_of(world, 0).opened, 0);
  world_close(world);
}

SIM(what_only_one_can_answer_waits_for_that_one)
{
  struct world *world =
      world_open(THREE, 3, (struct async_dns_fleet_opts){ 0 });
  struct dns_ask *ask = &world->asks[0];
  dns_ask_init(ask, 1, "a.test");
  ask->ask.keep = NULL;
  ask->ask.want = 2;
  wire_most = 0;
  dns_ask_start(world->fleet, ask);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(ask->op.state, ASYNC_OP_STARTED);
  wire_most = ASKS;
  CHECK_INT(async_sleep(50 * ASYNC_MS), 0);
  answer(ask, 0);
  CHECK_INT(ask->ask.resolver, 2);
  world_close(world);
}

SIM(where_nothing_can_give_one_back_it_is_told_in_the_end)
{
  struct world *world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  int64_t start_ns = async_now();
  wire_most = 0;
  for (int i = 0; i < 20; i++)
    start(world, i);
  for (int i = 0; i < 20; i++)
    CHECK_INT(async_await(&world->asks[i].op), -EMFILE);
  CHECK(async_now() - start_ns >= ASY_FLEET_PATIENCE_NS);
  CHECK(async_now() - start_ns < 2 * ASY_FLEET_PATIENCE_NS);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_CLOSED);
  wire_most = ASKS;
  answer(start(world, 20), 0);
  world_close(world);
}

SIM(it_waits_as_long_as_it_may)
{
  struct world *world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  struct dns_ask *ask = &world->asks[0];
  int64_t start_ns = async_now();
  dns_ask_init(ask, 1, "a.test");
  ask->ask.keep = NULL;
  ask->ask.deadline_ns = start_ns + ASYNC_SEC;
  wire_most = 0;
  dns_ask_start(world->fleet, ask);
  CHECK_INT(async_await(&ask->op), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns < 2 * ASYNC_SEC);
  wire_most = ASKS;
  world_close(world);
}

static const struct tap_test tests[] = {
  TEST(without_a_descriptor_they_wait_for_one),
  TEST(the_room_comes_back_when_there_are_descriptors_again),
  TEST(others_have_sockets_already),
  TEST(what_only_one_can_answer_waits_for_that_one),
  TEST(where_nothing_can_give_one_back_it_is_told_in_the_end),
  TEST(it_waits_as_long_as_it_may),
};

TAP_MAIN(tests)
