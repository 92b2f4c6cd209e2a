#include "async/task.h"

#include "async/error.h"
#include "async/timer.h"
#include "op_once.h"

/* A task that works for a while and then returns a code. */
struct job {
  int64_t takes_ns;
  int result;
  int rc; /* of its wait */
};

static int work(void *arg)
{
  struct job *job = arg;
  job->rc = async_sleep(job->takes_ns);
  return job->rc < 0 ? job->rc : job->result;
}

/* It ignores the cancel, and returns its code all the same. */
static int stubborn(void *arg)
{
  struct job *job = arg;
  job->rc = async_sleep(job->takes_ns);
  return job->result;
}

static int run_group(enum async_group_policy policy, struct job *jobs,
                     size_t count, size_t *errors)
{
  struct async_group group;
  async_group_open(&group, policy);
  for (size_t i = 0; i < count; i++)
    CHECK_INT(async_spawn(&group, work, &jobs[i]), 0);
  int rc = async_group_close(&group);
  if (errors)
    *errors = group.errors;
  return rc;
}

SIM(tasks_of_a_group_run_side_by_side)
{
  struct job jobs[100];
  for (int i = 0; i < 100; i++)
    jobs[i] = (struct job){ .takes_ns = i * ASYNC_MS };
  int64_t start_ns = async_now();
  CHECK_INT(run_group(ASYNC_GROUP_FAIL_FAST, jobs, 100, NULL), 0);
  CHECK_INT(async_now() - start_ns, 99 * ASYNC_MS);
}

SIM(an_empty_group_closes_at_once)
{
  struct async_stats before, after;
  async_stats_get(&before);
  CHECK_INT(run_group(ASYNC_GROUP_FAIL_FAST, NULL, 0, NULL), 0);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
}

SIM(the_first_error_cancels_the_others)
{
  struct job jobs[] = { { .takes_ns = ASYNC_SEC },
                        { .takes_ns = ASYNC_MS, .result = ASYNC_EFAIL },
                        { .takes_ns = ASYNC_SEC, .result = ASYNC_EOF } };
  int64_t start_ns = async_now();
  size_t errors;
  int rc = run_group(ASYNC_GROUP_FAIL_FAST, jobs, 3, &errors);
  CHECK_INT(rc, ASYNC_EFAIL);
  CHECK_INT(errors, 1);
  CHECK_INT(jobs[0].rc, ASYNC_ECANCELED);
  CHECK_INT(jobs[2].rc, ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, ASYNC_MS);
  CHECK_INT(async_check(), 0);
}

SIM(collecting_lets_the_others_run)
{
  struct job jobs[] = { { .takes_ns = ASYNC_SEC, .result = ASYNC_EOF },
                        { .takes_ns = ASYNC_MS, .result = ASYNC_EFAIL },
                        { .takes_ns = 2 * ASYNC_SEC, .result = 3 } };
  int64_t start_ns = async_now();
  size_t errors;
  int rc = run_group(ASYNC_GROUP_COLLECT, jobs, 3, &errors);
  CHECK_INT(rc, ASYNC_EFAIL);
  CHECK_INT(errors, 2);
  CHECK_INT(async_now() - start_ns, 2 * ASYNC_SEC);
}

SIM(a_positive_code_is_no_error)
{
  struct job jobs[] = { { .result = 7 }, { .result = 0 } };
  CHECK_INT(run_group(ASYNC_GROUP_FAIL_FAST, jobs, 2, NULL), 0);
}

SIM(a_group_cancelled_from_outside_says_so)
{
  struct job jobs[] = { { .takes_ns = ASYNC_SEC }, { .takes_ns = ASYNC_SEC } };
  struct async_scope scope;
  async_scope_enter(&scope, async_in(ASYNC_MS));
  int rc = run_group(ASYNC_GROUP_FAIL_FAST, jobs, 2, NULL);
  CHECK_INT(rc, ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, rc), ASYNC_ETIMEDOUT);
}

SIM(a_group_cancelled_by_its_owner_is_a_success)
{
  struct async_group group;
  struct job job = { .takes_ns = ASYNC_SEC };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, work, &job), 0);
  sim_settle();
  async_group_cancel(&group);
  CHECK_INT(async_check(), ASYNC_ECANCELED);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(job.rc, ASYNC_ECANCELED);
  CHECK_INT(async_check(), 0);
}

SIM(an_error_after_a_cancel_is_an_error)
{
  struct async_group group;
  struct job job = { .takes_ns = ASYNC_SEC, .result = ASYNC_EFAIL };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, stubborn, &job), 0);
  sim_settle();
  async_group_cancel(&group);
  CHECK_INT(async_group_close(&group), ASYNC_EFAIL);
  CHECK_INT(job.rc, ASYNC_ECANCELED);
}

SIM(a_cancel_that_is_nobodys_is_an_error)
{
  struct job job = { .result = ASYNC_ECANCELED };
  size_t errors;
  int rc = run_group(ASYNC_GROUP_COLLECT, &job, 1, &errors);
  CHECK_INT(rc, ASYNC_ECANCELED);
  CHECK_INT(errors, 1);
}

/* R7. */
SIM(a_task_takes_its_first_step_even_if_it_is_cancelled_before)
{
  struct async_group group;
  struct job job = { .takes_ns = ASYNC_SEC, .rc = 1 };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, work, &job), 0);
  async_group_cancel(&group);
  CHECK_INT(job.rc, 1);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(job.rc, ASYNC_ECANCELED);
}

static int clean_up_shielded(void *arg)
{
  struct async_scope shield;
  struct job *job = arg;
  job->rc = async_sleep(ASYNC_SEC);
  async_scope_shield(&shield, ASYNC_NEVER);
  int rc = async_sleep(job->takes_ns);
  return async_scope_leave(&shield, rc);
}

SIM(closing_is_not_cancelled_but_waits_for_cleanup)
{
  struct async_scope scope;
  struct async_group group;
  struct job job = { .takes_ns = 5 * ASYNC_MS };
  int64_t start_ns = async_now();
  async_scope_enter(&scope, async_in(ASYNC_MS));
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, clean_up_shielded, &job), 0);
  CHECK_INT(async_group_close(&group), ASYNC_ECANCELED);
  CHECK_INT(job.rc, ASYNC_ECANCELED);
  CHECK_INT(async_now() - start_ns, 6 * ASYNC_MS);
  async_scope_leave(&scope, 0);
}

/* A task may start others in its own group while its parent closes it. */

struct family {
  struct async_group group;
  int born;
};

static int have_a_child(void *arg)
{
  struct family *family = arg;
  int rc = async_sleep(ASYNC_MS);
  if (rc == 0 && ++family->born < 10)
    rc = async_spawn(&family->group, have_a_child, family);
  return rc;
}

SIM(a_closing_group_still_grows)
{
  struct family family = { .born = 0 };
  async_group_open(&family.group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&family.group, have_a_child, &family), 0);
  CHECK_INT(async_group_close(&family.group), 0);
  CHECK_INT(family.born, 10);
  CHECK_INT(async_spawn(&family.group, have_a_child, &family), ASYNC_ECLOSED);
}

/* Joining. */

SIM(join_returns_what_the_task_returned)
{
  struct async_group group;
  struct async_task *ended, *running;
  struct job quick = { .result = 7 };
  struct job slow = { .takes_ns = ASYNC_SEC, .result = 8 };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work, &quick, &ended), 0);
  CHECK_INT(async_spawn_handle(&group, work, &slow, &running), 0);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(async_join(ended), 7);
  CHECK_INT(async_join(running), 8);
  CHECK_INT(async_group_close(&group), 0);
}

SIM(a_cancelled_join_leaves_the_task_to_be_joined)
{
  struct async_group group;
  struct async_task *task;
  struct job slow = { .takes_ns = ASYNC_SEC, .result = 8 };
  int rc;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work, &slow, &task), 0);
  ASYNC_WITHIN(ASYNC_MS, rc, async_join(task));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_join(task), 8);
  CHECK_INT(async_group_close(&group), 0);
}

SIM(handles_nobody_joined_are_given_back)
{
  struct async_group group;
  struct async_task *tasks[10];
  struct async_stats before, after;
  struct job job = { .takes_ns = 0 };
  async_stats_get(&before);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 10; i++)
    CHECK_INT(async_spawn_handle(&group, work, &job, &tasks[i]), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_stats_get(&after);
  CHECK_INT(after.stacks, before.stacks);
}

SIM(one_task_can_be_cancelled_alone)
{
  struct async_group group;
  struct async_task *task;
  struct job cut = { .takes_ns = ASYNC_SEC };
  struct job whole = { .takes_ns = ASYNC_SEC, .rc = 1 };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, work, &whole), 0);
  CHECK_INT(async_spawn_handle(&group, work, &cut, &task), 0);
  sim_settle();
  async_task_cancel(task);
  async_task_cancel(task);
  CHECK_INT(async_join(task), ASYNC_ECANCELED);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(whole.rc, 0);
}

static int join_job(void *arg)
{
  return async_join(*(struct async_task **)arg);
}

SIM(join_ends_once)
{
  struct async_group group;
  struct async_task *task;
  struct job job = { .takes_ns = ASYNC_SEC, .result = 6 };
  struct op_once_wait once = { .wait = join_job, .ctx = &task, .rc = 6 };
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_handle(&group, work, &job, &task), 0);
  op_once_is_cancelled(&once);
  op_once_completes(&once);
  CHECK_INT(async_group_close(&group), 0);
}

/* Turns. */

struct runner {
  int *turns, most_ahead;
  int number;
};

static int take_turns(void *arg)
{
  struct runner *runner = arg;
  for (int i = 0; i < 100; i++) {
    runner->turns[runner->number]++;
    for (int k = 0; k < 4; k++) {
      int ahead = runner->turns[runner->number] - runner->turns[k];
      if (ahead > runner->most_ahead)
        runner->most_ahead = ahead;
    }
    CHECK_INT(async_yield(), 0);
  }
  return 0;
}

SIM(those_who_yield_take_turns)
{
  int turns[4] = { 0, 0, 0, 0 };
  struct runner runners[4];
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 4; i++) {
    runners[i] = (struct runner){ .turns = turns, .number = i };
    CHECK_INT(async_spawn(&group, take_turns, &runners[i]), 0);
  }
  CHECK_INT(async_group_close(&group), 0);
  for (int i = 0; i < 4; i++)
    CHECK(runners[i].most_ahead <= 1);
}

static int note_turn(void *arg)
{
  ++*(int *)arg;
  return 0;
}

/* R9. */
SIM(a_busy_task_lets_others_run_after_128_checkpoints)
{
  struct async_group group;
  int ran = 0, checkpoints = 0;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_yield(), 0); /* a step of its own */
  CHECK_INT(async_spawn(&group, note_turn, &ran), 0);
  while (!ran && checkpoints < 1000) {
    CHECK_INT(async_checkpoint(), 0);
    checkpoints++;
  }
  CHECK(checkpoints == 128 || checkpoints == 2 * 128);
  CHECK_INT(async_group_close(&group), 0);
}

/* Who it is. */

static int check_name(void *arg)
{
  CHECK_STR(async_task_name(async_self()), arg);
  return 0;
}

SIM(a_task_knows_its_name_and_number)
{
  static char name[] = "a name", own[] = "check_name", none[] = "task";
  const struct async_spawn_opts opts = { .name = name };
  struct async_group group;
  CHECK_STR(async_task_name(async_self()), "main");
  CHECK_INT(async_task_id(async_self()), 1);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn_with(&group, &opts, check_name, name, NULL), 0);
  CHECK_INT(async_spawn(&group, check_name, own), 0);
  CHECK_INT(async_spawn_with(&group, NULL, check_name, none, NULL), 0);
  CHECK_INT(async_group_close(&group), 0);
}

static void outside_a_loop_there_is_no_task(void)
{
  CHECK(!async_self());
}

static const struct tap_test tests[] = {
  TEST(tasks_of_a_group_run_side_by_side),
  TEST(an_empty_group_closes_at_once),
  TEST(the_first_error_cancels_the_others),
  TEST(collecting_lets_the_others_run),
  TEST(a_positive_code_is_no_error),
  TEST(a_group_cancelled_from_outside_says_so),
  TEST(a_group_cancelled_by_its_owner_is_a_success),
  TEST(an_error_after_a_cancel_is_an_error),
  TEST(a_cancel_that_is_nobodys_is_an_error),
  TEST(a_task_takes_its_first_step_even_if_it_is_cancelled_before),
  TEST(closing_is_not_cancelled_but_waits_for_cleanup),
  TEST(a_closing_group_still_grows),
  TEST(join_returns_what_the_task_returned),
  TEST(a_cancelled_join_leaves_the_task_to_be_joined),
  TEST(handles_nobody_joined_are_given_back),
  TEST(one_task_can_be_cancelled_alone),
  TEST(join_ends_once),
  TEST(those_who_yield_take_turns),
  TEST(a_busy_task_lets_others_run_after_128_checkpoints),
  TEST(a_task_knows_its_name_and_number),
  TEST(outside_a_loop_there_is_no_task),
};

TAP_MAIN(tests)
