/* cmd/fetch/watchdog.h: the time limits of one exchange.
 *
 * Connect, first byte, stall: they follow each other, so one timer is enough.
 * libcurl's own limits are not used for these: it counts queueing, has none for
 * the first byte, and versions lose them. Bytes only stamp a time; the timer
 * looks at the stamp when it fires, and goes on sleeping if all is well. */
#ifndef FETCH_WATCHDOG_H
#define FETCH_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "async/scope.h"
#include "async/timer.h"

enum fetch_phase {
  FETCH_PHASE_CONNECT,
  FETCH_PHASE_FIRST_BYTE,
  FETCH_PHASE_STALL
};

struct fetch_watchdog {
  struct async_timer timer;
  struct async_scope scope; /* around what is watched */
  const int64_t *limits_ns; /* by phase; 0: none */
  enum fetch_phase phase;
  int64_t since_ns; /* the phase's beginning, or the last sign of life */
  bool barked;      /* a limit has passed */
};

/* Begins with FETCH_PHASE_CONNECT, and enters the scope.
 *
 * limits_ns  borrowed: three of them
 */
void fetch_watchdog_start(struct fetch_watchdog *dog, const int64_t *limits_ns);

/* Goes on to a later phase. From callbacks, too. */
void fetch_watchdog_enter(struct fetch_watchdog *dog, enum fetch_phase phase);

/* A byte came. */
static inline void fetch_watchdog_feed(struct fetch_watchdog *dog)
{
  dog->since_ns = async_now();
}

/* Leaves the scope.
 *
 * Returns rc; if it is ASYNC_ECANCELED because a limit has passed,
 * ASYNC_ETIMEDOUT, and `phase` says which. */
int fetch_watchdog_stop(struct fetch_watchdog *dog, int rc);

#endif
