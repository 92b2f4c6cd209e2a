/* The engine in odd moments: a source, a sink or a destination that behaves as
 * none should, and stops that come before, twice, or too late. */
#include <limits.h>
#include <sys/resource.h>

#include "async/error.h"
#include "async/fan.h"
#include "async/loop.h"
#include "async/shutdown.h"
#include "core/sanitize_priv.h"
#include "failing_alloc.h"
#include "tap.h"

struct entry {
  int number;
  struct async_op *op;
  struct async_timer timer;
};

struct world {
  struct async_fan fan;
  int count, taken, sunk, started;
  int hosts; /* entry i belongs to host i % hosts; 0: to none */
  int ends[4];
  int64_t last_start_ns;
  int host_starts[5], most_ahead;
  struct async_fan_stats stats;
  enum async_fan_stop stop;
  bool stop_before;      /* asks for the stop before the run */
  int alive, most_alive; /* lanes */
};

static int next_entry(void *ctx, void *item)
{
  struct world *world = ctx;
  if (world->taken == world->count)
    return ASYNC_EOF;
  ((struct entry *)item)->number = world->taken++;
  return 0;
}

static const char *key_of(void *ctx, void *item, size_t *len)
{
  static char key[16];
  struct world *world = ctx;
  int number = ((struct entry *)item)->number;
  if (!world->hosts)
    return NULL;
  *len = (size_t)snprintf(key, sizeof(key), "h%d", number % world->hosts);
  return key;
}

static void start(struct world *world)
{
  world->started++;
  world->last_start_ns = async_now();
}

/* How far the first of five hosts is ahead of the last. */
static void count_turn(struct world *world, int number)
{
  int most = 0, least = INT_MAX;
  world->host_starts[number % 5]++;
  for (int i = 0; i < 5; i++) {
    most = world->host_starts[i] > most ? world->host_starts[i] : most;
    least = world->host_starts[i] < least ? world->host_starts[i] : least;
  }
  if (most - least > world->most_ahead)
    world->most_ahead = most - least;
}

static void work(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  start(ctx);
  count_turn(ctx, ((struct entry *)item)->number);
  attempt->rc = async_sleep(ASYNC_MS);
}

static int sink(void *ctx, void *item, const struct async_fan_result *result)
{
  struct world *world = ctx;
  (void)item;
  world->sunk++;
  world->ends[result->end]++;
  return 0;
}

static int run_world(void *arg)
{
  struct world *world = arg;
  struct async_fan *fan = &world->fan;
  fan->ctx = world;
  fan->item_bytes = sizeof(struct entry);
  fan->next = fan->next ? fan->next : next_entry;
  fan->key = key_of;
  fan->work = fan->work ? fan->work : work;
  fan->sink = fan->sink ? fan->sink : sink;
  if (world->stop_before)
    async_shutdown(ASYNC_SEC);
  return async_fan_run(fan, &world->stats, &world->stop);
}

static int simulate(struct world *world)
{
  struct async_run_opts opts = { .virtual_time = true };
  int rc = async_run(run_world, world, &opts);
  CHECK_INT(world->sunk, world->taken);
  CHECK_INT(world->stats.sunk, world->taken);
  return rc;
}

/* Stops. */

static int next_that_cannot_be_cut_off(void *ctx, void *item)
{
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  async_sleep(10 * ASYNC_MS);
  async_scope_leave(&shield, 0);
  return next_entry(ctx, item);
}

static void what_the_source_gives_after_the_stop_is_skipped(void)
{
  struct world world = { .count = 100,
                         .fan.next = next_that_cannot_be_cut_off,
                         .fan.opts = { .jobs = 2,
                                       .deadline_ns = 55 * ASYNC_MS } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_DEADLINE);
  CHECK_INT(world.ends[ASYNC_FAN_END_OK], 5);
  CHECK_INT(world.ends[ASYNC_FAN_END_SKIPPED], 1);
}

static void a_stop_before_the_run_takes_nothing(void)
{
  struct world world = { .count = 100,
                         .fan.opts = { .jobs = 10, .skip_rest = true },
                         .stop_before = true };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_SIGNAL);
  CHECK_INT(world.taken, 0);
}

static int sink_after_the_deadline(void *ctx, void *item,
                                   const struct async_fan_result *result)
{
  async_sleep(ASYNC_SEC);
  return sink(ctx, item, result);
}

static void a_deadline_that_only_the_sink_misses_stops_nothing(void)
{
  struct world world = { .count = 10,
                         .fan.sink = sink_after_the_deadline,
                         .fan.opts = { .jobs = 10, .deadline_ns = ASYNC_SEC } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_NONE);
  CHECK_INT(world.ends[ASYNC_FAN_END_OK], 10);
}

static void fail_all(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  work(ctx, item, attempt);
  attempt->outcome = ASYNC_FAN_FAILED;
  attempt->rc = ASYNC_EFAIL;
}

/* The rest of a source that comes slowly and never ends. */
static int next_for_ever(void *ctx, void *item)
{
  struct world *world = ctx;
  int err = world->taken < 20 ? 0 : async_sleep(ASYNC_SEC);
  if (err == 0)
    ((struct entry *)item)->number = world->taken++;
  return err;
}

static int sink_fails_at_30(void *ctx, void *item,
                            const struct async_fan_result *result)
{
  struct world *world = ctx;
  sink(ctx, item, result);
  return world->sunk == 30 ? -ENOSPC : 0;
}

static void a_sink_that_fails_ends_the_skipping_too(void)
{
  struct world world = {
    .fan = { .next = next_for_ever,
             .work = fail_all,
             .sink = sink_fails_at_30,
             .opts = { .jobs = 2, .stop_after_failed = 3, .skip_rest = true } }
  };
  CHECK_INT(simulate(&world), -ENOSPC);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_FAILURES);
  CHECK(world.taken <= 31);
}

/* Sources. */

static int next_gives_up(void *ctx, void *item)
{
  struct world *world = ctx;
  return world->taken == 5 ? ASYNC_ECANCELED : next_entry(ctx, item);
}

static void a_cancel_that_nobody_asked_for_is_an_error_of_the_source(void)
{
  struct world world = { .count = 100, .fan.next = next_gives_up };
  CHECK_INT(simulate(&world), ASYNC_ECANCELED);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_ERROR);
  CHECK_INT(world.taken, 5);
}

static int run_in_a_cancelled_scope(void *arg)
{
  struct async_scope scope;
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  return async_scope_leave(&scope, run_world(arg));
}

static void in_a_cancelled_scope_nothing_is_taken(void)
{
  struct async_run_opts opts = { .virtual_time = true };
  struct world world = { .count = 100, .fan.opts.jobs = 50 };
  CHECK_INT(async_run(run_in_a_cancelled_scope, &world, &opts),
            ASYNC_ECANCELED);
  CHECK_INT(world.taken, 0);
}

/* Destinations. */

static void work_with_data(void *ctx, void *item,
                           struct async_fan_attempt *attempt)
{
  struct world *world = ctx;
  struct world **data = async_lane_data(attempt->lane);
  if (!*data && ++world->alive > world->most_alive)
    world->most_alive = world->alive;
  *data = world;
  work(ctx, item, attempt);
  if (((struct entry *)item)->number % 2) {
    attempt->outcome = ASYNC_FAN_SICK;
    attempt->rc = -ECONNREFUSED;
  }
}

static void count_dropped(void *data)
{
  struct world *world = *(struct world **)data;
  CHECK(world);
  world->alive--;
}

static void a_million_sick_hosts_are_not_all_remembered(void)
{
  enum { COUNT = ASY_TSAN ? 4000 : 20000 };
  struct world world = {
    .count = COUNT,
    .hosts = COUNT,
    .fan.work = work_with_data,
    .fan.opts = { .jobs = 10,
                  .lane = { .breaker_failures = 1,
                            .data_bytes = sizeof(struct world *),
                            .data_done = count_dropped,
                            .idle_lanes = 100 } },
  };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.alive, 0);
  CHECK(world.most_alive > 100);
  CHECK(world.most_alive < 2000);
  CHECK_INT(world.ends[ASYNC_FAN_END_OK], COUNT / 2);
}

static void a_host_that_is_well_does_not_queue_behind_sick_ones(void)
{
  /* The verdicts are over long before the run is: every host is forgettable. */
  struct world world = {
    .count = 2000,
    .hosts = 2000,
    .fan.work = work_with_data,
    .fan.opts = { .jobs = 1,
                  .lane = { .breaker_failures = 1,
                            .breaker_cooldown_ns = 20 * ASYNC_MS,
                            .data_bytes = sizeof(struct world *),
                            .data_done = count_dropped,
                            .idle_lanes = 10 } },
  };
  CHECK_INT(simulate(&world), 0);
  CHECK(world.most_alive < 40);
}

static void ask_for_a_long_wait(void *ctx, void *item,
                                struct async_fan_attempt *attempt)
{
  work(ctx, item, attempt);
  if (((struct entry *)item)->number == 0) {
    attempt->outcome = ASYNC_FAN_OVERLOADED;
    attempt->rc = ASYNC_EFAIL;
    attempt->server_wait_ns = INT64_MAX - 5;
  }
}

static void no_server_stops_its_lane_for_longer_than_we_would_wait(void)
{
  struct world world = {
    .count = 3,
    .hosts = 1,
    .fan = { .work = ask_for_a_long_wait,
             .opts = { .jobs = 1,
                       .retry = { .max_attempts = 2,
                                  .retry_after_max_ns = 60 * ASYNC_SEC } } }
  };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.ends[ASYNC_FAN_END_OK], 2);
  CHECK(world.last_start_ns >= 60 * ASYNC_SEC);
  CHECK(world.last_start_ns < 61 * ASYNC_SEC);
}

static void without_a_lane_nobody_waits_for_the_wish_of_a_server(void)
{
  struct world world = {
    .count = 3, .fan = { .work = ask_for_a_long_wait, .opts.jobs = 1 }
  };
  CHECK_INT(simulate(&world), 0);
  CHECK(world.last_start_ns < ASYNC_SEC);
}

static void be_dead(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  work(ctx, item, attempt);
  attempt->outcome = ASYNC_FAN_SICK;
  attempt->rc = -ECONNREFUSED;
}

static void a_dead_host_does_not_hold_up_the_run_for_hours(void)
{
  struct world world = { .count = 200,
                         .hosts = 1,
                         .fan = { .work = be_dead,
                                  .opts = { .jobs = 64,
                                            .retry.max_attempts = 3,
                                            .lane.breaker_failures = 5 } } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.ends[ASYNC_FAN_END_FAILED], 200);
  CHECK(world.started > 64);
  /* Two cooldowns, of 30 s and of 60 s. */
  CHECK(world.last_start_ns < 100 * ASYNC_SEC);
}

static void lanes_take_turns(void)
{
  struct world world = { .count = 200,
                         .hosts = 5,
                         .fan.opts = { .jobs = 2, .lane.concurrency = 1 } };
  CHECK_INT(simulate(&world), 0);
  CHECK(world.most_ahead <= 2);
}

static void work_unevenly(void *ctx, void *item,
                          struct async_fan_attempt *attempt)
{
  bool odd = ((struct entry *)item)->number % 2;
  start(ctx);
  attempt->rc = async_sleep(odd ? 1400 * ASYNC_US : 500 * ASYNC_US);
}

static void a_start_that_comes_late_does_not_lower_the_rate(void)
{
  struct world world = { .count = 1001,
                         .fan = { .work = work_unevenly,
                                  .opts = { .jobs = 1, .rate_per_s = 1000 } } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.last_start_ns / ASYNC_MS, 1000);
}

/* Operations that end where they should not. */

static void start_and_fail_at_once(void *ctx, void *item,
                                   struct async_fan_attempt *attempt,
                                   struct async_op *op)
{
  (void)item;
  (void)attempt;
  start(ctx);
  async_op_start(op, "stillborn", NULL);
  async_op_done(op, ASYNC_ENOMEM);
}

static void judge(void *ctx, void *item, struct async_fan_attempt *attempt,
                  struct async_op *op)
{
  (void)ctx;
  (void)item;
  attempt->rc = op->rc;
  attempt->outcome = op->rc < 0 ? ASYNC_FAN_FAILED : ASYNC_FAN_OK;
}

static void an_operation_may_be_over_before_it_began(void)
{
  /* All wait for the rate of their lane, so that they are started by one call:
   * that must not go deeper with each. */
  struct world world = {
    .count = 100000,
    .hosts = 1,
    .fan = { .start = start_and_fail_at_once,
             .judge = judge,
             .opts = { .jobs = 10,
                       .window = 50000,
                       .lane = { .rate_per_s = 1e9, .rate_burst = 1e6 } } }
  };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.started, 100000);
  CHECK_INT(world.ends[ASYNC_FAN_END_FAILED], 100000);
}

/* Memory. */

static void retry_some(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  work(ctx, item, attempt);
  if (((struct entry *)item)->number % 3 == 0)
    attempt->outcome = ASYNC_FAN_OVERLOADED;
}

static void nothing_is_lost_whichever_allocation_fails(void)
{
  uint64_t failing = 0, count;
  do {
    struct world world = {
      .count = 60,
      .hosts = 20,
      .fan = { .work = retry_some,
               .opts = { .jobs = 8,
                         .window = 100,
                         .ordered = true,
                         .retry.max_attempts = 2,
                         .lane = { .concurrency = 1, .idle_lanes = 3 } } }
    };
    failing_alloc_start(++failing);
    int rc = simulate(&world);
    count = failing_alloc_stop();
    CHECK(rc == 0 || rc == ASYNC_ENOMEM);
    CHECK(rc != 0 || world.sunk == 60);
  } while (failing <= count);
  CHECK(failing > 50);
}

static void limit_address_space(size_t more_bytes)
{
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%zu", &pages) == 1);
  fclose(file);
  rlim_t most = pages * (size_t)sysconf(_SC_PAGESIZE) + more_bytes;
  CHECK_INT(setrlimit(RLIMIT_AS, &(struct rlimit){ most, most }), 0);
}

static int next_with_little_memory(void *ctx, void *item)
{
  struct world *world = ctx;
  if (world->taken == 0)
    limit_address_space((size_t)100 * 64 * 1024);
  return next_entry(ctx, item);
}

static void with_little_memory_fewer_run_at_once_and_none_fails(void)
{
  struct world world = { .count = 5000,
                         .hosts = 10,
                         .fan = { .next = next_with_little_memory,
                                  .opts = { .jobs = 1000 } } };
  if (ASY_ASAN || ASY_TSAN)
    SKIP("the address space cannot be limited here");
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.ends[ASYNC_FAN_END_OK], 5000);
  CHECK(world.last_start_ns >= 5000 / 100 * ASYNC_MS / 2);
}

/* One task holds the lane while thousands queue; then there is no stack for any
 * of them. */
static void work_and_use_up_the_memory(void *ctx, void *item,
                                       struct async_fan_attempt *attempt)
{
  struct world *world = ctx;
  work(ctx, item, attempt);
  if (world->started == 1) {
    async_sleep(ASYNC_SEC);
    setrlimit(RLIMIT_AS, &(struct rlimit){ 1 << 20, 1 << 20 });
  }
}

static void entries_for_which_there_is_no_stack_fail_one_by_one(void)
{
  struct world world = {
    .count = 20000,
    .hosts = 1,
    .fan = { .work = work_and_use_up_the_memory,
             .opts = { .jobs = 2, .window = 10000, .lane.concurrency = 1 } }
  };
  if (ASY_ASAN || ASY_TSAN)
    SKIP("the address space cannot be limited here");
  simulate(&world);
  CHECK(world.ends[ASYNC_FAN_END_FAILED] > 0);
}

static const struct tap_test tests[] = {
  TEST(what_the_source_gives_after_the_stop_is_skipped),
  TEST(a_stop_before_the_run_takes_nothing),
  TEST(a_deadline_that_only_the_sink_misses_stops_nothing),
  TEST(a_sink_that_fails_ends_the_skipping_too),
  TEST(a_cancel_that_nobody_asked_for_is_an_error_of_the_source),
  TEST(in_a_cancelled_scope_nothing_is_taken),
  TEST(a_million_sick_hosts_are_not_all_remembered),
  TEST(a_host_that_is_well_does_not_queue_behind_sick_ones),
  TEST(no_server_stops_its_lane_for_longer_than_we_would_wait),
  TEST(without_a_lane_nobody_waits_for_the_wish_of_a_server),
  TEST(a_dead_host_does_not_hold_up_the_run_for_hours),
  TEST(lanes_take_turns),
  TEST(a_start_that_comes_late_does_not_lower_the_rate),
  TEST(an_operation_may_be_over_before_it_began),
  TEST(nothing_is_lost_whichever_allocation_fails),
  TEST(with_little_memory_fewer_run_at_once_and_none_fails),
  TEST(entries_for_which_there_is_no_stack_fail_one_by_one),
};

TAP_MAIN(tests)
