/* async/semaphore.h (sync): permits, handed over first come, first served.
 *
 * Permits go to the head of the queue only; nobody overtakes. When the head is
 * cancelled those behind it are looked at again. */
#ifndef ASYNC_SEMAPHORE_H
#define ASYNC_SEMAPHORE_H

#include <stdbool.h>
#include <stddef.h>

#include "async/list.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_sem {
  size_t available;
  struct async_list waiting;
};

/* A semaphore with `permits` permits. */
void async_sem_init(struct async_sem *sem, size_t permits);

/* Takes permits, waiting until they are there. Returns 0 or ASYNC_ECANCELED. */
int async_sem_acquire(struct async_sem *sem, size_t permits);

/* Takes them if that needs no waiting. Not a checkpoint. */
bool async_sem_try(struct async_sem *sem, size_t permits);

/* Gives permits back, or adds new ones; from tasks and callbacks. */
void async_sem_release(struct async_sem *sem, size_t permits);

#ifdef __cplusplus
}
#endif
#endif
