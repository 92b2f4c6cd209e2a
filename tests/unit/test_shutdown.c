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
  TEST(a_signal_is_a_request),
  TEST(a_second_signal_cancels),
  TEST(an_ignored_signal_stays_ignored),
};

TAP_MAIN(tests)
