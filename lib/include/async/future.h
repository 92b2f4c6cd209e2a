/* async/future.h (sync): a result that is set once and read many times. */
#ifndef ASYNC_FUTURE_H
#define ASYNC_FUTURE_H

#include "async/event.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_loop;
struct async_future;

typedef void async_future_fn(struct async_future *future, void *arg);

struct async_future {
  struct async_event ready;
  int rc;
  void *value;
  async_future_fn *then;
  void *then_arg;
  struct async_loop *loop;
  int posted; /* by another thread, first of all; atomic */
  int posted_rc;
  void *posted_value;
};

/* A future of this loop that is not set. Asks for the loop as async_loop_this
 * does: from now on the loop waits for posts where it would report a deadlock.
 */
void async_future_init(struct async_future *future);

/* Sets it, and wakes all readers; from tasks and callbacks. Only the first call
 * counts.
 *
 * rc     0, a count, or an error
 * value  what readers get; whose it is, they have to know
 */
void async_future_set(struct async_future *future, int rc, void *value);

/* The same from any thread, while the loop runs. It is set soon afterwards: the
 * future has to live until a reader has seen it.
 *
 * Returns 0, or ASYNC_ENOMEM if nothing was posted.
 */
int async_future_post(struct async_future *future, int rc, void *value);

/* Waits until it is set.
 *
 * value  NULL, or the value, written once it is set
 *
 * Returns the rc it was set to, or ASYNC_ECANCELED.
 */
int async_future_get(struct async_future *future, void **value);

/* Has `fn` called when it is set, as the last thing async_future_set does, or
 * now if it is set already. There is one such function; it must not park.
 *
 * fn   may end the life of the future
 * arg  kept until then
 */
void async_future_then(struct async_future *future, async_future_fn *fn,
                       void *arg);

#ifdef __cplusplus
}
#endif
#endif
