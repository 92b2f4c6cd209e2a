#include "exec/slots.h"

#include <assert.h>
#include <stdlib.h>

#include "async/error.h"

int exec_slots_init(struct exec_slots *slots, size_t count)
{
  slots->free = calloc(count, sizeof(*slots->free));
  if (!slots->free)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < count; i++)
    slots->free[i] = (unsigned)(count - i);
  slots->count = count;
  return 0;
}

void exec_slots_done(struct exec_slots *slots)
{
  free(slots->free);
  slots->free = NULL;
}

unsigned exec_slots_take(struct exec_slots *slots)
{
  assert(slots->count > 0);
  return slots->free[--slots->count];
}

void exec_slots_give(struct exec_slots *slots, unsigned slot)
{
  slots->free[slots->count++] = slot;
}
