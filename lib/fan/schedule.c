/* The scheduler: plain functions that run to their end, called wherever
 * something changed. Lanes that may start something go round in a ring; the
 * job permit is the last thing an attempt needs. */
#include "fan/fan_priv.h"

#include "async/error.h"

static struct asy_slot *slot_of(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct asy_slot, node);
}

static struct asy_slot *slot_of_heap(struct async_heap_node *node)
{
  return ASYNC_CONTAINER_OF(node, struct asy_slot, heap_node);
}

/* Lanes. */

static void lane_ready(struct asy_fan *fan, struct async_lane *lane)
{
  if (lane->place == ASY_LANE_READY || lane->queued == 0)
    return;
  async_timer_clear(&lane->timer);
  async_list_push(&fan->round, &lane->place_node);
  lane->place = ASY_LANE_READY;
}

static void lane_leave_round(struct async_lane *lane, enum asy_lane_place place)
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
  lane_ready(fan_of(lane), lane);
  asy_fan_pump(fan_of(lane));
}

static void enqueue(struct asy_fan *fan, struct asy_slot *slot)
{
  struct async_lane *lane = slot->lane;
  async_list_push(&lane->queue, &slot->node);
  lane->queued++;
  fan->stats->queued++;
  if (lane->place == ASY_LANE_EMPTY)
    lane_ready(fan, lane);
}

static void dequeue(struct asy_fan *fan, struct asy_slot *slot)
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
  enqueue(fan, slot);
}

/* The end of an entry. */

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

/* Backoff. */

static void arm_delays(struct asy_fan *fan)
{
  struct async_heap_node *first = async_heap_first(&fan->delayed);
  if (first)
    async_timer_set(&fan->delay_timer, first->key, asy_fan_delay_due);
  else
    async_timer_clear(&fan->delay_timer);
}

static void delay(struct asy_fan *fan, struct asy_slot *slot, int64_t when_ns)
{
  async_heap_insert(&fan->delayed, &slot->heap_node, when_ns);
  fan->stats->delayed++;
  if (async_heap_first(&fan->delayed) == &slot->heap_node)
    arm_delays(fan);
}

static struct asy_slot *undelay(struct asy_fan *fan,
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
    enqueue(fan, undelay(fan, first));
  arm_delays(fan);
  asy_fan_pump(fan);
}

/* The end of an attempt. */

static void tell_lane(struct async_lane *lane,
                      const struct async_fan_attempt *attempt, int64_t now_ns)
{
  static const enum async_limit_result for_limit[] = {
    [ASYNC_FAN_OK] = ASYNC_LIMIT_OK,
    [ASYNC_FAN_FAILED] = ASYNC_LIMIT_OK,
    [ASYNC_FAN_RETRY] = ASYNC_LIMIT_IGNORE,
    [ASYNC_FAN_SICK] = ASYNC_LIMIT_IGNORE,
    [ASYNC_FAN_OVERLOADED] = ASYNC_LIMIT_OVERLOAD,
  };
  static const enum async_breaker_result for_breaker[] = {
    [ASYNC_FAN_OK] = ASYNC_BREAKER_OK,
    [ASYNC_FAN_FAILED] = ASYNC_BREAKER_OK,
    [ASYNC_FAN_RETRY] = ASYNC_BREAKER_NEUTRAL,
    [ASYNC_FAN_SICK] = ASYNC_BREAKER_FAILURE,
    [ASYNC_FAN_OVERLOADED] = ASYNC_BREAKER_FAILURE,
  };
  bool cut_off = attempt->rc == ASYNC_ECANCELED;
  async_limit_release(
      &lane->limit, cut_off ? ASYNC_LIMIT_IGNORE : for_limit[attempt->outcome],
      attempt->started_ns, now_ns);
  async_breaker_leave(&lane->breaker,
                      cut_off ? ASYNC_BREAKER_NEUTRAL
                              : for_breaker[attempt->outcome],
                      attempt->started_ns, now_ns);
  if (attempt->outcome == ASYNC_FAN_OK && !cut_off)
    async_budget_success(&lane->budget);
}

/* A server's wish concerns all that is for it, within what a retry would bear:
 * "in a year" must not stop the run. */
static void hold_lane(struct asy_fan *fan, struct async_lane *lane,
                      int64_t wait_ns, int64_t now_ns)
{
  int64_t most_ns = async_retry_patience(&fan->spec->opts.retry);
  if (lane->common || wait_ns <= 0)
    return;
  if (wait_ns > most_ns)
    wait_ns = most_ns;
  async_bucket_hold(&lane->bucket, async_time_add(now_ns, wait_ns), now_ns);
}

static bool retry(struct asy_fan *fan, struct asy_slot *slot, int64_t now_ns)
{
  const struct async_fan_attempt *attempt = &slot->attempt;
  int64_t wait_ns;
  if (fan->stopped ||
      !async_retry_decide(&fan->spec->opts.retry, &slot->backoff,
                          attempt->number, attempt->server_wait_ns,
                          &slot->lane->budget, &fan->rng, &wait_ns))
    return false;
  fan->stats->retried++;
  delay(fan, slot, async_time_add(now_ns, wait_ns));
  return true;
}

static void settle_attempt(struct asy_fan *fan, struct asy_slot *slot,
                           int64_t now_ns)
{
  const struct async_fan_attempt *attempt = &slot->attempt;
  if (attempt->rc == ASYNC_ECANCELED)
    asy_fan_finish(fan, slot, ASYNC_FAN_END_CANCELED, attempt->rc);
  else if (attempt->outcome == ASYNC_FAN_OK)
    asy_fan_finish(fan, slot, ASYNC_FAN_END_OK, attempt->rc);
  else if (attempt->outcome == ASYNC_FAN_FAILED || !retry(fan, slot, now_ns))
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, attempt->rc);
}

static void attempt_ended(struct asy_fan *fan, struct asy_slot *slot)
{
  struct async_lane *lane = slot->lane;
  int64_t now_ns = async_now();
  async_list_remove(&slot->node);
  fan->jobs_free++;
  fan->stats->running--;
  lane->running--;
  tell_lane(lane, &slot->attempt, now_ns);
  hold_lane(fan, lane, slot->attempt.server_wait_ns, now_ns);
  if (lane->place == ASY_LANE_BLOCKED)
    lane_ready(fan, lane);
  settle_attempt(fan, slot, now_ns);
  asy_fan_pump(fan);
}

/* The start of an attempt. */

static int attempt_task(void *arg)
{
  struct asy_slot *slot = arg;
  struct asy_fan *fan = slot->fan;
  fan->spec->work(fan->spec->ctx, slot->item, &slot->attempt);
  attempt_ended(fan, slot);
  return 0;
}

static void attempt_op_done(struct async_op *op)
{
  struct asy_slot *slot = ASYNC_CONTAINER_OF(op, struct asy_slot, op);
  struct asy_fan *fan = slot->fan;
  fan->spec->judge(fan->spec->ctx, slot->item, &slot->attempt, op);
  attempt_ended(fan, slot);
}

/* It never started: to the head of its queue again. Its permit is gone. */
static void take_back(struct asy_fan *fan, struct asy_slot *slot,
                      int64_t now_ns)
{
  struct async_lane *lane = slot->lane;
  slot->attempt.rc = ASYNC_ECANCELED;
  tell_lane(lane, &slot->attempt, now_ns);
  slot->attempt.number--;
  fan->stats->running--;
  lane->running--;
  async_list_remove(&slot->node);
  async_list_push_front(&lane->queue, &slot->node);
  lane->queued++;
  fan->stats->queued++;
  lane_ready(fan, lane);
}

static void launch_op(struct asy_fan *fan, struct asy_slot *slot)
{
  const struct async_fan *spec = fan->spec;
  spec->start(spec->ctx, slot->item, &slot->attempt, &slot->op);
  slot->op.done = attempt_op_done;
  if (slot->op.state == ASYNC_OP_DONE) /* it could not even begin */
    attempt_op_done(&slot->op);
}

/* Without memory for a stack there are fewer jobs from now on: those that run,
 * as long as there is one. */
static void launch_task(struct asy_fan *fan, struct asy_slot *slot,
                        int64_t now_ns)
{
  int err = async_spawn(&fan->work, attempt_task, slot);
  if (err == 0)
    return;
  if (fan->stats->running > 1) {
    take_back(fan, slot, now_ns);
    return;
  }
  slot->attempt.outcome = ASYNC_FAN_RETRY;
  slot->attempt.rc = err;
  attempt_ended(fan, slot);
}

static void start_attempt(struct asy_fan *fan, struct asy_slot *slot,
                          int64_t now_ns)
{
  struct async_fan_attempt *attempt = &slot->attempt;
  unsigned most = fan->spec->opts.retry.max_attempts;
  dequeue(fan, slot);
  async_list_push(&fan->running, &slot->node);
  fan->jobs_free--;
  fan->stats->running++;
  attempt->number++;
  attempt->last = attempt->number >= most;
  attempt->started_ns = now_ns;
  attempt->outcome = ASYNC_FAN_OK;
  attempt->rc = 0;
  attempt->server_wait_ns = 0;
  if (attempt->number == 1)
    slot->result.started_ns = now_ns;
  if (fan->spec->start)
    launch_op(fan, slot);
  else
    launch_task(fan, slot, now_ns);
}

/* The circuit is open: a new entry fails at once, so that a dead destination
 * does not hold up the run. One that has been tried waits for the probe, but no
 * more often than it may be tried: else each of them would have to be the
 * probe, one a cooldown. */
static void refuse(struct asy_fan *fan, struct asy_slot *slot, int64_t when_ns)
{
  const struct async_fan_attempt *attempt = &slot->attempt;
  unsigned most = fan->spec->opts.retry.max_attempts;
  dequeue(fan, slot);
  if (attempt->number == 0) {
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, ASYNC_EOPEN);
  } else if (attempt->number + ++slot->refused > most) {
    async_budget_return(&slot->lane->budget);
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, attempt->rc);
  } else {
    delay(fan, slot, when_ns);
  }
}

static void serve_lane(struct asy_fan *fan, struct async_lane *lane,
                       int64_t now_ns)
{
  struct asy_slot *slot = slot_of(lane->queue.next);
  int64_t when_ns;
  enum asy_lane_answer answer = asy_lane_start(lane, now_ns, &when_ns);
  if (answer == ASY_LANE_FULL) {
    lane_leave_round(lane, ASY_LANE_BLOCKED);
    return;
  }
  if (answer == ASY_LANE_LATER) {
    lane_leave_round(lane, ASY_LANE_WAITING);
    async_timer_set(&lane->timer, when_ns, asy_fan_lane_due);
    return;
  }
  /* To the end of the round, or out of it, before anything else happens. */
  lane_leave_round(lane, ASY_LANE_EMPTY);
  if (lane->queued > 1) {
    async_list_push(&fan->round, &lane->place_node);
    lane->place = ASY_LANE_READY;
  }
  if (answer == ASY_LANE_OPEN) {
    refuse(fan, slot, when_ns);
    return;
  }
  async_bucket_reserve(&fan->rate, 1, now_ns, NULL);
  start_attempt(fan, slot, now_ns);
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
    int64_t now_ns = async_now();
    int64_t when_ns = async_bucket_peek(&fan->rate, now_ns);
    if (when_ns > now_ns) {
      async_timer_set(&fan->rate_timer, when_ns, asy_fan_rate_due);
      return;
    }
    serve_lane(
        fan, ASYNC_CONTAINER_OF(fan->round.next, struct async_lane, place_node),
        now_ns);
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

/* Stopping. */

static void skip_queued(struct asy_fan *fan, struct async_lane *lane)
{
  /* The last one may take the lane with it. */
  for (size_t left = lane->queued; left > 0; left--) {
    struct asy_slot *slot = slot_of(lane->queue.next);
    bool tried = slot->attempt.number > 0;
    dequeue(fan, slot);
    if (left == 1) {
      async_timer_clear(&lane->timer);
      lane_leave_round(lane, ASY_LANE_EMPTY);
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
    struct asy_slot *slot = undelay(fan, node);
    asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, slot->attempt.rc);
  }
  async_timer_clear(&fan->delay_timer);
}

static void cancel_running(struct asy_fan *fan)
{
  if (fan->canceled)
    return;
  fan->canceled = true;
  async_scope_cancel(&fan->work.scope);
  if (!fan->spec->start)
    return;
  struct async_list running;
  async_list_init(&running);
  async_list_splice(&running, &fan->running);
  while (!async_list_empty(&running)) {
    struct asy_slot *slot = slot_of(running.next);
    async_list_remove(&slot->node);
    async_list_push(&fan->running, &slot->node);
    async_op_abort(&slot->op);
  }
}

void asy_fan_stop(struct asy_fan *fan, enum async_fan_stop why, bool cancel)
{
  if (!fan->stopped) {
    fan->stopped = true;
    fan->why = why;
    async_scope_cancel(&fan->intake);
    async_timer_clear(&fan->rate_timer);
    skip_all_queued(fan);
    fail_delayed(fan);
  }
  if (cancel)
    cancel_running(fan);
  check_settled(fan);
}
