/* The fleet with thousands in flight, at its end, and in trouble. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_world.h"
#include "failing_alloc.h"

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

enum { LINK = 256 };

/* Keeps `count` in flight, each sent on a turn of its own, and says from how many
 * ports they came. */
static int sources_of(struct world *world, int count)
{
  struct dns_ask *all = calloc((size_t)count, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof(name), "drop%d.test", i);
    dns_ask_init(&all[i], (uint16_t)i, name);
    all[i].ask.want = 0;
    dns_ask_start(world->fleet, &all[i]);
    CHECK_INT(async_sleep(1), 0);
  }
  wait_for(world, count);
  for (int i = 0; i < count; i++)
    async_op_abort(&all[i].op);
  free(all);
  return world->server->sources;
}

static void eight_sockets(struct world *world)
{
  CHECK_INT(sources_of(world, LINK), 8);
}

static void some_are_full(struct world *world)
{
  CHECK_INT(sources_of(world, 3 * LINK), 3);
}

static void no_more_than_needed(struct world *world)
{
  CHECK_INT(sources_of(world, LINK), 1);
}

static void queries_leave_by_as_many_sockets_as_asked_for(void)
{
  const struct async_dns_fleet_opts few = { .ramp = 4 * LINK };
  struct world world = { .body = eight_sockets, .opts = few };
  world.opts.sockets = 8;
  run_world(&world);
  world.shared = true;
  run_world(&world);
  world = (struct world){ .body = some_are_full, .opts = few };
  world.opts.sockets = 2;
  run_world(&world);
  world = (struct world){ .body = no_more_than_needed, .opts = few };
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
  TEST(closing_ends_what_is_out),
  TEST(refuses_what_is_no_query),
  TEST(no_name_is_lost_when_packets_are),
  TEST(ten_thousand_at_once_are_all_answered),
  TEST(sixty_five_thousand_can_be_in_flight),
  TEST(queries_leave_by_as_many_sockets_as_asked_for),
  TEST(speaks_ipv6),
  TEST(sends_from_the_address_it_is_told),
  TEST(survives_the_failure_of_every_allocation),
};

TAP_MAIN(tests)
