#include "async/scope.h"

#include "async/error.h"
#include "async/event.h"
#include "sim.h"

static void check_checkpoints_fail(void)
{
  CHECK_INT(async_check(), ASYNC_ECANCELED);
  CHECK_INT(async_checkpoint(), ASYNC_ECANCELED);
  CHECK_INT(async_yield(), ASYNC_ECANCELED);
  CHECK_INT(async_sleep(0), ASYNC_ECANCELED);
}

/* R2. */
SIM(a_cancelled_scope_fails_each_checkpoint_until_it_is_left)
{
  struct async_scope scope;
  async_scope_enter(&scope, ASYNC_NEVER);
  CHECK_INT(async_check(), 0);
  async_scope_cancel(&scope);
  async_scope_cancel(&scope);
  check_checkpoints_fail();
  check_checkpoints_fail();
  CHECK_INT(async_scope_leave(&scope, ASYNC_ECANCELED), ASYNC_ECANCELED);
  CHECK_INT(async_sleep(0), 0);
}

SIM(scopes_inside_a_cancelled_one_are_cancelled)
{
  struct async_scope outer, before, after;
  async_scope_enter(&outer, ASYNC_NEVER);
  async_scope_enter(&before, ASYNC_NEVER);
  async_scope_cancel(&outer);
  check_checkpoints_fail();
  async_scope_enter(&after, ASYNC_NEVER);
  check_checkpoints_fail();
  async_scope_leave(&after, 0);
  async_scope_leave(&before, 0);
  async_scope_leave(&outer, 0);
}

SIM(a_scope_around_a_cancelled_one_is_not)
{
  struct async_scope outer, inner;
  async_scope_enter(&outer, ASYNC_NEVER);
  async_scope_enter(&inner, ASYNC_NEVER);
  async_scope_cancel(&inner);
  check_checkpoints_fail();
  async_scope_leave(&inner, 0);
  CHECK_INT(async_sleep(0), 0);
  async_scope_leave(&outer, 0);
}

/* Invariant 6. */
SIM(a_deadline_comes_at_its_time)
{
  for (int64_t after_ns = 0; after_ns < 5; after_ns++) {
    struct async_scope scope;
    int64_t deadline_ns = async_in(after_ns * 7 * ASYNC_MS + after_ns);
    async_scope_enter(&scope, deadline_ns);
    int rc = async_sleep(ASYNC_SEC);
    CHECK_INT(rc, ASYNC_ECANCELED);
    CHECK_INT(async_now(), deadline_ns);
    CHECK_INT(async_scope_leave(&scope, rc), ASYNC_ETIMEDOUT);
  }
}

SIM(only_the_scope_that_set_the_deadline_reports_it)
{
  struct async_scope outer, inner;
  async_scope_enter(&outer, async_in(10 * ASYNC_MS));
  async_scope_enter(&inner, async_in(ASYNC_SEC));
  int rc = async_scope_leave(&inner, async_sleep(5 * ASYNC_SEC));
  CHECK_INT(rc, ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&outer, rc), ASYNC_ETIMEDOUT);
}

SIM(an_inner_deadline_leaves_the_outer_scope_alone)
{
  struct async_scope outer;
  int rc;
  async_scope_enter(&outer, async_in(ASYNC_SEC));
  ASYNC_WITHIN(10 * ASYNC_MS, rc, async_sleep(5 * ASYNC_SEC));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(async_scope_leave(&outer, 0), 0);
}

SIM(a_result_survives_the_deadline)
{
  struct async_scope scope;
  async_scope_enter(&scope, async_in(ASYNC_MS));
  CHECK_INT(async_sleep(2 * ASYNC_MS), ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, 17), 17);
  async_scope_enter(&scope, async_in(ASYNC_MS));
  CHECK_INT(async_sleep(2 * ASYNC_MS), ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, ASYNC_EFAIL), ASYNC_EFAIL);
}

SIM(within_gives_the_value_or_the_timeout)
{
  int rc;
  ASYNC_WITHIN(ASYNC_SEC, rc, 42);
  CHECK_INT(rc, 42);
  ASYNC_WITHIN(ASYNC_NEVER, rc, async_sleep(ASYNC_SEC));
  CHECK_INT(rc, 0);
  ASYNC_WITHIN(0, rc, async_sleep(0));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
}

SIM(a_deadline_can_be_moved)
{
  struct async_scope scope;
  int64_t start_ns = async_now();
  async_scope_enter(&scope, async_in(10 * ASYNC_MS));
  for (int i = 0; i < 5; i++) {
    CHECK_INT(async_sleep(9 * ASYNC_MS), 0);
    async_scope_extend(&scope, async_in(10 * ASYNC_MS));
  }
  CHECK_INT(async_sleep(ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, 55 * ASYNC_MS);
  async_scope_extend(&scope, ASYNC_NEVER);
  check_checkpoints_fail();
  CHECK_INT(async_scope_leave(&scope, ASYNC_ECANCELED), ASYNC_ETIMEDOUT);
}

SIM(a_deadline_can_be_taken_away)
{
  struct async_scope scope;
  async_scope_enter(&scope, async_in(ASYNC_MS));
  async_scope_extend(&scope, ASYNC_NEVER);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
}

/* Invariant 7. */
SIM(a_shield_keeps_outer_cancels_out)
{
  struct async_scope outer, shield, inner;
  async_scope_enter(&outer, ASYNC_NEVER);
  async_scope_cancel(&outer);
  async_scope_shield(&shield, ASYNC_NEVER);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_scope_enter(&inner, ASYNC_NEVER);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_scope_leave(&inner, 0);
  CHECK_INT(async_scope_leave(&shield, 0), 0);
  check_checkpoints_fail();
  async_scope_leave(&outer, 0);
}

SIM(a_cancel_that_comes_during_a_shield_waits_outside)
{
  struct async_scope outer, shield;
  async_scope_enter(&outer, async_in(ASYNC_MS));
  async_scope_shield(&shield, ASYNC_NEVER);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(async_scope_leave(&shield, 0), 0);
  check_checkpoints_fail();
  CHECK_INT(async_scope_leave(&outer, ASYNC_ECANCELED), ASYNC_ETIMEDOUT);
}

SIM(a_shield_has_a_deadline_of_its_own)
{
  struct async_scope outer, shield;
  async_scope_enter(&outer, ASYNC_NEVER);
  async_scope_cancel(&outer);
  async_scope_shield(&shield, async_in(5 * ASYNC_MS));
  int64_t start_ns = async_now();
  int rc = async_sleep(ASYNC_SEC);
  CHECK_INT(async_now() - start_ns, 5 * ASYNC_MS);
  CHECK_INT(async_scope_leave(&shield, rc), ASYNC_ETIMEDOUT);
  async_scope_leave(&outer, 0);
}

SIM(the_nearest_deadline_counts_up_to_a_shield)
{
  struct async_scope outer, inner, shield;
  CHECK_INT(async_deadline(), ASYNC_NEVER);
  async_scope_enter(&outer, async_in(10));
  async_scope_enter(&inner, async_in(20));
  CHECK_INT(async_deadline(), async_in(10));
  async_scope_extend(&inner, async_in(5));
  CHECK_INT(async_deadline(), async_in(5));
  async_scope_shield(&shield, async_in(30));
  CHECK_INT(async_deadline(), async_in(30));
  async_scope_leave(&shield, 0);
  async_scope_leave(&inner, 0);
  async_scope_leave(&outer, 0);
}

static int cancel_after_1_ms(void *arg)
{
  int rc = async_sleep(ASYNC_MS);
  async_scope_cancel(arg);
  return rc;
}

SIM(another_task_can_cancel_a_scope)
{
  struct async_group group;
  struct async_scope scope;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_scope_enter(&scope, ASYNC_NEVER);
  CHECK_INT(async_spawn(&group, cancel_after_1_ms, &scope), 0);
  int64_t start_ns = async_now();
  CHECK_INT(async_sleep(ASYNC_SEC), ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, ASYNC_MS);
  async_scope_leave(&scope, 0);
  CHECK_INT(async_group_close(&group), 0);
}

/* A cancel reaches the bottom of a tree of tasks that is deeper than any stack
 * has room for. */

enum { DEPTH = 2000 };

static int descend(void *arg)
{
  int depth = *(int *)arg - 1;
  struct async_group group;
  if (depth == 0)
    return async_sleep(ASYNC_SEC);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, descend, &depth), 0);
  return async_group_close(&group);
}

static int cancel_deep_tree(void *arg)
{
  struct async_scope scope;
  int depth = DEPTH;
  (void)arg;
  async_scope_enter(&scope, ASYNC_NEVER);
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, descend, &depth), 0);
  for (int i = 0; i < DEPTH + 1; i++)
    CHECK_INT(async_yield(), 0);
  async_scope_cancel(&scope);
  int rc = async_group_close(&group);
  return async_scope_leave(&scope, rc);
}

static void a_cancel_reaches_the_bottom_of_a_deep_tree(void)
{
  CHECK_INT(sim_run(cancel_deep_tree, NULL, 0), ASYNC_ECANCELED);
}

/* All branches of a wide one as well, but not the shielded ones. */

static int count_cancels(void *arg)
{
  int rc = async_sleep(ASYNC_SEC);
  *(int *)arg += rc == ASYNC_ECANCELED;
  return 0;
}

static int shielded(void *arg)
{
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  count_cancels(arg);
  return async_scope_leave(&shield, 0);
}

static int branch(void *arg)
{
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, count_cancels, arg), 0);
  CHECK_INT(async_spawn(&group, shielded, arg), 0);
  CHECK_INT(async_spawn(&group, count_cancels, arg), 0);
  async_group_close(&group);
  return 0;
}

SIM(a_cancel_reaches_all_branches_but_the_shielded)
{
  int cancels = 0;
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 5; i++)
    CHECK_INT(async_spawn(&group, branch, &cancels), 0);
  sim_settle();
  async_group_cancel(&group);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(cancels, 10);
}

static const struct tap_test tests[] = {
  TEST(a_cancelled_scope_fails_each_checkpoint_until_it_is_left),
  TEST(scopes_inside_a_cancelled_one_are_cancelled),
  TEST(a_scope_around_a_cancelled_one_is_not),
  TEST(a_deadline_comes_at_its_time),
  TEST(only_the_scope_that_set_the_deadline_reports_it),
  TEST(an_inner_deadline_leaves_the_outer_scope_alone),
  TEST(a_result_survives_the_deadline),
  TEST(within_gives_the_value_or_the_timeout),
  TEST(a_deadline_can_be_moved),
  TEST(a_deadline_can_be_taken_away),
  TEST(a_shield_keeps_outer_cancels_out),
  TEST(a_cancel_that_comes_during_a_shield_waits_outside),
  TEST(a_shield_has_a_deadline_of_its_own),
  TEST(the_nearest_deadline_counts_up_to_a_shield),
  TEST(another_task_can_cancel_a_scope),
  TEST(a_cancel_reaches_the_bottom_of_a_deep_tree),
  TEST(a_cancel_reaches_all_branches_but_the_shielded),
};

TAP_MAIN(tests)
