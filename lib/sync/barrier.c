#include "async/barrier.h"

#include <assert.h>

#include "async/task.h"
#include "sync/queue_priv.h"

struct arrival {
  struct async_op op;
  struct async_barrier *barrier;
};

void async_barrier_init(struct async_barrier *barrier, size_t parties)
{
  assert(parties > 0);
  barrier->parties = parties;
  barrier->arrived = 0;
  async_list_init(&barrier->waiting);
}

static int arrival_abort(struct async_op *op)
{
  ASYNC_CONTAINER_OF(op, struct arrival, op)->barrier->arrived--;
  return asy_queue_abort(op);
}

int async_barrier_wait(struct async_barrier *barrier)
{
  struct arrival arrival = { .barrier = barrier };
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (++barrier->arrived < barrier->parties)
    return asy_queue_wait(&barrier->waiting, &arrival.op, "barrier",
                          arrival_abort);
  barrier->arrived = 0;
  asy_queue_end_all(&barrier->waiting, 0);
  return 1;
}
