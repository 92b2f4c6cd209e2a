#include "async/work.h"

#include <pthread.h>
#include <semaphore.h>

#include "async/error.h"
#include "async/timer.h"
#include "op_once.h"

enum { POOL = 4 }; /* libuv's, unless it is told otherwise */

/* A call that blocks until the test lets it go. */
struct call {
  sem_t go;
  bool started, ended; /* atomic */
  int freed;
  enum async_work_policy policy;
};

static void call_init(struct call *call, enum async_work_policy policy)
{
  memset(call, 0, sizeof(*call));
  call->policy = policy;
  CHECK_INT(sem_init(&call->go, 0, 0), 0);
}

static void block(void *arg)
{
  struct call *call = arg;
  __atomic_store_n(&call->started, true, __ATOMIC_SEQ_CST);
  while (sem_wait(&call->go) < 0)
    ;
  __atomic_store_n(&call->ended, true, __ATOMIC_SEQ_CST);
}

static void note_freed(void *arg)
{
  struct call *call = arg;
  CHECK(async_loop_uv()); /* on the loop */
  call->freed++;
}

static int work_on(void *arg)
{
  struct call *call = arg;
  return async_work(block, call, call->policy, note_freed);
}

static void wait_until(const bool *flag)
{
  while (!__atomic_load_n(flag, __ATOMIC_SEQ_CST))
    CHECK_INT(async_yield(), 0);
}

static void run(async_task_fn *fn, void *arg)
{
  CHECK_INT(async_run(fn, arg, NULL), 0);
  sim_check_nothing_left();
}

static void note_thread(void *arg)
{
  *(pthread_t *)arg = pthread_self();
}

static int call_once(void *unused)
{
  pthread_t thread = pthread_self();
  (void)unused;
  CHECK_INT(async_work(note_thread, &thread, ASYNC_WORK_WAIT, NULL), 0);
  CHECK(!pthread_equal(thread, pthread_self()));
  return 0;
}

static void it_runs_on_another_thread(void)
{
  run(call_once, NULL);
}

static int other_tasks_go_on(void *unused)
{
  struct async_group group;
  struct call call;
  (void)unused;
  call_init(&call, ASYNC_WORK_WAIT);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, work_on, &call), 0);
  wait_until(&call.started);
  for (int i = 0; i < 100; i++)
    CHECK_INT(async_yield(), 0);
  CHECK(!call.ended);
  sem_post(&call.go);
  CHECK_INT(async_group_close(&group), 0);
  CHECK(call.ended);
  CHECK_INT(call.freed, 0);
  return 0;
}

static void meanwhile_other_tasks_run(void)
{
  run(other_tasks_go_on, NULL);
}

/* A cancelled caller waits; the call ran to its end, and that wins (R4). */
static int cancel_waiting(void *unused)
{
  struct async_group group;
  struct async_task *task;
  struct call call;
  (void)unused;
  call_init(&call, ASYNC_WORK_WAIT);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work_on, &call, &task), 0);
  wait_until(&call.started);
  async_task_cancel(task);
  for (int i = 0; i < 100; i++)
    CHECK_INT(async_yield(), 0);
  CHECK(!call.ended);
  sem_post(&call.go);
  CHECK_INT(async_join(task), 0);
  CHECK(call.ended);
  return async_group_close(&group);
}

static void a_cancelled_caller_waits_for_it(void)
{
  run(cancel_waiting, NULL);
}

static int abandon(void *unused)
{
  struct async_group group;
  struct async_task *task;
  struct call call;
  (void)unused;
  call_init(&call, ASYNC_WORK_ABANDON);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work_on, &call, &task), 0);
  wait_until(&call.started);
  async_task_cancel(task);
  CHECK_INT(async_join(task), ASYNC_ECANCELED);
  CHECK(!call.ended);
  CHECK_INT(call.freed, 0);
  sem_post(&call.go);
  while (!call.freed)
    CHECK_INT(async_yield(), 0);
  CHECK(call.ended);
  CHECK_INT(call.freed, 1);
  return async_group_close(&group);
}

static void an_abandoned_one_gives_its_argument_back_when_it_has_ended(void)
{
  run(abandon, NULL);
}

/* Given up by a main task that ends: the loop still waits for the thread. */
static int leave_behind(void *arg)
{
  struct call *call = arg;
  struct async_group group;
  struct async_task *task;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work_on, call, &task), 0);
  wait_until(&call->started);
  async_task_cancel(task);
  async_group_close(&group);
  sem_post(&call->go);
  return 0;
}

static void the_loop_outlives_an_abandoned_one(void)
{
  struct call call;
  call_init(&call, ASYNC_WORK_ABANDON);
  run(leave_behind, &call);
  CHECK(call.ended);
  CHECK_INT(call.freed, 1);
}

/* The pool is shared with file operations: one thread is left to them. */

static struct call calls[POOL + 2];

static size_t started_count(void)
{
  size_t count = 0;
  for (int i = 0; i < POOL + 2; i++)
    count += __atomic_load_n(&calls[i].started, __ATOMIC_SEQ_CST);
  return count;
}

static void spawn_calls(struct async_group *group, struct async_task **tasks)
{
  async_group_open(group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < POOL + 2; i++) {
    call_init(&calls[i], ASYNC_WORK_ABANDON);
    CHECK_INT(async_spawn_handle(group, work_on, &calls[i], &tasks[i]), 0);
  }
  while (started_count() < POOL - 1)
    CHECK_INT(async_yield(), 0);
  for (int i = 0; i < 200; i++)
    CHECK_INT(async_yield(), 0);
  CHECK_INT(started_count(), POOL - 1);
}

static int fill_pool(void *unused)
{
  struct async_group group;
  struct async_task *tasks[POOL + 2];
  (void)unused;
  spawn_calls(&group, tasks);
  for (int i = 0; i < POOL + 2; i++)
    sem_post(&calls[i].go);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(started_count(), POOL + 2);
  return 0;
}

static void it_leaves_one_thread_of_the_pool_free(void)
{
  unsetenv("UV_THREADPOOL_SIZE");
  run(fill_pool, NULL);
}

static int cancel_queued(void *unused)
{
  struct async_group group;
  struct async_task *tasks[POOL + 2];
  (void)unused;
  spawn_calls(&group, tasks);
  for (int i = POOL - 1; i < POOL + 2; i++) {
    async_task_cancel(tasks[i]);
    CHECK_INT(async_join(tasks[i]), ASYNC_ECANCELED);
    CHECK_INT(calls[i].freed, 1);
  }
  for (int i = 0; i < POOL - 1; i++)
    sem_post(&calls[i].go);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(started_count(), POOL - 1);
  return 0;
}

static void one_that_is_cancelled_in_the_queue_never_runs(void)
{
  unsetenv("UV_THREADPOOL_SIZE");
  run(cancel_queued, NULL);
}

static int call_cancelled(void *unused)
{
  struct async_scope scope;
  struct call call;
  (void)unused;
  call_init(&call, ASYNC_WORK_ABANDON);
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  CHECK_INT(work_on(&call), ASYNC_ECANCELED);
  CHECK_INT(call.freed, 1);
  call_init(&call, ASYNC_WORK_WAIT);
  CHECK_INT(work_on(&call), ASYNC_ECANCELED);
  CHECK_INT(call.freed, 0);
  return async_scope_leave(&scope, 0);
}

static void in_a_cancelled_scope_it_does_not_start(void)
{
  run(call_cancelled, NULL);
}

static void let_go(void *ctx)
{
  sem_post(&((struct call *)ctx)->go);
}

static int end_once(void *unused)
{
  struct call call;
  struct op_once_wait once = { .wait = work_on,
                               .complete = let_go,
                               .ctx = &call };
  (void)unused;
  call_init(&call, ASYNC_WORK_WAIT);
  op_once_completes(&once);
  return 0;
}

static void it_ends_once(void)
{
  run(end_once, NULL);
}

/* While a thread works, simulated time stands still. */
static int keep_time(void *unused)
{
  struct async_group group;
  struct call call;
  int64_t start_ns = async_now();
  (void)unused;
  call_init(&call, ASYNC_WORK_WAIT);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, work_on, &call), 0);
  wait_until(&call.started);
  sem_post(&call.go);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(async_now(), start_ns);
  return 0;
}

static void simulated_time_waits_for_it(void)
{
  CHECK_INT(sim_run(keep_time, NULL, 1), 0);
}

static const struct tap_test tests[] = {
  TEST(it_runs_on_another_thread),
  TEST(meanwhile_other_tasks_run),
  TEST(a_cancelled_caller_waits_for_it),
  TEST(an_abandoned_one_gives_its_argument_back_when_it_has_ended),
  TEST(the_loop_outlives_an_abandoned_one),
  TEST(it_leaves_one_thread_of_the_pool_free),
  TEST(one_that_is_cancelled_in_the_queue_never_runs),
  TEST(in_a_cancelled_scope_it_does_not_start),
  TEST(it_ends_once),
  TEST(simulated_time_waits_for_it),
};

TAP_MAIN(tests)
