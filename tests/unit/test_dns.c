#include "async/dns.h"

#include <ares.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/time.h"
#include "tap.h"

#include "failing_alloc.h"
#include "responder.h"

enum { CLASS_IN = 1, TYPE_A = 1 };

/* What a test's tasks share. */
struct world {
  struct responder *responder;
  struct async_dns *dns;
  struct async_dns_opts opts;
  const char *host;
  int done, rc;
};

static int with_world(async_task_fn *fn, struct world *world,
                      const struct async_run_opts *opts)
{
  struct async_stats stats;
  world->responder = responder_start();
  int rc = async_run(fn, world, opts);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.held, 0);
  CHECK_INT(stats.timers, 0);
  responder_stop(world->responder);
  return rc;
}

static void run_test(async_task_fn *fn)
{
  struct world world = { .host = "hold.test." };
  CHECK_INT(with_world(fn, &world, NULL), 0);
}

static void open_dns(struct world *world)
{
  world->opts.servers = world->responder->server;
  CHECK_INT(async_dns_open(&world->dns, &world->opts), 0);
}

static void wait_for(atomic_int *number, int least)
{
  for (int i = 0; i < 5000 && atomic_load(number) < least; i++)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK(atomic_load(number) >= least);
}

static void check_address(const struct async_dns_address *address,
                          const char *text)
{
  char out[46];
  CHECK_STR(async_dns_address_text(address, out), text);
}

/* Lookups. */

static int finds(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  open_dns(world);
  CHECK_INT(async_dns_lookup(world->dns, "a.test.", AF_INET, &found), 0);
  CHECK_INT(found.count, 1);
  CHECK_INT(found.ttl_s, 300);
  CHECK_STR(found.name, "a.test");
  check_address(&found.items[0], "192.0.2.1");
  CHECK_INT(async_dns_lookup(world->dns, "a.test.", AF_INET6, &found), 0);
  CHECK_INT(found.count, 1);
  check_address(&found.items[0], "2001:db8::1");
  CHECK_INT(async_dns_lookup(world->dns, "a.test.", AF_UNSPEC, &found), 0);
  CHECK_INT(found.count, 2);
  CHECK(found.items[0].family != found.items[1].family);
  async_dns_close(world->dns);
  return 0;
}

static void finds_addresses_of_one_family_or_both(void)
{
  run_test(finds);
}

static int is_numeric(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  open_dns(world);
  CHECK_INT(async_dns_lookup(world->dns, "192.0.2.7", AF_UNSPEC, &found), 0);
  CHECK_INT(found.count, 1);
  check_address(&found.items[0], "192.0.2.7");
  CHECK_INT(async_dns_lookup(world->dns, "::1", AF_INET6, &found), 0);
  check_address(&found.items[0], "::1");
  CHECK_INT(async_dns_lookup(world->dns, "::1", AF_INET, &found),
            ASYNC_ERROR_FROM_ARES(ARES_ENODATA));
  CHECK_INT(world->responder->queries, 0);
  async_dns_close(world->dns);
  return 0;
}

static void an_address_is_its_own_answer(void)
{
  run_test(is_numeric);
}

static int finds_localhost(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  open_dns(world);
  CHECK_INT(async_dns_lookup(world->dns, "localhost", AF_INET, &found), 0);
  check_address(&found.items[0], "127.0.0.1");
  CHECK_INT(world->responder->queries, 0);
  async_dns_close(world->dns);
  return 0;
}

static void reads_the_hosts_file(void)
{
  run_test(finds_localhost);
}

static int fails(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found = { .count = 7 };
  world->opts.timeout_ns = 20 * ASYNC_MS;
  world->opts.tries = 2;
  open_dns(world);
  int rc = async_dns_lookup(world->dns, "nx.test.", AF_UNSPEC, &found);
  CHECK_INT(rc, ASYNC_ERROR_FROM_ARES(ARES_ENOTFOUND));
  CHECK_STR(async_err_text(rc), ares_strerror(ARES_ENOTFOUND));
  int before = world->responder->queries;
  rc = async_dns_lookup(world->dns, "drop.test.", AF_INET, &found);
  CHECK_INT(rc, ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT));
  CHECK_INT(world->responder->queries - before, 2);
  CHECK_INT(found.count, 7);
  async_dns_close(world->dns);
  return 0;
}

static void says_why_there_is_no_address(void)
{
  run_test(fails);
}

/* Later ones end, and send again, all that is out where noise comes in. */
static bool forgives_noise(void)
{
  int version;
  ares_version(&version);
  return version < 0x011400;
}

static int ignores_junk(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  if (!forgives_noise()) {
    SKIP("this c-ares does not");
    return 0;
  }
  world->opts.timeout_ns = 50 * ASYNC_MS;
  open_dns(world);
  for (int i = 0; i < 5; i++) {
    CHECK_INT(async_dns_lookup(world->dns, "junk.test.", AF_INET, &found), 0);
    check_address(&found.items[0], "192.0.2.1");
  }
  async_dns_close(world->dns);
  return 0;
}

static void ignores_replies_that_make_no_sense(void)
{
  run_test(ignores_junk);
}

static int look_up(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  int rc = async_dns_lookup(world->dns, world->host, AF_INET, &found);
  if (rc == 0)
    check_address(&found.items[0], "192.0.2.1");
  world->done++;
  return rc;
}

static int merges(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  struct async_task *first;
  open_dns(world);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&group, look_up, world, &first), 0);
  for (int i = 0; i < 9; i++)
    CHECK_INT(async_spawn(&group, look_up, world), 0);
  wait_for(&world->responder->queries, 1);
  async_task_cancel(first);
  CHECK_INT(async_join(first), ASYNC_ECANCELED);
  responder_release(world->responder);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(world->done, 10);
  CHECK_INT(world->responder->queries, 1);
  CHECK_INT(look_up(world), 0); /* a new one: nothing is cached */
  CHECK_INT(world->responder->queries, 2);
  async_dns_close(world->dns);
  return 0;
}

static void equal_lookups_are_one_even_if_the_first_is_cancelled(void)
{
  run_test(merges);
}

static int times_out(void *arg)
{
  struct world *world = arg;
  int rc;
  open_dns(world);
  ASYNC_WITHIN(10 * ASYNC_MS, rc, look_up(world));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  /* The orphan lands while nobody waits, and its channel goes on. */
  responder_release(world->responder);
  CHECK_INT(async_sleep(10 * ASYNC_MS), 0);
  CHECK_INT(look_up(world), 0);
  ASYNC_WITHIN(10 * ASYNC_MS, rc, (world->host = "drop.test.", look_up(world)));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  async_dns_close(world->dns); /* and one is still out here */
  return 0;
}

static void a_cancelled_lookup_is_left_to_itself(void)
{
  run_test(times_out);
}

static int refuses(void *arg)
{
  struct world *world = arg;
  struct async_dns_opts opts = { .servers = "not an address" };
  CHECK_INT(async_dns_open(&world->dns, &opts), ASYNC_EINVAL);
  async_dns_close(NULL);
  return 0;
}

static void refuses_servers_that_are_no_addresses(void)
{
  run_test(refuses);
}

static int is_refused(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  struct async_dns_opts opts = { .servers = "127.0.0.1:1", .tries = 1 };
  CHECK_INT(async_dns_open(&world->dns, &opts), 0);
  CHECK_INT(async_dns_lookup(world->dns, "a.test.", AF_INET, &found),
            ASYNC_ERROR_FROM_ARES(ARES_ECONNREFUSED));
  async_dns_close(world->dns);
  return 0;
}

static void notices_that_nobody_listens(void)
{
  run_test(is_refused);
}

static int in_simulated_time(void *arg)
{
  struct world *world = arg;
  struct async_dns_addresses found;
  int rc;
  world->opts.timeout_ns = 20 * ASYNC_MS;
  world->opts.tries = 1;
  open_dns(world);
  int64_t start_ns = async_now();
  ASYNC_WITHIN(ASYNC_MS, rc,
               async_dns_lookup(world->dns, "drop.test.", AF_INET, &found));
  CHECK_INT(rc, ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT));
  CHECK_INT(async_now(), start_ns);
  async_dns_close(world->dns);
  return 0;
}

static void simulated_time_stands_still_during_a_lookup(void)
{
  struct world world = { .host = "a.test." };
  struct async_run_opts opts = { .virtual_time = true };
  CHECK_INT(with_world(in_simulated_time, &world, &opts), 0);
}

/* Raw queries. */

static int query(struct world *world, const char *name, int *rcode)
{
  struct async_dns_query query;
  int rc = async_dns_query_run(world->dns, &query, name, CLASS_IN, TYPE_A);
  *rcode = -1;
  if (rc == 0) {
    CHECK(query.reply_bytes > RESPONDER_HEADER);
    *rcode = query.reply[3] & 15;
  } else {
    CHECK(!query.reply);
  }
  async_dns_query_done(&query);
  return rc;
}

static int gets_replies(void *arg)
{
  struct world *world = arg;
  int rcode;
  world->opts.timeout_ns = 20 * ASYNC_MS;
  world->opts.tries = 1;
  open_dns(world);
  CHECK_INT(query(world, "a.test", &rcode), 0);
  CHECK_INT(rcode, 0);
  CHECK_INT(query(world, "nx.test", &rcode), 0);
  CHECK_INT(rcode, 3);
  CHECK_INT(query(world, "fail.test", &rcode), 0);
  CHECK_INT(rcode, 2);
  if (forgives_noise()) {
    CHECK_INT(query(world, "junk.test", &rcode), 0);
    CHECK_INT(rcode, 0);
  }
  CHECK_INT(query(world, "drop.test", &rcode),
            ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT));
  async_dns_close(world->dns);
  return 0;
}

static void a_query_gets_the_reply_whatever_it_says(void)
{
  run_test(gets_replies);
}

static int sends_message(void *arg)
{
  static const unsigned char message[] = {
    0x12, 0x34, 1, 0,   0,   1,   0,   0, 0, 0,      0, 0, /* one question */
    1,    'a',  4, 't', 'e', 's', 't', 0, 0, TYPE_A, 0, CLASS_IN,
  };
  struct world *world = arg;
  struct async_dns_query query;
  open_dns(world);
  async_dns_query_send(world->dns, &query, message, sizeof(message));
  CHECK_INT(async_await(&query.op), 0);
  CHECK(query.reply_bytes > sizeof(message));
  CHECK_INT(memcmp(query.reply + RESPONDER_HEADER, message + RESPONDER_HEADER,
                   sizeof(message) - RESPONDER_HEADER),
            0);
  async_dns_query_done(&query);
  async_dns_close(world->dns);
  return 0;
}

static void sends_a_message_as_it_is(void)
{
  run_test(sends_message);
}

static int starts_bad(void *arg)
{
  struct world *world = arg;
  struct async_dns_query query;
  open_dns(world);
  async_dns_query_start(world->dns, &query, "a..b", CLASS_IN, TYPE_A);
  CHECK_INT(query.op.state, ASYNC_OP_STARTED);
  CHECK_INT(async_await(&query.op), ASYNC_ERROR_FROM_ARES(ARES_EBADNAME));
  async_dns_query_done(&query);
  async_dns_query_start(world->dns, &query, "a..b", CLASS_IN, TYPE_A);
  async_op_abort(&query.op); /* before its end is told */
  CHECK_INT(async_await(&query.op), ASYNC_ECANCELED);
  async_dns_query_done(&query);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_dns_close(world->dns);
  return 0;
}

static void a_query_never_ends_inside_its_start(void)
{
  run_test(starts_bad);
}

/* Starts `count` queries for names that are held. */
static struct async_dns_query *start_many(struct world *world, int count)
{
  struct async_dns_query *queries = calloc((size_t)count, sizeof(*queries));
  CHECK(queries);
  for (int i = 0; i < count; i++) {
    char name[32];
    snprintf(name, sizeof(name), "hold%d.test", i);
    async_dns_query_start(world->dns, &queries[i], name, CLASS_IN, TYPE_A);
  }
  return queries;
}

static int uses_channels(void *arg)
{
  struct world *world = arg;
  enum { COUNT = 600 };
  open_dns(world);
  struct async_dns_query *queries = start_many(world, COUNT);
  wait_for(&world->responder->queries, COUNT);
  CHECK_INT(world->responder->ports, 3);
  responder_release(world->responder);
  for (int i = 0; i < COUNT; i++) {
    CHECK_INT(async_await(&queries[i].op), 0);
    async_dns_query_done(&queries[i]);
  }
  free(queries);
  async_dns_close(world->dns);
  return 0;
}

static void opens_a_channel_for_every_256_queries(void)
{
  run_test(uses_channels);
}

static void count_done(struct async_op *op)
{
  struct world *world = op->ctx;
  world->done++;
}

static int waits(void *arg)
{
  struct world *world = arg;
  enum { COUNT = 50, ROOM = 20, CANCELLED = 45 };
  world->opts.per_channel = 10;
  world->opts.channels = 2;
  open_dns(world);
  struct async_dns_query *queries = start_many(world, COUNT);
  for (int i = 0; i < COUNT; i++) {
    queries[i].op.done = count_done;
    queries[i].op.ctx = world;
  }
  wait_for(&world->responder->queries, ROOM);
  CHECK_INT(async_sleep(5 * ASYNC_MS), 0);
  CHECK_INT(world->responder->queries, ROOM);
  for (int i = CANCELLED; i < COUNT; i++)
    async_op_abort(&queries[i].op);
  CHECK_INT(world->done, COUNT - CANCELLED);
  responder_release(world->responder);
  for (int i = 0; i < COUNT; i++) {
    CHECK_INT(async_await(&queries[i].op), i < CANCELLED ? 0 : ASYNC_ECANCELED);
    async_dns_query_done(&queries[i]);
  }
  CHECK_INT(world->responder->queries, CANCELLED);
  CHECK_INT(world->responder->ports, 2);
  free(queries);
  async_dns_close(world->dns);
  return 0;
}

static void queries_without_room_wait_and_can_be_withdrawn(void)
{
  run_test(waits);
}

static int destroys(void *arg)
{
  struct world *world = arg;
  enum { COUNT = 30 };
  world->opts.per_channel = 10;
  world->opts.channels = 2;
  open_dns(world);
  struct async_dns_query *queries = start_many(world, COUNT);
  for (int i = 0; i < COUNT; i += 3)
    async_op_abort(&queries[i].op);
  wait_for(&world->responder->queries, 2);
  async_dns_close(world->dns);
  for (int i = 0; i < COUNT; i++) {
    CHECK_INT(queries[i].op.state, ASYNC_OP_DONE);
    CHECK_INT(queries[i].op.rc, i % 3 ? ASYNC_ERROR_FROM_ARES(ARES_EDESTRUCTION)
                                      : ASYNC_ECANCELED);
    async_dns_query_done(&queries[i]);
  }
  free(queries);
  return 0;
}

static void closing_ends_what_is_out(void)
{
  run_test(destroys);
}

static int scenario(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  struct async_dns_addresses found;
  struct async_dns_address address = { AF_INET, { 192, 0, 2, 1 } };
  struct async_buf names = ASYNC_BUF_INIT;
  int rcode;
  world->opts.servers = world->responder->server;
  int rc = async_dns_open(&world->dns, &world->opts);
  if (rc < 0)
    return rc;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; rc == 0 && i < 6; i++)
    rc = async_spawn(&group, look_up, world);
  if (rc == 0)
    rc = query(world, "b.test", &rcode);
  if (rc == 0)
    rc = async_dns_lookup(world->dns, "localhost", AF_INET, &found);
  if (rc == 0)
    rc = async_dns_reverse(world->dns, &address, &names, NULL);
  int group_rc = async_group_close(&group);
  if (rc == 0)
    rc = look_up(world);
  async_buf_done(&names);
  async_dns_close(world->dns);
  return group_rc < 0 ? group_rc : rc;
}

static void survives_a_cancel_at_every_checkpoint(void)
{
  struct async_stats stats;
  uint64_t last = 1;
  for (uint64_t k = 0; k <= last; k++) {
    struct world world = { .host = "a.test.", .opts = { .per_channel = 1 } };
    struct async_run_opts opts = { .cancel_at = k, .seed = k };
    int rc = with_world(scenario, &world, &opts);
    async_stats_get(&stats);
    if (k == 0) {
      CHECK_INT(rc, 0);
      last = stats.checkpoints;
    } else {
      CHECK_INT(rc == 0 || rc == ASYNC_ECANCELED, 1);
    }
  }
  CHECK(last > 5);
}

/* Without memory for a socket's handle its answers are not seen. */
static bool may_fail_so(int rc)
{
  return rc == 0 || rc == ASYNC_ENOMEM ||
         rc == ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT);
}

static void survives_the_failure_of_every_allocation(void)
{
  uint64_t last = 1;
  for (uint64_t k = 0; k <= last; k++) {
    struct world world = {
      .host = "a.test.",
      .opts = { .per_channel = 1 },
    };
    if (k > 0) {
      world.opts.tries = 1;
      world.opts.timeout_ns = 50 * ASYNC_MS;
    }
    world.responder = responder_start();
    failing_alloc_start(k);
    int rc = async_run(scenario, &world, NULL);
    uint64_t count = failing_alloc_stop();
    CHECK(k == 0 ? rc == 0 : may_fail_so(rc));
    if (k == 0)
      last = count;
    responder_stop(world.responder);
  }
  CHECK(last > 10);
}

static const struct tap_test tests[] = {
  TEST(finds_addresses_of_one_family_or_both),
  TEST(an_address_is_its_own_answer),
  TEST(reads_the_hosts_file),
  TEST(says_why_there_is_no_address),
  TEST(ignores_replies_that_make_no_sense),
  TEST(equal_lookups_are_one_even_if_the_first_is_cancelled),
  TEST(a_cancelled_lookup_is_left_to_itself),
  TEST(refuses_servers_that_are_no_addresses),
  TEST(notices_that_nobody_listens),
  TEST(simulated_time_stands_still_during_a_lookup),
  TEST(a_query_gets_the_reply_whatever_it_says),
  TEST(sends_a_message_as_it_is),
  TEST(a_query_never_ends_inside_its_start),
  TEST(opens_a_channel_for_every_256_queries),
  TEST(queries_without_room_wait_and_can_be_withdrawn),
  TEST(closing_ends_what_is_out),
  TEST(survives_a_cancel_at_every_checkpoint),
  TEST(survives_the_failure_of_every_allocation),
};

TAP_MAIN(tests)
