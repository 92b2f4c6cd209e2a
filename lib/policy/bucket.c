/* Virtual scheduling: `due` is when the next token comes. A bucket that was
 * left alone has a `due` in the past, but never further back than `slack`,
 * which is what makes a burst of that many tokens and no more.
 *
 * Two clocks: the caller's, and the bucket's, which lags behind by all holds
 * and stands still during one. `due` and slots are by the bucket's clock, so a
 * hold moves every reservation at once. */
#include "async/bucket.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "async/time.h"

static const double FRACTIONS = 0x1p32;

static struct async_bucket_time plus(struct async_bucket_time a,
                                     struct async_bucket_time b)
{
  uint64_t fraction = (uint64_t)a.fraction + b.fraction;
  int64_t ns =
      async_time_add(async_time_add(a.ns, b.ns), (int64_t)(fraction >> 32));
  return (struct async_bucket_time){ ns, (uint32_t)fraction };
}

static struct async_bucket_time minus(struct async_bucket_time a,
                                      struct async_bucket_time b)
{
  int64_t borrow = a.fraction < b.fraction;
  int64_t ns = async_time_add(a.ns, -b.ns - borrow);
  return (struct async_bucket_time){ ns, a.fraction - b.fraction };
}

static struct async_bucket_time times(struct async_bucket_time a, unsigned n)
{
  uint64_t fraction = (uint64_t)a.fraction * n;
  int64_t ns;
  if (__builtin_mul_overflow(a.ns, (int64_t)n, &ns))
    ns = ASYNC_NEVER;
  ns = async_time_add(ns, (int64_t)(fraction >> 32));
  return (struct async_bucket_time){ ns, (uint32_t)fraction };
}

static bool before(struct async_bucket_time a, struct async_bucket_time b)
{
  return a.ns < b.ns || (a.ns == b.ns && a.fraction < b.fraction);
}

static int64_t round_up(struct async_bucket_time a)
{
  return async_time_add(a.ns, a.fraction > 0);
}

/* The time between tokens, never below the exact one: a rate is a promise not
 * to be faster. */
static struct async_bucket_time step_of(double per_s)
{
  struct async_bucket_time step = { 0, 0 };
  if (!(per_s > 0))
    return step;
  double ns = (double)ASYNC_SEC / per_s * (1 + 0x1p-52);
  if (ns > 0x1p62)
    ns = 0x1p62;
  step.ns = (int64_t)ns;
  uint64_t fraction = (uint64_t)((ns - (double)step.ns) * FRACTIONS) + 1;
  step.ns += (int64_t)(fraction >> 32);
  step.fraction = (uint32_t)fraction;
  return step;
}

void async_bucket_init(struct async_bucket *bucket, double per_s, double burst,
                       int64_t now_ns)
{
  unsigned tokens = 1;
  if (burst >= UINT_MAX)
    tokens = UINT_MAX;
  else if (burst >= 1)
    tokens = (unsigned)burst;
  *bucket = (struct async_bucket){ .step = step_of(per_s) };
  bucket->slack = times(bucket->step, tokens - 1);
  bucket->due = minus((struct async_bucket_time){ now_ns, 0 }, bucket->slack);
  bucket->held_until_ns = now_ns;
}

static bool has_limit(const struct async_bucket *bucket)
{
  return bucket->step.ns > 0 || bucket->step.fraction > 0;
}

void async_bucket_tolerate(struct async_bucket *bucket, int64_t late_ns)
{
  if (has_limit(bucket))
    bucket->slack =
        plus(bucket->slack, (struct async_bucket_time){ late_ns, 0 });
}

/* Nobody has to wait: so it is for most, and costs nothing then. */
static bool is_open(const struct async_bucket *bucket, int64_t now_ns)
{
  return !has_limit(bucket) && now_ns >= bucket->held_until_ns;
}

/* What the bucket's clock shows. */
static int64_t clock_of(const struct async_bucket *bucket, int64_t now_ns)
{
  bool held = now_ns < bucket->held_until_ns;
  return (held ? bucket->held_until_ns : now_ns) - bucket->held_ns;
}

/* When the next token comes, in a bucket that does not overflow. */
static struct async_bucket_time next_token(const struct async_bucket *bucket,
                                           int64_t clock_ns)
{
  struct async_bucket_time full =
      minus((struct async_bucket_time){ clock_ns, 0 }, bucket->slack);
  return before(bucket->due, full) ? full : bucket->due;
}

int64_t async_bucket_reserve(struct async_bucket *bucket, unsigned tokens,
                             int64_t now_ns, struct async_bucket_slot *slot)
{
  if (!slot && is_open(bucket, now_ns))
    return now_ns;
  struct async_bucket_slot taken = { { clock_of(bucket, now_ns), 0 }, tokens };
  if (tokens > 0) {
    struct async_bucket_time last =
        plus(next_token(bucket, taken.at.ns), times(bucket->step, tokens - 1));
    if (before(taken.at, last))
      taken.at = last;
    bucket->due = plus(last, bucket->step);
  }
  if (slot)
    *slot = taken;
  return async_bucket_due(bucket, &taken);
}

int64_t async_bucket_peek(const struct async_bucket *bucket, int64_t now_ns)
{
  if (is_open(bucket, now_ns))
    return now_ns;
  struct async_bucket copy = *bucket;
  return async_bucket_reserve(&copy, 1, now_ns, NULL);
}

bool async_bucket_full(const struct async_bucket *bucket, int64_t now_ns)
{
  struct async_bucket_time full = minus(
      (struct async_bucket_time){ clock_of(bucket, now_ns), 0 }, bucket->slack);
  return now_ns >= bucket->held_until_ns && !before(full, bucket->due);
}

int64_t async_bucket_due(const struct async_bucket *bucket,
                         const struct async_bucket_slot *slot)
{
  return async_time_add(round_up(slot->at), bucket->held_ns);
}

void async_bucket_return(struct async_bucket *bucket,
                         const struct async_bucket_slot *slot, int64_t now_ns)
{
  if (round_up(slot->at) < clock_of(bucket, now_ns))
    return;
  /* If nobody reserved behind it, the next token is due one step after the
   * slot, or sooner; what is beyond belongs to others. */
  struct async_bucket_time give = times(bucket->step, slot->tokens);
  struct async_bucket_time end = plus(slot->at, bucket->step);
  if (before(end, bucket->due)) {
    struct async_bucket_time others = minus(bucket->due, end);
    if (!before(others, give))
      return;
    give = minus(give, others);
  }
  bucket->due = minus(bucket->due, give);
}

void async_bucket_hold(struct async_bucket *bucket, int64_t until_ns,
                       int64_t now_ns)
{
  bool held = now_ns < bucket->held_until_ns;
  int64_t from_ns = held ? bucket->held_until_ns : now_ns;
  if (until_ns <= from_ns)
    return;
  bucket->held_ns = async_time_add(bucket->held_ns, until_ns - from_ns);
  bucket->held_until_ns = until_ns;
}
