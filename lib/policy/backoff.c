#include "async/backoff.h"

void async_backoff_init(struct async_backoff *backoff)
{
  *backoff = (struct async_backoff)ASYNC_BACKOFF_INIT;
}

static struct async_backoff_policy with_defaults(
    const struct async_backoff_policy *policy)
{
  struct async_backoff_policy p = *policy;
  if (p.base_ns <= 0)
    p.base_ns = ASYNC_BACKOFF_BASE_NS;
  if (p.factor == 0)
    p.factor = ASYNC_BACKOFF_FACTOR;
  if (p.max_ns <= 0)
    p.max_ns = ASYNC_BACKOFF_MAX_NS;
  if (p.base_ns > p.max_ns)
    p.base_ns = p.max_ns;
  return p;
}

/* min(max, base * factor^retries), without overflow. */
static int64_t ceiling(const struct async_backoff_policy *p, unsigned retries)
{
  double wait = (double)p->base_ns;
  if (!(p->factor > 1))
    return p->base_ns;
  for (; retries > 0 && wait < (double)p->max_ns; retries--)
    wait *= p->factor;
  return wait < (double)p->max_ns ? (int64_t)wait : p->max_ns;
}

/* Uniform in [low, high]. */
static int64_t between(struct async_rng *rng, int64_t low, int64_t high)
{
  uint64_t span = (uint64_t)high - (uint64_t)low;
  return low + (int64_t)async_rng_below(rng, span + 1);
}

static int64_t draw(const struct async_backoff_policy *p,
                    const struct async_backoff *backoff, struct async_rng *rng)
{
  int64_t most = ceiling(p, backoff->retries);
  int64_t prev = backoff->prev_ns < p->base_ns ? p->base_ns : backoff->prev_ns;

  switch (p->jitter) {
  case ASYNC_JITTER_EQUAL:
    return between(rng, most / 2, most);
  case ASYNC_JITTER_DECORRELATED:
    most = prev > p->max_ns / 3 ? p->max_ns : prev * 3;
    return between(rng, p->base_ns, most);
  case ASYNC_JITTER_NONE:
    return most;
  case ASYNC_JITTER_FULL:
  default:
    return between(rng, 0, most);
  }
}

int64_t async_backoff_next(struct async_backoff *backoff,
                           const struct async_backoff_policy *policy,
                           int64_t server_wait_ns, struct async_rng *rng)
{
  struct async_backoff_policy p = with_defaults(policy);
  int64_t wait_ns = draw(&p, backoff, rng);
  backoff->retries++;
  backoff->prev_ns = wait_ns;
  return wait_ns > server_wait_ns ? wait_ns : server_wait_ns;
}
