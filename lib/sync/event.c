#include "async/event.h"

#include "async/task.h"
#include "sync/queue_priv.h"

void async_event_init(struct async_event *event)
{
  event->set = false;
  async_list_init(&event->waiting);
}

void async_event_set(struct async_event *event)
{
  event->set = true;
  asy_queue_end_all(&event->waiting, 0);
}

void async_event_clear(struct async_event *event)
{
  event->set = false;
}

int async_event_wait(struct async_event *event)
{
  struct async_op op;
  int err = async_checkpoint();
  if (err < 0 || event->set)
    return err;
  return asy_queue_wait(&event->waiting, &op, "event", asy_queue_abort);
}
