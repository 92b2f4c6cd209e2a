#include "async/time.h"

#include <time.h>

#include "async/rng.h"
#include "tap.h"

static void check_rfc3339(int64_t wall_ns, const char *text)
{
  char out[ASYNC_TIME_RFC3339_BYTES];
  async_time_rfc3339(out, wall_ns);
  CHECK_STR(out, text);
}

static void the_clock_does_not_go_back(void)
{
  int64_t last = async_clock_ns();
  for (int i = 0; i < 10000; i++) {
    int64_t now = async_clock_ns();
    CHECK(now >= last);
    last = now;
  }
}

static void the_wall_clock_is_the_time_of_day(void)
{
  int64_t before = (int64_t)time(NULL);
  int64_t wall = async_clock_wall_ns() / ASYNC_SEC;
  CHECK(wall >= before - 1 && wall <= (int64_t)time(NULL) + 1);
}

static void sums_stay_within_the_range(void)
{
  CHECK_INT(async_time_add(1, 2), 3);
  CHECK_INT(async_time_add(5, -7), -2);
  CHECK_INT(async_time_add(ASYNC_NEVER - 1, 2), ASYNC_NEVER);
  CHECK_INT(async_time_add(INT64_MIN + 1, -2), INT64_MIN);
  CHECK_INT(async_time_add(INT64_MIN, 1), INT64_MIN + 1);
}

static void never_plus_anything_is_never(void)
{
  CHECK_INT(async_time_add(ASYNC_NEVER, -ASYNC_SEC), ASYNC_NEVER);
  CHECK_INT(async_time_add(-ASYNC_SEC, ASYNC_NEVER), ASYNC_NEVER);
  CHECK_INT(async_time_add(ASYNC_NEVER, ASYNC_NEVER), ASYNC_NEVER);
  CHECK_INT(async_time_add(ASYNC_NEVER, INT64_MIN), ASYNC_NEVER);
}

static void instants_are_written_as_rfc_3339(void)
{
  check_rfc3339(0, "1970-01-01T00:00:00.000Z");
  check_rfc3339(INT64_C(951782400123456789), "2000-02-29T00:00:00.123Z");
  check_rfc3339(INT64_C(1767225599999999999), "2025-12-31T23:59:59.999Z");
  check_rfc3339(INT64_C(1767225600000000000), "2026-01-01T00:00:00.000Z");
}

static void instants_before_1970_are_rounded_down_too(void)
{
  check_rfc3339(-1, "1969-12-31T23:59:59.999Z");
  check_rfc3339(-ASYNC_SEC, "1969-12-31T23:59:59.000Z");
  check_rfc3339(-ASYNC_SEC - 1, "1969-12-31T23:59:58.999Z");
}

static void the_ends_of_the_range_can_be_written(void)
{
  check_rfc3339(INT64_MAX, "2262-04-11T23:47:16.854Z");
  check_rfc3339(INT64_MIN, "1677-09-21T00:12:43.145Z");
}

static void a_second_that_is_kept_is_not_mistaken_for_another(void)
{
  struct async_rng rng;
  async_rng_init(&rng, 9);
  for (int i = 0; i < 5000; i++) {
    int64_t second = 1700000000 + (int64_t)async_rng_below(&rng, 3);
    int64_t ms = (int64_t)async_rng_below(&rng, 1000);
    char expected[64];
    snprintf(expected, sizeof(expected),
             "2023-11-14T22:13:%02" PRId64 ".%03" PRId64 "Z",
             20 + second - 1700000000, ms);
    check_rfc3339(second * ASYNC_SEC + ms * ASYNC_MS, expected);
  }
}

static const struct tap_test tests[] = {
  TEST(the_clock_does_not_go_back),
  TEST(the_wall_clock_is_the_time_of_day),
  TEST(sums_stay_within_the_range),
  TEST(never_plus_anything_is_never),
  TEST(instants_are_written_as_rfc_3339),
  TEST(instants_before_1970_are_rounded_down_too),
  TEST(the_ends_of_the_range_can_be_written),
  TEST(a_second_that_is_kept_is_not_mistaken_for_another),
};

TAP_MAIN(tests)
