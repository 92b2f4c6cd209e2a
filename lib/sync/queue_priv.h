/* Queues of waiting operations: what every file of this folder is made of. */
#ifndef ASY_QUEUE_PRIV_H
#define ASY_QUEUE_PRIV_H

#include "async/list.h"
#include "async/op.h"

/* Starts an operation, waits at the end of a queue until somebody takes it out
 * of there and says that it is done. Returns op->rc. */
int asy_queue_wait(struct async_list *queue, struct async_op *op,
                   const char *what, int (*abort)(struct async_op *op));

/* The `abort` of an operation that only waits in a queue. */
int asy_queue_abort(struct async_op *op);

/* The first in the queue, or NULL. */
static inline struct async_op *asy_queue_first(const struct async_list *queue)
{
  if (async_list_empty(queue))
    return NULL;
  return ASYNC_CONTAINER_OF(queue->next, struct async_op, node);
}

/* Takes the first out. Returns it, or NULL. */
static inline struct async_op *asy_queue_shift(struct async_list *queue)
{
  struct async_op *op = asy_queue_first(queue);
  if (op)
    async_list_remove(&op->node);
  return op;
}

/* Ends all that wait now. */
void asy_queue_end_all(struct async_list *queue, int rc);

#endif
