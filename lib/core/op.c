#include "async/op.h"

#include <assert.h>

#include "async/error.h"
#include "core/loop_priv.h"

void async_op_start(struct async_op *op, const char *what,
                    int (*abort)(struct async_op *op))
{
  async_list_init(&op->node);
  op->done = NULL;
  op->abort = abort;
  op->ctx = NULL;
  op->what = what;
  op->rc = 0;
  op->state = ASYNC_OP_STARTED;
}

void async_op_done(struct async_op *op, int rc)
{
  if (op->state == ASYNC_OP_DONE)
    return;
  op->state = ASYNC_OP_DONE;
  op->rc = rc;
  if (op->done)
    op->done(op);
}

void async_op_abort(struct async_op *op)
{
  if (op->state != ASYNC_OP_STARTED)
    return;
  op->state = ASYNC_OP_ABORTING;
  if (!op->abort || op->abort(op) == ASYNC_OP_WITHDRAWN)
    async_op_done(op, ASYNC_ECANCELED);
}

static void wake_waiter(struct async_op *op)
{
  asy_task_wake(op->ctx);
}

static void wait_until_done(struct async_task *task, struct async_op *op)
{
  task->waiting = op;
  while (op->state != ASYNC_OP_DONE)
    asy_task_park(task);
  task->waiting = NULL;
}

int async_await(struct async_op *op)
{
  struct async_task *task = asy_loop->current;
  assert(task);
  if (op->state == ASYNC_OP_DONE)
    return op->rc;
  op->done = wake_waiter;
  op->ctx = task;
  if (task->scope->cancelled)
    async_op_abort(op);
  wait_until_done(task, op);
  /* An abort may have woken us without our having parked. */
  async_list_remove(&task->ready);
  return op->rc;
}

static size_t first_done(struct async_op **ops, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (ops[i]->state == ASYNC_OP_DONE)
      return i;
  return SIZE_MAX;
}

/* Aborts all but the first; each is done afterwards. One that completed all the
 * same, because it could not be withdrawn, counts as the first if there is
 * none. */
static size_t finish_others(struct async_task *task, struct async_op **ops,
                            size_t count, size_t first)
{
  for (size_t i = 0; i < count; i++) {
    if (i == first)
      continue;
    async_op_abort(ops[i]);
    wait_until_done(task, ops[i]);
    if (first == SIZE_MAX && ops[i]->rc != ASYNC_ECANCELED)
      first = i;
  }
  return first;
}

int async_await_any(struct async_op **ops, size_t count, size_t *which)
{
  struct async_task *task = asy_loop->current;
  struct async_op any; /* what a cancel aborts: wakes us, touches nothing */
  assert(task);
  async_op_start(&any, "any of several", NULL);
  any.done = wake_waiter;
  any.ctx = task;
  for (size_t i = 0; i < count; i++) {
    ops[i]->done = wake_waiter;
    ops[i]->ctx = task;
  }
  task->waiting = &any;
  size_t first = first_done(ops, count);
  while (first == SIZE_MAX && !task->scope->cancelled) {
    asy_task_park(task);
    first = first_done(ops, count);
  }
  task->waiting = NULL;
  first = finish_others(task, ops, count, first);
  async_list_remove(&task->ready);
  if (first == SIZE_MAX)
    return ASYNC_ECANCELED;
  if (which)
    *which = first;
  return ops[first]->rc;
}
