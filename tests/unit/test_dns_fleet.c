/* The fleet against a server, over sockets; dns_fleet_policy tests what needs
 * none. */
#include "async/dns_fleet.h"

#include <ares.h>

#include "async/debug.h"
#include "async/dns.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/timer.h"
#include "dns_ask.h"
#include "dns_server.h"
#include "failing_alloc.h"

enum { SHARED = 40, RCODE = 15, REFUSED = 5 };

struct world {
  struct dns_server *server;
  struct async_dns_fleet *fleet;
  struct async_dns_fleet_opts opts;
  struct async_dns_resolver resolvers[SHARED];
  const char *address;
  bool shared; /* so many resolvers that they share sockets; all but the first
                  are never asked */
  void (*body)(struct world *world);
};

static void open_fleet(struct world *world)
{
  char text[80];
  snprintf(text, sizeof(text), "%s", world->server->server);
  world->resolvers[0] = dns_resolver(text);
  world->opts.resolvers = world->resolvers;
  world->opts.count = 1;
  for (int i = 1; world->shared && i < SHARED; i++) {
    snprintf(text, sizeof(text), "127.0.1.%d:9", i);
    world->resolvers[i] = dns_resolver(text);
    world->opts.count++;
  }
  CHECK_INT(async_dns_fleet_open(&world->fleet, &world->opts), 0);
}

static int run_body(void *arg)
{
  struct world *world = arg;
  open_fleet(world);
  world->body(world);
  async_dns_fleet_close(world->fleet);
  return 0;
}

static void run_world(struct world *world)
{
  struct async_stats stats;
  world->server =
      dns_server_start(world->address ? world->address : "127.0.0.1");
  CHECK_INT(async_run(run_body, world, NULL), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.held, 0);
  CHECK_INT(stats.timers, 0);
  dns_server_stop(world->server);
}

static void run(void (*body)(struct world *world))
{
  struct world world = { .body = body };
  run_world(&world);
}

static void run_shared(void (*body)(struct world *world))
{
  struct world world = { .body = body, .shared = true };
  run_world(&world);
}

static void wait_for(struct world *world, int queries)
{
  for (int i = 0; i < 20000 && world->server->queries < queries; i++)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK(world->server->queries >= queries);
}

/* Asks the first resolver. */
static int ask(struct world *world, struct dns_ask *ask, const char *name)
{
  dns_ask_init(ask, 0x1234, name);
  ask->ask.want = 0;
  return async_dns_ask_run(world->fleet, &ask->ask);
}

static int rcode_of(const struct dns_ask *ask)
{
  return ask->ask.reply ? ask->ask.reply[3] & RCODE : -1;
}

static void check_rcode(struct world *world, const char *name, int rcode)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, name), 0);
  CHECK_INT(rcode_of(&one), rcode);
  CHECK_INT(one.ask.resolver, 0);
  dns_ask_done(&one);
}

static struct async_dns_resolver_stats stats_of(struct world *world)
{
  struct async_dns_resolver_stats stats;
  async_dns_fleet_stats(world->fleet, 0, &stats);
  CHECK_INT(stats.sent, stats.answered + stats.malformed + stats.timeouts +
                            stats.errors + stats.abandoned + stats.in_flight);
  return stats;
}

/* Replies. */

static void gets_bytes(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "a.test"), 0);
  CHECK_INT(one.ask.reply_bytes, one.ask.message_bytes + 16);
  CHECK(one.ask.reply == (const unsigned char *)one.reply.data);
  CHECK_INT(one.ask.reply[0], 0x12);
  CHECK_INT(one.ask.reply[1], 0x34);
  CHECK_INT(
      memcmp(one.ask.reply + 12, one.message + 12, one.ask.message_bytes - 12),
      0);
  CHECK(one.ask.rtt_ns > 0 && one.ask.rtt_ns < 2 * ASYNC_SEC);
  CHECK(!one.ask.tcp && !one.ask.tcp_retry);
  dns_ask_done(&one);
}

static void gets_the_bytes_that_came(void)
{
  run(gets_bytes);
  run_shared(gets_bytes);
}

static void any_rcode(struct world *world)
{
  check_rcode(world, "a.test", 0);
  check_rcode(world, "nx.test", 3);
  check_rcode(world, "fail.test", 2);
  check_rcode(world, "refuse.test", 5);
  check_rcode(world, "short.test", 5);
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.sent, 5);
  CHECK_INT(stats.answered, 5);
  CHECK_INT(stats.servfail, 1);
  CHECK_INT(stats.refused, 2);
  CHECK(stats.rtt_ns > 0);
  CHECK_INT(stats.strays, 0);
}

static void any_reply_is_an_answer_even_one_without_the_question(void)
{
  run(any_rcode);
  run_shared(any_rcode);
}

static void junk(struct world *world)
{
  check_rcode(world, "junk.test", 0);
  check_rcode(world, "a.test", 0);
  CHECK_INT(stats_of(world).strays, 4);
}

static void noise_wrong_ids_and_wrong_questions_are_passed_over(void)
{
  run(junk);
  run_shared(junk);
}

static void spoofed(struct world *world)
{
  struct dns_ask one;
  check_rcode(world, "spoof.test", 0);
  CHECK_INT(ask(world, &one, "forged.test"), ASYNC_ETIMEDOUT);
  CHECK(!one.ask.reply);
  dns_ask_done(&one);
}

static void a_reply_from_another_port_is_not_taken(void)
{
  struct world world = { .body = spoofed,
                         .opts = { .timeout_ns = 200 * ASYNC_MS } };
  run_world(&world);
  world.shared = true;
  run_world(&world);
}

static enum async_dns_verdict drops_first(const struct async_dns_ask *ask,
                                          const unsigned char *reply,
                                          size_t len)
{
  int *seen = ask->ctx;
  CHECK(len > 12);
  CHECK_INT(memcmp(reply, ask->message, 2), 0);
  return ++*seen == 1 ? ASYNC_DNS_DROP : ASYNC_DNS_GOOD;
}

static void dropped(struct world *world)
{
  struct dns_ask one;
  int seen = 0;
  dns_ask_init(&one, 7, "twice.test");
  one.ask.check = drops_first;
  one.ask.ctx = &seen;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), 0);
  CHECK_INT(seen, 2);
  CHECK_INT(stats_of(world).strays, 1);
  dns_ask_done(&one);
}

static void what_the_check_drops_is_waited_past(void)
{
  run(dropped);
}

static enum async_dns_verdict finds_bad(const struct async_dns_ask *ask,
                                        const unsigned char *reply, size_t len)
{
  bool bad = reply[7] && len < (size_t)ask->message_bytes + 16;
  return bad ? ASYNC_DNS_MALFORMED : ASYNC_DNS_GOOD;
}

enum { MANY = 1000, BAD_EVERY = 10 };

static void some_bad(struct world *world)
{
  struct dns_ask *all = calloc(MANY, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < MANY; i++) {
    char name[32];
    snprintf(name, sizeof(name), "%s%d.test", i % BAD_EVERY ? "a" : "bad", i);
    dns_ask_init(&all[i], (uint16_t)i, name);
    all[i].ask.check = finds_bad;
    all[i].ask.want = 0;
    dns_ask_start(world->fleet, &all[i]);
  }
  for (int i = 0; i < MANY; i++) {
    CHECK_INT(async_await(&all[i].op), i % BAD_EVERY ? 0 : ASYNC_EENCODING);
    dns_ask_done(&all[i]);
  }
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.malformed, MANY / BAD_EVERY);
  CHECK_INT(stats.sent, MANY);
  free(all);
}

static void a_malformed_reply_costs_nobody_else_anything(void)
{
  run(some_bad);
  run_shared(some_bad);
}

/* TCP. */

static void truncated(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "tc.test"), 0);
  CHECK(one.ask.tcp && one.ask.tcp_retry);
  CHECK_INT(one.ask.reply[2] & 2, 0);
  CHECK_INT(one.ask.reply[1], 0x34);
  CHECK_INT(world->server->over_tcp, 1);
  CHECK_INT(stats_of(world).truncated, 1);
  CHECK_INT(stats_of(world).sent, 2);
  dns_ask_done(&one);
  /* What does not fit into our buffer is the same. */
  CHECK_INT(ask(world, &one, "big.test"), 0);
  CHECK(one.ask.tcp);
  CHECK_INT(one.ask.reply_bytes, 5000);
  dns_ask_done(&one);
}

static void what_was_cut_off_is_asked_again_over_tcp(void)
{
  run(truncated);
  run_shared(truncated);
}

static void not_again(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "tc.test"), 0);
  CHECK(!one.ask.tcp && !one.ask.tcp_retry);
  CHECK_INT(one.ask.verdict, ASYNC_DNS_TRUNCATED);
  CHECK_INT(one.ask.reply[2] & 2, 2);
  CHECK_INT(world->server->over_tcp, 0);
  dns_ask_done(&one);
}

static void unless_tcp_is_off(void)
{
  struct world world = { .body = not_again,
                         .opts = { .tcp = ASYNC_DNS_TCP_NEVER } };
  run_world(&world);
}

static void all_tcp(struct world *world)
{
  enum { COUNT = 500 };
  struct dns_ask *all = calloc(COUNT, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < COUNT; i++) {
    char name[32];
    snprintf(name, sizeof(name), "a%d.test", i);
    dns_ask_init(&all[i], (uint16_t)(i * 7), name);
    dns_ask_start(world->fleet, &all[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    CHECK_INT(async_await(&all[i].op), 0);
    CHECK(all[i].ask.tcp && !all[i].ask.tcp_retry);
    CHECK_INT(memcmp(all[i].ask.reply + 12, all[i].message + 12,
                     all[i].ask.message_bytes - 12),
              0);
    dns_ask_done(&all[i]);
  }
  CHECK_INT(world->server->over_tcp, COUNT);
  free(all);
}

static void everything_can_go_over_tcp(void)
{
  struct world world = { .body = all_tcp,
                         .opts = { .tcp = ASYNC_DNS_TCP_ALWAYS } };
  run_world(&world);
}

static void gone_tcp(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "drop.test"), ASYNC_ETIMEDOUT);
  CHECK(one.ask.tcp);
  dns_ask_done(&one);
  /* A cancelled one, and one that is out at the end. */
  dns_ask_init(&one, 1, "drop.test");
  dns_ask_start(world->fleet, &one);
  async_op_abort(&one.op);
  CHECK_INT(one.op.rc, ASYNC_ECANCELED);
  CHECK_INT(one.done, 1);
  CHECK_INT(ask(world, &one, "a.test"), 0);
  dns_ask_done(&one);
}

static void no_answer_over_tcp_is_a_timeout(void)
{
  struct world world = { .body = gone_tcp,
                         .opts = { .tcp = ASYNC_DNS_TCP_ALWAYS,
                                   .timeout_ns = 200 * ASYNC_MS } };
  run_world(&world);
}

/* No answer. */

static void silent(struct world *world)
{
  struct dns_ask one;
  int64_t start_ns = async_now();
  CHECK_INT(ask(world, &one, "drop.test"), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns >= 100 * ASYNC_MS);
  CHECK(!one.ask.reply);
  CHECK_INT(one.ask.resolver, 0);
  CHECK_INT(stats_of(world).timeouts, 1);
  check_rcode(world, "a.test", 0);
  dns_ask_done(&one);
}

static void no_answer_is_a_timeout(void)
{
  struct world world = { .body = silent,
                         .opts = { .timeout_ns = 100 * ASYNC_MS } };
  run_world(&world);
}

static void refused(struct world *world)
{
  struct async_dns_resolver nobody = dns_resolver("127.0.0.1:1");
  int index = async_dns_fleet_add(world->fleet, &nobody);
  struct dns_ask one;
  CHECK_INT(index, world->opts.count);
  CHECK_INT(async_dns_fleet_add(world->fleet, &nobody), index);
  dns_ask_init(&one, 1, "a.test");
  one.ask.want = index;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), -ECONNREFUSED);
  CHECK_INT(one.ask.resolver, index);
  CHECK_STR(async_dns_fleet_text(world->fleet, (size_t)index),
            "udp://127.0.0.1:1");
  one.ask.want = 0;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), 0);
  dns_ask_done(&one);
}

static void notices_at_once_that_nobody_listens(void)
{
  run(refused);
}

static void given_up(struct world *world)
{
  struct dns_ask first, second;
  dns_ask_init(&first, 0x4242, "hold1.test");
  dns_ask_init(&second, 0x4242, "hold2.test");
  dns_ask_start(world->fleet, &first);
  wait_for(world, 1);
  async_op_abort(&first.op);
  CHECK_INT(first.done, 1);
  CHECK_INT(first.op.rc, ASYNC_ECANCELED);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), 0);
  dns_ask_start(world->fleet, &second);
  wait_for(world, 2);
  dns_server_release(world->server);
  CHECK_INT(async_await(&second.op), 0);
  CHECK_INT(memcmp(second.ask.reply + 12, second.message + 12,
                   second.ask.message_bytes - 12),
            0);
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.strays, 1);
  CHECK_INT(stats.abandoned, 1);
  CHECK_INT(stats.in_flight, 0);
  dns_ask_done(&first);
  dns_ask_done(&second);
}

static void a_late_answer_is_nobodys_even_with_the_same_id(void)
{
  run(given_up);
}

static void twins(struct world *world)
{
  struct dns_ask twin[3];
  for (int i = 0; i < 3; i++) {
    dns_ask_init(&twin[i], 0x4242, "hold.test");
    dns_ask_start(world->fleet, &twin[i]);
  }
  wait_for(world, 3);
  async_op_abort(&twin[1].op);
  dns_server_release(world->server);
  CHECK_INT(async_await(&twin[0].op), 0);
  CHECK_INT(async_await(&twin[2].op), 0);
  CHECK_INT(stats_of(world).strays, 1);
  check_rcode(world, "a.test", 0);
  for (int i = 0; i < 3; i++)
    dns_ask_done(&twin[i]);
}

static void equal_queries_with_the_same_id_each_get_an_answer(void)
{
  run(twins);
}

/* Ends. */

static void left_out(struct world *world)
{
  static struct dns_ask out[3];
  dns_ask_init(&out[0], 1, "drop1.test");
  dns_ask_init(&out[1], 2, "drop2.test");
  dns_ask_init(&out[2], 3, "a.test");
  out[2].ask.message_bytes = 11; /* ends on the next turn */
  for (int i = 0; i < 3; i++)
    dns_ask_start(world->fleet, &out[i]);
  async_dns_fleet_close(world->fleet);
  world->fleet = NULL;
  CHECK_INT(out[0].op.rc, ASYNC_ECANCELED);
  CHECK_INT(out[1].op.rc, ASYNC_ECANCELED);
  CHECK_INT(out[2].op.rc, ASYNC_EINVAL);
  for (int i = 0; i < 3; i++)
    CHECK_INT(out[i].done, 1);
}

static void closing_ends_what_is_out(void)
{
  run(left_out);
}

static void is_no_query(struct world *world)
{
  struct dns_ask one;
  dns_ask_init(&one, 1, "a.test");
  one.message[5] = 2;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), ASYNC_EINVAL);
  dns_ask_init(&one, 1, "a.test");
  one.message[12] = 0xc0;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), ASYNC_EINVAL);
  dns_ask_init(&one, 1, "a.test");
  one.ask.want = 9999;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), ASYNC_EINVAL);
  CHECK_INT(world->server->queries, 0);
}

static void refuses_what_is_no_query(void)
{
  run(is_no_query);
}

/* Many. */

struct crowd {
  struct world *world;
  struct dns_ask *all;
  int count, started, ended, retried;
  struct async_op over;
};

static void crowd_start(struct crowd *crowd, struct dns_ask *one);

static void crowd_done(struct async_op *op)
{
  struct dns_ask *one = ASYNC_CONTAINER_OF(op, struct dns_ask, op);
  struct crowd *crowd = one->ask.ctx;
  if (op->rc == ASYNC_ETIMEDOUT) {
    crowd->retried++;
    crowd_start(crowd, one);
    return;
  }
  CHECK_INT(op->rc, 0);
  CHECK_INT(memcmp(one->ask.reply + 12, one->message + 12,
                   one->ask.message_bytes - 12),
            0);
  dns_ask_done(one);
  crowd->ended++;
  if (crowd->started < crowd->count) {
    char name[32];
    snprintf(name, sizeof(name), "n%d.test", crowd->started++);
    dns_ask_init(one, (uint16_t)rand(), name);
    one->ask.ctx = crowd;
    crowd_start(crowd, one);
  }
  if (crowd->ended == crowd->count)
    async_op_done(&crowd->over, 0);
}

static void crowd_start(struct crowd *crowd, struct dns_ask *one)
{
  async_dns_ask_start(crowd->world->fleet, &one->ask, &one->op);
  one->op.done = crowd_done;
}

static void crowd_run(struct world *world, int count, int jobs)
{
  struct crowd crowd = { .world = world, .count = count };
  crowd.all = calloc((size_t)jobs, sizeof(*crowd.all));
  CHECK(crowd.all);
  async_op_start(&crowd.over, "crowd", NULL);
  for (int i = 0; i < jobs && i < count; i++) {
    char name[32];
    snprintf(name, sizeof(name), "n%d.test", crowd.started++);
    dns_ask_init(&crowd.all[i], (uint16_t)rand(), name);
    crowd.all[i].ask.ctx = &crowd;
    crowd_start(&crowd, &crowd.all[i]);
  }
  CHECK_INT(async_await(&crowd.over), 0);
  CHECK_INT(crowd.ended, count);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), 0);
  CHECK_INT(async_dns_fleet_queued(world->fleet), 0);
  stats_of(world);
  free(crowd.all);
}

static void some_dropped(struct world *world)
{
  world->server->drop_every = 7;
  crowd_run(world, 3000, 500);
}

static void no_name_is_lost_when_packets_are(void)
{
  struct world world = { .body = some_dropped,
                         .opts = { .timeout_ns = 100 * ASYNC_MS } };
  run_world(&world);
}

static void many(struct world *world)
{
  crowd_run(world, 20000, 10000);
  CHECK_INT(stats_of(world).breaker, ASYNC_BREAKER_CLOSED);
}

static void ten_thousand_at_once_are_all_answered(void)
{
  run(many);
}

enum { FULL = 65536 };

static void full_house(struct world *world)
{
  struct dns_ask *all = calloc(FULL, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < FULL; i++) {
    char name[32];
    snprintf(name, sizeof(name), "drop%d.test", i);
    dns_ask_init(&all[i], (uint16_t)i, name);
    dns_ask_start(world->fleet, &all[i]);
  }
  CHECK_INT(async_yield(), 0);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), FULL);
  for (int i = 0; i < FULL; i += 2)
    async_op_abort(&all[i].op);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), FULL / 2);
  check_rcode(world, "a.test", 0);
  async_dns_fleet_close(world->fleet);
  world->fleet = NULL;
  for (int i = 0; i < FULL; i++)
    CHECK_INT(all[i].done, 1);
  free(all);
}

static void sixty_five_thousand_can_be_in_flight(void)
{
  struct world world = {
    .body = full_house,
    .opts = { .ramp = FULL + 1, .jobs = FULL + 1, .timeout_ns = 60 * ASYNC_SEC }
  };
  run_world(&world);
}

static void one_answer(struct world *world)
{
  check_rcode(world, "a.test", 0);
  check_rcode(world, "tc.test", 0);
}

static void speaks_ipv6(void)
{
  struct world world = { .body = one_answer, .address = "::1" };
  run_world(&world);
  world.shared = true;
  run_world(&world);
}

/* Trouble of our own. */

static void bad_source(struct world *world)
{
  struct async_dns_fleet *fleet = NULL;
  struct async_dns_fleet_opts opts = world->opts;
  opts.source4 = "not an address";
  CHECK_INT(async_dns_fleet_open(&fleet, &opts), ASYNC_EINVAL);
  opts.source4 = "::1";
  CHECK_INT(async_dns_fleet_open(&fleet, &opts), ASYNC_EINVAL);
  opts.source4 = "192.0.2.99"; /* not ours */
  CHECK_INT(async_dns_fleet_open(&fleet, &opts), 0);
  struct dns_ask one;
  dns_ask_init(&one, 1, "a.test");
  CHECK_INT(async_dns_ask_run(fleet, &one.ask), -EADDRNOTAVAIL);
  async_dns_fleet_close(fleet);
  opts.source4 = "127.0.0.3";
  CHECK_INT(async_dns_fleet_open(&fleet, &opts), 0);
  CHECK_INT(async_dns_ask_run(fleet, &one.ask), 0);
  dns_ask_done(&one);
  async_dns_fleet_close(fleet);
}

static void sends_from_the_address_it_is_told(void)
{
  run(bad_source);
}

static int with_failing_alloc(void *arg)
{
  struct world *world = arg;
  struct dns_ask one, two;
  open_fleet(world);
  dns_ask_init(&one, 1, "a.test");
  dns_ask_init(&two, 1, "tc.test");
  dns_ask_start(world->fleet, &one);
  dns_ask_start(world->fleet, &two);
  async_await(&one.op);
  async_await(&two.op);
  dns_ask_done(&one);
  dns_ask_done(&two);
  async_dns_fleet_close(world->fleet);
  return 0;
}

static int try_failing(void *arg)
{
  struct world *world = arg;
  struct dns_ask one, two;
  if (async_dns_fleet_open(&world->fleet, &world->opts) < 0)
    return ASYNC_ENOMEM;
  dns_ask_init(&one, 1, "a.test");
  dns_ask_init(&two, 1, "tc.test");
  dns_ask_start(world->fleet, &one);
  dns_ask_start(world->fleet, &two);
  int rc = async_await(&one.op);
  int rc2 = async_await(&two.op);
  dns_ask_done(&one);
  dns_ask_done(&two);
  async_dns_fleet_close(world->fleet);
  return rc < 0 ? rc : rc2;
}

static void survives_the_failure_of_every_allocation(void)
{
  struct world world = { .server = dns_server_start("127.0.0.1") };
  CHECK_INT(async_run(with_failing_alloc, &world, NULL), 0);
  for (uint64_t n = 1;; n++) {
    struct async_stats stats;
    failing_alloc_start(n);
    int rc = async_run(try_failing, &world, NULL);
    uint64_t count = failing_alloc_stop();
    async_stats_get(&stats);
    CHECK_INT(stats.held, 0);
    if (count < n) {
      CHECK_INT(rc, 0);
      break;
    }
  }
  dns_server_stop(world.server);
}

static const struct tap_test tests[] = {
  TEST(gets_the_bytes_that_came),
  TEST(any_reply_is_an_answer_even_one_without_the_question),
  TEST(noise_wrong_ids_and_wrong_questions_are_passed_over),
  TEST(a_reply_from_another_port_is_not_taken),
  TEST(what_the_check_drops_is_waited_past),
  TEST(a_malformed_reply_costs_nobody_else_anything),
  TEST(what_was_cut_off_is_asked_again_over_tcp),
  TEST(unless_tcp_is_off),
  TEST(everything_can_go_over_tcp),
  TEST(no_answer_over_tcp_is_a_timeout),
  TEST(no_answer_is_a_timeout),
  TEST(notices_at_once_that_nobody_listens),
  TEST(a_late_answer_is_nobodys_even_with_the_same_id),
  TEST(equal_queries_with_the_same_id_each_get_an_answer),
  TEST(closing_ends_what_is_out),
  TEST(refuses_what_is_no_query),
  TEST(no_name_is_lost_when_packets_are),
  TEST(ten_thousand_at_once_are_all_answered),
  TEST(sixty_five_thousand_can_be_in_flight),
  TEST(speaks_ipv6),
  TEST(sends_from_the_address_it_is_told),
  TEST(survives_the_failure_of_every_allocation),
};

TAP_MAIN(tests)
