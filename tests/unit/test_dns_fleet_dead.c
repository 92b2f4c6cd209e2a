/* Lists of resolvers in which some are dead or lie: what those cost. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_fleet_sim.h"

enum { ATTEMPTS = 5 };

/* What a resolver does with a query. */
enum manner { LIVE, SILENT, ICMP, REFUSING, LYING };

struct list {
  size_t count;
  enum manner (*manner)(int index);
};

/* Names that are asked, each ATTEMPTS times at most. */
struct names {
  struct world *world;
  struct list list;
  int count, started, answered, lost, attempts;
  int tries[ASKS];
};

static enum async_dns_verdict check_malformed(const struct async_dns_ask *ask,
                                              const unsigned char *reply,
                                              size_t len)
{
  return reply[3] == 15 ? ASYNC_DNS_MALFORMED
                        : async_dns_check(ask, reply, len);
}

static void ask_one(struct names *names, int i)
{
  struct dns_ask *ask = &names->world->asks[i];
  names->tries[i]++;
  names->attempts++;
  dns_ask_start(names->world->fleet, ask);
}

static void first(struct names *names, int64_t timeout_ns)
{
  int i = names->started++;
  struct dns_ask *ask = &names->world->asks[i];
  char name[32];
  snprintf(name, sizeof(name), "n%d.test", i);
  dns_ask_init(ask, (uint16_t)i, name);
  ask->ask.keep = NULL;
  ask->ask.tried = &ask->tried;
  ask->ask.check = check_malformed;
  ask->ask.deadline_ns = async_in(timeout_ns);
  ask_one(names, i);
}

/* What was sent is answered, or not. */
static void serve(struct names *names)
{
  static struct async_dns_ask *now[ASKS];
  size_t count = sent_count;
  memcpy(now, sent, count * sizeof(*now));
  for (size_t i = 0; i < count; i++) {
    struct dns_ask *ask = ASYNC_CONTAINER_OF(now[i], struct dns_ask, ask);
    switch (names->list.manner(ask->ask.resolver)) {
    case LIVE:
      reply(ask, 0);
      break;
    case REFUSING:
      reply(ask, 5);
      break;
    case LYING:
      reply(ask, 15);
      break;
    case ICMP:
      asy_fleet_enter(ask->ask.fleet);
      asy_fleet_lost(&ask->ask, -ECONNREFUSED, false);
      asy_fleet_leave(ask->ask.fleet);
      break;
    case SILENT:
      break;
    }
  }
}

static bool is_good(const struct dns_ask *ask)
{
  return ask->op.rc == 0 && ask->ask.verdict == ASYNC_DNS_GOOD;
}

/* Those that ended without an answer are asked again. */
static int settle(struct names *names)
{
  int running = 0;
  for (int i = 0; i < names->started; i++) {
    struct dns_ask *ask = &names->world->asks[i];
    if (names->tries[i] > ATTEMPTS)
      continue; /* is over */
    if (ask->op.state != ASYNC_OP_DONE) {
      running++;
    } else if (is_good(ask)) {
      names->answered++;
      names->tries[i] = ATTEMPTS + 1;
    } else if (names->tries[i] == ATTEMPTS ||
               ask->ask.deadline_ns <= async_now()) {
      names->lost++;
      names->tries[i] = ATTEMPTS + 1;
    } else {
      running++;
      ask_one(names, i);
    }
  }
  return running;
}

/* Asks `count` names, `jobs` at once, and all of them have to be answered. */
static void no_name_is_lost(struct list list, enum async_dns_rotate rotate,
                            int count, int jobs, int64_t most_ns)
{
  static struct names names;
  struct async_dns_fleet_opts opts = { .rotate = rotate };
  names = (struct names){ .list = list, .count = count };
  names.world = world_open_unknown(list.count, opts);
  int64_t start_ns = async_now();
  for (;;) {
    int running = settle(&names);
    for (; running < jobs && names.started < count; running++)
      first(&names, 10 * ASYNC_SEC);
    if (running == 0)
      break;
    CHECK_INT(async_sleep(20 * ASYNC_MS), 0);
    serve(&names);
  }
  CHECK_INT(names.lost, 0);
  CHECK_INT(names.answered, count);
  CHECK(async_now() - start_ns < most_ns);
  world_close(names.world);
}

static void in_every_order(struct list list, int count, int jobs,
                           int64_t most_ns)
{
  for (int rotate = ASYNC_DNS_FASTEST; rotate <= ASYNC_DNS_HASH; rotate++)
    no_name_is_lost(list, (enum async_dns_rotate)rotate, count, jobs, most_ns);
}

/* In simulated time, in one order: these are long. */
#define LIST(claim)                                                            \
  static void claim##_body(void);                                              \
  static void claim(void)                                                      \
  {                                                                            \
    struct sim_body body = { claim##_body };                                   \
    CHECK_INT(sim_run(sim_body_task, &body, 1), 0);                            \
  }                                                                            \
  static void claim##_body(void)

static enum manner silent_but_777(int index)
{
  return index == 777 ? LIVE : SILENT;
}

LIST(one_of_a_thousand_is_alive_and_the_others_say_nothing)
{
  in_every_order((struct list){ 1001, silent_but_777 }, 2500, 1000,
                 12 * ASYNC_SEC);
}

static enum manner closed_but_777(int index)
{
  return index == 777 ? LIVE : ICMP;
}

LIST(one_of_a_thousand_is_alive_and_the_others_have_no_server)
{
  in_every_order((struct list){ 1001, closed_but_777 }, 2500, 1000,
                 25 * ASYNC_SEC);
  in_every_order((struct list){ 1001, closed_but_777 }, 200, 10,
                 25 * ASYNC_SEC);
}

static enum manner refusing_but_777(int index)
{
  return index == 777 ? LIVE : REFUSING;
}

LIST(one_of_a_thousand_is_alive_and_the_others_refuse)
{
  in_every_order((struct list){ 1001, refusing_but_777 }, 500, 10,
                 25 * ASYNC_SEC);
}

static enum manner last_of_ten(int index)
{
  return index == 9 ? LIVE : SILENT;
}

LIST(nine_of_ten_are_dead)
{
  in_every_order((struct list){ 10, last_of_ten }, 1000, 1000, 15 * ASYNC_SEC);
  in_every_order((struct list){ 10, last_of_ten }, 1000, 50, 15 * ASYNC_SEC);
}

static enum manner every_other(int index)
{
  return index % 2 ? LIVE : SILENT;
}

LIST(half_of_them_are_dead)
{
  in_every_order((struct list){ 2, every_other }, 1000, 100, 15 * ASYNC_SEC);
  in_every_order((struct list){ 100, every_other }, 2500, 1000, 15 * ASYNC_SEC);
}

static enum manner third_lies(int index)
{
  return index == 2 ? LYING : LIVE;
}

LIST(one_of_three_lies)
{
  in_every_order((struct list){ 3, third_lies }, 200, 1, 15 * ASYNC_SEC);
  in_every_order((struct list){ 3, third_lies }, 1000, 500, 15 * ASYNC_SEC);
}

/* One after the other. */

SIM(one_that_never_answered_gets_two_at_a_time)
{
  struct world *world =
      world_open_unknown(3, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 400; i++)
    start(world, i);
  CHECK_INT(sent_count, 6);
  for (int i = 0; i < 400; i++)
    if (world->asks[i].ask.resolver == 1) {
      answer(&world->asks[i], 0);
      break;
    }
  CHECK_INT(stats_of(world, 0).in_flight, 2);
  CHECK_INT(stats_of(world, 1).in_flight, 100);
  CHECK_INT(stats_of(world, 1).window, 100);
  CHECK_INT(stats_of(world, 2).window, 2);
  world_close(world);
}

SIM(the_only_one_is_trusted_with_more)
{
  struct world *world =
      world_open_unknown(1, (struct async_dns_fleet_opts){ 0 });
  for (int i = 0; i < 400; i++)
    start(world, i);
  CHECK_INT(sent_count, 100);
  world_close(world);
}

SIM(one_that_never_answered_is_ill_after_two_failures)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND };
  struct world *world = world_open_unknown(2, opts);
  for (int i = 0; i < 10; i++) {
    struct dns_ask *ask = start(world, i);
    reply(ask, ask->ask.resolver == 0 ? 5 : 0);
    if (ask->op.state != ASYNC_OP_DONE) /* went on */
      answer(ask, 0);
    CHECK_INT(ask->ask.resolver, 1);
  }
  CHECK_INT(stats_of(world, 0).sent, 2);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_OPEN);
  world_close(world);
}

SIM(one_that_has_answered_has_ten)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_ROUND };
  struct world *world = world_open_unknown(2, opts);
  for (int i = 0; i < 2; i++)
    answer(start(world, i), 0);
  for (int i = 2; i < 60; i++) {
    struct dns_ask *ask = start(world, i);
    answer(ask, ask->ask.resolver == 0 ? 5 : 0);
  }
  CHECK_INT(stats_of(world, 0).sent, 11);
  CHECK_INT(stats_of(world, 0).breaker, ASYNC_BREAKER_OPEN);
  world_close(world);
}

SIM(a_refusal_is_told_when_nobody_knows_better)
{
  struct world *world =
      world_open_unknown(3, (struct async_dns_fleet_opts){ 0 });
  struct dns_ask *ask = start(world, 0);
  int seen = 0;
  for (int i = 0; i < 3; i++) {
    CHECK_INT(ask->op.state, ASYNC_OP_STARTED);
    seen |= 1 << ask->ask.resolver;
    reply(ask, 5);
  }
  CHECK_INT(seen, 7);
  CHECK_INT(ask->op.state, ASYNC_OP_DONE);
  CHECK_INT(ask->op.rc, 0);
  CHECK_INT(ask->ask.verdict, ASYNC_DNS_FAILING);
  world_close(world);
}

SIM(how_it_was_asked_is_the_callers_business)
{
  struct world *world =
      world_open_unknown(3, (struct async_dns_fleet_opts){ 0 });
  answer(start(world, 0), 1); /* FORMERR: without EDNS, then */
  answer(start(world, 1), 4);
  world_close(world);
}

SIM(what_is_wanted_of_one_does_not_go_elsewhere)
{
  struct world *world =
      world_open_unknown(3, (struct async_dns_fleet_opts){ 0 });
  struct dns_ask *ask = &world->asks[0];
  dns_ask_init(ask, 1, "a.test");
  ask->ask.keep = NULL;
  ask->ask.want = 1;
  dns_ask_start(world->fleet, ask);
  answer(ask, 5);
  CHECK_INT(ask->ask.resolver, 1);
  world_close(world);
}

SIM(it_ends_with_its_deadline_wherever_it_is)
{
  struct world *world =
      world_open_unknown(9, (struct async_dns_fleet_opts){ 0 });
  struct dns_ask *ask = &world->asks[0];
  int64_t start_ns = async_now();
  dns_ask_init(ask, 1, "a.test");
  ask->ask.keep = NULL;
  ask->ask.tried = &ask->tried;
  ask->ask.deadline_ns = start_ns + 5 * ASYNC_SEC;
  dns_ask_start(world->fleet, ask);
  CHECK_INT(async_await(&ask->op), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns >= 5 * ASYNC_SEC);
  CHECK(async_now() - start_ns < 6 * ASYNC_SEC);
  CHECK_INT(ask->tried.count, 3); /* 2 s each */
  world_close(world);
}

SIM(a_retry_rather_goes_to_one_that_is_proven)
{
  for (int run = 0; run < 20; run++) {
    struct async_dns_fleet_opts opts = { .seed = (uint64_t)run + 1 };
    struct world *world = world_open_unknown(20, opts);
    int proven[2];
    for (int i = 0; i < 2; i++) {
      struct dns_ask *ask = start(world, i);
      answer(ask, 0);
      proven[i] = ask->ask.resolver;
    }
    CHECK(proven[0] != proven[1] || run > 0);
    struct dns_ask *ask = start(world, 2);
    int was = ask->ask.resolver;
    answer(ask, 2);
    dns_ask_start(world->fleet, ask);
    CHECK(ask->ask.resolver == proven[0] || ask->ask.resolver == proven[1]);
    CHECK(ask->ask.resolver != was);
    world_close(world);
  }
}

/* The load is the same as ever on those that work. */
SIM(those_that_work_get_the_same_number)
{
  struct async_dns_fleet_opts opts = { .rotate = ASYNC_DNS_RANDOM };
  struct world *world = world_open_unknown(10, opts);
  for (int i = 0; i < 2500; i++) {
    struct dns_ask *ask = start(world, i);
    while (ask->op.state != ASYNC_OP_DONE)
      reply(ask, ask->ask.resolver < 5 ? 5 : 0);
  }
  for (size_t i = 0; i < 5; i++)
    CHECK_INT(stats_of(world, i).sent, 2);
  for (size_t i = 5; i < 10; i++) {
    CHECK(stats_of(world, i).sent > 420);
    CHECK(stats_of(world, i).sent < 580);
  }
  world_close(world);
}

static const struct tap_test tests[] = {
  TEST(one_of_a_thousand_is_alive_and_the_others_say_nothing),
  TEST(one_of_a_thousand_is_alive_and_the_others_have_no_server),
  TEST(one_of_a_thousand_is_alive_and_the_others_refuse),
  TEST(nine_of_ten_are_dead),
  TEST(half_of_them_are_dead),
  TEST(one_of_three_lies),
  TEST(one_that_never_answered_gets_two_at_a_time),
  TEST(the_only_one_is_trusted_with_more),
  TEST(one_that_never_answered_is_ill_after_two_failures),
  TEST(one_that_has_answered_has_ten),
  TEST(a_refusal_is_told_when_nobody_knows_better),
  TEST(how_it_was_asked_is_the_callers_business),
  TEST(what_is_wanted_of_one_does_not_go_elsewhere),
  TEST(it_ends_with_its_deadline_wherever_it_is),
  TEST(a_retry_rather_goes_to_one_that_is_proven),
  TEST(those_that_work_get_the_same_number),
};

TAP_MAIN(tests)
