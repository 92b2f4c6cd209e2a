#include "async/semaphore.h"

#include "async/rng.h"
#include "async/timer.h"
#include "op_once.h"

struct request {
  struct async_sem *sem;
  size_t permits;
  int64_t hold_ns;
  int number;
};

static int order[8], order_count;

static int acquire(void *arg)
{
  struct request *request = arg;
  int rc = async_sem_acquire(request->sem, request->permits);
  if (rc == 0)
    order[order_count++] = request->number;
  return rc;
}

static struct async_task *queue_up(struct async_group *group,
                                   struct request *request)
{
  struct async_task *task;
  CHECK_INT(async_spawn_handle(group, acquire, request, &task), 0);
  sim_settle();
  return task;
}

SIM(takes_free_permits_without_parking)
{
  struct async_sem sem;
  struct async_stats before, after;
  async_sem_init(&sem, 3);
  async_stats_get(&before);
  CHECK_INT(async_sem_acquire(&sem, 1), 0);
  CHECK_INT(async_sem_acquire(&sem, 2), 0);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
  CHECK_INT(after.checkpoints, before.checkpoints + 2);
  CHECK_INT(sem.available, 0);
}

SIM(yields_now_and_then_though_it_need_not_park)
{
  struct async_sem sem;
  struct async_stats before, after;
  async_sem_init(&sem, 1);
  async_stats_get(&before);
  for (int i = 0; i < 1000; i++) {
    CHECK_INT(async_sem_acquire(&sem, 1), 0);
    async_sem_release(&sem, 1);
  }
  async_stats_get(&after);
  CHECK_INT(after.switches - before.switches, 1000 / 128);
}

SIM(serves_in_the_order_of_arrival)
{
  struct async_group group;
  struct async_sem sem;
  struct request requests[4];
  async_sem_init(&sem, 0);
  order_count = 0;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < 4; i++) {
    requests[i] = (struct request){ .sem = &sem, .permits = 1, .number = i };
    queue_up(&group, &requests[i]);
  }
  for (int i = 0; i < 4; i++) {
    async_sem_release(&sem, 1);
    sim_settle();
    CHECK_INT(order_count, i + 1);
    CHECK_INT(order[i], i);
  }
  CHECK_INT(async_group_close(&group), 0);
}

SIM(nobody_overtakes_a_large_request)
{
  struct async_group group;
  struct async_sem sem;
  struct request large = { .sem = &sem, .permits = 3 };
  async_sem_init(&sem, 2);
  order_count = 0;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  queue_up(&group, &large);
  CHECK(!async_sem_try(&sem, 1));
  CHECK_INT(sem.available, 2);
  async_sem_release(&sem, 1);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(order_count, 1);
  CHECK_INT(sem.available, 0);
}

/* Regression 4. */
SIM(a_cancelled_head_wakes_the_smaller_behind_it)
{
  struct async_group group;
  struct async_sem sem;
  struct request large = { .sem = &sem, .permits = 5 };
  struct request small = { .sem = &sem, .permits = 1 };
  async_sem_init(&sem, 2);
  order_count = 0;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  struct async_task *head = queue_up(&group, &large);
  struct async_task *behind = queue_up(&group, &small);
  CHECK_INT(order_count, 0);
  async_task_cancel(head);
  CHECK_INT(async_join(head), ASYNC_ECANCELED);
  CHECK_INT(async_join(behind), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(sem.available, 1);
}

SIM(a_permit_handed_over_before_the_cancel_is_kept)
{
  struct async_group group;
  struct async_sem sem;
  struct request request = { .sem = &sem, .permits = 1 };
  async_sem_init(&sem, 0);
  order_count = 0;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  struct async_task *task = queue_up(&group, &request);
  async_sem_release(&sem, 1);
  async_task_cancel(task);
  CHECK_INT(async_join(task), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(sem.available, 0);
}

SIM(in_a_cancelled_scope_even_a_free_permit_is_refused)
{
  struct async_scope scope;
  struct async_sem sem;
  async_sem_init(&sem, 1);
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  CHECK_INT(async_sem_acquire(&sem, 1), ASYNC_ECANCELED);
  CHECK_INT(async_sem_acquire(&sem, 1), ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
  CHECK_INT(sem.available, 1);
}

SIM(a_timeout_takes_nothing)
{
  struct async_sem sem;
  int rc;
  async_sem_init(&sem, 1);
  int64_t start_ns = async_now();
  ASYNC_WITHIN(5 * ASYNC_MS, rc, async_sem_acquire(&sem, 2));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_now() - start_ns, 5 * ASYNC_MS);
  CHECK_INT(sem.available, 1);
}

SIM(no_permits_are_always_there_unless_somebody_waits)
{
  struct async_sem sem;
  async_sem_init(&sem, 0);
  CHECK(async_sem_try(&sem, 0));
  CHECK_INT(async_sem_acquire(&sem, 0), 0);
}

static size_t held, most_held;

static int hold(void *arg)
{
  struct request *request = arg;
  int rc = async_sem_acquire(request->sem, request->permits);
  if (rc < 0)
    return rc;
  held += request->permits;
  most_held = held > most_held ? held : most_held;
  rc = async_sleep(request->hold_ns);
  held -= request->permits;
  async_sem_release(request->sem, request->permits);
  return rc;
}

/* Invariant 2. */
SIM(at_most_the_permits_are_out_and_all_come_back)
{
  enum { TASKS = 40, PERMITS = 6 };
  struct async_group group;
  struct async_sem sem;
  struct request requests[TASKS];
  struct async_rng rng;
  async_rng_init(&rng, 7);
  async_sem_init(&sem, PERMITS);
  held = most_held = 0;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < TASKS; i++) {
    requests[i] = (struct request){
      .sem = &sem,
      .permits = 1 + (size_t)async_rng_below(&rng, PERMITS),
      .hold_ns = (int64_t)async_rng_below(&rng, 5) * ASYNC_MS,
    };
    CHECK_INT(async_spawn(&group, hold, &requests[i]), 0);
  }
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(held, 0);
  CHECK(most_held <= PERMITS);
  CHECK_INT(sem.available, PERMITS);
}

static int wait_for_permit(void *ctx)
{
  return async_sem_acquire(ctx, 1);
}

static void give_permit(void *ctx)
{
  async_sem_release(ctx, 1);
}

SIM(acquire_ends_once_and_never_inside_release)
{
  struct async_sem sem;
  struct op_once_wait once = { .wait = wait_for_permit,
                               .complete = give_permit,
                               .ctx = &sem };
  async_sem_init(&sem, 0);
  op_once_completes(&once);
  op_once_completed_wins(&once);
  CHECK_INT(sem.available, 0);
  op_once_is_cancelled(&once);
  CHECK_INT(sem.available, 1);
}

static const struct tap_test tests[] = {
  TEST(takes_free_permits_without_parking),
  TEST(yields_now_and_then_though_it_need_not_park),
  TEST(serves_in_the_order_of_arrival),
  TEST(nobody_overtakes_a_large_request),
  TEST(a_cancelled_head_wakes_the_smaller_behind_it),
  TEST(a_permit_handed_over_before_the_cancel_is_kept),
  TEST(in_a_cancelled_scope_even_a_free_permit_is_refused),
  TEST(a_timeout_takes_nothing),
  TEST(no_permits_are_always_there_unless_somebody_waits),
  TEST(at_most_the_permits_are_out_and_all_come_back),
  TEST(acquire_ends_once_and_never_inside_release),
};

TAP_MAIN(tests)
