/* The state of one run of the engine.
 *
 *   puller (the caller's task)    next -> slot -> its lane's queue
 *   scheduler (plain functions)   queue -> attempt, as lanes and permits allow
 *   attempt (a task, or an op)    ended -> done | delayed -> queue again
 *   sink (a task)                 done -> sink -> the slot is free */
#ifndef ASY_FAN_PRIV_H
#define ASY_FAN_PRIV_H

#include "async/event.h"
#include "async/fan.h"
#include "async/heap.h"
#include "async/rng.h"
#include "async/task.h"
#include "fan/lane_priv.h"

struct asy_fan;

struct asy_slot {
  struct async_list node; /* in a lane's queue, the running, done or free */
  struct async_heap_node heap_node; /* delayed: by time; ordered: by seq */
  struct asy_fan *fan;
  struct async_lane *lane;
  struct async_fan_attempt attempt;
  struct async_backoff backoff;
  struct async_fan_result result;
  struct async_op op;
  unsigned refused; /* by an open circuit, before one of its retries */
  char item[] __attribute__((aligned(16)));
};

struct asy_fan {
  const struct async_fan *spec;
  struct async_fan_stats *stats;
  struct async_rng rng;
  struct async_bucket rate;
  struct async_timer rate_timer, delay_timer, deadline_timer;
  struct asy_lanes lanes;
  struct async_lane *common;
  struct async_list round;   /* lanes that may start something */
  struct async_list running; /* slots */
  struct async_list done;    /* slots, unless ordered */
  struct async_list free;
  struct async_heap delayed, ordered;
  size_t jobs_free, window_free, window;
  uint64_t next_seq, next_sunk;
  bool stopped, skipping, intake_over, canceled, pumping;
  enum async_fan_stop *why; /* the caller's, or what nobody reads */
  int err;                  /* the first of next, sink, idle */
  struct async_scope intake;
  struct async_group work;
  struct async_event more;    /* the puller may go on */
  struct async_event sunk;    /* the sink has something to do */
  struct async_event settled; /* nothing is queued, running or delayed */
};

static inline struct asy_slot *asy_slot_of(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct asy_slot, node);
}

/* schedule.c */

/* Hands a slot that was filled by the source to its lane; after a stop, to the
 * sink. */
void asy_fan_admit(struct asy_fan *fan, struct asy_slot *slot);

/* Starts what may start now, and asks the puller for more. A call inside this
 * call leaves the work to the outer one. */
void asy_fan_pump(struct asy_fan *fan);

/* Into the queue of its lane, and out of it. */
void asy_fan_enqueue(struct asy_fan *fan, struct asy_slot *slot);
void asy_fan_dequeue(struct asy_fan *fan, struct asy_slot *slot);

/* A lane into the ring, if it has something queued, and out of it. */
void asy_fan_lane_ready(struct asy_fan *fan, struct async_lane *lane);
void asy_fan_lane_leave(struct async_lane *lane, enum asy_lane_place place);

/* Queues a slot again at that instant; takes one that waits for that. */
void asy_fan_delay(struct asy_fan *fan, struct asy_slot *slot, int64_t when_ns);
struct asy_slot *asy_fan_undelay(struct asy_fan *fan,
                                 struct async_heap_node *node);

/* Whether the puller should take another entry. */
bool asy_fan_wants(const struct asy_fan *fan);

/* The timers' functions. */
void asy_fan_lane_due(struct async_timer *timer);
void asy_fan_rate_due(struct async_timer *timer);
void asy_fan_delay_due(struct async_timer *timer);

/* attempt.c */

/* Starts an attempt, which its lane has counted. */
void asy_fan_start(struct asy_fan *fan, struct asy_slot *slot, int64_t now_ns);

/* Cuts off all attempts. */
void asy_fan_cancel_running(struct asy_fan *fan);

/* end.c */

/* Ends an entry: it goes to the sink. */
void asy_fan_finish(struct asy_fan *fan, struct asy_slot *slot,
                    enum async_fan_end end, int rc);

/* Takes nothing more and starts nothing more; `cancel` also cuts off what
 * runs. May be called again with `cancel`. */
void asy_fan_stop(struct asy_fan *fan, enum async_fan_stop why, bool cancel);

/* The source, the sink or the engine itself failed: ends the run. */
void asy_fan_fail(struct asy_fan *fan, int err);

/* fan.c */

/* A slot that has been through the sink may be filled again. */
void asy_fan_slot_give(struct asy_fan *fan, struct asy_slot *slot);

/* sink.c */

async_task_fn asy_fan_sink;

#endif
