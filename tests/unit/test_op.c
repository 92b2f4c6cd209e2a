#include "async/op.h"

#include "async/timer.h"
#include "op_once.h"

/* An operation that a timer completes. Told to abort, it either withdraws or
 * says that it still has to finish, which takes it `linger_ns`. */
struct errand {
  struct async_op op;
  struct async_timer timer;
  int64_t takes_ns, linger_ns;
  int aborts;
};

static void errand_done(struct async_timer *timer)
{
  struct errand *errand = ASYNC_CONTAINER_OF(timer, struct errand, timer);
  async_op_done(&errand->op, errand->aborts ? ASYNC_ECANCELED : 5);
}

static int errand_abort(struct async_op *op)
{
  struct errand *errand = ASYNC_CONTAINER_OF(op, struct errand, op);
  errand->aborts++;
  async_timer_clear(&errand->timer);
  if (errand->linger_ns == 0)
    return ASYNC_OP_WITHDRAWN;
  async_timer_set(&errand->timer, async_in(errand->linger_ns), errand_done);
  return ASYNC_OP_PENDING;
}

/* Once it has begun to commit, it completes in spite of an abort. */
static int errand_insist(struct async_op *op)
{
  struct errand *errand = ASYNC_CONTAINER_OF(op, struct errand, op);
  CHECK(async_timer_armed(&errand->timer));
  return ASYNC_OP_PENDING;
}

static void start_errand(struct async_op *op)
{
  struct errand *errand = ASYNC_CONTAINER_OF(op, struct errand, op);
  errand->timer = (struct async_timer)ASYNC_TIMER_INIT;
  errand->aborts = 0;
  async_op_start(op, "errand", errand_abort);
  async_timer_set(&errand->timer, async_in(errand->takes_ns), errand_done);
}

static int run_errand(void *arg)
{
  struct errand *errand = arg;
  int rc = async_check();
  if (rc < 0)
    return rc;
  start_errand(&errand->op);
  return async_await(&errand->op);
}

SIM(await_returns_the_result)
{
  struct errand errand = { .takes_ns = ASYNC_SEC };
  int64_t start_ns = async_now();
  CHECK_INT(run_errand(&errand), 5);
  CHECK_INT(async_now() - start_ns, ASYNC_SEC);
}

SIM(one_that_is_done_is_awaited_without_parking)
{
  struct async_op op;
  struct async_stats before, after;
  async_op_start(&op, "nothing", NULL);
  async_op_done(&op, 3);
  async_op_done(&op, 4);
  async_stats_get(&before);
  CHECK_INT(async_await(&op), 3);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
}

SIM(a_cancel_withdraws_it)
{
  int rc;
  struct errand errand = { .takes_ns = ASYNC_SEC };
  int64_t start_ns = async_now();
  ASYNC_WITHIN(ASYNC_MS, rc, run_errand(&errand));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(errand.aborts, 1);
  CHECK_INT(async_now() - start_ns, ASYNC_MS);
}

/* R6: the memory is in use until it is done, so the task waits. */
SIM(one_that_cannot_be_withdrawn_is_waited_for)
{
  int rc;
  struct errand errand = { .takes_ns = ASYNC_SEC, .linger_ns = 3 * ASYNC_MS };
  int64_t start_ns = async_now();
  ASYNC_WITHIN(ASYNC_MS, rc, run_errand(&errand));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(errand.aborts, 1);
  CHECK_INT(async_now() - start_ns, 4 * ASYNC_MS);
}

/* R4. */
static int run_stubborn(void *arg)
{
  struct errand *errand = arg;
  start_errand(&errand->op);
  errand->op.abort = errand_insist;
  return async_await(&errand->op);
}

SIM(what_completes_in_spite_of_a_cancel_returns_its_result)
{
  struct async_scope scope;
  struct errand errand = { .takes_ns = ASYNC_SEC };
  async_scope_enter(&scope, async_in(ASYNC_MS));
  CHECK_INT(run_stubborn(&errand), 5);
  CHECK_INT(async_check(), ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
}

SIM(in_a_cancelled_scope_it_is_aborted_at_once)
{
  struct async_scope scope;
  struct errand errand = { .takes_ns = ASYNC_SEC };
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  start_errand(&errand.op);
  int64_t start_ns = async_now();
  CHECK_INT(async_await(&errand.op), ASYNC_ECANCELED);
  CHECK_INT(async_now(), start_ns);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
  sim_settle();
}

SIM(it_ends_once_and_never_inside_start)
{
  struct errand errand = { .takes_ns = ASYNC_SEC };
  struct op_once_wait once = { .wait = run_errand, .ctx = &errand, .rc = 5 };
  op_once_completes(&once);
  op_once_is_cancelled(&once);
  errand.linger_ns = ASYNC_MS;
  op_once_is_cancelled(&once);
}

/* Any of several. */

SIM(any_returns_the_first_and_finishes_the_others)
{
  struct errand errands[3] = { { .takes_ns = 3 * ASYNC_MS },
                               { .takes_ns = ASYNC_MS },
                               { .takes_ns = 2 * ASYNC_MS } };
  struct async_op *ops[3];
  size_t which;
  for (int i = 0; i < 3; i++) {
    ops[i] = &errands[i].op;
    start_errand(ops[i]);
  }
  errands[2].linger_ns = 5 * ASYNC_MS;
  int64_t start_ns = async_now();
  CHECK_INT(async_await_any(ops, 3, &which), 5);
  CHECK_INT(which, 1);
  CHECK_INT(async_now() - start_ns, 6 * ASYNC_MS);
  CHECK_INT(errands[0].op.rc, ASYNC_ECANCELED);
  CHECK_INT(errands[1].op.rc, 5);
  CHECK_INT(errands[2].op.rc, ASYNC_ECANCELED);
}

SIM(any_of_some_that_are_done_takes_the_first_of_them)
{
  struct errand late = { .takes_ns = ASYNC_SEC };
  struct async_op done[2], *ops[3] = { &late.op, &done[0], &done[1] };
  size_t which;
  start_errand(&late.op);
  for (int i = 0; i < 2; i++) {
    async_op_start(&done[i], "nothing", NULL);
    async_op_done(&done[i], i + 1);
  }
  CHECK_INT(async_await_any(ops, 3, &which), 1);
  CHECK_INT(which, 1);
  CHECK_INT(done[1].rc, 2);
  CHECK_INT(late.op.rc, ASYNC_ECANCELED);
}

SIM(any_cancelled_finishes_all)
{
  struct errand errands[2] = { { .takes_ns = ASYNC_SEC },
                               { .takes_ns = ASYNC_SEC } };
  struct async_op *ops[2] = { &errands[0].op, &errands[1].op };
  int rc;
  size_t which = 9;
  start_errand(ops[0]);
  start_errand(ops[1]);
  ASYNC_WITHIN(ASYNC_MS, rc, async_await_any(ops, 2, &which));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(which, 9);
  CHECK_INT(errands[0].op.state, ASYNC_OP_DONE);
  CHECK_INT(errands[1].op.state, ASYNC_OP_DONE);
}

/* R4: one of them completes while it is being aborted. */
SIM(any_cancelled_still_returns_what_completed)
{
  struct errand errands[2] = { { .takes_ns = ASYNC_SEC },
                               { .takes_ns = ASYNC_SEC } };
  struct async_op *ops[2] = { &errands[0].op, &errands[1].op };
  int rc;
  size_t which;
  start_errand(ops[0]);
  start_errand(ops[1]);
  ops[1]->abort = errand_insist;
  ASYNC_WITHIN(ASYNC_MS, rc, async_await_any(ops, 2, &which));
  CHECK_INT(rc, 5);
  CHECK_INT(which, 1);
  CHECK_INT(errands[0].op.rc, ASYNC_ECANCELED);
}

/* Without a task: a callback. */

SIM(without_a_task_it_calls_back_once)
{
  struct errand errand = { .takes_ns = 5 * ASYNC_MS };
  struct op_once_start once = { .op = &errand.op,
                                .start = start_errand,
                                .rc = 5 };
  op_once_op_completes(&once);
  op_once_op_is_aborted(&once);
  CHECK_INT(errand.aborts, 1);
  errand.linger_ns = 3 * ASYNC_MS;
  op_once_op_is_aborted(&once);
  CHECK_INT(errand.aborts, 1);
}

static const struct tap_test tests[] = {
  TEST(await_returns_the_result),
  TEST(one_that_is_done_is_awaited_without_parking),
  TEST(a_cancel_withdraws_it),
  TEST(one_that_cannot_be_withdrawn_is_waited_for),
  TEST(what_completes_in_spite_of_a_cancel_returns_its_result),
  TEST(in_a_cancelled_scope_it_is_aborted_at_once),
  TEST(it_ends_once_and_never_inside_start),
  TEST(any_returns_the_first_and_finishes_the_others),
  TEST(any_of_some_that_are_done_takes_the_first_of_them),
  TEST(any_cancelled_finishes_all),
  TEST(any_cancelled_still_returns_what_completed),
  TEST(without_a_task_it_calls_back_once),
};

TAP_MAIN(tests)
