/* The sink's task: what has ended goes to the sink, one at a time. */
#include "fan/fan_priv.h"

static struct asy_slot *next_done(struct asy_fan *fan)
{
  if (!fan->spec->opts.ordered) {
    struct async_list *node = async_list_shift(&fan->done);
    return node ? asy_slot_of(node) : NULL;
  }
  struct async_heap_node *first = async_heap_first(&fan->ordered);
  if (!first || (uint64_t)first->key != fan->next_sunk)
    return NULL;
  async_heap_remove(&fan->ordered, first);
  return ASYNC_CONTAINER_OF(first, struct asy_slot, heap_node);
}

static void sink_one(struct asy_fan *fan, struct asy_slot *slot)
{
  const struct async_fan *spec = fan->spec;
  fan->next_sunk++;
  int err = spec->sink(spec->ctx, slot->item, &slot->result);
  fan->stats->sunk++;
  asy_fan_slot_give(fan, slot);
  if (err < 0)
    asy_fan_fail(fan, err);
  if (asy_fan_wants(fan) || fan->stopped)
    async_event_set(&fan->more);
}

static void sink_idle(struct asy_fan *fan)
{
  const struct async_fan *spec = fan->spec;
  int err = spec->idle ? spec->idle(spec->ctx) : 0;
  if (err < 0)
    asy_fan_fail(fan, err);
}

int asy_fan_sink(void *arg)
{
  struct asy_fan *fan = arg;
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  for (bool idle = true;;) {
    struct asy_slot *slot = next_done(fan);
    if (slot) {
      sink_one(fan, slot);
      idle = false;
    } else if (!idle) {
      sink_idle(fan);
      idle = true;
    } else if (fan->intake_over && fan->window_free == fan->window) {
      break;
    } else {
      async_event_clear(&fan->sunk);
      async_event_wait(&fan->sunk);
    }
  }
  return async_scope_leave(&shield, 0);
}
