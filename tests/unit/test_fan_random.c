/* Hundreds of runs of the engine with options, sources, destinations, sinks and
 * stops that are drawn by lot, in simulated time. What holds in all of them is
 * checked while they run and afterwards. */
#include "async/debug.h"
#include "async/error.h"
#include "async/fan.h"
#include "async/loop.h"
#include "async/rng.h"
#include "async/shutdown.h"
#include "core/sanitize_priv.h"
#include "tap.h"

enum { MOST = 200, HOSTS = 12, STARTS = MOST * 4, LATE_NS = 4000000 };

struct entry {
  int number;
  struct async_op *op;
  struct async_timer timer;
};

struct world {
  struct async_rng rng;
  struct async_fan fan;
  struct async_fan_stats stats;
  enum async_fan_stop stop;
  int count, hosts, taken, sunk, started;
  int no_stack; /* one attempt may fail to get one, and counts all the same */
  int running, host_running[HOSTS];
  int tries[MOST], seen[MOST];
  bool malformed[MOST];
  int64_t starts_ns[STARTS], host_starts_ns[HOSTS][STARTS];
  int host_started[HOSTS];
  bool slow_source, slow_sink, stubborn, in_sink, stopped;
  int source_fails_at, sink_fails_at;
  int64_t stop_at_ns, cancel_at_ns;
  struct async_timer stop_timer, cancel_timer;
  struct async_scope scope;
  int lanes;
};

static bool one_in(struct world *world, uint64_t n)
{
  return async_rng_below(&world->rng, n) == 0;
}

static int64_t up_to(struct world *world, int64_t most)
{
  return (int64_t)async_rng_below(&world->rng, (uint64_t)most + 1);
}

/* The source. */

static int next_entry(void *ctx, void *item)
{
  struct world *world = ctx;
  struct entry *entry = item;
  int err = 0;
  if (world->slow_source && one_in(world, 3))
    err = async_sleep(up_to(world, 3 * ASYNC_MS));
  if (err < 0)
    return err;
  if (world->source_fails_at && world->taken == world->source_fails_at)
    return -EIO;
  if (world->taken == world->count)
    return ASYNC_EOF;
  entry->number = world->taken++;
  CHECK(entry->op == NULL && entry->timer.node.place == 0);
  CHECK(world->taken - world->sunk <= (int)world->fan.opts.window);
  world->malformed[entry->number] = one_in(world, 50);
  return world->malformed[entry->number];
}

static int host_of(const struct world *world, const void *item)
{
  return ((const struct entry *)item)->number % world->hosts;
}

static const char *key_of(void *ctx, void *item, size_t *len)
{
  static char key[16];
  struct world *world = ctx;
  if (host_of(world, item) == 0)
    return NULL; /* some belong nowhere */
  *len = (size_t)snprintf(key, sizeof(key), "h%d", host_of(world, item));
  return key;
}

static void count_dropped(void *data)
{
  struct world *world = *(struct world **)data;
  if (world)
    world->lanes--;
}

/* Attempts. */

static void attempt_begins(struct world *world, struct entry *entry,
                           const struct async_fan_attempt *attempt)
{
  const struct async_fan_opts *opts = &world->fan.opts;
  int host = host_of(world, entry);
  CHECK(!world->malformed[entry->number]);
  int failed = (int)attempt->number - ++world->tries[entry->number];
  CHECK(failed >= 0 && failed <= world->no_stack);
  CHECK(attempt->number == 1 || attempt->number <= opts->retry.max_attempts);
  CHECK_INT(attempt->last, attempt->number >= opts->retry.max_attempts);
  CHECK(++world->running <= (int)opts->jobs);
  CHECK_INT(attempt->lane != NULL, world->fan.key && host != 0);
  world->starts_ns[world->started++] = attempt->started_ns;
  if (!attempt->lane)
    return;
  struct world **data = async_lane_data(attempt->lane);
  world->lanes += *data == NULL;
  *data = world;
  world->host_running[host]++;
  CHECK(!opts->lane.concurrency ||
        world->host_running[host] <= (int)opts->lane.concurrency);
  world->host_starts_ns[host][world->host_started[host]++] =
      attempt->started_ns;
}

static void attempt_ends(struct world *world, struct entry *entry,
                         struct async_fan_attempt *attempt, int rc)
{
  static const enum async_fan_class classes[] = {
    ASYNC_FAN_OK,   ASYNC_FAN_OK,   ASYNC_FAN_OK,         ASYNC_FAN_FAILED,
    ASYNC_FAN_SICK, ASYNC_FAN_SICK, ASYNC_FAN_OVERLOADED, ASYNC_FAN_RETRY,
  };
  world->running--;
  if (attempt->lane)
    world->host_running[host_of(world, entry)]--;
  attempt->rc = rc;
  if (rc < 0)
    return;
  attempt->outcome = classes[up_to(world, 7)];
  attempt->rc = attempt->outcome == ASYNC_FAN_OK ? 0 : ASYNC_EFAIL;
  if (one_in(world, 10))
    attempt->server_wait_ns = up_to(world, 100 * ASYNC_MS);
}

static void work(void *ctx, void *item, struct async_fan_attempt *attempt)
{
  struct world *world = ctx;
  struct async_scope shield;
  int rc = 0;
  attempt_begins(world, item, attempt);
  bool stubborn = world->stubborn && one_in(world, 2);
  if (stubborn)
    async_scope_shield(&shield, ASYNC_NEVER);
  if (!one_in(world, 4))
    rc = async_sleep(up_to(world, 5 * ASYNC_MS));
  if (stubborn)
    async_scope_leave(&shield, 0);
  attempt_ends(world, item, attempt, rc);
}

static void op_due(struct async_timer *timer)
{
  async_op_done(ASYNC_CONTAINER_OF(timer, struct entry, timer)->op, 0);
}

static int op_abort_later(struct async_op *op)
{
  (void)op; /* the timer still comes */
  return ASYNC_OP_PENDING;
}

static int op_abort_now(struct async_op *op)
{
  (void)op; /* judge clears the timer */
  return ASYNC_OP_WITHDRAWN;
}

static void start(void *ctx, void *item, struct async_fan_attempt *attempt,
                  struct async_op *op)
{
  struct world *world = ctx;
  struct entry *entry = item;
  attempt_begins(world, entry, attempt);
  entry->op = op;
  if (one_in(world, 10)) {
    async_op_start(op, "short", NULL);
    async_op_done(op, 0);
    return;
  }
  async_op_start(op, "test", world->stubborn ? op_abort_later : op_abort_now);
  async_timer_set(&entry->timer, async_in(up_to(world, 5 * ASYNC_MS)), op_due);
}

static void judge(void *ctx, void *item, struct async_fan_attempt *attempt,
                  struct async_op *op)
{
  struct entry *entry = item;
  async_timer_clear(&entry->timer);
  entry->op = NULL;
  attempt_ends(ctx, entry, attempt, op->rc);
}

/* The sink. */

static void check_result(struct world *world, int number,
                         const struct async_fan_result *result)
{
  int failed = (int)result->attempts - world->tries[number];
  CHECK(failed >= 0 && failed <= world->no_stack);
  CHECK(result->taken_ns <= result->ended_ns);
  switch (result->end) {
  case ASYNC_FAN_END_OK:
    CHECK_INT(result->rc, 0);
    break;
  case ASYNC_FAN_END_FAILED:
    CHECK(result->rc < 0);
    CHECK(result->attempts || result->rc == ASYNC_EOPEN ||
          world->malformed[number]);
    break;
  case ASYNC_FAN_END_CANCELED:
    CHECK_INT(result->rc, ASYNC_ECANCELED);
    break;
  case ASYNC_FAN_END_SKIPPED:
    CHECK_INT(result->attempts, 0);
    CHECK(world->stopped || world->stop != ASYNC_FAN_STOP_NONE ||
          world->stats.skipped > 0);
    break;
  }
}

static int sink(void *ctx, void *item, const struct async_fan_result *result)
{
  struct world *world = ctx;
  int number = ((struct entry *)item)->number;
  CHECK(!world->in_sink);
  world->in_sink = true;
  CHECK_INT(result->seq, number);
  CHECK_INT(world->seen[number]++, 0);
  CHECK(!world->fan.opts.ordered || number == world->sunk);
  check_result(world, number, result);
  if (world->slow_sink)
    CHECK_INT(async_sleep(up_to(world, 4 * ASYNC_MS)), 0);
  world->in_sink = false;
  return ++world->sunk == world->sink_fails_at ? -ENOSPC : 0;
}

static int idle(void *ctx)
{
  struct world *world = ctx;
  CHECK(!world->in_sink);
  return async_sleep(0);
}

/* The run. */

static void ask_for_the_stop(struct async_timer *timer)
{
  (void)timer;
  async_shutdown(20 * ASYNC_MS);
}

static void cancel_the_run(struct async_timer *timer)
{
  async_scope_cancel(
      &ASYNC_CONTAINER_OF(timer, struct world, cancel_timer)->scope);
}

static int run_world(void *arg)
{
  struct world *world = arg;
  if (world->stop_at_ns)
    async_timer_set(&world->stop_timer, world->stop_at_ns, ask_for_the_stop);
  async_scope_enter(&world->scope, ASYNC_NEVER);
  if (world->cancel_at_ns)
    async_timer_set(&world->cancel_timer, world->cancel_at_ns, cancel_the_run);
  int rc = async_fan_run(&world->fan, &world->stats, &world->stop);
  async_timer_clear(&world->stop_timer);
  async_timer_clear(&world->cancel_timer);
  return async_scope_leave(&world->scope, rc);
}

static void draw_lane(struct world *world, struct async_lane_opts *lane)
{
  lane->concurrency = (size_t)up_to(world, 3);
  lane->rate_per_s = one_in(world, 3) ? 200 : 0;
  lane->rate_burst = (double)up_to(world, 4);
  lane->adaptive = one_in(world, 2);
  lane->slow_ns = up_to(world, 5 * ASYNC_MS);
  lane->breaker_failures = (unsigned)up_to(world, 3);
  lane->breaker_cooldown_ns = 1 + up_to(world, 50 * ASYNC_MS);
  lane->retry_budget = one_in(world, 2) ? 10 : 0;
  lane->data_bytes = sizeof(struct world *);
  lane->data_done = count_dropped;
  lane->idle_lanes = (size_t)up_to(world, 3);
}

static void draw_opts(struct world *world, struct async_fan_opts *opts)
{
  opts->jobs = 1 + (size_t)up_to(world, 20);
  opts->window = 1 + (size_t)up_to(world, 60);
  opts->ordered = one_in(world, 2);
  opts->retry.max_attempts = (unsigned)up_to(world, 4);
  opts->retry.backoff.base_ns = 1 + up_to(world, 10 * ASYNC_MS);
  opts->retry.retry_after_max_ns = up_to(world, 80 * ASYNC_MS);
  opts->rate_per_s = one_in(world, 3) ? 1000 : 0;
  opts->rate_burst = (double)up_to(world, 5);
  opts->seed = 1 + (uint64_t)up_to(world, 100);
  opts->deadline_ns = one_in(world, 5) ? 1 + up_to(world, 200 * ASYNC_MS) : 0;
  opts->stop_after_failed =
      one_in(world, 5) ? (uint64_t)up_to(world, MOST / 2) : 0;
  opts->stop_after_failed_share = one_in(world, 8) ? 0.5 : 0;
  opts->cancel_on_failed = one_in(world, 2);
  opts->stop_after_ok = one_in(world, 6) ? (uint64_t)up_to(world, MOST) : 0;
  opts->skip_rest = one_in(world, 2);
  draw_lane(world, &opts->lane);
}

static void draw_world(struct world *world, uint64_t seed)
{
  memset(world, 0, sizeof(*world));
  async_rng_init(&world->rng, seed);
  struct async_fan *fan = &world->fan;
  draw_opts(world, &fan->opts);
  fan->item_bytes = sizeof(struct entry);
  fan->ctx = world;
  fan->next = next_entry;
  fan->key = one_in(world, 4) ? NULL : key_of;
  fan->work = work;
  if (one_in(world, 3)) {
    fan->start = start;
    fan->judge = judge;
  }
  fan->sink = sink;
  fan->idle = one_in(world, 2) ? idle : NULL;
  world->count = (int)up_to(world, MOST);
  world->hosts = 1 + (int)up_to(world, HOSTS - 1);
  world->slow_source = one_in(world, 2);
  world->slow_sink = one_in(world, 2);
  world->stubborn = one_in(world, 2);
  world->source_fails_at = one_in(world, 10) ? (int)up_to(world, MOST) : 0;
  world->sink_fails_at = one_in(world, 10) ? (int)up_to(world, MOST) : 0;
  world->stop_at_ns = one_in(world, 5) ? 1 + up_to(world, 200 * ASYNC_MS) : 0;
  world->cancel_at_ns = one_in(world, 5) ? 1 + up_to(world, 200 * ASYNC_MS) : 0;
}

/* In any interval at most burst + rate * (length + what a start may be late).
 */
static void check_rate(const int64_t *starts_ns, int count, double per_s,
                       double burst)
{
  double tokens = burst < 1 ? 1 : burst;
  if (per_s <= 0)
    return;
  for (int i = 0; i < count; i++)
    for (int k = i; k < count; k++) {
      double length_ns = (double)(starts_ns[k] - starts_ns[i] + LATE_NS);
      CHECK(k - i + 1 <= tokens + per_s * length_ns / 1e9 + 1e-6);
    }
}

static void check_end(const struct world *world)
{
  const struct async_fan_stats *stats = &world->stats;
  const struct async_fan_opts *opts = &world->fan.opts;
  struct async_stats loop;
  for (int i = 0; i < world->taken; i++)
    CHECK_INT(world->seen[i], 1);
  CHECK_INT(stats->taken, world->taken);
  CHECK_INT(stats->sunk, world->taken);
  CHECK_INT(stats->ok + stats->failed + stats->canceled + stats->skipped,
            world->taken);
  CHECK_INT(stats->running + stats->queued + stats->delayed, 0);
  CHECK_INT(world->running, 0);
  CHECK_INT(world->lanes, 0);
  check_rate(world->starts_ns, world->started, opts->rate_per_s,
             opts->rate_burst);
  for (int i = 1; i < world->hosts; i++)
    check_rate(world->host_starts_ns[i], world->host_started[i],
               opts->lane.rate_per_s, opts->lane.rate_burst);
  async_stats_get(&loop);
  CHECK_INT(loop.tasks + loop.stacks + loop.timers + loop.held, 0);
}

static void check_return(const struct world *world,
                         const struct async_run_opts *opts, int rc)
{
  bool cut = world->cancel_at_ns || world->stop_at_ns || opts->cancel_at;
  CHECK(rc == 0 || (rc == -EIO && world->source_fails_at) ||
        (rc == -ENOSPC && world->sink_fails_at) ||
        (rc == ASYNC_ENOMEM && opts->fail_alloc) ||
        (rc == ASYNC_ECANCELED && cut));
  if (rc == 0 && world->stop == ASYNC_FAN_STOP_NONE)
    CHECK_INT(world->taken, world->count);
  if (rc == 0 && world->stop == ASYNC_FAN_STOP_NONE)
    CHECK_INT(world->stats.canceled + world->stats.skipped, 0);
}

static uint64_t seed;

static void say_seed(int number)
{
  (void)number;
  fprintf(stderr, "# in world %llu\n", (unsigned long long)seed);
}

static void whatever_is_drawn_every_promise_is_kept(void)
{
  static struct world world;
  uint64_t worlds = ASY_TSAN ? 30 : 600;
  signal(SIGABRT, say_seed);
  for (seed = 1; seed <= worlds; seed++) {
    struct async_run_opts opts = { .virtual_time = true, .seed = seed % 3 };
    draw_world(&world, seed);
    opts.cancel_at = one_in(&world, 10) ? (uint64_t)up_to(&world, 500) : 0;
    opts.fail_alloc = one_in(&world, 4) ? (uint64_t)up_to(&world, 50) : 0;
    world.no_stack = opts.fail_alloc != 0;
    check_return(&world, &opts, async_run(run_world, &world, &opts));
    check_end(&world);
  }
}

static const struct tap_test tests[] = {
  TEST(whatever_is_drawn_every_promise_is_kept),
};

TAP_MAIN(tests)
