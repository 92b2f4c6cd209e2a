/* An attempt: a task or an operation that holds a job permit, and what its end
 * means for its lane and its entry. */
#include "async/error.h"
#include "fan/fan_priv.h"

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
  asy_fan_delay(fan, slot, async_time_add(now_ns, wait_ns));
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
    asy_fan_lane_ready(fan, lane);
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
  asy_fan_lane_ready(fan, lane);
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

void asy_fan_start(struct asy_fan *fan, struct asy_slot *slot, int64_t now_ns)
{
  struct async_fan_attempt *attempt = &slot->attempt;
  unsigned most = fan->spec->opts.retry.max_attempts;
  asy_fan_dequeue(fan, slot);
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

void asy_fan_cancel_running(struct asy_fan *fan)
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
    struct asy_slot *slot = asy_slot_of(running.next);
    async_list_remove(&slot->node);
    async_list_push(&fan->running, &slot->node);
    async_op_abort(&slot->op);
  }
}
