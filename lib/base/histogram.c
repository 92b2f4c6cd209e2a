#include "async/histogram.h"

#include <stddef.h>
#include <string.h>

#include "async/time.h"

/* Values below LINEAR have a bucket each; above, every octave has HALF of
 * them. The unit is 64 ns, so that loopback latencies are told apart. */
enum { LINEAR = 64, HALF = LINEAR / 2, HALF_BITS = 5, SHIFT = 6 };
#define LARGEST_NS (INT64_C(10) * 3600 * ASYNC_SEC)

void async_histogram_init(struct async_histogram *histogram)
{
  memset(histogram, 0, sizeof(*histogram));
}

static size_t bucket_of(int64_t value_ns)
{
  uint64_t scaled = (uint64_t)value_ns >> SHIFT;
  if (scaled < LINEAR)
    return (size_t)scaled;
  unsigned octave = 63u - (unsigned)__builtin_clzll(scaled) - HALF_BITS;
  return (size_t)(octave * HALF + (scaled >> octave));
}

static int64_t middle_of(size_t bucket)
{
  if (bucket < LINEAR)
    return (((int64_t)bucket << SHIFT) + (INT64_C(1) << SHIFT) / 2);
  unsigned octave = (unsigned)(bucket - LINEAR) / HALF + 1;
  int64_t low = (int64_t)(bucket - (size_t)octave * HALF) << octave;
  return (low << SHIFT) + ((INT64_C(1) << (octave + SHIFT)) / 2);
}

void async_histogram_add(struct async_histogram *histogram, int64_t value_ns)
{
  if (value_ns < 0)
    value_ns = 0;
  if (!histogram->total || value_ns < histogram->min_ns)
    histogram->min_ns = value_ns;
  if (value_ns > histogram->max_ns)
    histogram->max_ns = value_ns;
  histogram->sum_ns = async_time_add(histogram->sum_ns, value_ns);
  histogram->total++;
  histogram->counts[bucket_of(value_ns < LARGEST_NS ? value_ns : LARGEST_NS)]++;
}

/* The smallest number of recordings that is that share of `total`. A product
 * that is whole but for the last bits of a double counts as whole. */
static uint64_t rank_of(double share, uint64_t total)
{
  double exact = share * (double)total * (1 - 1e-12);
  uint64_t rank = (uint64_t)exact;
  return (double)rank < exact ? rank + 1 : rank;
}

int64_t async_histogram_at(const struct async_histogram *histogram,
                           double share)
{
  uint64_t seen = 0;
  if (!(share > 0))
    return histogram->min_ns;
  if (share >= 1)
    return histogram->max_ns;
  uint64_t rank = rank_of(share, histogram->total);
  for (size_t i = 0; histogram->total && i < ASYNC_HISTOGRAM_BUCKETS; i++) {
    seen += histogram->counts[i];
    if (seen >= rank) {
      int64_t value = middle_of(i);
      if (value < histogram->min_ns)
        return histogram->min_ns;
      return value > histogram->max_ns ? histogram->max_ns : value;
    }
  }
  return histogram->max_ns;
}
