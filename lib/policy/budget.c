#include "async/budget.h"

enum { TOKEN = 1000, TOKENS_MOST = 1000 * 1000 * 1000 };

/* A number of tokens in thousandths, rounded; NaN and negative are 0. */
static int64_t milli(double tokens)
{
  if (!(tokens > 0))
    return 0;
  if (tokens > TOKENS_MOST)
    tokens = TOKENS_MOST;
  return (int64_t)(tokens * TOKEN + 0.5);
}

void async_budget_init(struct async_budget *budget, double max, double ratio)
{
  budget->milli_max = milli(max);
  if (budget->milli_max > 0 && budget->milli_max < 2 * TOKEN)
    budget->milli_max = 2 * TOKEN;
  budget->milli_tokens = budget->milli_max;
  budget->milli_ratio = milli(ratio);
}

void async_budget_init_percent(struct async_budget *budget, double percent)
{
  async_budget_init(budget, 2 * ASYNC_BUDGET_FREE, percent / 100);
}

bool async_budget_allow(struct async_budget *budget)
{
  if (budget->milli_max == 0)
    return true;
  if (budget->milli_tokens - TOKEN < budget->milli_max / 2)
    return false;
  budget->milli_tokens -= TOKEN;
  return true;
}

static void earn(struct async_budget *budget, int64_t milli_tokens)
{
  budget->milli_tokens += milli_tokens;
  if (budget->milli_tokens > budget->milli_max)
    budget->milli_tokens = budget->milli_max;
}

void async_budget_return(struct async_budget *budget)
{
  earn(budget, TOKEN);
}

void async_budget_success(struct async_budget *budget)
{
  earn(budget, budget->milli_ratio);
}
