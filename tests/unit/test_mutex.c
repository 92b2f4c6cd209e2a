#include "async/mutex.h"

#include "async/timer.h"
#include "child.h"
#include "op_once.h"

static struct async_mutex mutex;
static int inside, entered[8], entered_count;

static int enter(void *arg)
{
  const int *number = arg;
  int rc = async_mutex_lock(&mutex);
  if (rc < 0)
    return rc;
  CHECK_INT(inside++, 0);
  entered[entered_count++] = *number;
  rc = async_sleep(ASYNC_MS);
  CHECK_INT(--inside, 0);
  async_mutex_unlock(&mutex);
  return rc;
}

SIM(one_task_is_inside_at_a_time)
{
  int number = 0;
  struct async_group group;
  async_mutex_init(&mutex);
  inside = entered_count = 0;
  int64_t start_ns = async_now();
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 8; i++)
    CHECK_INT(async_spawn(&group, enter, &number), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(entered_count, 8);
  CHECK_INT(async_now() - start_ns, 8 * ASYNC_MS);
  CHECK(!mutex.owner);
}

SIM(they_enter_in_the_order_in_which_they_asked)
{
  static int numbers[] = { 0, 1, 2, 3 };
  struct async_group group;
  async_mutex_init(&mutex);
  inside = entered_count = 0;
  CHECK_INT(async_mutex_lock(&mutex), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 4; i++) {
    CHECK_INT(async_spawn(&group, enter, &numbers[i]), 0);
    sim_settle();
  }
  async_mutex_unlock(&mutex);
  CHECK_INT(async_group_close(&group), 0);
  for (int i = 0; i < 4; i++)
    CHECK_INT(entered[i], i);
}

SIM(one_that_was_cancelled_does_not_hold_it)
{
  int rc, number = 0;
  struct async_group group;
  async_mutex_init(&mutex);
  inside = entered_count = 0;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, enter, &number), 0);
  sim_settle();
  ASYNC_WITHIN(ASYNC_US, rc, async_mutex_lock(&mutex));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(async_mutex_lock(&mutex), 0);
  async_mutex_unlock(&mutex);
}

static int lock_and_unlock(void *unused)
{
  (void)unused;
  int rc = async_mutex_lock(&mutex);
  if (rc == 0)
    async_mutex_unlock(&mutex);
  return rc;
}

static void hold_it(void)
{
  async_mutex_init(&mutex);
  CHECK_INT(async_mutex_lock(&mutex), 0);
}

static void let_go(void *unused)
{
  (void)unused;
  if (mutex.owner)
    async_mutex_unlock(&mutex);
}

SIM(lock_ends_once_and_never_inside_unlock)
{
  struct op_once_wait once = { .wait = lock_and_unlock, .complete = let_go };
  hold_it();
  op_once_completes(&once);
  hold_it();
  op_once_completed_wins(&once);
  hold_it();
  op_once_is_cancelled(&once);
}

#ifndef NDEBUG
static int unlock_anothers(void *unused)
{
  (void)unused;
  async_mutex_unlock(&mutex);
  return 0;
}

static int lock_twice(void *unused)
{
  (void)unused;
  async_mutex_init(&mutex);
  CHECK_INT(async_mutex_lock(&mutex), 0);
  return async_mutex_lock(&mutex);
}

static int have_another_unlock(void *unused)
{
  struct async_group group;
  (void)unused;
  async_mutex_init(&mutex);
  CHECK_INT(async_mutex_lock(&mutex), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, unlock_anothers, NULL), 0);
  return async_group_close(&group);
}

static void run_another_unlocks(void)
{
  async_run(have_another_unlock, NULL, NULL);
}

static void run_lock_twice(void)
{
  async_run(lock_twice, NULL, NULL);
}

static void only_the_owner_may_unlock(void)
{
  child_check_aborts(run_another_unlocks, "owner");
}

static void locking_twice_is_caught(void)
{
  child_check_aborts(run_lock_twice, "owner");
}
#else
static void only_the_owner_may_unlock(void)
{
  SKIP("assertions are off");
}

static void locking_twice_is_caught(void)
{
  SKIP("assertions are off");
}
#endif

static const struct tap_test tests[] = {
  TEST(one_task_is_inside_at_a_time),
  TEST(they_enter_in_the_order_in_which_they_asked),
  TEST(one_that_was_cancelled_does_not_hold_it),
  TEST(lock_ends_once_and_never_inside_unlock),
  TEST(only_the_owner_may_unlock),
  TEST(locking_twice_is_caught),
};

TAP_MAIN(tests)
