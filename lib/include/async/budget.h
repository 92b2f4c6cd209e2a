/* async/budget.h (policy): a retry budget, so that retries cannot become a
 * storm.
 *
 * A bank of tokens that starts full. A retry takes 1, a success earns `ratio`;
 * the lower half of the bank is never spent. So there are max/2 free retries
 * at the start, and over any time at most
 *
 *     retries <= max/2 + ratio * successes
 *
 * which is why `--retry-budget 20` (retries are at most 20 % of the requests,
 * and a small run may always retry a little) is max 20, ratio 0.2.
 *
 * Counted in thousandths, as integers, so that nothing drifts.
 * Source: gRPC proposal A6, "Throttling Retry Attempts and Hedged RPCs". */
#ifndef ASYNC_BUDGET_H
#define ASYNC_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A zeroed budget allows every retry. */
struct async_budget {
  int64_t milli_tokens, milli_max, milli_ratio;
};

/* The free retries of async_budget_init_percent. */
#define ASYNC_BUDGET_FREE 10

/* Fills the bank.
 *
 * max    tokens when full, half of which are free retries; 0: no budget, every
 *        retry is allowed; otherwise at least 2
 * ratio  tokens that a success earns, to three decimals; gRPC advises 0.1
 */
void async_budget_init(struct async_budget *budget, double max, double ratio);

/* Sets the budget of `--retry-budget PERCENT`: ASYNC_BUDGET_FREE retries at the
 * start, and one more for every 100/PERCENT successes.
 *
 * percent  0 leaves only the free ones
 */
void async_budget_init_percent(struct async_budget *budget, double percent);

/* Asks for one retry and, if it is granted, pays for it.
 *
 * Returns whether to retry.
 */
bool async_budget_allow(struct async_budget *budget);

/* Gives back what async_budget_allow took, for a retry that was not made (the
 * wait before it was cancelled). */
void async_budget_return(struct async_budget *budget);

/* Counts a request that succeeded, retried or not. */
void async_budget_success(struct async_budget *budget);

#ifdef __cplusplus
}
#endif
#endif
