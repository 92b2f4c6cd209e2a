#include "async/debug.h"

#include "async/buf.h"
#include "async/error.h"
#include "async/event.h"
#include "async/scope.h"
#include "async/timer.h"
#include "child.h"
#include "sim.h"

static struct async_event gate;

static int wait_at_gate(void *unused)
{
  (void)unused;
  return async_event_wait(&gate);
}

static int nap(void *unused)
{
  (void)unused;
  return async_sleep(ASYNC_SEC);
}

static size_t count_lines(const char *text)
{
  size_t lines = 0;
  for (; *text; text++)
    lines += *text == '\n';
  return lines;
}

static void spawn_crowd(struct async_group *group)
{
  async_event_init(&gate);
  async_group_open(group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 1300; i++)
    CHECK_INT(async_spawn(group, wait_at_gate, NULL), 0);
  for (int i = 0; i < 5; i++)
    CHECK_INT(async_spawn(group, nap, NULL), 0);
}

static int dump_crowd(void *unused)
{
  struct async_buf text = ASYNC_BUF_INIT;
  struct async_group group;
  (void)unused;
  spawn_crowd(&group);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_dump(&text, false);
  const char *dump = async_buf_str(&text);
  CHECK(strstr(dump, "1306 tasks"));
  CHECK(strstr(dump, "1300 x wait_at_gate"));
  CHECK(strstr(dump, "event"));
  CHECK(strstr(dump, "5 x nap"));
  CHECK(strstr(dump, "sleep"));
  CHECK(strstr(dump, "running"));
  CHECK(strstr(dump, "test_debug.c"));
  CHECK_INT(count_lines(dump), 4);
  async_buf_done(&text);
  async_event_set(&gate);
  return async_group_close(&group);
}

static void a_dump_groups_tasks_that_wait_at_one_place(void)
{
  CHECK_INT(sim_run(dump_crowd, NULL, 0), 0);
}

static void dump_on_loop(struct async_timer *timer)
{
  struct async_buf text = ASYNC_BUF_INIT;
  (void)timer;
  async_dump(&text, true);
  const char *dump = async_buf_str(&text);
  CHECK(strstr(dump, "1300 x wait_at_gate"));
  CHECK(count_lines(dump) > 4 + 3 * 2); /* some frames a group */
  async_buf_done(&text);
  async_event_set(&gate);
}

static int dump_stacks(void *unused)
{
  struct async_timer timer = ASYNC_TIMER_INIT;
  struct async_group group;
  (void)unused;
  spawn_crowd(&group);
  async_timer_set(&timer, async_in(ASYNC_MS), dump_on_loop);
  return async_group_close(&group);
}

static void a_dump_with_stacks_shows_one_a_group(void)
{
  CHECK_INT(sim_run(dump_stacks, NULL, 0), 0);
}

/* Reports. */

struct report {
  char text[4096];
  size_t len;
  int calls;
};

static void note_report(const char *text, size_t len, void *ctx)
{
  struct report *report = ctx;
  CHECK(len > 0 && text[len - 1] == '\n');
  report->calls++;
  if (len > sizeof(report->text) - 1 - report->len)
    len = sizeof(report->text) - 1 - report->len;
  memcpy(report->text + report->len, text, len);
  report->len += len;
}

static int hold_the_loop(void *unused)
{
  int64_t start_ns = async_clock_ns();
  (void)unused;
  while (async_clock_ns() - start_ns < 3 * ASYNC_MS)
    ;
  return 0;
}

static int hold_it_in_a_task(void *unused)
{
  struct async_stats stats;
  struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, hold_the_loop, NULL), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_stats_get(&stats);
  CHECK(stats.slow_steps >= 1);
  CHECK(stats.longest_step_ns >= 3 * ASYNC_MS);
  return 0;
}

static void a_slow_step_is_reported(void)
{
  struct report report = { .len = 0 };
  struct async_run_opts opts = { .slow_step_ns = 2 * ASYNC_MS,
                                 .report = note_report,
                                 .report_ctx = &report };
  CHECK_INT(async_run(hold_it_in_a_task, NULL, &opts), 0);
  CHECK(report.calls >= 1);
  CHECK(strstr(report.text, "hold_the_loop"));
  CHECK(strstr(report.text, "test_debug.c"));
  CHECK(strstr(report.text, "held the loop for"));
}

static void a_quick_step_is_not(void)
{
  struct report report = { .len = 0 };
  struct async_run_opts opts = { .slow_step_ns = 60 * ASYNC_SEC,
                                 .report = note_report,
                                 .report_ctx = &report };
  CHECK_INT(async_run(hold_the_loop, NULL, &opts), 0);
  CHECK_INT(report.calls, 0);
}

static int dump_by_signal(void *arg)
{
  const struct report *report = arg;
  CHECK_INT(raise(SIGUSR1), 0);
  for (int i = 0; i < 1000 && report->calls == 0; i++)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  return 0;
}

static void a_signal_makes_a_dump(void)
{
  struct report report = { .len = 0 };
  struct async_run_opts opts = { .dump_signal = true,
                                 .report = note_report,
                                 .report_ctx = &report };
  CHECK_INT(async_run(dump_by_signal, &report, &opts), 0);
  CHECK_INT(report.calls, 1);
  CHECK(strstr(report.text, "1 x main"));
}

/* What cannot go on aborts, and says why. */

static int wait_for_each_other(void *unused)
{
  struct async_group group;
  (void)unused;
  async_event_init(&gate);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_spawn(&group, wait_at_gate, NULL), 0);
  return async_group_close(&group);
}

static void deadlock(void)
{
  async_run(wait_for_each_other, NULL, NULL);
}

static void deadlock_in_simulated_time(void)
{
  sim_run(wait_for_each_other, NULL, 0);
}

static void deadlock_with_signals(void)
{
  struct async_run_opts opts = { .signals = true, .dump_signal = true };
  async_run(wait_for_each_other, NULL, &opts);
}

static void a_deadlock_is_reported(void)
{
  child_check_aborts(deadlock, "deadlock");
  child_check_aborts(deadlock, "3 x wait_at_gate");
  child_check_aborts(deadlock_in_simulated_time, "3 x wait_at_gate");
  child_check_aborts(deadlock_with_signals, "3 x wait_at_gate");
}

static int leave_a_scope_open(void *unused)
{
  static struct async_scope scope;
  (void)unused;
  async_scope_enter(&scope, ASYNC_NEVER);
  return 0;
}

static void open_scope(void)
{
  async_run(leave_a_scope_open, NULL, NULL);
}

static int leave_a_group_open(void *unused)
{
  static struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  return 0;
}

static int spawn_the_careless(void *unused)
{
  struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, leave_a_group_open, NULL), 0);
  return async_group_close(&group);
}

static void open_group(void)
{
  async_run(spawn_the_careless, NULL, NULL);
}

static void returning_with_an_open_scope_or_group_aborts(void)
{
  child_check_aborts(open_scope, "main");
  child_check_aborts(open_scope, "open scope");
  child_check_aborts(open_group, "leave_a_group_open");
}

/* Leaving scopes in the wrong order is caught as well. */

static int leave_the_outer_first(void *unused)
{
  struct async_scope outer, inner;
  (void)unused;
  async_scope_enter(&outer, ASYNC_NEVER);
  async_scope_enter(&inner, ASYNC_NEVER);
  async_scope_leave(&outer, 0);
  return async_scope_leave(&inner, 0);
}

static void wrong_order(void)
{
  async_run(leave_the_outer_first, NULL, NULL);
}

static void scopes_are_left_innermost_first(void)
{
#ifdef NDEBUG
  (void)wrong_order;
  SKIP("assertions are off");
#else
  child_check_aborts(wrong_order, "scope");
#endif
}

/* A stack that overflows hits its guard. */

static int burrow(int levels)
{
  volatile char page[512];
  page[0] = (char)levels;
  return levels ? burrow(levels - 1) + page[0] : page[0];
}

static int burrow_too_deep(void *unused)
{
  (void)unused;
  return burrow(1000000);
}

static void overflow(void)
{
  async_run(burrow_too_deep, NULL, NULL);
}

static void a_stack_that_overflows_ends_the_process(void)
{
  struct child_end end;
  child_run(overflow, &end);
  CHECK(!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0);
}

static const struct tap_test tests[] = {
  TEST(a_dump_groups_tasks_that_wait_at_one_place),
  TEST(a_dump_with_stacks_shows_one_a_group),
  TEST(a_slow_step_is_reported),
  TEST(a_quick_step_is_not),
  TEST(a_signal_makes_a_dump),
  TEST(a_deadlock_is_reported),
  TEST(returning_with_an_open_scope_or_group_aborts),
  TEST(scopes_are_left_innermost_first),
  TEST(a_stack_that_overflows_ends_the_process),
};

TAP_MAIN(tests)
