#include "async/histogram.h"

#include "async/rng.h"
#include "async/time.h"
#include "tap.h"

enum { SAMPLES = 20000 };

static struct async_histogram histogram;
static int64_t samples[SAMPLES];

static int by_value(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

static void check_close(int64_t actual, int64_t exact)
{
  int64_t off = actual < exact ? exact - actual : actual - exact;
  CHECK(off <= exact / 32 || off <= 32);
}

/* Sorts the samples and compares every thousandth with the nearest rank. */
static void check_percentiles(size_t count)
{
  async_histogram_init(&histogram);
  for (size_t i = 0; i < count; i++)
    async_histogram_add(&histogram, samples[i]);
  qsort(samples, count, sizeof(*samples), by_value);
  for (size_t permille = 1; permille < 1000; permille++) {
    size_t rank = (permille * count + 999) / 1000;
    check_close(async_histogram_at(&histogram, (double)permille / 1000),
                samples[rank - 1]);
  }
  CHECK_INT(async_histogram_at(&histogram, 0), samples[0]);
  CHECK_INT(async_histogram_at(&histogram, 1), samples[count - 1]);
}

static void empty_it_says_zero(void)
{
  async_histogram_init(&histogram);
  CHECK_INT(async_histogram_at(&histogram, 0), 0);
  CHECK_INT(async_histogram_at(&histogram, 0.5), 0);
  CHECK_INT(async_histogram_at(&histogram, 1), 0);
}

static void percentiles_are_within_a_thirty_second(void)
{
  static const uint64_t spans[] = { 100, 5000, ASYNC_MS, 3 * ASYNC_SEC,
                                    9 * 3600 * UINT64_C(1000000000) };
  static const size_t counts[] = { 1, 2, 3, 7, 100, SAMPLES };
  struct async_rng rng;
  async_rng_init(&rng, 1);
  for (size_t i = 0; i < 5; i++) {
    for (size_t c = 0; c < 6; c++) {
      for (size_t k = 0; k < counts[c]; k++)
        samples[k] = (int64_t)async_rng_below(&rng, spans[i]);
      check_percentiles(counts[c]);
    }
  }
}

static void every_order_of_magnitude_is_as_exact(void)
{
  struct async_rng rng;
  async_rng_init(&rng, 2);
  for (size_t i = 0; i < SAMPLES; i++)
    samples[i] =
        (int64_t)(async_rng_next(&rng) >> 30) >> async_rng_below(&rng, 30);
  check_percentiles(SAMPLES);
}

static void around_each_power_of_two_buckets_do_not_mix(void)
{
  for (int bit = 5; bit < 45; bit++) {
    for (int64_t off = -1; off <= 1; off++) {
      int64_t value = (INT64_C(1) << bit) + off;
      samples[0] = 0;
      samples[1] = value;
      samples[2] = INT64_C(1) << 45;
      check_percentiles(3);
    }
  }
}

static void the_median_of_two_is_the_smaller(void)
{
  async_histogram_init(&histogram);
  async_histogram_add(&histogram, ASYNC_MS);
  async_histogram_add(&histogram, ASYNC_SEC);
  check_close(async_histogram_at(&histogram, 0.5), ASYNC_MS);
  check_close(async_histogram_at(&histogram, 0.51), ASYNC_SEC);
}

static void whole_ranks_are_not_rounded_up(void)
{
  async_histogram_init(&histogram);
  for (int i = 1; i <= 100; i++)
    async_histogram_add(&histogram, i * ASYNC_SEC);
  for (int i = 1; i <= 20; i++) /* 0.07 * 100 is a little above 7 */
    check_close(async_histogram_at(&histogram, i * 0.01), i * ASYNC_SEC);
}

static void strange_shares_are_the_ends(void)
{
  async_histogram_init(&histogram);
  async_histogram_add(&histogram, 1000);
  async_histogram_add(&histogram, 2000);
  CHECK_INT(async_histogram_at(&histogram, -1), 1000);
  CHECK_INT(async_histogram_at(&histogram, 1e300), 2000);
}

static void negative_durations_count_as_zero(void)
{
  async_histogram_init(&histogram);
  async_histogram_add(&histogram, -5);
  CHECK_INT(histogram.total, 1);
  CHECK_INT(histogram.min_ns, 0);
  CHECK_INT(async_histogram_at(&histogram, 0.5), 0);
}

static void very_long_durations_keep_their_maximum(void)
{
  async_histogram_init(&histogram);
  async_histogram_add(&histogram, INT64_MAX);
  async_histogram_add(&histogram, INT64_MAX);
  CHECK_INT(histogram.max_ns, INT64_MAX);
  CHECK_INT(histogram.sum_ns, INT64_MAX);
  CHECK_INT(async_histogram_at(&histogram, 1), INT64_MAX);
}

static const struct tap_test tests[] = {
  TEST(empty_it_says_zero),
  TEST(percentiles_are_within_a_thirty_second),
  TEST(every_order_of_magnitude_is_as_exact),
  TEST(around_each_power_of_two_buckets_do_not_mix),
  TEST(the_median_of_two_is_the_smaller),
  TEST(whole_ranks_are_not_rounded_up),
  TEST(strange_shares_are_the_ends),
  TEST(negative_durations_count_as_zero),
  TEST(very_long_durations_keep_their_maximum),
};

TAP_MAIN(tests)
