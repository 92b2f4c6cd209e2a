/* async/generator.h (sync): a function that hands out items as they are asked
 * for.
 *
 *   static int squares(struct async_generator *generator, void *arg)
 *   {
 *     int rc = 0;
 *     for (int i = 0; rc == 0; i++)
 *       rc = async_generator_yield(generator, &(int){ i * i });
 *     return rc;
 *   }
 *
 * It runs in a task of its own, but only while somebody waits for an item. */
#ifndef ASYNC_GENERATOR_H
#define ASYNC_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "async/event.h"
#include "async/list.h"
#include "async/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_generator;

typedef int async_generator_fn(struct async_generator *generator, void *arg);

struct async_generator {
  struct async_group group;
  struct async_list asking; /* those who wait for an item */
  struct async_event wanted;
  size_t item_bytes;
  bool ended;
  async_generator_fn *fn;
  void *arg;
};

/* Opens a generator; it is also a scope of the caller, closed in the same
 * function.
 *
 * generator   kept until it is closed; usually a local variable
 * item_bytes  size of an item
 * fn          always called: by the first async_generator_next, else by close,
 *             cancelled, so that it can give back what `arg` holds
 * arg         kept until it is closed
 *
 * Returns 0, or ASYNC_ENOMEM, with nothing to close.
 */
int async_generator_open(struct async_generator *generator, size_t item_bytes,
                         async_generator_fn *fn, void *arg);

/* In fn: hands one item (copied) to whoever asked, and waits until the next one
 * is asked for.
 *
 * Returns 0, or ASYNC_ECANCELED: the item was not taken.
 */
int async_generator_yield(struct async_generator *generator, const void *item);

/* Asks for an item. Returns 0, ASYNC_EOF once fn has returned, or
 * ASYNC_ECANCELED. */
int async_generator_next(struct async_generator *generator, void *item);

/* Cancels fn, unless it has returned, and waits for it. Is not cancelled.
 *
 * Returns fn's error; ASYNC_ECANCELED if the caller is cancelled; else 0.
 */
int async_generator_close(struct async_generator *generator);

#ifdef __cplusplus
}
#endif
#endif
