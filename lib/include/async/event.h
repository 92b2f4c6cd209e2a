/* async/event.h (sync): a gate that is open or shut. */
#ifndef ASYNC_EVENT_H
#define ASYNC_EVENT_H

#include <stdbool.h>

#include "async/list.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_event {
  bool set;
  struct async_list waiting;
};

/* An event that is not set. */
void async_event_init(struct async_event *event);

/* Opens the gate: all who wait go on; from tasks and callbacks. */
void async_event_set(struct async_event *event);

/* Shuts it again. */
void async_event_clear(struct async_event *event);

/* Waits until it is set. Returns 0 or ASYNC_ECANCELED. */
int async_event_wait(struct async_event *event);

#ifdef __cplusplus
}
#endif
#endif
