#include "async/semaphore.h"

#include <assert.h>

#include "async/task.h"
#include "sync/queue_priv.h"

struct request {
  struct async_op op;
  struct async_sem *sem;
  size_t permits;
};

void async_sem_init(struct async_sem *sem, size_t permits)
{
  sem->available = permits;
  async_list_init(&sem->waiting);
}

static struct request *request_of(struct async_op *op)
{
  return op ? ASYNC_CONTAINER_OF(op, struct request, op) : NULL;
}

/* Serves the queue from its head, as far as the permits reach. */
static void serve(struct async_sem *sem)
{
  struct request *head;
  while ((head = request_of(asy_queue_first(&sem->waiting))) != NULL &&
         head->permits <= sem->available) {
    sem->available -= head->permits;
    async_list_remove(&head->op.node);
    async_op_done(&head->op, 0);
  }
}

/* It may have been the head, and too large for the permits that are there:
 * those behind it may fit. */
static int request_abort(struct async_op *op)
{
  struct request *request = request_of(op);
  async_list_remove(&op->node);
  serve(request->sem);
  return ASYNC_OP_WITHDRAWN;
}

bool async_sem_try(struct async_sem *sem, size_t permits)
{
  if (!async_list_empty(&sem->waiting) || sem->available < permits)
    return false;
  sem->available -= permits;
  return true;
}

int async_sem_acquire(struct async_sem *sem, size_t permits)
{
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (async_sem_try(sem, permits))
    return 0;
  struct request request = { .sem = sem, .permits = permits };
  return asy_queue_wait(&sem->waiting, &request.op, "semaphore", request_abort);
}

void async_sem_release(struct async_sem *sem, size_t permits)
{
  assert(sem->available + permits >= permits);
  sem->available += permits;
  serve(sem);
}
