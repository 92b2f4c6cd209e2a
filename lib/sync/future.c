#include "async/future.h"

#include "async/error.h"
#include "async/loop.h"

void async_future_init(struct async_future *future)
{
  *future = (struct async_future){ .loop = async_loop_this() };
  async_event_init(&future->ready);
}

void async_future_set(struct async_future *future, int rc, void *value)
{
  if (future->ready.set)
    return;
  async_future_fn *then = future->then;
  future->rc = rc;
  future->value = value;
  future->then = NULL;
  async_event_set(&future->ready);
  if (then)
    then(future, future->then_arg);
}

static void set_posted(void *arg)
{
  struct async_future *future = arg;
  async_future_set(future, future->posted_rc, future->posted_value);
}

/* What is posted lies in the future itself; async_post's lock makes it visible
 * to the loop. */
int async_future_post(struct async_future *future, int rc, void *value)
{
  if (__atomic_exchange_n(&future->posted, 1, __ATOMIC_ACQ_REL))
    return 0;
  future->posted_rc = rc;
  future->posted_value = value;
  int err = async_post(future->loop, set_posted, future);
  if (err < 0)
    __atomic_store_n(&future->posted, 0, __ATOMIC_RELEASE);
  return err;
}

int async_future_get(struct async_future *future, void **value)
{
  int err = async_event_wait(&future->ready);
  if (err < 0)
    return err;
  if (value)
    *value = future->value;
  return future->rc;
}

void async_future_then(struct async_future *future, async_future_fn *fn,
                       void *arg)
{
  if (future->ready.set) {
    fn(future, arg);
    return;
  }
  future->then = fn;
  future->then_arg = arg;
}
