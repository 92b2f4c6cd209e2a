/* Whom the fleet asks, and when: in simulated time, over a wire that is ours.
 * What is sent stays out until the test answers it or time runs out. */
#include "async/dns.h"
#include "async/dns_fleet.h"
#include "async/task.h"
#include "async/timer.h"
#include "dns_ask.h"
#include "net/dns_fleet_priv.h"
#include "sim.h"

enum { MOST = 40, ASKS = 3000 };

static struct async_dns_ask *sent[ASKS];
static size_t sent_count;

static int wire_send(struct asy_fleet_resolver *resolver,
                     struct async_dns_ask *ask)
{
  (void)resolver;
  CHECK(sent_count < ASKS);
  sent[sent_count++] = ask;
  return 0;
}

static void wire_forget(struct async_dns_ask *ask)
{
  for (size_t i = 0; i < sent_count; i++)
    if (sent[i] == ask) {
      sent[i] = sent[--sent_count];
      return;
    }
  CHECK(!"was sent");
}

static const struct asy_fleet_wire WIRE = { wire_send, wire_forget };

struct world {
  struct async_dns_fleet *fleet;
  struct async_dns_fleet_opts opts;
  struct dns_ask asks[ASKS];
};

static struct world *world_open(const char *const *texts, size_t count,
                                struct async_dns_fleet_opts opts)
{
  static struct world world;
  struct async_dns_resolver resolvers[MOST];
  for (size_t i = 0; i < count; i++)
    resolvers[i] = dns_resolver(texts[i]);
  opts.resolvers = resolvers;
  opts.count = count;
  opts.seed = opts.seed ? opts.seed : 1;
  CHECK_INT(async_dns_fleet_open(&world.fleet, &opts), 0);
  world.fleet->wire = &WIRE;
  sent_count = 0;
  return &world;
}

static void world_close(struct world *world)
{
  async_dns_fleet_close(world->fleet);
  CHECK_INT(sent_count, 0);
}

static struct dns_ask *start(struct world *world, int i)
{
  char name[32];
  snprintf(name, sizeof(name), "n%d.test", i);
  dns_ask_init(&world->asks[i], (uint16_t)i, name);
  world->asks[i].ask.keep = NULL;
  world->asks[i].ask.tried = &world->asks[i].tried;
  dns_ask_start(world->fleet, &world->asks[i]);
  return &world->asks[i];
}

static void answer(struct dns_ask *ask, int rcode)
{
  unsigned char reply[ASK_MESSAGE];
  memcpy(reply, ask->message, ask->ask.message_bytes);
  reply[2] |= 0x80;
  reply[3] = (unsigned char)rcode;
  struct async_dns_fleet *fleet = ask->ask.fleet;
  asy_fleet_enter(fleet);
  CHECK(asy_fleet_reply(&ask->ask, reply, ask->ask.message_bytes, false));
  asy_fleet_leave(fleet);
  CHECK_INT(ask->op.state, ASYNC_OP_DONE);
}

static struct async_dns_resolver_stats stats_of(struct world *world, size_t i)
{
  struct async_dns_resolver_stats stats;
  async_dns_fleet_stats(world->fleet, i, &stats);
  CHECK_INT(stats.sent, stats.answered + stats.malformed + stats.timeouts +
                            stats.errors + stats.abandoned + stats.in_flight);
  return stats;
}

static const char *const THREE[] = { "127.0.0.1:1", "127.0.0.1:2",
                                     "127.0.0.1:3" };
static const char *const ONE[] = { "127.0.0.1:1" };
static const char *const PUBLIC[] = { "192.0.2.1" };

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
        answer(ASYNC_CONTAINER_OF(sent[async_rng_below(&rng, sent_count)],
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
  TEST(a_rate_is_kept),
  TEST(a_public_resolver_gets_500_a_second_at_most),
  TEST(a_rate_goes_down_when_queries_are_refused_and_up_again),
  TEST(more_are_in_flight_only_where_that_pays),
  TEST(losses_make_the_window_smaller_once_a_round),
  TEST(a_loss_now_and_then_changes_nothing),
  TEST(the_lost_do_not_take_the_place_of_others),
  TEST(while_nothing_is_answered_nothing_more_is_sent),
  TEST(no_answers_open_the_breaker_and_one_closes_it),
  TEST(a_burst_that_was_lost_is_no_illness_while_others_are_answered),
  TEST(one_that_refuses_everything_is_ill),
  TEST(names_that_fail_make_no_resolver_ill),
  TEST(with_nobody_alive_every_ask_ends_with_a_timeout),
  TEST(one_that_is_wanted_and_ill_ends_the_ask_too),
  TEST(the_timeout_follows_the_rtt_between_1_and_4_s),
  TEST(a_timeout_is_not_early_and_late_by_a_tick_at_most),
  TEST(a_deadline_ends_it_sent_or_not),
  TEST(whatever_happens_every_ask_ends_once),
};

TAP_MAIN(tests)
