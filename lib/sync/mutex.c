#include "async/mutex.h"

#include <assert.h>

#include "async/task.h"

void async_mutex_init(struct async_mutex *mutex)
{
  async_sem_init(&mutex->sem, 1);
  mutex->owner = NULL;
}

int async_mutex_lock(struct async_mutex *mutex)
{
  assert(async_self() && mutex->owner != async_self());
  int err = async_sem_acquire(&mutex->sem, 1);
  if (err < 0)
    return err;
  mutex->owner = async_self();
  return 0;
}

void async_mutex_unlock(struct async_mutex *mutex)
{
  assert(mutex->owner && mutex->owner == async_self());
  mutex->owner = NULL;
  async_sem_release(&mutex->sem, 1);
}
