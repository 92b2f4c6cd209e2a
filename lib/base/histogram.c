#include "async/histogram.h"

#include <stddef.h>
#include <string.h>

#include "async/time.h"

/* Values below LINEAR have a bucket each; above, every octave has HALF of
 * them. Bucket 0 of the scale is one microsecond / 16, so that loopback
 * latencies are told apart. */
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

int64_t async_histogram_at(const struct async_histogram *histogram,
                           double share)
{
  uint64_t seen = 0;
  if (!histogram->total)
    return 0;
  uint64_t rank = (uint64_t)(share * (double)histogram->total);
  if (rank >= histogram->total)
    rank = histogram->total - 1;
  for (size_t i = 0; i < ASYNC_HISTOGRAM_BUCKETS; i++) {
    seen += histogram->counts[i];
    if (seen > rank) {
      int64_t value = middle_of(i);
      if (value < histogram->min_ns)
        return histogram->min_ns;
      return value > histogram->max_ns ? histogram->max_ns : value;
    }
  }
  return histogram->max_ns;
}
