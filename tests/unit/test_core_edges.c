/* The loop at its edges: who might starve, what might be lost, what two things
 * in the same instant do to each other. */
#include <limits.h>
#include <pthread.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/op.h"
#include "async/shutdown.h"
#include "tap.h"

static const struct async_run_opts simulated = { .virtual_time = true };

enum { DEADLOCK = 3 };

static void note_deadlock(const char *text, size_t len, void *ctx)
{
  (void)ctx;
  _exit(memmem(text, len, "deadlock", 8) ? DEADLOCK : 1);
}

/* Runs `main` in a process of its own, whose report says how it ends. */
static bool deadlocks(async_task_fn *main, struct async_run_opts opts)
{
  int status;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm(5);
    opts.report = note_deadlock;
    async_run(main, NULL, &opts);
    _exit(0);
  }
  CHECK_INT(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == DEADLOCK;
}

/* Timers. */

static struct async_timer eager, patient;
static int eager_fired, patient_fired;

static void fire_eager(struct async_timer *timer)
{
  if (++eager_fired < 100 && !patient_fired)
    async_timer_set(timer, 0, fire_eager);
}

static void fire_patient(struct async_timer *timer)
{
  (void)timer;
  patient_fired++;
}

static int arm_both(void *arg)
{
  (void)arg;
  async_timer_set(&eager, 5 * ASYNC_MS, fire_eager);
  async_timer_set(&patient, 5 * ASYNC_MS, fire_patient);
  return async_sleep(10 * ASYNC_MS);
}

static void a_timer_that_is_always_late_starves_no_other(void)
{
  CHECK_INT(async_run(arm_both, NULL, &simulated), 0);
  CHECK_INT(patient_fired, 1);
  CHECK_INT(eager_fired, 2);
}

static int arm_for_never(void *arg)
{
  (void)arg;
  async_timer_set(&patient, ASYNC_NEVER, fire_patient);
  CHECK(!async_timer_armed(&patient));
  async_timer_set(&patient, async_in(ASYNC_SEC), fire_patient);
  async_timer_set(&patient, ASYNC_NEVER, fire_patient);
  CHECK(!async_timer_armed(&patient));
  return async_sleep(ASYNC_NEVER);
}

static void a_timer_for_never_does_not_hide_a_deadlock(void)
{
  CHECK(deadlocks(arm_for_never, (struct async_run_opts){ .seed = 1 }));
  CHECK(deadlocks(arm_for_never, simulated));
}

static int miss_many_ticks(void *arg)
{
  struct async_ticker ticker;
  (void)arg;
  async_ticker_init(&ticker, 1, 0);
  async_sleep(10 * ASYNC_SEC);
  CHECK_INT(async_ticker_wait(&ticker), INT_MAX);
  CHECK_INT(async_ticker_wait(&ticker), 0);
  return 0;
}

static void more_missed_ticks_than_an_int_holds_are_no_error(void)
{
  CHECK_INT(async_run(miss_many_ticks, NULL, &simulated), 0);
}

/* Polling. */

static int yield_ten_times(void *arg)
{
  (void)arg;
  for (int i = 0; i < 10; i++)
    async_yield();
  return 0;
}

static int spawn_a_thousand(void *arg)
{
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < 1000; i++)
    CHECK_INT(async_spawn(&group, yield_ten_times, NULL), 0);
  return async_group_close(&group);
}

static void many_ready_tasks_do_not_keep_the_loop_from_polling(void)
{
  struct async_stats stats;
  for (uint64_t seed = 0; seed < 2; seed++) {
    struct async_run_opts opts = { .seed = seed };
    CHECK_INT(async_run(spawn_a_thousand, NULL, &opts), 0);
    async_stats_get(&stats);
    CHECK(stats.switches >= 11000);
    CHECK(stats.polls >= stats.switches / 64);
  }
}

static int wait_busily_for_a_signal(void *arg)
{
  (void)arg;
  raise(SIGTERM);
  for (int i = 0; i < 10000 && !async_stopping(); i++)
    async_yield();
  CHECK(async_stopping());
  CHECK_INT(async_shutdown_signal(), SIGTERM);
  return 0;
}

static int sleep_until_a_signal(void *arg)
{
  (void)arg;
  raise(SIGTERM);
  for (int i = 0; i < 10000 && !async_stopping(); i++)
    async_sleep(ASYNC_MS);
  CHECK(async_stopping());
  return 0;
}

static int wait_for_a_signal(void *arg)
{
  (void)arg;
  raise(SIGTERM);
  CHECK_INT(async_shutdown_wait(), 0);
  return 0;
}

static void a_busy_program_sees_its_signals(void)
{
  struct async_run_opts opts = { .signals = true };
  CHECK_INT(async_run(wait_busily_for_a_signal, NULL, &opts), 0);
  CHECK_INT(async_run(sleep_until_a_signal, NULL, &opts), 0);
  CHECK_INT(async_run(wait_for_a_signal, NULL, &opts), 0);
}

static void so_does_one_in_simulated_time(void)
{
  struct async_run_opts opts = { .signals = true, .virtual_time = true };
  CHECK_INT(async_run(wait_busily_for_a_signal, NULL, &opts), 0);
  CHECK_INT(async_run(sleep_until_a_signal, NULL, &opts), 0);
  CHECK_INT(async_run(wait_for_a_signal, NULL, &opts), 0);
}

static int hold_and_sleep(void *arg)
{
  (void)arg;
  async_loop_hold();
  return async_sleep(ASYNC_SEC);
}

static void holding_for_nothing_is_a_deadlock_in_simulated_time(void)
{
  CHECK(deadlocks(hold_and_sleep, simulated));
}

static int wait_with_a_dump_handler(void *arg)
{
  (void)arg;
  return async_shutdown_wait();
}

static void the_dump_signal_does_not_hide_a_deadlock(void)
{
  struct async_run_opts opts = { .dump_signal = true };
  CHECK(deadlocks(wait_with_a_dump_handler, opts));
}

/* Scopes. */

static int nest(void *arg)
{
  struct async_group group;
  int *left = arg;
  if ((*left)-- == 0)
    return async_sleep(ASYNC_NEVER);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, nest, arg), 0);
  return async_group_close(&group);
}

static int cancel_a_deep_tree(void *arg)
{
  struct async_group group;
  int left = 4000;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, nest, &left), 0);
  async_sleep(ASYNC_MS);
  CHECK_INT(left, -1);
  async_group_cancel(&group);
  return async_group_close(&group);
}

static void four_thousand_nested_tasks_are_cancelled_from_a_task(void)
{
  CHECK_INT(async_run(cancel_a_deep_tree, NULL, &simulated), 0);
}

/* An operation that takes its time to stop. */

static struct async_op slow_op;

static void slow_op_over(struct async_timer *timer)
{
  (void)timer;
  async_op_done(&slow_op, ASYNC_ECANCELED);
}

static int slow_op_abort(struct async_op *op)
{
  (void)op;
  async_timer_set(&patient, async_in(10 * ASYNC_MS), slow_op_over);
  return ASYNC_OP_PENDING;
}

static int cancel_then_time_out(void *arg)
{
  struct async_scope outer, inner;
  (void)arg;
  async_scope_enter(&outer, async_in(ASYNC_MS));
  async_scope_enter(&inner, async_in(5 * ASYNC_MS));
  async_op_start(&slow_op, "slow", slow_op_abort);
  int rc = async_scope_leave(&inner, async_await(&slow_op));
  CHECK_INT(rc, ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&outer, rc), ASYNC_ETIMEDOUT);
  return 0;
}

static void a_deadline_after_an_outer_cancel_is_no_timeout(void)
{
  CHECK_INT(async_run(cancel_then_time_out, NULL, &simulated), 0);
}

/* Tasks. */

static int sleep_and_say(void *arg)
{
  async_sleep(ASYNC_MS);
  return *(int *)arg;
}

static int join_it(void *arg)
{
  return async_join(arg);
}

static int join_while_closing(void *arg)
{
  struct async_group joiners, joined;
  struct async_task *task, *joiner;
  int answer = 42;
  (void)arg;
  async_group_open(&joiners, ASYNC_GROUP_COLLECT);
  async_group_open(&joined, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&joined, sleep_and_say, &answer, &task), 0);
  CHECK_INT(async_spawn_handle(&joiners, join_it, task, &joiner), 0);
  async_yield();
  CHECK_INT(async_group_close(&joined), 0);
  CHECK_INT(async_join(joiner), 42);
  return async_group_close(&joiners);
}

static void a_join_and_the_close_of_the_group_may_coincide(void)
{
  for (uint64_t seed = 0; seed < 20; seed++) {
    struct async_run_opts opts = { .virtual_time = true, .seed = seed };
    CHECK_INT(async_run(join_while_closing, NULL, &opts), 0);
  }
}

static int join_in_a_cancelled_scope(void *arg)
{
  struct async_group group;
  struct async_task *task;
  int answer = 7, rc;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&group, sleep_and_say, &answer, &task), 0);
  ASYNC_WITHIN(ASYNC_US, rc, async_join(task));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_join(task), 7);
  return async_group_close(&group);
}

static void a_join_that_was_cancelled_can_be_made_again(void)
{
  CHECK_INT(async_run(join_in_a_cancelled_scope, NULL, &simulated), 0);
}

static int join_in_time_or_not(void *arg)
{
  struct async_scope scope;
  async_scope_enter(&scope, ASYNC_MS); /* when the task ends */
  int rc = async_join(arg);
  CHECK(rc == 42 || rc == ASYNC_ECANCELED);
  async_scope_leave(&scope, 0);
  return 0;
}

static int end_cancel_and_close_at_once(void *arg)
{
  struct async_group joiners, joined;
  struct async_task *task;
  int answer = 42;
  (void)arg;
  async_group_open(&joiners, ASYNC_GROUP_COLLECT);
  async_group_open(&joined, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&joined, sleep_and_say, &answer, &task), 0);
  CHECK_INT(async_spawn(&joiners, join_in_time_or_not, task), 0);
  CHECK_INT(async_group_close(&joined), 0);
  return async_group_close(&joiners);
}

static void so_may_the_end_of_the_task_and_a_cancel_of_the_join(void)
{
  for (uint64_t seed = 0; seed < 50; seed++) {
    struct async_run_opts opts = { .virtual_time = true, .seed = seed };
    CHECK_INT(async_run(end_cancel_and_close_at_once, NULL, &opts), 0);
  }
}

static int spawn_sizes(void *arg)
{
  static const size_t sizes[] = { 1, 100, 4096, 4097, 100001, 1 << 20 };
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    struct async_spawn_opts opts = { .stack_bytes = sizes[i] };
    CHECK_INT(async_spawn_with(&group, &opts, yield_ten_times, NULL, NULL), 0);
  }
  struct async_spawn_opts huge = { .stack_bytes = SIZE_MAX };
  CHECK_INT(async_spawn_with(&group, &huge, yield_ten_times, NULL, NULL),
            ASYNC_ENOMEM);
  huge.stack_bytes = SIZE_MAX / 2;
  CHECK_INT(async_spawn_with(&group, &huge, yield_ten_times, NULL, NULL),
            ASYNC_ENOMEM);
  return async_group_close(&group);
}

static void a_stack_may_have_any_size(void)
{
  static const size_t sizes[] = { 0, 1, 12345, 65537, 1 << 20 };
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    struct async_run_opts opts = { .stack_bytes = sizes[i] };
    CHECK_INT(async_run(spawn_sizes, NULL, &opts), 0);
  }
}

/* Stops. */

static struct async_op watch;
static int told;

static void watch_again(struct async_op *op)
{
  if (op->rc < 0 || ++told == 1000)
    return;
  async_shutdown_watch(op);
  op->done = watch_again;
}

static int stop_with_a_stubborn_watcher(void *arg)
{
  (void)arg;
  async_shutdown_watch(&watch);
  watch.done = watch_again;
  async_shutdown(ASYNC_NEVER);
  CHECK_INT(told, 1);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK(told > 1);
  watch.done = NULL;
  async_op_abort(&watch);
  return 0;
}

static void a_watcher_that_watches_again_is_told_on_the_next_turn(void)
{
  CHECK_INT(async_run(stop_with_a_stubborn_watcher, NULL, NULL), 0);
}

static int stop_twice(void *arg)
{
  (void)arg;
  async_shutdown(ASYNC_NEVER);
  CHECK_INT(async_sleep(100 * ASYNC_SEC), 0);
  async_shutdown(ASYNC_NEVER);
  int64_t start_ns = async_now();
  CHECK_INT(async_sleep(100 * ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, 0);
  async_shutdown(0); /* a third is one too many, but harmless */
  return 3;
}

static void the_second_request_cancels_even_if_the_first_never_would(void)
{
  CHECK_INT(async_run(stop_twice, NULL, &simulated), 3);
}

static void stop_now(struct async_timer *timer)
{
  (void)timer;
  async_shutdown(5 * ASYNC_SEC);
}

static int stop_from_a_timer(void *arg)
{
  (void)arg;
  async_timer_set(&patient, async_in(ASYNC_SEC), stop_now);
  CHECK_INT(async_shutdown_wait(), 0);
  CHECK_INT(async_now(), ASYNC_SEC);
  CHECK_INT(async_shutdown_wait(), 0); /* and again, at once */
  CHECK_INT(async_now(), ASYNC_SEC);
  CHECK_INT(async_sleep(ASYNC_NEVER), ASYNC_ECANCELED);
  CHECK_INT(async_now(), 6 * ASYNC_SEC);
  return 0;
}

static void a_timer_may_ask_for_the_stop(void)
{
  CHECK_INT(async_run(stop_from_a_timer, NULL, &simulated), 0);
}

static const struct tap_test tests[] = {
  TEST(a_timer_that_is_always_late_starves_no_other),
  TEST(a_timer_for_never_does_not_hide_a_deadlock),
  TEST(more_missed_ticks_than_an_int_holds_are_no_error),
  TEST(many_ready_tasks_do_not_keep_the_loop_from_polling),
  TEST(a_busy_program_sees_its_signals),
  TEST(so_does_one_in_simulated_time),
  TEST(holding_for_nothing_is_a_deadlock_in_simulated_time),
  TEST(the_dump_signal_does_not_hide_a_deadlock),
  TEST(four_thousand_nested_tasks_are_cancelled_from_a_task),
  TEST(a_deadline_after_an_outer_cancel_is_no_timeout),
  TEST(a_join_and_the_close_of_the_group_may_coincide),
  TEST(so_may_the_end_of_the_task_and_a_cancel_of_the_join),
  TEST(a_join_that_was_cancelled_can_be_made_again),
  TEST(a_stack_may_have_any_size),
  TEST(a_watcher_that_watches_again_is_told_on_the_next_turn),
  TEST(the_second_request_cancels_even_if_the_first_never_would),
  TEST(a_timer_may_ask_for_the_stop),
};

TAP_MAIN(tests)
