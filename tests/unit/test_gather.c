#include "async/gather.h"

#include "async/event.h"
#include "async/timer.h"
#include "op_once.h"

/* One call of the tests: works for a while, then ends with a result. */
struct work {
  int64_t takes_ns;
  int result;
  int64_t began_ns; /* -1: it was not called */
};

static int work(void *arg)
{
  struct work *self = arg;
  self->began_ns = async_now();
  int rc = async_sleep(self->takes_ns);
  return rc < 0 ? rc : self->result;
}

/* Works like 50 ms, fails after 5 ms, works 10 ms. */
static struct work slow, failing, fast;
static struct async_call calls[3];

static void prepare(void)
{
  slow = (struct work){ 50 * ASYNC_MS, 0, -1 };
  failing = (struct work){ 5 * ASYNC_MS, ASYNC_EFAIL, -1 };
  fast = (struct work){ 10 * ASYNC_MS, 2, -1 };
  calls[0] = (struct async_call){ work, &slow, 77 };
  calls[1] = (struct async_call){ work, &failing, 77 };
  calls[2] = (struct async_call){ work, &fast, 77 };
}

static void check_codes(int first, int second, int third)
{
  CHECK_INT(calls[0].rc, first);
  CHECK_INT(calls[1].rc, second);
  CHECK_INT(calls[2].rc, third);
}

SIM(all_ends_with_the_first_error)
{
  size_t winner;
  prepare();
  int64_t start_ns = async_now();
  int rc = async_gather(calls, 3, ASYNC_GATHER_ALL, 0, &winner);
  CHECK_INT(rc, ASYNC_EFAIL);
  CHECK_INT(winner, 1);
  CHECK_INT(async_now() - start_ns, 5 * ASYNC_MS);
  check_codes(ASYNC_ECANCELED, ASYNC_EFAIL, ASYNC_ECANCELED);
}

SIM(all_waits_for_every_success)
{
  size_t winner;
  prepare();
  failing.result = 0;
  int64_t start_ns = async_now();
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_ALL, 0, &winner), 0);
  CHECK_INT(winner, 3);
  CHECK_INT(async_now() - start_ns, 50 * ASYNC_MS);
  check_codes(0, 0, 2);
}

SIM(any_ends_with_the_first_success)
{
  size_t winner;
  prepare();
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_ANY, 0, &winner), 2);
  CHECK_INT(winner, 2);
  check_codes(ASYNC_ECANCELED, ASYNC_EFAIL, 2);
}

SIM(any_without_a_success_is_the_first_calls_error)
{
  size_t winner;
  prepare();
  slow.result = ASYNC_EOF;
  fast.result = ASYNC_EINVAL;
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_ANY, 0, &winner), ASYNC_EOF);
  CHECK_INT(winner, 3);
  check_codes(ASYNC_EOF, ASYNC_EFAIL, ASYNC_EINVAL);
}

SIM(race_ends_with_the_first_to_end)
{
  size_t winner;
  prepare();
  int rc = async_gather(calls, 3, ASYNC_GATHER_RACE, 0, &winner);
  CHECK_INT(rc, ASYNC_EFAIL);
  CHECK_INT(winner, 1);
  check_codes(ASYNC_ECANCELED, ASYNC_EFAIL, ASYNC_ECANCELED);
}

SIM(settle_lets_all_run_to_their_end)
{
  size_t winner;
  prepare();
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_SETTLE, 0, &winner), 0);
  CHECK_INT(winner, 3);
  check_codes(0, ASYNC_EFAIL, 2);
}

SIM(losers_that_completed_keep_their_results)
{
  struct work same = { 10 * ASYNC_MS, 3, -1 };
  size_t winner;
  prepare();
  calls[0].arg = &same;
  int rc = async_gather(calls, 3, ASYNC_GATHER_ANY, 0, &winner);
  CHECK(winner == 0 || winner == 2);
  CHECK_INT(rc, calls[winner].rc);
  check_codes(3, ASYNC_EFAIL, 2);
}

SIM(nothing_is_all_and_settled_but_neither_any_nor_a_race)
{
  size_t winner = 7;
  CHECK_INT(async_gather(NULL, 0, ASYNC_GATHER_ALL, 0, &winner), 0);
  CHECK_INT(winner, 0);
  CHECK_INT(async_gather(NULL, 0, ASYNC_GATHER_SETTLE, 0, NULL), 0);
  CHECK_INT(async_gather(NULL, 0, ASYNC_GATHER_ANY, 0, NULL), ASYNC_EINVAL);
  CHECK_INT(async_gather(NULL, 0, ASYNC_GATHER_RACE, 0, NULL), ASYNC_EINVAL);
}

SIM(hedging_starts_the_next_after_a_while)
{
  size_t winner;
  prepare();
  int64_t start_ns = async_now();
  calls[1] = calls[2];
  int rc = async_gather(calls, 2, ASYNC_GATHER_RACE, 20 * ASYNC_MS, &winner);
  CHECK_INT(rc, 2);
  CHECK_INT(winner, 1);
  CHECK_INT(slow.began_ns, start_ns);
  CHECK_INT(fast.began_ns, start_ns + 20 * ASYNC_MS);
  CHECK_INT(async_now(), start_ns + 30 * ASYNC_MS);
}

SIM(the_next_starts_at_once_when_one_has_failed)
{
  size_t winner;
  struct async_call two[2];
  prepare();
  two[0] = calls[1];
  two[1] = calls[2];
  int64_t start_ns = async_now();
  CHECK_INT(async_gather(two, 2, ASYNC_GATHER_ANY, ASYNC_SEC, &winner), 2);
  CHECK_INT(winner, 1);
  CHECK_INT(fast.began_ns, start_ns + 5 * ASYNC_MS);
  CHECK_INT(async_now(), start_ns + 15 * ASYNC_MS);
}

SIM(once_decided_the_others_are_not_called)
{
  size_t winner;
  prepare();
  calls[0] = calls[2];
  calls[2].arg = &slow;
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_ANY, 20 * ASYNC_MS, &winner),
            2);
  CHECK_INT(winner, 0);
  CHECK_INT(failing.began_ns, -1);
  CHECK_INT(slow.began_ns, -1);
  check_codes(2, ASYNC_ECANCELED, ASYNC_ECANCELED);
}

/* The turn of the next and the decision at the same instant. */
SIM(a_decision_and_a_turn_at_one_instant_keep_the_result)
{
  size_t winner;
  prepare();
  calls[0] = calls[2];
  calls[2].arg = &slow;
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_ANY, 10 * ASYNC_MS, &winner),
            2);
  CHECK_INT(winner, 0);
  CHECK_INT(calls[0].rc, 2);
  CHECK_INT(slow.began_ns, -1);
}

SIM(the_callers_timeout_cuts_every_call)
{
  int rc;
  size_t winner;
  prepare();
  ASYNC_WITHIN(ASYNC_MS, rc,
               async_gather(calls, 3, ASYNC_GATHER_SETTLE, 0, &winner));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(winner, 3);
  check_codes(ASYNC_ECANCELED, ASYNC_ECANCELED, ASYNC_ECANCELED);
  prepare();
  ASYNC_WITHIN(7 * ASYNC_MS, rc,
               async_gather(calls, 3, ASYNC_GATHER_ANY, 0, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  check_codes(ASYNC_ECANCELED, ASYNC_EFAIL, ASYNC_ECANCELED);
}

SIM(a_cancelled_caller_makes_no_calls)
{
  struct async_scope scope;
  prepare();
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  CHECK_INT(async_gather(calls, 3, ASYNC_GATHER_SETTLE, 0, NULL),
            ASYNC_ECANCELED);
  async_scope_leave(&scope, 0);
  CHECK_INT(slow.began_ns, -1);
  check_codes(ASYNC_ECANCELED, ASYNC_ECANCELED, ASYNC_ECANCELED);
}

static int cancel_scope(void *arg)
{
  async_scope_cancel(arg);
  return 0;
}

/* What completed wins (R4). */
SIM(a_cancel_after_the_last_call_ended_leaves_the_result)
{
  struct async_scope scope;
  async_scope_enter(&scope, ASYNC_NEVER);
  struct async_call last = { cancel_scope, &scope, 77 };
  CHECK_INT(async_gather(&last, 1, ASYNC_GATHER_ALL, 0, NULL), 0);
  CHECK_INT(async_gather(&last, 1, ASYNC_GATHER_ALL, 0, NULL), ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
}

static int gather_on_few_stacks(void *arg)
{
  int *rc = arg;
  prepare();
  *rc = async_gather(calls, 3, ASYNC_GATHER_SETTLE, 0, NULL);
  return 0;
}

static void a_call_without_a_stack_ends_out_of_memory(void)
{
  int rc;
  struct async_run_opts opts = { .fail_alloc = 3 }; /* main is the first */
  CHECK_INT(sim_run_opts(gather_on_few_stacks, &rc, opts), 0);
  CHECK_INT(rc, 0);
  check_codes(0, ASYNC_ENOMEM, ASYNC_ENOMEM);
  CHECK_INT(failing.began_ns, -1);
}

static int gather_one(void *arg)
{
  struct async_call call = { work, arg, 0 };
  return async_gather(&call, 1, ASYNC_GATHER_ALL, 0, NULL);
}

SIM(it_ends_once)
{
  struct work one = { ASYNC_SEC, 4, -1 };
  struct op_once_wait once = { .wait = gather_one, .ctx = &one };
  op_once_completes(&once);
  op_once_is_cancelled(&once);
}

static const struct tap_test tests[] = {
  TEST(all_ends_with_the_first_error),
  TEST(all_waits_for_every_success),
  TEST(any_ends_with_the_first_success),
  TEST(any_without_a_success_is_the_first_calls_error),
  TEST(race_ends_with_the_first_to_end),
  TEST(settle_lets_all_run_to_their_end),
  TEST(losers_that_completed_keep_their_results),
  TEST(nothing_is_all_and_settled_but_neither_any_nor_a_race),
  TEST(hedging_starts_the_next_after_a_while),
  TEST(the_next_starts_at_once_when_one_has_failed),
  TEST(once_decided_the_others_are_not_called),
  TEST(a_decision_and_a_turn_at_one_instant_keep_the_result),
  TEST(the_callers_timeout_cuts_every_call),
  TEST(a_cancelled_caller_makes_no_calls),
  TEST(a_cancel_after_the_last_call_ended_leaves_the_result),
  TEST(a_call_without_a_stack_ends_out_of_memory),
  TEST(it_ends_once),
};

TAP_MAIN(tests)
