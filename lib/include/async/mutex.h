/* async/mutex.h (sync): one task at a time, in the order in which they asked.
 *
 * Tasks change places only where they park, so only a section that parks needs
 * one. */
#ifndef ASYNC_MUTEX_H
#define ASYNC_MUTEX_H

#include "async/semaphore.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_task;

struct async_mutex {
  struct async_sem sem;
  struct async_task *owner; /* NULL also while it is being handed over */
};

/* A mutex that nobody holds. */
void async_mutex_init(struct async_mutex *mutex);

/* Takes it, waiting until it is free; the task must not hold it. Returns 0 or
 * ASYNC_ECANCELED. */
int async_mutex_lock(struct async_mutex *mutex);

/* Gives it back; only the task that holds it may. Does not park. */
void async_mutex_unlock(struct async_mutex *mutex);

#ifdef __cplusplus
}
#endif
#endif
