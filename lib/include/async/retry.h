/* async/retry.h (policy): whether to try again, and after how long.
 *
 * What failed and whether such a failure may be repeated is the caller's to
 * know; the waiting is the caller's too. */
#ifndef ASYNC_RETRY_H
#define ASYNC_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "async/backoff.h"
#include "async/budget.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed policy never retries. */
struct async_retry_policy {
  unsigned max_attempts; /* the first included; 0 and 1: no retry */
  struct async_backoff_policy backoff;
  int64_t retry_after_max_ns; /* give up when the server asks for longer; 0:
                                 10 x the longest backoff */
};

/* The longest wait that a server may ask for: retry_after_max_ns, or what 0
 * means there. */
int64_t async_retry_patience(const struct async_retry_policy *policy);

/* Decides after a failure that may be repeated.
 *
 * backoff         the job's own; changed only when the answer is yes
 * attempts_made   1 after the first
 * server_wait_ns  what the server asked for (Retry-After), or 0
 * budget          NULL, or what a yes is paid from
 * rng             as in async_backoff_next
 * wait_ns         set only when the answer is yes; at least server_wait_ns
 *
 * Returns whether to try again.
 */
bool async_retry_decide(const struct async_retry_policy *policy,
                        struct async_backoff *backoff, unsigned attempts_made,
                        int64_t server_wait_ns, struct async_budget *budget,
                        struct async_rng *rng, int64_t *wait_ns);

#ifdef __cplusplus
}
#endif
#endif
