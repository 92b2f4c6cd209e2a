/* The end of an entry, and the early end of all of them. */
#include "async/error.h"
#include "fan/fan_priv.h"

static void count_end(struct asy_fan *fan, enum async_fan_end end)
{
  const struct async_fan_opts *opts = &fan->spec->opts;
  struct async_fan_stats *stats = fan->stats;
  uint64_t *const counters[] = { &stats->ok, &stats->failed, &stats->canceled,
                                 &stats->skipped };
  ++*counters[end];
  if (fan->stopped)
    return;
  double ended = (double)(stats->ok + stats->failed);
  if (end == ASYNC_FAN_END_OK && stats->ok == opts->stop_after_ok)
    asy_fan_stop(fan, ASYNC_FAN_STOP_SUCCESSES, true);
  if (end != ASYNC_FAN_END_FAILED)
    return;
  if (stats->failed == opts->stop_after_failed ||
      (opts->stop_after_failed_share > 0 && ended >= 20 &&
       (double)stats->failed > opts->stop_after_failed_share * ended))
    asy_fan_stop(fan, ASYNC_FAN_STOP_FAILURES, opts->cancel_on_failed);
}

static void check_settled(struct asy_fan *fan)
{
  const struct async_fan_stats *stats = fan->stats;
  if (stats->queued == 0 && stats->running == 0 && stats->delayed == 0)
    async_event_set(&fan->settled);
}

void asy_fan_finish(struct asy_fan *fan, struct asy_slot *slot,
                    enum async_fan_end end, int rc)
{
  slot->result.end = end;
  slot->result.rc = rc;
  slot->result.attempts = slot->attempt.number;
  slot->result.ended_ns = async_now();
  if (slot->lane)
    asy_lane_put(slot->lane);
  /* The heap has had room for the whole window from the start. */
  if (fan->spec->opts.ordered)
    async_heap_insert(&fan->ordered, &slot->heap_node,
                      (int64_t)slot->result.seq);
  else
    async_list_push(&fan->done, &slot->node);
  async_event_set(&fan->sunk);
  count_end(fan, end);
  check_settled(fan);
}

/* Stopping. */

static void skip_queued(struct asy_fan *fan, struct async_lane *lane)
{
  /* The last one may take the lane with it. */
  for (size_t left = lane->queued; left > 0; left--) {
    struct asy_slot *slot = asy_slot_of(lane->queue.next);
    bool tried = slot->attempt.number > 0;
    asy_fan_dequeue(fan, slot);
    if (left == 1) {
      async_timer_clear(&lane->timer);
      asy_fan_lane_leave(lane, ASY_LANE_EMPTY);
    }
    asy_fan_finish(fan, slot,
                   tried ? ASYNC_FAN_END_FAILED : ASYNC_FAN_END_SKIPPED,
                   tried ? slot->attempt.rc : ASYNC_ESKIPPED);
  }
}

static void skip_all_queued(struct asy_fan *fan)
{
  skip_queued(fan, fan->common);
  /* No lane is dropped any more, or the walk would lose its way. */
  fan->lanes.opts.idle_lanes = SIZE_MAX;
  for (size_t i = 0; i < fan->lanes.table.bucket_count; i++) {
    struct async_hash_node *node = fan->lanes.table.buckets[i];
    while (node) {
      struct async_hash_node *next = node->next;
      skip_queued(fan, ASYNC_CONTAINER_OF(node, struct async_lane, node));
      node = next;
    }
  }
}

static void fail_delayed(struct asy_fan *fan)
{
  struct async_heap_node *node;
  while ((node = async_heap_first(&fan->delayed)) != NULL) {
    struct asy_slot *slot = asy_fan_undelay(fan, node);
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, slot->attempt.rc);
  }
  async_timer_clear(&fan->delay_timer);
}

void asy_fan_stop(struct asy_fan *fan, enum async_fan_stop why, bool cancel)
{
  if (!fan->stopped) {
    fan->stopped = true;
    *fan->why = why;
    async_scope_cancel(&fan->intake);
    async_timer_clear(&fan->rate_timer);
    skip_all_queued(fan);
    fail_delayed(fan);
  }
  if (cancel)
    asy_fan_cancel_running(fan);
  check_settled(fan);
}

void asy_fan_fail(struct asy_fan *fan, int err)
{
  if (fan->err == 0)
    fan->err = err;
  asy_fan_stop(fan, ASYNC_FAN_STOP_ERROR, true);
  if (fan->skipping)
    async_scope_cancel(&fan->intake);
}
