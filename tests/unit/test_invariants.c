/* The invariants of what tasks share, under every fault: one scenario uses all
 * of lib/sync, and checks after each part that nothing was lost:
 *
 *   I1  after async_run no task, stack or timer is left (sim.h)
 *   I2  permits return to their start
 *   I3  a channel's items are received or left over, in order
 *   I5  ASYNC_ECANCELED means: it had no effect
 *   I7  a cancelled scope stays cancelled; a shield keeps it out
 *   I11 the same seed is the same order of tasks */
#include "async/async.h"
#include "failing_alloc.h"
#include "inject.h"

enum { SEEDS = 5 };

/* A part's tasks end; then its balance has to be right. */

static int close_group(struct async_group *group, int spawn_rc)
{
  if (spawn_rc < 0)
    async_group_cancel(group);
  int rc = async_group_close(group);
  return spawn_rc < 0 ? spawn_rc : rc;
}

static int spawn_many(struct async_group *group, int count, async_task_fn *fn,
                      void *arg)
{
  int rc = 0;
  async_group_open(group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < count && rc == 0; i++)
    rc = async_spawn(group, fn, arg);
  return rc;
}

/* I2, I5: a semaphore of six, taken two at a time. */

struct pool {
  struct async_sem sem;
  size_t held;
};

static int use_pool(void *arg)
{
  struct pool *pool = arg;
  int rc = async_sem_acquire(&pool->sem, 2);
  if (rc < 0)
    return rc;
  pool->held += 2;
  CHECK(pool->held <= 6);
  rc = async_sleep(3 * ASYNC_MS);
  pool->held -= 2;
  async_sem_release(&pool->sem, 2);
  return rc;
}

static int semaphores(void)
{
  struct pool pool = { .held = 0 };
  struct async_group group;
  async_sem_init(&pool.sem, 6);
  int rc = close_group(&group, spawn_many(&group, 8, use_pool, &pool));
  CHECK_INT(pool.held, 0);
  CHECK_INT(pool.sem.available, 6);
  return rc;
}

/* I2: a mutex around something that parks. */

struct account {
  struct async_mutex mutex;
  int balance;
};

static int add_one(void *arg)
{
  struct account *account = arg;
  int rc = async_mutex_lock(&account->mutex);
  if (rc < 0)
    return rc;
  int balance = account->balance;
  rc = async_sleep(ASYNC_MS);
  account->balance = balance + 1;
  async_mutex_unlock(&account->mutex);
  return rc;
}

static int mutexes(void)
{
  struct account account = { .balance = 0 };
  struct async_group group;
  async_mutex_init(&account.mutex);
  int rc = close_group(&group, spawn_many(&group, 5, add_one, &account));
  CHECK(!account.mutex.owner);
  CHECK_INT(account.mutex.sem.available, 1);
  CHECK(rc < 0 || account.balance == 5);
  return rc;
}

/* I3, I5: items on the heap, so that one lost is a leak and one sent twice is a
 * double free. */

struct belt {
  struct async_channel channel;
  int sent, received, last;
};

static int put_on_belt(void *arg)
{
  struct belt *belt = arg;
  int rc = 0;
  for (int i = 0; i < 20 && rc == 0; i++) {
    int *item = malloc(sizeof(*item));
    if (!item)
      return ASYNC_ENOMEM;
    *item = i;
    rc = async_channel_send(&belt->channel, &item);
    if (rc < 0)
      free(item);
    else
      belt->sent++;
    if (rc == 0 && i % 5 == 0)
      rc = async_sleep(ASYNC_MS);
  }
  async_channel_close(&belt->channel);
  return rc;
}

static void take_off(struct belt *belt, int *item)
{
  CHECK_INT(*item, belt->last + 1);
  belt->last = *item;
  belt->received++;
  free(item);
}

static int empty_belt(void *arg)
{
  struct belt *belt = arg;
  int rc, *item;
  while ((rc = async_channel_recv(&belt->channel, &item)) == 0)
    take_off(belt, item);
  return rc == ASYNC_EOF ? 0 : rc;
}

static int channels_of(size_t capacity)
{
  struct belt belt = { .last = -1 };
  struct async_group group;
  int *item;
  int rc = async_channel_init(&belt.channel, sizeof(int *), capacity,
                              ASYNC_CHANNEL_WAIT);
  if (rc < 0)
    return rc;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  rc = async_spawn(&group, put_on_belt, &belt);
  if (rc == 0)
    rc = async_spawn(&group, empty_belt, &belt);
  rc = close_group(&group, rc);
  while (async_channel_try_recv(&belt.channel, &item) == 0)
    take_off(&belt, item);
  CHECK_INT(belt.received, belt.sent);
  CHECK(rc < 0 || belt.sent == 20);
  async_channel_done(&belt.channel);
  return rc;
}

static int channels(void)
{
  int rc = channels_of(3);
  int again_rc = channels_of(0);
  return rc < 0 ? rc : again_rc;
}

/* I5: who is cancelled has not arrived. */

struct phases {
  struct async_barrier barrier;
  int arrived, last_ones;
};

static int walk_phases(void *arg)
{
  struct phases *phases = arg;
  int rc = 0;
  for (int i = 0; i < 3 && rc >= 0; i++) {
    rc = async_barrier_wait(&phases->barrier);
    phases->arrived += rc >= 0;
    phases->last_ones += rc == 1;
  }
  return rc < 0 ? rc : 0;
}

static int barriers(void)
{
  struct phases phases = { .arrived = 0 };
  struct async_group group;
  async_barrier_init(&phases.barrier, 4);
  int rc = close_group(&group, spawn_many(&group, 4, walk_phases, &phases));
  CHECK_INT(phases.barrier.arrived, 0);
  CHECK(phases.arrived <= 4 * phases.last_ones);
  CHECK(rc < 0 || phases.last_ones == 3);
  return rc;
}

/* A future set by one task, behind a gate that another opens. */

struct relay {
  struct async_event gate;
  struct async_future future;
  int readers, told;
};

static int open_gate(void *arg)
{
  struct relay *relay = arg;
  int rc = async_sleep(2 * ASYNC_MS);
  async_event_set(&relay->gate);
  return rc;
}

static int set_future(void *arg)
{
  struct relay *relay = arg;
  int rc = async_event_wait(&relay->gate);
  async_future_set(&relay->future, rc, relay);
  return rc;
}

static int read_future(void *arg)
{
  struct relay *relay = arg;
  void *value = NULL;
  int rc = async_future_get(&relay->future, &value);
  CHECK(rc < 0 || value == relay);
  relay->readers += rc == 0;
  return rc;
}

static void tell(struct async_future *future, void *arg)
{
  struct relay *relay = arg;
  CHECK(future == &relay->future);
  relay->told++;
}

static int futures(void)
{
  struct relay relay = { .readers = 0 };
  struct async_group group;
  async_event_init(&relay.gate);
  async_future_init(&relay.future);
  async_future_then(&relay.future, tell, &relay);
  int rc = spawn_many(&group, 3, read_future, &relay);
  if (rc == 0)
    rc = async_spawn(&group, set_future, &relay);
  if (rc == 0)
    rc = async_spawn(&group, open_gate, &relay);
  rc = close_group(&group, rc);
  CHECK_INT(relay.told, relay.future.ready.set);
  CHECK(rc < 0 || relay.readers == 3);
  return rc;
}

/* Each way to gather, with and without hedging. */

static int sleep_ms(void *arg)
{
  return async_sleep(*(int64_t *)arg * ASYNC_MS);
}

static int fail_after_ms(void *arg)
{
  int rc = sleep_ms(arg);
  return rc < 0 ? rc : ASYNC_EFAIL;
}

static int gather_as(enum async_gather_mode mode, int64_t stagger_ns)
{
  static int64_t nine = 9, three = 3, six = 6;
  struct async_call calls[] = { { sleep_ms, &nine, 1 },
                                { fail_after_ms, &three, 1 },
                                { sleep_ms, &six, 1 } };
  size_t winner = 99;
  int rc = async_gather(calls, 3, mode, stagger_ns, &winner);
  CHECK(winner <= 3);
  CHECK(winner == 3 || rc == calls[winner].rc);
  bool out_of_memory = false;
  for (int i = 0; i < 3; i++) {
    CHECK(calls[i].rc <= 0);
    out_of_memory |= calls[i].rc == ASYNC_ENOMEM;
  }
  if (out_of_memory)
    return ASYNC_ENOMEM;
  return rc == ASYNC_ECANCELED ? rc : 0;
}

static int gathers(void)
{
  int rc = 0;
  for (int mode = ASYNC_GATHER_ALL; mode <= ASYNC_GATHER_SETTLE; mode++) {
    int one_rc = gather_as((enum async_gather_mode)mode, 0);
    int two_rc = gather_as((enum async_gather_mode)mode, 2 * ASYNC_MS);
    rc = rc < 0 ? rc : one_rc < 0 ? one_rc : two_rc;
  }
  return rc;
}

/* I5: an item that was not taken is given back by the generator, one that was
 * taken by whoever took it. */

static int make_items(struct async_generator *generator, void *arg)
{
  int rc = 0, *made = arg;
  for (int i = 0; i < 6 && rc == 0; i++) {
    int *item = malloc(sizeof(*item));
    if (!item)
      return ASYNC_ENOMEM;
    *item = i;
    rc = async_generator_yield(generator, &item);
    if (rc < 0)
      free(item);
    else
      ++*made;
  }
  return rc;
}

static int generators(void)
{
  struct async_generator generator;
  int *item, made = 0, taken = 0;
  int rc = async_generator_open(&generator, sizeof(int *), make_items, &made);
  if (rc < 0)
    return rc;
  while ((rc = async_generator_next(&generator, &item)) == 0) {
    CHECK_INT(*item, taken++);
    free(item);
  }
  int close_rc = async_generator_close(&generator);
  CHECK_INT(made, taken);
  CHECK(close_rc < 0 || rc < 0);
  if (close_rc < 0)
    return close_rc;
  CHECK(rc != ASYNC_EOF || taken == 6);
  return rc == ASYNC_EOF ? 0 : rc;
}

/* I7: whatever was cancelled stays so, and cleanup may wait all the same. */
static void check_levels(int rc)
{
  struct async_scope shield;
  if (rc == ASYNC_ECANCELED) {
    CHECK_INT(async_check(), ASYNC_ECANCELED);
    CHECK_INT(async_sleep(0), ASYNC_ECANCELED);
    CHECK_INT(async_yield(), ASYNC_ECANCELED);
  }
  bool cancelled = async_check() < 0;
  async_scope_shield(&shield, async_in(ASYNC_SEC));
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(async_yield(), 0);
  CHECK_INT(async_scope_leave(&shield, 0), 0);
  CHECK(!cancelled || async_check() == ASYNC_ECANCELED);
}

/* The scenario. Its last parts run even after an error: a cancelled task goes
 * through them as well, and nothing may be lost there either. */
static int scenario(void *unused)
{
  static int (*const parts[])(void) = { semaphores, mutexes, channels,
                                        barriers,   futures, gathers,
                                        generators };
  int rc = 0;
  (void)unused;
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    int part_rc = parts[i]();
    if (rc == 0)
      rc = part_rc;
  }
  /* A cancel at a checkpoint below is the last fault there is. */
  check_levels(rc);
  return rc;
}

static void a_cancel_at_any_checkpoint_loses_nothing(void)
{
  struct inject_count count = inject_cancels(scenario, SEEDS);
  fprintf(stderr, "# %llu runs, %llu cancelled\n",
          (unsigned long long)count.runs, (unsigned long long)count.faults);
  CHECK(count.faults > count.runs / 2);
}

static void a_stack_that_cannot_be_had_loses_nothing(void)
{
  struct inject_count count = inject_stacks(scenario, SEEDS);
  CHECK_INT(count.faults, count.runs);
}

static void an_allocation_that_fails_loses_nothing(void)
{
  failing_alloc_start(0);
  CHECK_INT(sim_run(scenario, NULL, 1), 0);
  uint64_t allocations = failing_alloc_stop();
  CHECK(allocations > 10);
  for (uint64_t at = 1; at <= allocations; at++) {
    failing_alloc_start(at);
    int rc = sim_run(scenario, NULL, 1);
    failing_alloc_stop();
    CHECK(rc == 0 || rc == ASYNC_ENOMEM);
  }
}

static void the_same_seed_is_the_same_order(void)
{
  CHECK(inject_replays(scenario, 50) > 45);
}

static const struct tap_test tests[] = {
  TEST(a_cancel_at_any_checkpoint_loses_nothing),
  TEST(a_stack_that_cannot_be_had_loses_nothing),
  TEST(an_allocation_that_fails_loses_nothing),
  TEST(the_same_seed_is_the_same_order),
};

TAP_MAIN(tests)
