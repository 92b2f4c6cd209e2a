#include "sync/queue_priv.h"

int asy_queue_wait(struct async_list *queue, struct async_op *op,
                   const char *what, int (*abort)(struct async_op *op))
{
  async_op_start(op, what, abort);
  async_list_push(queue, &op->node);
  return async_await(op);
}

int asy_queue_abort(struct async_op *op)
{
  async_list_remove(&op->node);
  return ASYNC_OP_WITHDRAWN;
}

void asy_queue_end_all(struct async_list *queue, int rc)
{
  struct async_op *op;
  while ((op = asy_queue_shift(queue)) != NULL)
    async_op_done(op, rc);
}
