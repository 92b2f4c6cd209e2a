/* async/fan.h (fan): the one way an entry travels.
 *
 *   source.next -> lane (per destination: concurrency, rate, breaker, adaptive
 *   limit, retry budget) -> job permit -> task: one attempt -> classify
 *     -> retry later (holding neither permit nor task) | sink
 *
 * An entry that was taken from the source reaches the sink exactly once,
 * whatever happens. At most `window` entries are between the two, so memory
 * does not grow with the input, and a slow sink slows the source. An entry that
 * waits for its lane or its backoff holds no job permit: one sick destination
 * does not stop the others. */
#ifndef ASYNC_FAN_H
#define ASYNC_FAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/bucket.h"
#include "async/lane.h"
#include "async/op.h"
#include "async/retry.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an attempt's outcome means: for retrying, and for its destination. */
enum async_fan_class {
  ASYNC_FAN_OK = 0,
  ASYNC_FAN_FAILED,    /* final: trying again would not help */
  ASYNC_FAN_RETRY,     /* may pass another time; the destination is fine */
  ASYNC_FAN_SICK,      /* the same, and the destination is failing: counts for
                           the breaker */
  ASYNC_FAN_OVERLOADED /* the same, and it has too much to do (429, 503,
                           timeout, reset): the adaptive limit goes down */
};

/* One attempt, as the work function sees it. */
struct async_fan_attempt {
  struct async_lane *lane; /* NULL without lanes */
  unsigned number;         /* from 1 */
  bool last;               /* no retry will follow, whatever the class */
  int64_t started_ns;

  /* To be filled in by the work function. */
  enum async_fan_class outcome;
  int rc;                 /* ASYNC_ECANCELED says it was cut off */
  int64_t server_wait_ns; /* Retry-After; holds the whole lane, though not for
                             longer than retry.retry_after_max_ns */
};

enum async_fan_end {
  ASYNC_FAN_END_OK = 0,
  ASYNC_FAN_END_FAILED,
  ASYNC_FAN_END_CANCELED, /* started, then cut off */
  ASYNC_FAN_END_SKIPPED   /* taken, never started */
};

/* How an entry ended, as the sink sees it. */
struct async_fan_result {
  enum async_fan_end end;
  int rc;            /* of the last attempt */
  uint64_t seq;      /* 0, 1, ... in the order of the source */
  unsigned attempts; /* 0: never tried */
  int64_t taken_ns, started_ns, ended_ns; /* the loop's clock */
};

struct async_fan_stats {
  uint64_t taken, ok, failed, canceled, skipped, retried, sunk;
  size_t running;   /* attempts under way */
  size_t queued;    /* wait for their lane */
  size_t delayed;   /* wait for their backoff */
  bool skipping;    /* what is taken now is reported as skipped */
  bool intake_over; /* nothing more will be taken */
};

/* Why a run ended before its input. */
enum async_fan_stop {
  ASYNC_FAN_STOP_NONE = 0,
  ASYNC_FAN_STOP_SIGNAL, /* async_shutdown */
  ASYNC_FAN_STOP_DEADLINE,
  ASYNC_FAN_STOP_FAILURES,
  ASYNC_FAN_STOP_SUCCESSES, /* stop_after_ok: as many as were wanted */
  ASYNC_FAN_STOP_ERROR      /* the source or the sink failed */
};

struct async_fan_opts {
  size_t jobs;   /* attempts at once; 0: 1 */
  size_t window; /* entries between source and sink; 0: 16 x jobs, at least
                    1024 */
  bool ordered;  /* the sink sees entries in the order of the source */

  struct async_retry_policy retry;
  struct async_lane_opts lane;   /* used when `key` is set */
  double rate_per_s, rate_burst; /* starts of attempts, over all; 0: no limit;
                                    what is late by up to 4 ms is caught up */
  uint64_t seed;                 /* of jitter; 0: from the clock */

  int64_t deadline_ns;        /* 0: none; an instant: stop, cancel what runs */
  uint64_t stop_after_failed; /* 0: never */
  double stop_after_failed_share; /* 0: never; else of those that ended, once
                                     there are 20 */
  bool cancel_on_failed;          /* fail fast: also cancel what runs */
  uint64_t stop_after_ok;         /* 0: never; cancels what runs */
  bool skip_rest; /* after an early stop other than a signal, take the rest of
                     the source and report it as skipped */
};

struct async_fan {
  struct async_fan_opts opts;
  size_t item_bytes; /* each item starts zeroed */
  void *ctx;         /* first argument of all below */

  /* Takes the next entry. May park. One call at a time.
   * Returns 0; 1 for an entry that has failed already (malformed), which goes
   * to the sink without an attempt, with rc ASYNC_EENCODING; ASYNC_EOF; or an
   * error, which ends the intake and the run. */
  int (*next)(void *ctx, void *item);

  /* The destination of an entry; NULL, or returning NULL: no lane. The bytes
   * are read before anything else happens to the item. */
  const char *(*key)(void *ctx, void *item, size_t *len);

  /* One attempt, in a task of its own; may park. */
  void (*work)(void *ctx, void *item, struct async_fan_attempt *attempt);

  /* Instead of `work`, for bulk: starts `op`, whose end is the attempt's; no
   * task. `judge` then fills in the attempt. */
  void (*start)(void *ctx, void *item, struct async_fan_attempt *attempt,
                struct async_op *op);
  void (*judge)(void *ctx, void *item, struct async_fan_attempt *attempt,
                struct async_op *op);

  /* Takes the entry's result. May park; one call at a time; not cancelled.
   * The item is the engine's again afterwards. An error ends the run; the
   * entries that are left still come. */
  int (*sink)(void *ctx, void *item, const struct async_fan_result *result);

  /* NULL, or called when all that has ended has been handed to the sink: the
   * moment to flush. May park. Returns as sink does. */
  int (*idle)(void *ctx);
};

/* Runs the source to its end.
 *
 * fan    borrowed
 * stats  filled in while it runs, for progress; NULL: not wanted
 * stop   NULL, or why it ends early: set as that is decided, before anything
 *        is cut off
 *
 * Returns 0, the first error of next, sink or idle, ASYNC_ENOMEM, or
 * ASYNC_ECANCELED if the caller's scope was cancelled; in every case after the
 * last entry has reached the sink.
 */
int async_fan_run(const struct async_fan *fan, struct async_fan_stats *stats,
                  enum async_fan_stop *stop);

#ifdef __cplusplus
}
#endif
#endif
