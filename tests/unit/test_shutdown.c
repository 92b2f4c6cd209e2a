#include "async/shutdown.h"

#include "async/error.h"
#include "async/timer.h"
#include "op_once.h"

static int request_after(void *arg)
{
  int rc = async_sleep(ASYNC_MS);
  if (rc == 0)
    async_shutdown(*(int64_t *)arg);
  return rc;
}

SIM(the_first_request_gives_what_runs_its_grace)
{
  int64_t grace_ns = 50 * ASYNC_MS, start_ns = async_now();
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK(!async_stopping());
  CHECK_INT(async_spawn(&group, request_after, &grace_ns), 0);
  CHECK_INT(async_shutdown_wait(), 0);
  CHECK(async_stopping());
  CHECK_INT(async_now() - start_ns, ASYNC_MS);
  CHECK_INT(async_sleep(49 * ASYNC_MS), 0);
  CHECK_INT(async_sleep(ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, 51 * ASYNC_MS);
  CHECK_INT(async_group_close(&group), ASYNC_ECANCELED);
}

SIM(the_second_request_cancels_at_once)
{
  int64_t start_ns = async_now();
  async_shutdown(ASYNC_SEC);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_shutdown(ASYNC_SEC);
  CHECK_INT(async_sleep(ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, ASYNC_MS);
}

SIM(without_grace_the_first_cancels)
{
  int64_t start_ns = async_now();
  async_shutdown(0);
  CHECK_INT(async_sleep(ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now(), start_ns);
}

SIM(with_endless_grace_nothing_is_cancelled)
{
  async_shutdown(ASYNC_NEVER);
  CHECK(async_stopping());
  CHECK_INT(async_sleep(1000 * ASYNC_SEC), 0);
}

SIM(a_shielded_task_ends_its_work)
{
  struct async_scope shield;
  async_scope_shield(&shield, async_in(ASYNC_SEC));
  async_shutdown(0);
  CHECK_INT(async_sleep(500 * ASYNC_MS), 0);
  CHECK_INT(async_scope_leave(&shield, 0), 0);
  CHECK_INT(async_check(), ASYNC_ECANCELED);
}

static void request(void *unused)
{
  (void)unused;
  async_shutdown(ASYNC_NEVER);
}

static void nothing(void *unused)
{
  (void)unused;
}

SIM(a_watcher_is_told_once_and_never_inside_watch)
{
  struct async_op op;
  struct op_once_start once = { .op = &op,
                                .start = async_shutdown_watch,
                                .complete = request };
  op_once_op_is_aborted(&once);
  op_once_op_completes(&once);
  once.complete = nothing; /* it was asked for already */
  op_once_op_completes(&once);
  op_once_op_is_aborted(&once);
}

static int wait_for_stop(void *unused)
{
  (void)unused;
  return async_shutdown_wait();
}

SIM(waiting_ends_once)
{
  struct op_once_wait once = { .wait = wait_for_stop, .complete = request };
  op_once_completes(&once);
}

SIM(a_cancelled_wait_is_over)
{
  int rc;
  ASYNC_WITHIN(ASYNC_MS, rc, async_shutdown_wait());
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  async_shutdown(ASYNC_NEVER);
  CHECK_INT(async_shutdown_wait(), 0);
}

/* The second request. */

static void request_twice(void *unused)
{
  (void)unused;
  async_shutdown(ASYNC_NEVER);
  CHECK(!async_shutdown_again());
  async_shutdown(ASYNC_NEVER);
  CHECK(async_shutdown_again());
}

SIM(a_watcher_of_the_second_request_is_told_once)
{
  struct async_op op;
  struct async_scope shield; /* the second request cancels this task */
  struct op_once_start once = { .op = &op,
                                .start = async_shutdown_watch_again,
                                .complete = request_twice };
  async_scope_shield(&shield, ASYNC_NEVER);
  op_once_op_is_aborted(&once);
  op_once_op_completes(&once);
  once.complete = nothing;
  op_once_op_completes(&once);
  op_once_op_is_aborted(&once);
  async_scope_leave(&shield, 0);
}

SIM(the_first_request_does_not_tell_it)
{
  struct async_op first, second;
  async_shutdown_watch(&first);
  async_shutdown_watch_again(&second);
  async_shutdown(ASYNC_NEVER);
  CHECK_INT(async_await(&first), 0);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(second.state, ASYNC_OP_STARTED);
  CHECK(!async_shutdown_again());
  async_op_abort(&second);
}

/* Cleanup that waits, and gives up when somebody insists. */
static int clean_up(void *arg)
{
  int64_t *took_ns = arg, start_ns = async_now();
  struct async_scope shield;
  struct async_op again;
  CHECK_INT(async_sleep(100 * ASYNC_SEC), ASYNC_ECANCELED);
  start_ns = async_now();
  async_scope_shield(&shield, async_in(10 * ASYNC_SEC));
  async_shutdown_watch_again(&again);
  int rc = async_await(&again);
  CHECK_INT(async_scope_leave(&shield, rc), 0);
  *took_ns = async_now() - start_ns;
  return 0;
}

SIM(a_shielded_task_can_wait_for_it)
{
  int64_t took_ns = -1;
  struct async_group group;
  struct async_scope shield;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  async_scope_shield(&shield, ASYNC_NEVER);
  CHECK_INT(async_spawn(&group, clean_up, &took_ns), 0);
  sim_settle();
  async_shutdown(0);
  CHECK_INT(async_sleep(3 * ASYNC_SEC), 0);
  CHECK_INT(took_ns, -1);
  async_shutdown(0);
  sim_settle();
  CHECK_INT(took_ns, 3 * ASYNC_SEC);
  async_scope_leave(&shield, 0);
  async_group_close(&group);
}

/* Signals, on the real clock. */

static const struct async_run_opts with_signals = { .signals = true };

static int stop_by_signal(void *arg)
{
  CHECK_INT(async_shutdown_signal(), 0);
  CHECK_INT(raise(*(int *)arg), 0);
  CHECK_INT(async_shutdown_wait(), 0);
  CHECK(async_stopping());
  CHECK_INT(async_shutdown_signal(), *(int *)arg);
  return 0;
}

static void a_signal_is_a_request(void)
{
  int numbers[] = { SIGTERM, SIGINT };
  for (int i = 0; i < 2; i++) {
    CHECK_INT(async_run(stop_by_signal, &numbers[i], &with_signals), 0);
    sim_check_nothing_left();
  }
}

static int stop_by_two(void *unused)
{
  (void)unused;
  CHECK_INT(raise(SIGTERM), 0);
  CHECK_INT(async_shutdown_wait(), 0);
  CHECK_INT(raise(SIGINT), 0);
  CHECK_INT(async_sleep(ASYNC_NEVER), ASYNC_ECANCELED);
  CHECK_INT(async_shutdown_signal(), SIGTERM);
  return 0;
}

static void a_second_signal_cancels(void)
{
  CHECK_INT(async_run(stop_by_two, NULL, &with_signals), 0);
  sim_check_nothing_left();
}

static int insist(void *unused)
{
  struct async_scope shield;
  struct async_op again;
  (void)unused;
  async_scope_shield(&shield, ASYNC_NEVER);
  CHECK_INT(raise(SIGTERM), 0);
  CHECK_INT(async_shutdown_wait(), 0);
  async_shutdown_watch_again(&again);
  CHECK_INT(raise(SIGTERM), 0);
  CHECK_INT(async_await(&again), 0);
  CHECK(async_shutdown_again());
  return async_scope_leave(&shield, 0);
}

/* The loop waits for signals as long as somebody waits for the second. */
static void a_second_signal_reaches_who_waits_for_it(void)
{
  CHECK_INT(async_run(insist, NULL, &with_signals), 0);
  sim_check_nothing_left();
}

static int ignore_signal(void *unused)
{
  (void)unused;
  CHECK_INT(raise(SIGINT), 0);
  CHECK_INT(async_sleep(2 * ASYNC_MS), 0);
  CHECK(!async_stopping());
  return 0;
}

/* nohup: what was ignored stays ignored. */
static void an_ignored_signal_stays_ignored(void)
{
  signal(SIGINT, SIG_IGN);
  CHECK_INT(async_run(ignore_signal, NULL, &with_signals), 0);
}

static const struct tap_test tests[] = {
  TEST(the_first_request_gives_what_runs_its_grace),
  TEST(the_second_request_cancels_at_once),
  TEST(without_grace_the_first_cancels),
  TEST(with_endless_grace_nothing_is_cancelled),
  TEST(a_shielded_task_ends_its_work),
  TEST(a_watcher_is_told_once_and_never_inside_watch),
  TEST(waiting_ends_once),
  TEST(a_cancelled_wait_is_over),
  TEST(a_watcher_of_the_second_request_is_told_once),
  TEST(the_first_request_does_not_tell_it),
  TEST(a_shielded_task_can_wait_for_it),
  TEST(a_signal_is_a_request),
  TEST(a_second_signal_cancels),
  TEST(a_second_signal_reaches_who_waits_for_it),
  TEST(an_ignored_signal_stays_ignored),
};

TAP_MAIN(tests)
