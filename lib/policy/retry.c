#include "async/retry.h"

enum { LONGEST_BACKOFFS = 10 };

int64_t async_retry_patience(const struct async_retry_policy *policy)
{
  int64_t max_ns = policy->backoff.max_ns;
  if (policy->retry_after_max_ns > 0)
    return policy->retry_after_max_ns;
  if (max_ns <= 0)
    max_ns = ASYNC_BACKOFF_MAX_NS;
  if (max_ns > ASYNC_NEVER / LONGEST_BACKOFFS)
    return ASYNC_NEVER;
  return max_ns * LONGEST_BACKOFFS;
}

bool async_retry_decide(const struct async_retry_policy *policy,
                        struct async_backoff *backoff, unsigned attempts_made,
                        int64_t server_wait_ns, struct async_budget *budget,
                        struct async_rng *rng, int64_t *wait_ns)
{
  if (attempts_made >= policy->max_attempts)
    return false;
  if (server_wait_ns > async_retry_patience(policy))
    return false;
  /* Last, because a yes is paid for. */
  if (budget && !async_budget_allow(budget))
    return false;
  *wait_ns = async_backoff_next(backoff, &policy->backoff, server_wait_ns, rng);
  return true;
}
