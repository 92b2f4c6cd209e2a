/* What the fleet learns about its resolvers: rates, windows, illness, time. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_fleet_sim.h"

/* How fast. */

SIM(a_rate_is_kept)
{
  static const char *const RATE[] = { "127.0.0.1:1 rate=50" };
  struct async_dns_fleet_opts opts = { .timeout_ns = 1000 * ASYNC_SEC,
                                       .ramp = 1000 };
  struct world *world = world_open(RATE, 1, opts);
  for (int i = 0; i < 500; i++)
    start(world, i);
  CHECK_INT(sent_count, 1);
  CHECK_INT(async_sleep(2 * ASYNC_SEC), 0);
  CHECK(sent_count >= 99 && sent_count <= 102);
  CHECK_INT(async_sleep(6 * ASYNC_SEC), 0);
  CHECK(sent_count >= 398 && sent_count <= 402);
  world_close(world);
}

SIM(a_public_resolver_gets_500_a_second_at_most)
{
  struct world *world =
      world_open(PUBLIC, 1, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < ASKS - 1; i++)
    start(world, i);
  int64_t until_ns = async_now() + 2 * ASYNC_SEC;
  while (async_now() < until_ns) {
    while (sent_count > 0)
      answer(ASYNC_CONTAINER_OF(sent[0], struct dns_ask, ask), 0);
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  }
  CHECK(stats_of(world, 0).sent > 900 && stats_of(world, 0).sent <= 1030);
  world_close(world);
}

SIM(a_rate_goes_down_when_queries_are_refused_and_up_again)
{
  struct asy_fleet_rate rate;
  int64_t now_ns = async_now();
  asy_fleet_rate_init(&rate, 500, false, now_ns);
  for (int i = 0; i < 400; i++)
    asy_fleet_rate_learn(&rate, i % 4 == 0, now_ns += 10 * ASYNC_MS);
  CHECK(rate.per_s < 250);
  for (int i = 0; i < 4000; i++)
    asy_fleet_rate_learn(&rate, false, now_ns += 10 * ASYNC_MS);
  CHECK(rate.per_s > 499 && rate.per_s < 501);
  asy_fleet_rate_init(&rate, 500, true, now_ns);
  for (int i = 0; i < 400; i++)
    asy_fleet_rate_learn(&rate, true, now_ns += 10 * ASYNC_MS);
  CHECK(rate.per_s > 499); /* what was told is kept */
}

/* Serves `most_per_s` answers a second at best, after `rtt_ns` at least. */
static unsigned settle(double most_per_s, int64_t rtt_ns, unsigned start)
{
  struct asy_fleet_window window;
  int64_t now_ns = 1;
  asy_fleet_window_init(&window, start, 65536, now_ns);
  for (int i = 0; i < 400000; i++) {
    double per_s = (double)window.size * 1e9 / (double)rtt_ns;
    if (per_s > most_per_s)
      per_s = most_per_s;
    now_ns += (int64_t)(1e9 / per_s);
    asy_fleet_window_answered(&window, window.size, rtt_ns, now_ns);
  }
  return window.size;
}

SIM(more_are_in_flight_only_where_that_pays)
{
  /* A fast server nearby: 100 are enough. */
  unsigned near = settle(300000, 100 * ASYNC_US, 100);
  CHECK(near <= 200);
  /* 50 ms away, and able to serve 40,000 a second: that takes 2,000. */
  unsigned far = settle(40000, 50 * ASYNC_MS, 100);
  CHECK(far >= 1600 && far <= 4000);
}

/* The same, but an answer is to a query of a round trip ago. */
static unsigned settle_late(double most_per_s, int64_t rtt_ns, int64_t for_ns)
{
  enum { SLOTS = 16 };
  struct asy_fleet_window window;
  unsigned sizes[SLOTS];
  int64_t now_ns = 1;
  asy_fleet_window_init(&window, 100, 65536, now_ns);
  for (size_t i = 0; i < SLOTS; i++)
    sizes[i] = window.size;
  while (now_ns < for_ns) {
    size_t slot = (size_t)(now_ns * SLOTS / rtt_ns) % SLOTS;
    double per_s = (double)sizes[slot] * 1e9 / (double)rtt_ns;
    if (per_s > most_per_s)
      per_s = most_per_s;
    now_ns += (int64_t)(1e9 / per_s);
    asy_fleet_window_answered(&window, window.size, rtt_ns, now_ns);
    if ((size_t)(now_ns * SLOTS / rtt_ns) % SLOTS != slot)
      sizes[slot] = window.size;
  }
  return window.size;
}

SIM(a_larger_window_is_judged_by_what_was_sent_in_it)
{
  CHECK(settle_late(100000, 300 * ASYNC_MS, 8 * ASYNC_SEC) >= 12800);
  unsigned bounded = settle_late(10000, 300 * ASYNC_MS, 20 * ASYNC_SEC);
  CHECK(bounded >= 1600 && bounded <= 8000);
}

SIM(losses_make_the_window_smaller_once_a_round)
{
  struct asy_fleet_window window;
  int64_t now_ns = 1000 * ASYNC_SEC;
  asy_fleet_window_init(&window, 1000, 65536, now_ns);
  for (int i = 0; i < 50; i++)
    asy_fleet_window_lost(&window, now_ns - ASYNC_SEC, now_ns);
  CHECK_INT(window.size, 700);
  asy_fleet_window_lost(&window, now_ns + 1, now_ns + ASYNC_SEC);
  CHECK_INT(window.size, 490);
  for (int i = 0; i < 100; i++) {
    now_ns += 2 * ASYNC_SEC;
    asy_fleet_window_lost(&window, now_ns - ASYNC_SEC, now_ns);
  }
  CHECK_INT(window.size, 64); /* never so few that it stops */
}

SIM(a_loss_now_and_then_changes_nothing)
{
  struct asy_fleet_window window;
  int64_t now_ns = 1;
  asy_fleet_window_init(&window, 100, 65536, now_ns);
  for (int i = 0; i < 10000; i++) {
    now_ns += ASYNC_MS;
    if (i % 100 == 0)
      asy_fleet_window_lost(&window, now_ns - ASYNC_SEC, now_ns);
    else
      asy_fleet_window_answered(&window, 50, ASYNC_MS, now_ns);
  }
  CHECK_INT(window.size, 100);
}

SIM(the_lost_do_not_take_the_place_of_others)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = 10 * ASYNC_SEC };
  struct world *world = world_open(ONE, 1, opts);
  for (int i = 0; i < 2000; i++) {
    start(world, i);
    if (i % 10 == 0)
      continue;
    CHECK_INT(world->asks[i].ask.resolver, 0);
    CHECK_INT(async_sleep(ASYNC_MS), 0);
    answer(&world->asks[i], 0);
  }
  CHECK_INT(sent_count, 200); /* of a window of 100 */
  answer(&world->asks[0], 0); /* better late than never */
  world_close(world);
}

SIM(while_nothing_is_answered_nothing_more_is_sent)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = 10 * ASYNC_SEC };
  struct world *world = world_open(ONE, 1, opts);
  answer(start(world, 0), 0);
  for (int i = 1; i < 500; i++)
    start(world, i);
  CHECK_INT(async_sleep(9 * ASYNC_SEC), 0);
  CHECK_INT(sent_count, 100);
  world_close(world);
}

/* Illness. */

SIM(no_answers_open_the_breaker_and_one_closes_it)
{
  static const char *const TWO[] = { "127.0.0.1:1", "127.0.0.1:2" };
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND,
                                       .timeout_ns = ASYNC_SEC,
                                       .failures = 3 };
  struct world *world = world_open(TWO, 2, opts);
  for (int i = 0; i < 20; i++) {
    struct dns_ask *ask = start(world, i);
    if (ask->ask.resolver == 1)
      answer(ask, 0);
    else
      CHECK_INT(async_sleep(1100 * ASYNC_MS), 0);
    CHECK_INT(ask->op.rc, ask->ask.resolver == 1 ? 0 : ASYNC_ETIMEDOUT);
  }
  struct async_dns_resolver_stats stats = stats_of(world, 0);
  CHECK(stats.opened >= 1);
  CHECK(stats.timeouts <= 6); /* dead ones cost little */
  /* It comes back: the next probe finds out. */
  CHECK_INT(async_sleep(60 * ASYNC_SEC), 0);
  for (int i = 20; i < 40; i++)
    answer(start(world, i), 0);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_CLOSED);
  CHECK(stats_of(world, 0).answered > 5);
  world_close(world);
}

SIM(a_burst_that_was_lost_is_no_illness_while_others_are_answered)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = ASYNC_SEC, .failures = 3 };
  struct world *world = world_open(ONE, 1, opts);
  for (int i = 0; i < 50; i++)
    start(world, i);
  CHECK_INT(async_sleep(500 * ASYNC_MS), 0);
  answer(&world->asks[0], 0);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  struct async_dns_resolver_stats stats = stats_of(world, 0);
  CHECK_INT(stats.timeouts, 49);
  CHECK_INT(stats.breaker, ASYNC_BREAKER_CLOSED);
  CHECK(stats.window < 100);
  world_close(world);
}

SIM(one_that_refuses_everything_is_ill)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND,
                                       .failures = 4 };
  struct world *world = world_open(THREE, 3, opts);
  for (int i = 0; i < 300; i++) {
    struct dns_ask *ask = start(world, i);
    answer(ask, ask->ask.resolver == 2 ? 5 : 0);
  }
  CHECK_INT(stats_of(world, 2).refused, 4);
  CHECK_INT(stats_of(world, 2).breaker, ASYNC_BREAKER_OPEN);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_CLOSED);
  world_close(world);
}

SIM(one_that_refuses_everything_is_asked_while_nobody_is_better)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = ASYNC_SEC, .failures = 4 };
  struct world *world = world_open(THREE, 2, opts);
  int64_t start_ns = async_now();
  for (int i = 0; i < 8; i++)
    if (start(world, i)->ask.resolver == 1)
      answer(&world->asks[i], 5);
  CHECK_INT(async_sleep(2 * ASYNC_SEC), 0); /* the other one says nothing */
  for (int i = 8; i < 300; i++) {
    struct dns_ask *ask = start(world, i);
    if (ask->ask.resolver == 1)
      answer(ask, 5);
    CHECK(ask->ask.resolver >= 0);
  }
  CHECK(stats_of(world, 1).refused > 280);
  CHECK_INT(stats_of(world, 1).breaker, ASYNC_BREAKER_OPEN);
  CHECK(async_now() - start_ns < 3 * ASYNC_SEC);
  world_close(world);
}

SIM(one_that_refuses_everything_is_asked_by_those_who_want_it)
{
  struct async_dns_fleet_opts opts = { .failures = 4 };
  struct world *world = world_open(THREE, 3, opts);
  for (int i = 0; i < 100; i++) {
    struct dns_ask *ask = &world->asks[i];
    dns_ask_init(ask, 1, "a.test");
    ask->ask.keep = NULL;
    ask->ask.want = 1;
    dns_ask_start(world->fleet, ask);
    answer(ask, 5);
  }
  for (int i = 100; i < 200; i++) {
    struct dns_ask *ask = start(world, i);
    CHECK(ask->ask.resolver != 1); /* there are better ones */
    answer(ask, 0);
  }
  world_close(world);
}

SIM(names_that_fail_make_no_resolver_ill)
{
  struct async_dns_fleet_opts opts = { .failures = 4 };
  struct world *world = world_open(ONE, 1, opts);
  for (int i = 0; i < 300; i++)
    answer(start(world, i), i % 2 ? 2 : 3);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_CLOSED);
  world_close(world);
}

SIM(with_nobody_alive_every_ask_ends_with_a_timeout)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = ASYNC_SEC, .failures = 5 };
  struct world *world = world_open(ONE, 1, opts);
  int64_t start_ns = async_now();
  for (int i = 0; i < 400; i++)
    start(world, i);
  CHECK_INT(sent_count, 100);
  for (int i = 0; i < 400; i++)
    CHECK_INT(async_await(&world->asks[i].op), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns < 5 * ASYNC_SEC);
  CHECK_INT(async_dns_fleet_queued(world->fleet), 0);
  /* It is still probed, slowly, and comes back when it does. */
  for (int i = 400; i < 420; i++) {
    struct dns_ask *ask = start(world, i);
    CHECK_INT(async_await(&ask->op), ASYNC_ETIMEDOUT);
  }
  CHECK(stats_of(world, 0).sent > 103);
  CHECK_INT(async_sleep(5 * ASYNC_SEC), 0);
  answer(start(world, 420), 0);
  for (int i = 421; i < 440; i++)
    answer(start(world, i), 0);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_CLOSED);
  world_close(world);
}

SIM(one_that_is_wanted_and_ill_ends_the_ask_too)
{
  struct async_dns_fleet_opts opts = { .timeout_ns = ASYNC_SEC, .failures = 1 };
  struct world *world = world_open(THREE, 3, opts);
  for (int i = 0; i < 3; i++) {
    struct dns_ask *ask = &world->asks[i];
    dns_ask_init(ask, 1, "a.test");
    ask->ask.want = 1;
    dns_ask_start(world->fleet, ask);
    CHECK_INT(async_await(&ask->op), ASYNC_ETIMEDOUT);
  }
  CHECK_INT(stats_of(world, 0).sent, 0);
  world_close(world);
}

/* Time. */

SIM(the_timeout_follows_the_rtt_between_1_and_4_s)
{
  struct world *world = world_open(ONE, 1, (struct async_dns_fleet_opts){ 0 });
  CHECK_INT(stats_of(world, 0).timeout_ns, 2 * ASYNC_SEC);
  for (int i = 0; i < 50; i++) {
    start(world, i);
    CHECK_INT(async_sleep(10 * ASYNC_MS), 0);
    answer(&world->asks[i], 0);
  }
  CHECK_INT(stats_of(world, 0).rtt_ns, 10 * ASYNC_MS);
  CHECK_INT(stats_of(world, 0).timeout_ns, ASYNC_SEC);
  for (int i = 0; i < 50; i++) {
    start(world, i);
    CHECK_INT(async_sleep((i % 2 ? 600 : 900) * ASYNC_MS), 0);
    answer(&world->asks[i], 0);
  }
  CHECK(stats_of(world, 0).timeout_ns > 3 * ASYNC_SEC / 2);
  CHECK(stats_of(world, 0).timeout_ns <= 4 * ASYNC_SEC);
  CHECK_INT(stats_of(world, 0).rtt->total, 100);
  world_close(world);
}

SIM(a_timeout_is_not_early_and_late_by_a_tick_at_most)
{
  static const int64_t TIMEOUTS[] = { 30 * ASYNC_MS, 999 * ASYNC_MS,
                                      5100 * ASYNC_MS, 60 * ASYNC_SEC };
  for (int i = 0; i < 4; i++) {
    struct async_dns_fleet_opts opts = { .timeout_ns = TIMEOUTS[i] };
    struct world *world = world_open(ONE, 1, opts);
    int64_t start_ns = async_now();
    CHECK_INT(async_await(&start(world, i)->op), ASYNC_ETIMEDOUT);
    int64_t took_ns = async_now() - start_ns;
    CHECK(took_ns >= TIMEOUTS[i]);
    CHECK(took_ns <= TIMEOUTS[i] + 2 * ASY_FLEET_TICK_NS);
    world_close(world);
  }
}

SIM(a_deadline_ends_it_sent_or_not)
{
  struct async_dns_fleet_opts opts = { .jobs = 1,
                                       .timeout_ns = 100 * ASYNC_SEC };
  struct world *world = world_open(ONE, 1, opts);
  int64_t start_ns = async_now();
  for (int i = 0; i < 2; i++) {
    struct dns_ask *ask = &world->asks[i];
    dns_ask_init(ask, 1, "a.test");
    ask->ask.deadline_ns = start_ns + 3 * ASYNC_SEC;
    dns_ask_start(world->fleet, ask);
  }
  CHECK_INT(world->asks[1].ask.resolver, -1);
  CHECK_INT(async_await(&world->asks[0].op), ASYNC_ETIMEDOUT);
  CHECK_INT(async_await(&world->asks[1].op), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns >= 3 * ASYNC_SEC);
  CHECK(async_now() - start_ns < 4 * ASYNC_SEC);
  world_close(world);
}

static const struct tap_test tests[] = {
  TEST(a_rate_is_kept),
  TEST(a_public_resolver_gets_500_a_second_at_most),
  TEST(a_rate_goes_down_when_queries_are_refused_and_up_again),
  TEST(more_are_in_flight_only_where_that_pays),
  TEST(a_larger_window_is_judged_by_what_was_sent_in_it),
  TEST(losses_make_the_window_smaller_once_a_round),
  TEST(a_loss_now_and_then_changes_nothing),
  TEST(the_lost_do_not_take_the_place_of_others),
  TEST(while_nothing_is_answered_nothing_more_is_sent),
  TEST(no_answers_open_the_breaker_and_one_closes_it),
  TEST(a_burst_that_was_lost_is_no_illness_while_others_are_answered),
  TEST(one_that_refuses_everything_is_ill),
  TEST(one_that_refuses_everything_is_asked_while_nobody_is_better),
  TEST(one_that_refuses_everything_is_asked_by_those_who_want_it),
  TEST(names_that_fail_make_no_resolver_ill),
  TEST(with_nobody_alive_every_ask_ends_with_a_timeout),
  TEST(one_that_is_wanted_and_ill_ends_the_ask_too),
  TEST(the_timeout_follows_the_rtt_between_1_and_4_s),
  TEST(a_timeout_is_not_early_and_late_by_a_tick_at_most),
  TEST(a_deadline_ends_it_sent_or_not),
};

TAP_MAIN(tests)
