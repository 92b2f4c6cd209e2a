/* async/barrier.h (sync): tasks that go on together.
 *
 * When the last of them has arrived, all go on and the barrier is ready for
 * the next round. */
#ifndef ASYNC_BARRIER_H
#define ASYNC_BARRIER_H

#include <stddef.h>

#include "async/list.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_barrier {
  size_t parties, arrived;
  struct async_list waiting;
};

/* A barrier for `parties` tasks, at least one. */
void async_barrier_init(struct async_barrier *barrier, size_t parties);

/* Waits until all have arrived. One that is cancelled meanwhile has not
 * arrived: the others wait for somebody else.
 *
 * Returns 1 to the last to arrive, which does not park; 0 to the others; or
 * ASYNC_ECANCELED.
 */
int async_barrier_wait(struct async_barrier *barrier);

#ifdef __cplusplus
}
#endif
#endif
