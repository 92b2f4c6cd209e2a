/* async/breaker.h (policy): stops calling what keeps failing.
 *
 *   closed     calls pass; too many failures -> open
 *   open       calls are refused until the cooldown is over -> half-open
 *   half-open  up to `probes` calls pass; that many successes -> closed, and
 *              one failure -> open again, with the cooldown doubled
 *
 * The result of a call counts only in the state in which it entered: a slow
 * call from before the breaker opened says nothing about a later probe.
 * Source: Nygard, "Release It!", 2nd ed., section 5.2; names after
 * resilience4j. */
#ifndef ASYNC_BREAKER_H
#define ASYNC_BREAKER_H

#include <stdint.h>

#include "async/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero means the default. With both rules off the breaker never opens. */
struct async_breaker_opts {
  unsigned failures;       /* rule 1: this many in a row; 0: off */
  double failure_ratio;    /* rule 2: share of failures in window_ns; 0: off */
  unsigned min_calls;      /* rule 2: with fewer calls it stays closed; 20 */
  int64_t window_ns;       /* rule 2: 10 s */
  int64_t cooldown_ns;     /* 30 s */
  int64_t cooldown_max_ns; /* 8 cooldowns */
  unsigned probes;         /* 1 */
};

enum async_breaker_state {
  ASYNC_BREAKER_CLOSED,
  ASYNC_BREAKER_OPEN,
  ASYNC_BREAKER_HALF_OPEN
};

enum async_breaker_result {
  ASYNC_BREAKER_OK,
  ASYNC_BREAKER_FAILURE,
  ASYNC_BREAKER_NEUTRAL /* says nothing about the other side: cancelled */
};

struct async_breaker_count {
  unsigned calls, failures;
};

/* A zeroed breaker is closed and never opens. */
struct async_breaker {
  struct async_breaker_opts opts; /* defaults filled in */
  enum async_breaker_state state;
  unsigned in_a_row;                  /* closed: failures since a success */
  unsigned probing, probed;           /* half-open: in flight, succeeded */
  struct async_breaker_count half[2]; /* of the window: this one, the last */
  int64_t half_since_ns;
  int64_t since_ns;      /* when the state was entered */
  int64_t open_until_ns; /* open: end of the cooldown */
  int64_t cooldown_ns;   /* open and half-open: the present one */
};

/* Closes the breaker.
 *
 * opts  copied; NULL: never opens
 */
void async_breaker_init(struct async_breaker *breaker,
                        const struct async_breaker_opts *opts);

/* Asks to make a call; on 0, async_breaker_leave must follow.
 *
 * retry_at_ns  NULL, or set on ASYNC_EOPEN: when to ask again. In half-open,
 *              with all probes out, that is a cooldown from now, or as soon as
 *              a probe has left
 *
 * Returns 0 or ASYNC_EOPEN.
 */
int async_breaker_enter(struct async_breaker *breaker, int64_t now_ns,
                        int64_t *retry_at_ns);

/* Ends a call.
 *
 * entered_ns  the now_ns of its async_breaker_enter
 */
void async_breaker_leave(struct async_breaker *breaker,
                         enum async_breaker_result result, int64_t entered_ns,
                         int64_t now_ns);

#ifdef __cplusplus
}
#endif
#endif
