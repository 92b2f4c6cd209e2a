/* async/histogram.h (base): counts of durations in log-linear buckets.
 *
 * 32 buckets an octave: a percentile is off by at most 1/32, or 32 ns.
 * The memory is fixed (about 9 KiB), whatever is recorded.
 * Source: Tene, HdrHistogram (the bucket layout, not the code). */
#ifndef ASYNC_HISTOGRAM_H
#define ASYNC_HISTOGRAM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASYNC_HISTOGRAM_BUCKETS 1152

struct async_histogram {
  uint64_t counts[ASYNC_HISTOGRAM_BUCKETS];
  uint64_t total;
  int64_t min_ns, max_ns, sum_ns;
};

/* Makes it empty. */
void async_histogram_init(struct async_histogram *histogram);

/* Counts one duration; negative ones count as 0, those over 10 hours as 10
 * hours (max_ns keeps the true one). */
void async_histogram_add(struct async_histogram *histogram, int64_t value_ns);

/* The smallest value at or below which a share of the recordings lie (the
 * nearest rank).
 *
 * share  such as 0.99; 0 or less gives min_ns, 1 or more max_ns
 *
 * Returns nanoseconds, the middle of the bucket, between min_ns and max_ns; 0
 * when nothing was recorded.
 */
int64_t async_histogram_at(const struct async_histogram *histogram,
                           double share);

#ifdef __cplusplus
}
#endif
#endif
