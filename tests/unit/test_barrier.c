#include "async/barrier.h"

#include "async/rng.h"
#include "async/timer.h"
#include "op_once.h"

enum { PARTIES = 4, ROUNDS = 5 };

static struct async_barrier barrier;
static int in_round[ROUNDS], last_ones[ROUNDS];

static int walk(void *arg)
{
  const int64_t *pace_ns = arg;
  int rc = 0;
  for (int i = 0; i < ROUNDS && rc >= 0; i++) {
    CHECK(i == 0 || in_round[i - 1] == PARTIES);
    in_round[i]++;
    rc = async_sleep(*pace_ns);
    if (rc == 0)
      rc = async_barrier_wait(&barrier);
    last_ones[i] += rc == 1;
  }
  return rc < 0 ? rc : 0;
}

SIM(nobody_enters_a_round_before_all_have_ended_the_last)
{
  static int64_t paces_ns[PARTIES] = { 0, 1, ASYNC_MS, 2 * ASYNC_MS };
  struct async_group group;
  memset(in_round, 0, sizeof(in_round));
  memset(last_ones, 0, sizeof(last_ones));
  async_barrier_init(&barrier, PARTIES);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < PARTIES; i++)
    CHECK_INT(async_spawn(&group, walk, &paces_ns[i]), 0);
  CHECK_INT(async_group_close(&group), 0);
  for (int i = 0; i < ROUNDS; i++) {
    CHECK_INT(in_round[i], PARTIES);
    CHECK_INT(last_ones[i], 1);
  }
}

SIM(the_last_to_arrive_does_not_park)
{
  struct async_stats before, after;
  async_barrier_init(&barrier, 1);
  async_stats_get(&before);
  CHECK_INT(async_barrier_wait(&barrier), 1);
  CHECK_INT(async_barrier_wait(&barrier), 1);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
}

static int arrive(void *unused)
{
  (void)unused;
  return async_barrier_wait(&barrier);
}

SIM(a_cancelled_one_has_not_arrived)
{
  struct async_group group;
  struct async_task *gives_up, *stays;
  async_barrier_init(&barrier, 3);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&group, arrive, NULL, &stays), 0);
  CHECK_INT(async_spawn_handle(&group, arrive, NULL, &gives_up), 0);
  sim_settle();
  CHECK_INT(barrier.arrived, 2);
  async_task_cancel(gives_up);
  CHECK_INT(async_join(gives_up), ASYNC_ECANCELED);
  CHECK_INT(barrier.arrived, 1);
  CHECK_INT(async_spawn(&group, arrive, NULL), 0);
  sim_settle();
  CHECK_INT(async_barrier_wait(&barrier), 1);
  CHECK_INT(async_join(stays), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(barrier.arrived, 0);
}

static void be_the_last(void *unused)
{
  (void)unused;
  if (barrier.arrived == barrier.parties - 1)
    CHECK_INT(async_barrier_wait(&barrier), 1);
}

SIM(wait_ends_once_and_never_inside_the_last_arrival)
{
  struct op_once_wait once = { .wait = arrive, .complete = be_the_last };
  async_barrier_init(&barrier, 2);
  op_once_completes(&once);
  op_once_completed_wins(&once);
  op_once_is_cancelled(&once);
  CHECK_INT(barrier.arrived, 0);
}

static const struct tap_test tests[] = {
  TEST(nobody_enters_a_round_before_all_have_ended_the_last),
  TEST(the_last_to_arrive_does_not_park),
  TEST(a_cancelled_one_has_not_arrived),
  TEST(wait_ends_once_and_never_inside_the_last_arrival),
};

TAP_MAIN(tests)
