/* async/limit.h (policy): finds how many requests a server can take at once.
 *
 * Additive increase, multiplicative decrease: a success while more than half
 * of the limit is in use adds 1/limit (about one a round trip), an overload
 * cuts to 0.7, an answer slower than slow_ns cuts to 0.9. At most one cut a
 * round trip: what started before the last cut was sent under the old limit.
 * Slowness is the early sign that keeps a queue from growing until requests
 * time out; a third of the timeout works well.
 *
 * Source: Jacobson, "Congestion Avoidance and Control"; Chiu and Jain,
 * "Analysis of the Increase and Decrease Algorithms"; names after Netflix
 * concurrency-limits. */
#ifndef ASYNC_LIMIT_H
#define ASYNC_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed limit only counts, and allows everything. */
struct async_limit {
  double limit;
  unsigned min, max, in_flight;
  int64_t slow_ns, last_cut_ns;
};

enum async_limit_result {
  ASYNC_LIMIT_OK,       /* the server answered; slowness is looked at here */
  ASYNC_LIMIT_OVERLOAD, /* timeout, 429, 503, connection reset */
  ASYNC_LIMIT_IGNORE    /* says nothing about load: cancelled, no such name */
};

/* Sets the limit to `start`, kept within min and max.
 *
 * min      0 means 1
 * max      0 means none
 * slow_ns  0: never slow
 */
void async_limit_init(struct async_limit *limit, unsigned min, unsigned start,
                      unsigned max, int64_t slow_ns);

/* Whether one more may start now. */
bool async_limit_allow(const struct async_limit *limit);

/* Counts one as started; asking first is the caller's business. */
void async_limit_acquire(struct async_limit *limit);

/* Counts one as ended and learns from it.
 *
 * started_ns  when it was acquired
 */
void async_limit_release(struct async_limit *limit,
                         enum async_limit_result result, int64_t started_ns,
                         int64_t now_ns);

#ifdef __cplusplus
}
#endif
#endif
