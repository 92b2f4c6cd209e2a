/* async/timer.h (core): timers, sleeping, tickers. */
#ifndef ASYNC_TIMER_H
#define ASYNC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "async/heap.h"
#include "async/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The loop's clock: monotonic nanoseconds without those spent in
 * async_loop_suspend, or the simulated clock of a test. */
int64_t async_now(void);

/* Between these two async_now() stands still: for a batch of events that came
 * at once, where reading the clock for each would be a good part of the work.
 * They nest; nothing parks in between, and nothing takes long.
 *
 * async_now_hold returns async_now().
 */
int64_t async_now_hold(void);
void async_now_release(void);

/* async_now() + duration_ns; ASYNC_NEVER stays ASYNC_NEVER. */
int64_t async_in(int64_t duration_ns);

struct async_timer {
  struct async_heap_node node;
  void (*fire)(struct async_timer *timer);
};

#define ASYNC_TIMER_INIT                                                       \
  {                                                                            \
    { 0, 0, 0 }, NULL                                                          \
  }

/* Arms a timer, or moves an armed one.
 *
 * timer    kept until it fires or is cleared; starts as ASYNC_TIMER_INIT
 * when_ns  ASYNC_NEVER disarms it
 * fire     runs on the loop's stack, once, at or after the instant; must not
 *          park
 *
 * Equal instants fire in the order they were armed. Cannot fail: if there is
 * no memory for another armed timer the process aborts, because no caller
 * could do better.
 */
void async_timer_set(struct async_timer *timer, int64_t when_ns,
                     void (*fire)(struct async_timer *timer));

/* Disarms it, if it is armed. */
void async_timer_clear(struct async_timer *timer);

static inline bool async_timer_armed(const struct async_timer *timer)
{
  return async_heap_has(&timer->node);
}

/* Parks for a duration, or until an instant. At least one turn of the loop.
 *
 * Returns 0 or ASYNC_ECANCELED.
 */
int async_sleep(int64_t duration_ns);
int async_sleep_until(int64_t when_ns);

struct async_ticker {
  int64_t period_ns, next_ns;
};

/* A ticker whose first tick is at `first_ns`.
 *
 * period_ns  above 0
 */
void async_ticker_init(struct async_ticker *ticker, int64_t period_ns,
                       int64_t first_ns);

/* Waits for the next tick; ticks that were missed are skipped, not made up.
 *
 * Returns the number of ticks missed, at most INT_MAX, or ASYNC_ECANCELED.
 */
int async_ticker_wait(struct async_ticker *ticker);

#ifdef __cplusplus
}
#endif
#endif
