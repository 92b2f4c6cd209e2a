#include "async/fan.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/shutdown.h"
#include "fan/fan_priv.h"

enum { WINDOW_JOBS = 16, WINDOW_LEAST = 1024 };

/* The source's side. */

static struct asy_slot *slot_take(struct asy_fan *fan)
{
  struct async_list *node = async_list_shift(&fan->free);
  size_t bytes = sizeof(struct asy_slot) + fan->spec->item_bytes;
  struct asy_slot *slot = node ? asy_slot_of(node) : malloc(bytes);
  if (!slot)
    return NULL;
  memset(slot, 0, bytes);
  async_list_init(&slot->node);
  slot->fan = fan;
  fan->window_free--;
  return slot;
}

void asy_fan_slot_give(struct asy_fan *fan, struct asy_slot *slot)
{
  async_list_push_front(&fan->free, &slot->node);
  fan->window_free++;
}

/* Takes one entry. Returns 0 and a slot that must be admitted or finished, 1
 * and one that has failed and must be finished, or an error (ASYNC_EOF too),
 * and no slot. */
static int take_entry(struct asy_fan *fan, struct asy_slot **out)
{
  struct asy_slot *slot = slot_take(fan);
  if (!slot)
    return ASYNC_ENOMEM;
  int err = fan->spec->next(fan->spec->ctx, slot->item);
  if (err < 0) {
    asy_fan_slot_give(fan, slot);
    return err;
  }
  slot->result.seq = fan->next_seq++;
  slot->result.taken_ns = async_now();
  fan->stats->taken++;
  *out = slot;
  return err;
}

static int wait_until_wanted(struct asy_fan *fan)
{
  int err = async_checkpoint();
  while (err == 0 && !asy_fan_wants(fan)) {
    async_event_clear(&fan->more);
    err = async_event_wait(&fan->more);
  }
  return err;
}

static int pull(struct asy_fan *fan)
{
  for (;;) {
    struct asy_slot *slot;
    int err = wait_until_wanted(fan);
    if (err == 0)
      err = take_entry(fan, &slot);
    if (err < 0)
      return err;
    if (err > 0) {
      asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, ASYNC_EENCODING);
      continue;
    }
    asy_fan_admit(fan, slot);
    asy_fan_pump(fan);
  }
}

/* After an early stop: the rest of the source, reported as skipped. */
static int pull_skipped(struct asy_fan *fan)
{
  for (;;) {
    struct asy_slot *slot;
    int err = async_checkpoint();
    while (err == 0 && fan->window_free == 0) {
      async_event_clear(&fan->more);
      err = async_event_wait(&fan->more);
    }
    if (err == 0)
      err = take_entry(fan, &slot);
    if (err < 0)
      return err;
    if (err > 0)
      asy_fan_finish(fan, slot, ASYNC_FAN_END_FAILED, ASYNC_EENCODING);
    else
      asy_fan_finish(fan, slot, ASYNC_FAN_END_SKIPPED, ASYNC_ESKIPPED);
  }
}

/* Unless it was cut off by us, the source ended with its own word. */
static void leave_intake(struct asy_fan *fan, int rc)
{
  bool cut_off = rc == ASYNC_ECANCELED && fan->intake.cancelled;
  async_scope_leave(&fan->intake, 0);
  fan->stats->intake_over = rc == ASYNC_EOF;
  if (rc != ASYNC_EOF && !cut_off)
    asy_fan_fail(fan, rc);
}

static bool skips_rest(const struct asy_fan *fan)
{
  return fan->spec->opts.skip_rest && fan->err == 0 &&
         (*fan->why == ASYNC_FAN_STOP_DEADLINE ||
          *fan->why == ASYNC_FAN_STOP_FAILURES ||
          *fan->why == ASYNC_FAN_STOP_SUCCESSES);
}

/* A signal ends this part too, which a source that waits would prolong. */
static void skip_rest(struct asy_fan *fan)
{
  async_scope_enter(&fan->intake, ASYNC_NEVER);
  fan->skipping = fan->stats->skipping = true;
  if (async_stopping())
    async_scope_cancel(&fan->intake);
  leave_intake(fan, pull_skipped(fan));
}

/* Waits until nothing is queued, running or delayed. If the caller is
 * cancelled meanwhile, its tasks are being cancelled already; what has not
 * started is skipped. */
static void wait_until_settled(struct asy_fan *fan)
{
  const struct async_fan_stats *stats = fan->stats;
  while (stats->queued || stats->running || stats->delayed) {
    async_event_clear(&fan->settled);
    if (async_event_wait(&fan->settled) == 0)
      continue;
    asy_fan_stop(fan, ASYNC_FAN_STOP_SIGNAL, true);
    struct async_scope shield;
    async_scope_shield(&shield, ASYNC_NEVER);
    wait_until_settled(fan);
    async_scope_leave(&shield, 0);
  }
}

/* The run. */

static void on_shutdown(struct async_op *op)
{
  struct asy_fan *fan = op->ctx;
  if (op->rc == 0)
    asy_fan_stop(fan, ASYNC_FAN_STOP_SIGNAL, false);
  if (op->rc == 0 && fan->skipping)
    async_scope_cancel(&fan->intake);
}

static void on_deadline(struct async_timer *timer)
{
  asy_fan_stop(ASYNC_CONTAINER_OF(timer, struct asy_fan, deadline_timer),
               ASYNC_FAN_STOP_DEADLINE, true);
}

static int init(struct asy_fan *fan, const struct async_fan *spec,
                struct async_fan_stats *stats)
{
  const struct async_fan_opts *opts = &spec->opts;
  size_t jobs = opts->jobs ? opts->jobs : 1;
  memset(stats, 0, sizeof(*stats));
  fan->spec = spec;
  fan->stats = stats;
  fan->jobs_free = jobs;
  fan->window = opts->window;
  if (!fan->window)
    fan->window =
        jobs * WINDOW_JOBS > WINDOW_LEAST ? jobs * WINDOW_JOBS : WINDOW_LEAST;
  fan->window_free = fan->window;
  async_list_init(&fan->round);
  async_list_init(&fan->running);
  async_list_init(&fan->done);
  async_list_init(&fan->free);
  async_event_init(&fan->more);
  async_event_init(&fan->sunk);
  async_event_init(&fan->settled);
  int64_t now_ns = async_now();
  async_rng_init(&fan->rng, opts->seed ? opts->seed : (uint64_t)now_ns);
  async_bucket_init(&fan->rate, opts->rate_per_s, opts->rate_burst, now_ns);
  async_bucket_tolerate(&fan->rate, ASY_LANE_LATE_NS);
  asy_lanes_init(&fan->lanes, &opts->lane, jobs);
  fan->common = asy_lane_get(&fan->lanes, NULL, 0, now_ns);
  if (!fan->common || async_heap_reserve(&fan->delayed, fan->window) < 0 ||
      (opts->ordered && async_heap_reserve(&fan->ordered, fan->window) < 0))
    return ASYNC_ENOMEM;
  return 0;
}

static void done(struct asy_fan *fan)
{
  struct async_list *node;
  while ((node = async_list_shift(&fan->free)) != NULL)
    free(asy_slot_of(node));
  async_timer_clear(&fan->rate_timer);
  async_timer_clear(&fan->delay_timer);
  async_timer_clear(&fan->deadline_timer);
  asy_lane_free(fan->common);
  asy_lanes_done(&fan->lanes);
  async_heap_done(&fan->delayed);
  async_heap_done(&fan->ordered);
}

/* All but the sink. The group of the attempts is closed before the rest is
 * skipped, because its scope may have been cancelled. */
static void run(struct asy_fan *fan)
{
  struct async_op shutdown;
  async_group_open(&fan->work, ASYNC_GROUP_COLLECT);
  async_scope_enter(&fan->intake, ASYNC_NEVER);
  async_shutdown_watch(&shutdown);
  shutdown.done = on_shutdown;
  shutdown.ctx = fan;
  if (fan->spec->opts.deadline_ns)
    async_timer_set(&fan->deadline_timer, fan->spec->opts.deadline_ns,
                    on_deadline);
  if (async_stopping())
    asy_fan_stop(fan, ASYNC_FAN_STOP_SIGNAL, false);
  leave_intake(fan, pull(fan));
  wait_until_settled(fan);
  async_group_close(&fan->work);
  if (skips_rest(fan))
    skip_rest(fan);
  fan->stats->intake_over = true;
  async_timer_clear(&fan->deadline_timer);
  shutdown.done = NULL;
  async_op_abort(&shutdown);
}

int async_fan_run(const struct async_fan *spec, struct async_fan_stats *stats,
                  enum async_fan_stop *stop)
{
  enum async_fan_stop own_stop;
  struct asy_fan fan = { .why = stop ? stop : &own_stop };
  struct async_fan_stats own_stats;
  struct async_group outer;
  *fan.why = ASYNC_FAN_STOP_NONE;
  int rc = init(&fan, spec, stats ? stats : &own_stats);
  if (rc == 0) {
    async_group_open(&outer, ASYNC_GROUP_COLLECT);
    rc = async_spawn(&outer, asy_fan_sink, &fan);
    if (rc == 0) {
      run(&fan);
      fan.intake_over = true;
      async_event_set(&fan.sunk);
      rc = fan.err;
    }
    int closed = async_group_close(&outer);
    if (rc == 0)
      rc = closed;
  }
  done(&fan);
  return rc;
}
