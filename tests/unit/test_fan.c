#include <limits.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/fan.h"
#include "async/loop.h"
#include "async/shutdown.h"
#include "core/sanitize_priv.h"
#include "tap.h"

/* A world with `count` entries; entry i belongs to host i % hosts, takes
 * 1 + i % 5 ms, and behaves as `behave` says. All of it in simulated time. */

enum { MOST = 400 };

struct world;

struct entry {
  int number;
};

typedef void behave_fn(struct world *world, int number,
                       struct async_fan_attempt *attempt);

struct world {
  struct async_fan fan;
  behave_fn *behave;
  int count, hosts, next, fail_sink_at;
  int malformed; /* every so many entries */
  bool endless;
  int running, most_running;
  int host_running[MOST], host_most[MOST];
  int sunk[MOST];
  int order[MOST], ended;
  unsigned attempts[MOST];
  int64_t starts_ns[MOST * 4];
  int start_count, idle_calls;
  enum async_fan_end ends[MOST];
  int rcs[MOST];
  struct async_fan_stats stats;
  enum async_fan_stop stop, stop_seen; /* seen: by a job that is cut off */
};

static int next_entry(void *ctx, void *item)
{
  struct world *world = ctx;
  struct entry *entry = item;
  int err = async_check();
  if (err < 0)
    return err;
  if (world->next == world->count)
    return world->endless ? async_sleep_until(ASYNC_NEVER) : ASYNC_EOF;
  entry->number = world->next++;
  return world->malformed && entry->number % world->malformed == 0;
}

static const char *key_of(void *ctx, void *item, size_t *len)
{
  static char key[16];
  struct world *world = ctx;
  struct entry *entry = item;
  if (!world->hosts)
    return NULL;
  *len =
      (size_t)snprintf(key, sizeof(key), "h%d", entry->number % world->hosts);
  return key;
}

static void work(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  struct world *world = ctx;
  int number = ((struct entry *)item)->number;
  int host = world->hosts ? number % world->hosts : 0;
  if (++world->running > world->most_running)
    world->most_running = world->running;
  if (++world->host_running[host] > world->host_most[host])
    world->host_most[host] = world->host_running[host];
  world->starts_ns[world->start_count++] = async_now();
  attempt->rc = async_sleep((1 + number % 5) * ASYNC_MS);
  if (attempt->rc == ASYNC_ECANCELED)
    world->stop_seen = world->stop;
  if (attempt->rc == 0 && world->behave)
    world->behave(world, number, attempt);
  world->running--;
  world->host_running[host]--;
}

static int sink(void *ctx, void *item, const struct async_fan_result *result)
{
  struct world *world = ctx;
  int number = ((struct entry *)item)->number;
  CHECK_INT(result->seq, number);
  world->sunk[number]++;
  world->order[world->ended++] = number;
  world->ends[number] = result->end;
  world->rcs[number] = result->rc;
  world->attempts[number] = result->attempts;
  async_sleep(0);
  return world->fail_sink_at && world->ended == world->fail_sink_at ? -ENOSPC
                                                                    : 0;
}

static int idle(void *ctx)
{
  ((struct world *)ctx)->idle_calls++;
  return 0;
}

static int run_world(void *arg)
{
  struct world *world = arg;
  world->fan.ctx = world;
  world->fan.item_bytes = sizeof(struct entry);
  world->fan.next = next_entry;
  world->fan.key = key_of;
  world->fan.work = work;
  world->fan.sink = sink;
  world->fan.idle = idle;
  return async_fan_run(&world->fan, &world->stats, &world->stop);
}

static int simulate_with(struct world *world, const struct async_run_opts *opts)
{
  return async_run(run_world, world, opts);
}

static int simulate(struct world *world)
{
  struct async_run_opts opts = { .virtual_time = true, .seed = 7 };
  return simulate_with(world, &opts);
}

static void check_each_sunk_once(const struct world *world)
{
  for (int i = 0; i < world->next; i++)
    CHECK_INT(world->sunk[i], 1);
  CHECK_INT(world->stats.taken, world->next);
  CHECK_INT(world->stats.sunk, world->next);
  CHECK_INT(world->running, 0);
  CHECK_INT(world->stats.queued + world->stats.running + world->stats.delayed,
            0);
}

static void every_entry_reaches_the_sink_once(void)
{
  struct world world = { .count = 100, .fan.opts.jobs = 7 };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  CHECK_INT(world.most_running, 7);
  CHECK_INT(world.stats.ok, 100);
  CHECK(world.idle_calls > 0);
}

static void ordered_keeps_the_order_of_the_source(void)
{
  struct world world = { .count = 100,
                         .fan.opts = { .jobs = 7, .ordered = true } };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  for (int i = 0; i < 100; i++)
    CHECK_INT(world.order[i], i);
}

static void an_empty_source_is_fine(void)
{
  struct world world = { .count = 0, .fan.opts.jobs = 7 };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stats.taken, 0);
}

static void a_lane_has_its_own_cap(void)
{
  struct world world = { .count = 120,
                         .hosts = 4,
                         .fan.opts = { .jobs = 20, .lane.concurrency = 2 } };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  for (int i = 0; i < 4; i++)
    CHECK_INT(world.host_most[i], 2);
}

static void fail_thrice(struct world *world, int number,
                        struct async_fan_attempt *attempt)
{
  (void)world;
  (void)number;
  if (attempt->number <= 3) {
    attempt->outcome = ASYNC_FAN_RETRY;
    attempt->rc = ASYNC_EFAIL;
  }
}

static void a_retry_comes_after_its_backoff(void)
{
  struct world world = { .count = 1,
                         .behave = fail_thrice,
                         .fan.opts = {
                             .jobs = 1,
                             .retry = { .max_attempts = 4,
                                        .backoff = {
                                            .base_ns = ASYNC_SEC,
                                            .jitter = ASYNC_JITTER_NONE,
                                        } } } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stats.ok, 1);
  CHECK_INT(world.stats.retried, 3);
  CHECK_INT(world.attempts[0], 4);
  CHECK_INT(world.starts_ns[1] - world.starts_ns[0], ASYNC_SEC + ASYNC_MS);
  CHECK_INT(world.starts_ns[3] - world.starts_ns[2], 4 * ASYNC_SEC + ASYNC_MS);
}

static void sick_host_0(struct world *world, int number,
                        struct async_fan_attempt *attempt)
{
  if (number % world->hosts == 0) {
    attempt->outcome = ASYNC_FAN_SICK;
    attempt->rc = -ECONNREFUSED;
  }
}

static void a_waiting_retry_holds_no_permit(void)
{
  struct world world = { .count = 200,
                         .hosts = 2,
                         .behave = sick_host_0,
                         .fan.opts = {
                             .jobs = 4,
                             .retry = { .max_attempts = 3,
                                        .backoff = {
                                            .base_ns = 100 * ASYNC_SEC,
                                            .max_ns = 100 * ASYNC_SEC,
                                            .jitter = ASYNC_JITTER_NONE,
                                        } } } };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  CHECK_INT(world.stats.failed, 100);
  /* The hundred of the healthy host ended before any of the sick one's. */
  for (int i = 0; i < 100; i++)
    CHECK_INT(world.order[i] % 2, 1);
}

static void an_open_circuit_fails_new_entries_at_once(void)
{
  struct world world = { .count = 200,
                         .hosts = 2,
                         .behave = sick_host_0,
                         .fan.opts = { .jobs = 4,
                                       .lane.breaker_failures = 5,
                                       .lane.breaker_cooldown_ns =
                                           ASYNC_SEC } };
  int attempts = 0;
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  for (int i = 0; i < 200; i += 2) {
    attempts += world.attempts[i] > 0;
    CHECK_INT(world.rcs[i], world.attempts[i] ? -ECONNREFUSED : ASYNC_EOPEN);
  }
  CHECK(attempts >= 5 && attempts < 10);
  CHECK_INT(world.stats.ok, 100);
}

static void busy_once(struct world *world, int number,
                      struct async_fan_attempt *attempt)
{
  (void)world;
  if (number == 0 && attempt->number == 1) {
    attempt->outcome = ASYNC_FAN_OVERLOADED;
    attempt->rc = ASYNC_EFAIL;
    attempt->server_wait_ns = 5 * ASYNC_SEC;
  }
}

static void retry_after_holds_the_whole_lane(void)
{
  struct world world = { .count = 50,
                         .hosts = 1,
                         .behave = busy_once,
                         .fan.opts = { .jobs = 1, .retry.max_attempts = 2 } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stats.ok, 50);
  CHECK(world.starts_ns[1] - world.starts_ns[0] >= 5 * ASYNC_SEC);
}

static void the_rate_is_exact(void)
{
  struct world world = {
    .count = 101, .fan.opts = { .jobs = 50, .rate_per_s = 100, .rate_burst = 1 }
  };
  CHECK_INT(simulate(&world), 0);
  /* The bucket rounds up, to the next nanosecond: never early. */
  CHECK_INT((world.starts_ns[100] - world.starts_ns[0]) / ASYNC_US,
            ASYNC_SEC / ASYNC_US);
  for (int i = 1; i < 101; i++)
    CHECK(world.starts_ns[i] - world.starts_ns[i - 1] >= 10 * ASYNC_MS);
}

static void each_lane_has_its_own_rate(void)
{
  struct world world = {
    .count = 40,
    .hosts = 4,
    .fan.opts = { .jobs = 50, .lane.rate_per_s = 10, .lane.rate_burst = 1 }
  };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT((world.starts_ns[39] - world.starts_ns[0]) / ASYNC_US,
            900 * ASYNC_MS / ASYNC_US);
}

static void malformed_entries_fail_without_an_attempt(void)
{
  struct world world = { .count = 100,
                         .malformed = 4,
                         .fan.opts = { .jobs = 7, .ordered = true } };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
  CHECK_INT(world.stats.failed, 25);
  CHECK_INT(world.stats.ok, 75);
  CHECK_INT(world.attempts[4], 0);
  CHECK_INT(world.rcs[4], ASYNC_EENCODING);
  CHECK_INT(world.start_count, 75);
}

static void fail_every_tenth(struct world *world, int number,
                             struct async_fan_attempt *attempt)
{
  (void)world;
  if (number % 10 == 9) {
    attempt->outcome = ASYNC_FAN_FAILED;
    attempt->rc = ASYNC_EFAIL;
  }
}

static void fail_fast_cancels_what_runs_and_skips_the_rest(void)
{
  struct world world = { .count = 100,
                         .behave = fail_every_tenth,
                         .fan.opts = { .jobs = 8,
                                       .stop_after_failed = 1,
                                       .cancel_on_failed = true,
                                       .skip_rest = true } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_FAILURES);
  CHECK_INT(world.stop_seen, ASYNC_FAN_STOP_FAILURES);
  CHECK_INT(world.next, 100);
  check_each_sunk_once(&world);
  CHECK_INT(world.stats.failed, 1);
  CHECK(world.stats.canceled > 0);
  CHECK_INT(world.stats.ok + world.stats.failed + world.stats.canceled +
                world.stats.skipped,
            100);
}

static void the_first_n_successes_are_enough(void)
{
  struct world world = { .count = 100,
                         .fan.opts = { .jobs = 8, .stop_after_ok = 10 } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_SUCCESSES);
  check_each_sunk_once(&world);
  /* Those that completed in the same instant are not taken back. */
  CHECK(world.stats.ok >= 10 && world.stats.ok < 18);
}

static void a_share_of_failures_stops_the_run(void)
{
  struct world world = { .count = 200,
                         .behave = fail_every_tenth,
                         .fan.opts = { .jobs = 1,
                                       .stop_after_failed_share = 0.05 } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_FAILURES);
  CHECK_INT(world.stats.ok + world.stats.failed, 20);
}

static void a_deadline_ends_even_a_source_that_waits(void)
{
  struct world world = { .count = 10,
                         .endless = true,
                         .fan.opts = { .jobs = 1, .deadline_ns = ASYNC_SEC } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_DEADLINE);
  check_each_sunk_once(&world);
  CHECK_INT(world.stats.ok, 10);
}

static void a_job_that_is_cut_off_can_tell_why(void)
{
  struct world world = { .count = 100,
                         .stop_seen = ASYNC_FAN_STOP_ERROR,
                         .fan.opts = { .jobs = 8, .deadline_ns = ASYNC_US } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop_seen, ASYNC_FAN_STOP_DEADLINE);
}

static void a_failing_sink_ends_the_run_and_gets_the_rest(void)
{
  struct world world = { .count = 100, .fail_sink_at = 5, .fan.opts.jobs = 8 };
  CHECK_INT(simulate(&world), -ENOSPC);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_ERROR);
  check_each_sunk_once(&world);
  CHECK(world.next < 40);
}

static void stop_at_5_ms(struct world *world, int number,
                         struct async_fan_attempt *attempt)
{
  (void)world;
  (void)attempt;
  if (number == 4)
    async_shutdown(ASYNC_SEC);
}

static void the_first_request_lets_running_jobs_finish(void)
{
  struct world world = { .count = 100,
                         .behave = stop_at_5_ms,
                         .fan.opts = { .jobs = 8, .skip_rest = true } };
  CHECK_INT(simulate(&world), 0);
  CHECK_INT(world.stop, ASYNC_FAN_STOP_SIGNAL);
  check_each_sunk_once(&world);
  CHECK(world.next < 100);
  CHECK_INT(world.stats.canceled, 0);
}

static void the_window_bounds_what_is_between(void)
{
  struct world world = { .count = 300,
                         .hosts = 1,
                         .fan.opts = {
                             .jobs = 8, .window = 16, .lane.concurrency = 1 } };
  CHECK_INT(simulate(&world), 0);
  check_each_sunk_once(&world);
}

/* Cancels at every checkpoint, with several schedules; then fails every
 * stack. */

static struct world torture(void)
{
  return (struct world){
    .count = 40,
    .hosts = 3,
    .behave = fail_thrice,
    .fan.opts = { .jobs = 5,
                  .window = 9,
                  .ordered = true,
                  .retry = { .max_attempts = 3,
                             .backoff = { .base_ns = 3 * ASYNC_MS } },
                  .lane = { .concurrency = 3,
                            .adaptive = true,
                            .rate_per_s = 1000,
                            .rate_burst = 2,
                            .breaker_failures = 30,
                            .retry_budget = 20,
                            .idle_lanes = 1 } },
  };
}

static void check_nothing_left(void)
{
  struct async_stats stats;
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.stacks, 0);
  CHECK_INT(stats.timers, 0);
  CHECK_INT(stats.held, 0);
}

static void nothing_is_lost_whenever_it_is_cancelled(void)
{
  uint64_t seeds = ASY_TSAN ? 1 : 4; /* its tasks are slow to be born */
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    struct async_stats stats;
    struct async_run_opts opts = { .virtual_time = true, .seed = seed };
    struct world world = torture();
    simulate_with(&world, &opts);
    async_stats_get(&stats);
    for (uint64_t k = 1; k <= stats.checkpoints; k++) {
      world = torture();
      opts.cancel_at = k;
      int rc = simulate_with(&world, &opts);
      CHECK(rc == 0 || rc == ASYNC_ECANCELED);
      check_each_sunk_once(&world);
      check_nothing_left();
    }
    opts.cancel_at = 0;
  }
}

static void nothing_is_lost_when_a_stack_cannot_be_had(void)
{
  for (uint64_t k = 1; k < 60; k++) {
    struct world world = torture();
    struct async_run_opts opts = { .virtual_time = true, .fail_alloc = k };
    simulate_with(&world, &opts);
    check_each_sunk_once(&world);
    check_nothing_left();
  }
}

/* Operations instead of tasks. */

static void op_due(struct async_timer *timer);

struct op_entry {
  int number;
  struct async_timer timer;
  struct async_op *op;
};

static void op_due(struct async_timer *timer)
{
  async_op_done(ASYNC_CONTAINER_OF(timer, struct op_entry, timer)->op, 0);
}

static int op_abort(struct async_op *op)
{
  (void)op; /* the timer still comes */
  return ASYNC_OP_PENDING;
}

static void start_op(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op)
{
  struct op_entry *entry = item;
  (void)ctx;
  (void)attempt;
  entry->op = op;
  async_op_start(op, "test", op_abort);
  async_timer_set(&entry->timer, async_in((1 + entry->number % 3) * ASYNC_MS),
                  op_due);
}

static void judge_op(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op)
{
  (void)ctx;
  (void)item;
  attempt->rc = op->rc;
}

static int run_ops(void *arg)
{
  struct world *world = arg;
  world->fan.ctx = world;
  world->fan.item_bytes = sizeof(struct op_entry);
  world->fan.next = next_entry;
  world->fan.start = start_op;
  world->fan.judge = judge_op;
  world->fan.sink = sink;
  return async_fan_run(&world->fan, &world->stats, &world->stop);
}

static void operations_need_no_tasks(void)
{
  struct async_run_opts opts = { .virtual_time = true };
  struct world world = { .count = 200, .fan.opts.jobs = 50 };
  CHECK_INT(async_run(run_ops, &world, &opts), 0);
  check_each_sunk_once(&world);
  struct async_stats stats;
  async_stats_get(&stats);
  CHECK_INT(stats.spawned, 2); /* main and the sink */
  for (uint64_t k = 1; k <= stats.checkpoints; k++) {
    world = (struct world){ .count = 200, .fan.opts.jobs = 50 };
    opts.cancel_at = k;
    async_run(run_ops, &world, &opts);
    check_each_sunk_once(&world);
  }
}

static const struct tap_test tests[] = {
  TEST(every_entry_reaches_the_sink_once),
  TEST(ordered_keeps_the_order_of_the_source),
  TEST(an_empty_source_is_fine),
  TEST(a_lane_has_its_own_cap),
  TEST(a_retry_comes_after_its_backoff),
  TEST(a_waiting_retry_holds_no_permit),
  TEST(an_open_circuit_fails_new_entries_at_once),
  TEST(retry_after_holds_the_whole_lane),
  TEST(the_rate_is_exact),
  TEST(each_lane_has_its_own_rate),
  TEST(malformed_entries_fail_without_an_attempt),
  TEST(fail_fast_cancels_what_runs_and_skips_the_rest),
  TEST(the_first_n_successes_are_enough),
  TEST(a_share_of_failures_stops_the_run),
  TEST(a_job_that_is_cut_off_can_tell_why),
  TEST(a_deadline_ends_even_a_source_that_waits),
  TEST(a_failing_sink_ends_the_run_and_gets_the_rest),
  TEST(the_first_request_lets_running_jobs_finish),
  TEST(the_window_bounds_what_is_between),
  TEST(nothing_is_lost_whenever_it_is_cancelled),
  TEST(nothing_is_lost_when_a_stack_cannot_be_had),
  TEST(operations_need_no_tasks),
};

TAP_MAIN(tests)
