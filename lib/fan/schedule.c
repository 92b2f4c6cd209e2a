/* The scheduler: plain functions that run to their end, called wherever
 * something changed. Lanes that may start something go round in a ring; the
 * job permit is the last thing an attempt needs. */
#include "async/error.h"
#include "fan/fan_priv.h"

static struct asy_slot *slot_of_heap(struct async_heap_node *node)
{
  return ASYNC_CONTAINER_OF(node, struct asy_slot, heap_node);
}

/* Lanes. */

void asy_fan_lane_ready(struct asy_fan *fan, struct async_lane *lane)
{
  if (lane->place == ASY_LANE_READY || lane->queued == 0)
    return;
  async_timer_clear(&lane->timer);
  async_list_push(&fan->round, &lane->place_node);
  lane->place = ASY_LANE_READY;
}

void asy_fan_lane_leave(struct async_lane *lane, enum asy_lane_place place)
{
  async_list_remove(&lane->place_node);
  lane->place = place;
}

/* The engine of a lane: its table is a member of it. */
static struct asy_fan *fan_of(const struct async_lane *lane)
{
  return ASYNC_CONTAINER_OF(lane->lanes, struct asy_fan, lanes);
}

void asy_fan_lane_due(struct async_timer *timer)
{
  struct async_lane *lane = ASYNC_CONTAINER_OF(timer, struct async_lane, timer);
  asy_fan_lane_ready(fan_of(lane), lane);
  asy_fan_pump(fan_of(lane));
}

void asy_fan_enqueue(struct asy_fan *fan, struct asy_slot *slot)
{
  struct async_lane *lane = slot->lane;
  async_list_push(&lane->queue, &slot->node);
  lane->queued++;
  fan->stats->queued++;
  if (lane->place == ASY_LANE_EMPTY)
    asy_fan_lane_ready(fan, lane);
}

void asy_fan_dequeue(struct asy_fan *fan, struct asy_slot *slot)
{
  async_list_remove(&slot->node);
  slot->lane->queued--;
  fan->stats->queued--;
}

static struct async_lane *find_lane(struct asy_fan *fan, struct asy_slot *slot)
{
  const struct async_fan *spec = fan->spec;
  size_t len = 0;
  const char *key = spec->key ? spec->key(spec->ctx, slot->item, &len) : NULL;
  if (!key)
    return fan->common;
  return asy_lane_get(&fan->lanes, key, len, slot->result.taken_ns);
}

void asy_fan_admit(struct asy_fan *fan, struct asy_slot *slot)
{
  if (fan->stopped) { /* while the source was at it */
    asy_fan_finish(fan, slot, ASYNC_FAN_END_SKIPPED, ASYNC_ESKIPPED);
    return;
  }
  slot->lane = find_lane(fan, slot);
  if (!slot->lane) {
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, ASYNC_ENOMEM);
    return;
  }
  if (!slot->lane->common)
    slot->attempt.lane = slot->lane;
  asy_fan_enqueue(fan, slot);
}

/* Backoff. */

static void arm_delays(struct asy_fan *fan)
{
  struct async_heap_node *first = async_heap_first(&fan->delayed);
  if (first)
    async_timer_set(&fan->delay_timer, first->key, asy_fan_delay_due);
  else
    async_timer_clear(&fan->delay_timer);
}

void asy_fan_delay(struct asy_fan *fan, struct asy_slot *slot, int64_t when_ns)
{
  async_heap_insert(&fan->delayed, &slot->heap_node, when_ns);
  fan->stats->delayed++;
  if (async_heap_first(&fan->delayed) == &slot->heap_node)
    arm_delays(fan);
}

struct asy_slot *asy_fan_undelay(struct asy_fan *fan,
                                 struct async_heap_node *node)
{
  async_heap_remove(&fan->delayed, node);
  fan->stats->delayed--;
  return slot_of_heap(node);
}

void asy_fan_delay_due(struct async_timer *timer)
{
  struct asy_fan *fan = ASYNC_CONTAINER_OF(timer, struct asy_fan, delay_timer);
  int64_t now_ns = async_now();
  struct async_heap_node *first;
  while ((first = async_heap_first(&fan->delayed)) && first->key <= now_ns)
    asy_fan_enqueue(fan, asy_fan_undelay(fan, first));
  arm_delays(fan);
  asy_fan_pump(fan);
}

/* What may start. */

/* The circuit is open: a new entry fails at once, so that a dead destination
 * does not hold up the run. One that has been tried waits for the probe, but no
 * more often than it may be tried: else each of them would have to be the
 * probe, one a cooldown. */
static void refuse(struct asy_fan *fan, struct asy_slot *slot, int64_t when_ns)
{
  const struct async_fan_attempt *attempt = &slot->attempt;
  unsigned most = fan->spec->opts.retry.max_attempts;
  asy_fan_dequeue(fan, slot);
  if (attempt->number == 0) {
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, ASYNC_EOPEN);
  } else if (attempt->number + ++slot->refused > most) {
    async_budget_return(&slot->lane->budget);
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, attempt->rc);
  } else {
    asy_fan_delay(fan, slot, when_ns);
  }
}

static void serve_lane(struct asy_fan *fan, struct async_lane *lane,
                       int64_t now_ns)
{
  struct asy_slot *slot = asy_slot_of(lane->queue.next);
  int64_t when_ns;
  enum asy_lane_answer answer = asy_lane_start(lane, now_ns, &when_ns);
  if (answer == ASY_LANE_FULL) {
    asy_fan_lane_leave(lane, ASY_LANE_BLOCKED);
    return;
  }
  if (answer == ASY_LANE_LATER) {
    asy_fan_lane_leave(lane, ASY_LANE_WAITING);
    async_timer_set(&lane->timer, when_ns, asy_fan_lane_due);
    return;
  }
  /* To the end of the round, or out of it, before anything else happens. */
  asy_fan_lane_leave(lane, ASY_LANE_EMPTY);
  if (lane->queued > 1) {
    async_list_push(&fan->round, &lane->place_node);
    lane->place = ASY_LANE_READY;
  }
  if (answer == ASY_LANE_OPEN) {
    refuse(fan, slot, when_ns);
    return;
  }
  async_bucket_reserve(&fan->rate, 1, now_ns, NULL);
  asy_fan_start(fan, slot, now_ns);
}

void asy_fan_rate_due(struct async_timer *timer)
{
  asy_fan_pump(ASYNC_CONTAINER_OF(timer, struct asy_fan, rate_timer));
}

bool asy_fan_wants(const struct asy_fan *fan)
{
  return !fan->stopped && fan->window_free > 0 && fan->jobs_free > 0 &&
         async_list_empty(&fan->round);
}

static void start_what_may_start(struct asy_fan *fan)
{
  while (!fan->stopped && fan->jobs_free > 0 &&
         !async_list_empty(&fan->round)) {
    int64_t now_ns = async_now_hold();
    int64_t when_ns = async_bucket_peek(&fan->rate, now_ns);
    bool is_later = when_ns > now_ns;
    if (is_later)
      async_timer_set(&fan->rate_timer, when_ns, asy_fan_rate_due);
    else
      serve_lane(
          fan,
          ASYNC_CONTAINER_OF(fan->round.next, struct async_lane, place_node),
          now_ns);
    async_now_release();
    if (is_later)
      return;
  }
}

void asy_fan_pump(struct asy_fan *fan)
{
  if (fan->pumping)
    return;
  fan->pumping = true;
  start_what_may_start(fan);
  fan->pumping = false;
  if (asy_fan_wants(fan))
    async_event_set(&fan->more);
}
