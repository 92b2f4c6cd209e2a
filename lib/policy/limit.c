#include "async/limit.h"

#include <assert.h>
#include <limits.h>

static const double CUT_OVERLOAD = 0.7, CUT_SLOW = 0.9;

static double within(double value, double low, double high)
{
  if (value < low)
    return low;
  return value > high ? high : value;
}

void async_limit_init(struct async_limit *limit, unsigned min, unsigned start,
                      unsigned max, int64_t slow_ns)
{
  *limit = (struct async_limit){
    .min = min ? min : 1,
    .max = max ? max : UINT_MAX,
    .slow_ns = slow_ns,
    .last_cut_ns = INT64_MIN,
  };
  if (limit->max < limit->min)
    limit->max = limit->min;
  limit->limit = within(start, limit->min, limit->max);
}

bool async_limit_allow(const struct async_limit *limit)
{
  return limit->max == 0 || limit->in_flight < limit->limit;
}

void async_limit_acquire(struct async_limit *limit)
{
  limit->in_flight++;
}

static void cut(struct async_limit *limit, double to, int64_t started_ns,
                int64_t now_ns)
{
  if (started_ns <= limit->last_cut_ns)
    return;
  limit->limit = within(limit->limit * to, limit->min, limit->max);
  limit->last_cut_ns = now_ns;
}

void async_limit_release(struct async_limit *limit,
                         enum async_limit_result result, int64_t started_ns,
                         int64_t now_ns)
{
  /* A limit that is not used proves nothing by being kept. */
  bool in_use = 2.0 * limit->in_flight > limit->limit;
  bool slow = limit->slow_ns > 0 && now_ns - started_ns > limit->slow_ns;

  assert(limit->in_flight > 0);
  limit->in_flight--;
  if (limit->max == 0 || result == ASYNC_LIMIT_IGNORE)
    return;
  if (result == ASYNC_LIMIT_OVERLOAD)
    cut(limit, CUT_OVERLOAD, started_ns, now_ns);
  else if (slow)
    cut(limit, CUT_SLOW, started_ns, now_ns);
  else if (in_use)
    limit->limit =
        within(limit->limit + 1 / limit->limit, limit->min, limit->max);
}
