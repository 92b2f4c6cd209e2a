/* async/backoff.h (policy): how long to wait before the next attempt.
 *
 * Source: Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog,
 * 2015): without jitter, clients that failed together come back together. */
#ifndef ASYNC_BACKOFF_H
#define ASYNC_BACKOFF_H

#include <stdint.h>

#include "async/rng.h"
#include "async/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* With c = min(max, base * factor^k) before retry number k (from 0): */
enum async_jitter {
  ASYNC_JITTER_FULL,         /* uniform in [0, c] */
  ASYNC_JITTER_EQUAL,        /* c/2 + uniform in [0, c/2] */
  ASYNC_JITTER_DECORRELATED, /* uniform in [base, 3 * previous], up to max */
  ASYNC_JITTER_NONE          /* c */
};

/* In every field 0 means the default. */
struct async_backoff_policy {
  int64_t base_ns; /* 500 ms; 1 is as good as no wait */
  double factor;   /* 2; below 1 counts as 1 */
  int64_t max_ns;  /* 30 s */
  enum async_jitter jitter;
};

#define ASYNC_BACKOFF_BASE_NS (500 * ASYNC_MS)
#define ASYNC_BACKOFF_FACTOR  2.0
#define ASYNC_BACKOFF_MAX_NS  (30 * ASYNC_SEC)

/* One job's retries so far; a zeroed one has had none. */
struct async_backoff {
  unsigned retries;
  int64_t prev_ns; /* the last wait drawn, before the server's wish */
};

#define ASYNC_BACKOFF_INIT                                                     \
  {                                                                            \
    0, 0                                                                       \
  }

/* Forgets the retries: the next wait is the first again. */
void async_backoff_init(struct async_backoff *backoff);

/* Draws the wait before the next attempt and counts the retry.
 *
 * server_wait_ns  what the server asked for (Retry-After), or 0; the wait is
 *                 never shorter. Whether to bear a long one is the caller's
 *                 decision: see async_retry_decide
 * rng             borrowed; may be NULL with ASYNC_JITTER_NONE
 *
 * Returns nanoseconds, 0 or more; at most max_ns unless the server asked for
 * longer.
 * Source: Brooker, as above; RFC 9110 section 10.2.3 (Retry-After).
 */
int64_t async_backoff_next(struct async_backoff *backoff,
                           const struct async_backoff_policy *policy,
                           int64_t server_wait_ns, struct async_rng *rng);

#ifdef __cplusplus
}
#endif
#endif
