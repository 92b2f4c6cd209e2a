/* op_once.h: proves that an operation is done exactly once, and never inside
 * the call that starts it.
 *
 * Two ways in: calls that park (`op_once_wait`) and operations that are started
 * by hand (`op_once_start`). Both are tried to the end, and cancelled. */
#ifndef OP_ONCE_H
#define OP_ONCE_H

#include "async/error.h"
#include "async/op.h"
#include "async/task.h"
#include "async/timer.h"
#include "sim.h"

/* A call that has to park, and what lets it go on. */
struct op_once_wait {
  int (*wait)(void *ctx);      /* parks; returns `rc` when completed */
  void (*complete)(void *ctx); /* NULL: time completes it */
  void *ctx;
  int rc;
  unsigned returned; /* times it has */
};

static inline int op_once_waiter(void *arg)
{
  struct op_once_wait *once = arg;
  int rc = once->wait(once->ctx);
  once->returned++;
  return rc;
}

static inline struct async_task *op_once_begin(struct async_group *group,
                                               struct op_once_wait *once)
{
  struct async_task *task;
  once->returned = 0;
  async_group_open(group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(group, op_once_waiter, once, &task), 0);
  CHECK_INT(async_yield(), 0); /* it takes its first step, and parks */
  CHECK_INT(async_yield(), 0);
  CHECK_INT(once->returned, 0);
  return task;
}

/* `complete` lets the waiter go on, but does not run it; then it returns,
 * once. */
static inline void op_once_completes(struct op_once_wait *once)
{
  struct async_group group;
  struct async_task *task = op_once_begin(&group, once);
  if (once->complete) {
    once->complete(once->ctx);
    CHECK_INT(once->returned, 0);
  }
  CHECK_INT(async_join(task), once->rc);
  CHECK_INT(once->returned, 1);
  async_group_close(&group);
  CHECK_INT(once->returned, 1);
}

/* Cancelling does not run it either; then it returns ASYNC_ECANCELED, and
 * completing it afterwards finds nobody. */
static inline void op_once_is_cancelled(struct op_once_wait *once)
{
  struct async_group group;
  struct async_task *task = op_once_begin(&group, once);
  async_task_cancel(task);
  CHECK_INT(once->returned, 0);
  CHECK_INT(async_join(task), ASYNC_ECANCELED);
  if (once->complete)
    once->complete(once->ctx);
  sim_settle();
  CHECK_INT(once->returned, 1);
  CHECK_INT(async_group_close(&group), 0);
}

/* Completed first, cancelled before it ran: what completed wins (R4). */
static inline void op_once_completed_wins(struct op_once_wait *once)
{
  struct async_group group;
  struct async_task *task = op_once_begin(&group, once);
  once->complete(once->ctx);
  async_task_cancel(task);
  CHECK_INT(async_join(task), once->rc);
  CHECK_INT(once->returned, 1);
  async_group_close(&group);
}

/* An operation started by hand. */
struct op_once_start {
  struct async_op *op;
  void (*start)(struct async_op *op);
  void (*complete)(void *ctx); /* NULL: it completes by itself, in time */
  void *ctx;
  int rc;
};

static unsigned op_once_done_count;

static inline void op_once_count(struct async_op *op)
{
  (void)op;
  op_once_done_count++;
}

static inline void op_once_begin_op(struct op_once_start *once)
{
  op_once_done_count = 0;
  once->start(once->op);
  CHECK_INT(once->op->state, ASYNC_OP_STARTED); /* not inside start */
  once->op->done = op_once_count;
}

static inline void op_once_op_completes(struct op_once_start *once)
{
  op_once_begin_op(once);
  if (once->complete)
    once->complete(once->ctx);
  while (once->op->state != ASYNC_OP_DONE)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(once->op->rc, once->rc);
  CHECK_INT(op_once_done_count, 1);
  async_op_abort(once->op);
  async_op_done(once->op, -1);
  CHECK_INT(op_once_done_count, 1);
  CHECK_INT(once->op->rc, once->rc);
}

static inline void op_once_op_is_aborted(struct op_once_start *once)
{
  op_once_begin_op(once);
  async_op_abort(once->op);
  while (once->op->state != ASYNC_OP_DONE)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(once->op->rc, ASYNC_ECANCELED);
  CHECK_INT(op_once_done_count, 1);
  async_op_abort(once->op);
  async_op_done(once->op, 0);
  CHECK_INT(op_once_done_count, 1);
}

#endif
