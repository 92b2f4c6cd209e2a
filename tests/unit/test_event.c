#include "async/event.h"

#include "async/timer.h"
#include "op_once.h"

static int passed;

static int wait_at_gate(void *arg)
{
  int rc = async_event_wait(arg);
  if (rc == 0)
    passed++;
  return rc;
}

static void spawn_waiters(struct async_group *group, struct async_event *event,
                          int count)
{
  passed = 0;
  async_group_open(group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < count; i++)
    CHECK_INT(async_spawn(group, wait_at_gate, event), 0);
  sim_settle();
  CHECK_INT(passed, 0);
}

SIM(a_shut_gate_holds_all_and_an_open_one_lets_all_go)
{
  struct async_group group;
  struct async_event event;
  async_event_init(&event);
  spawn_waiters(&group, &event, 5);
  async_event_set(&event);
  CHECK_INT(passed, 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(passed, 5);
}

SIM(an_open_gate_is_passed_without_parking)
{
  struct async_event event;
  struct async_stats before, after;
  async_event_init(&event);
  async_event_set(&event);
  async_stats_get(&before);
  CHECK_INT(async_event_wait(&event), 0);
  CHECK_INT(async_event_wait(&event), 0);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
}

SIM(who_waited_when_it_opened_goes_on_though_it_shut_again)
{
  struct async_group group;
  struct async_event event;
  async_event_init(&event);
  spawn_waiters(&group, &event, 3);
  async_event_set(&event);
  async_event_clear(&event);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(passed, 3);
  int rc;
  ASYNC_WITHIN(ASYNC_MS, rc, async_event_wait(&event));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
}

SIM(a_cancelled_waiter_leaves_the_others_waiting)
{
  struct async_group group;
  struct async_event event;
  struct async_task *task;
  async_event_init(&event);
  spawn_waiters(&group, &event, 2);
  CHECK_INT(async_spawn_handle(&group, wait_at_gate, &event, &task), 0);
  sim_settle();
  async_task_cancel(task);
  CHECK_INT(async_join(task), ASYNC_ECANCELED);
  CHECK_INT(passed, 0);
  async_event_set(&event);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(passed, 2);
}

static int wait_for_event(void *ctx)
{
  return async_event_wait(ctx);
}

static void open_and_shut(void *ctx)
{
  async_event_set(ctx);
  async_event_clear(ctx);
}

SIM(wait_ends_once_and_never_inside_set)
{
  struct async_event event;
  struct op_once_wait once = { .wait = wait_for_event,
                               .complete = open_and_shut,
                               .ctx = &event };
  async_event_init(&event);
  op_once_completes(&once);
  op_once_completed_wins(&once);
  op_once_is_cancelled(&once);
}

static const struct tap_test tests[] = {
  TEST(a_shut_gate_holds_all_and_an_open_one_lets_all_go),
  TEST(an_open_gate_is_passed_without_parking),
  TEST(who_waited_when_it_opened_goes_on_though_it_shut_again),
  TEST(a_cancelled_waiter_leaves_the_others_waiting),
  TEST(wait_ends_once_and_never_inside_set),
};

TAP_MAIN(tests)
