#include "async/backoff.h"

#include "tap.h"

enum { DRAWS = 2000 };

static const struct async_backoff_policy plain = {
  .base_ns = 100, .factor = 2, .max_ns = 1000, .jitter = ASYNC_JITTER_NONE
};

static void without_jitter_it_doubles_until_the_cap(void)
{
  static const int64_t waits[] = { 100, 200, 400, 800, 1000, 1000, 1000 };
  struct async_backoff backoff;
  async_backoff_init(&backoff);
  for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++)
    CHECK_INT(async_backoff_next(&backoff, &plain, 0, NULL), waits[i]);
  CHECK_INT(backoff.retries, 7);
}

static void init_starts_over(void)
{
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  async_backoff_next(&backoff, &plain, 0, NULL);
  async_backoff_next(&backoff, &plain, 0, NULL);
  async_backoff_init(&backoff);
  CHECK_INT(async_backoff_next(&backoff, &plain, 0, NULL), 100);
}

static void a_factor_of_one_or_less_keeps_the_base(void)
{
  struct async_backoff_policy policy = plain;
  const double factors[] = { 1, 0.5, -3 };
  for (size_t i = 0; i < 3; i++) {
    struct async_backoff backoff = { 4000000000u, 0 };
    policy.factor = factors[i];
    CHECK_INT(async_backoff_next(&backoff, &policy, 0, NULL), 100);
  }
}

static void zero_fields_are_the_defaults(void)
{
  struct async_backoff_policy policy = { .jitter = ASYNC_JITTER_NONE };
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  CHECK_INT(async_backoff_next(&backoff, &policy, 0, NULL), 500 * ASYNC_MS);
  CHECK_INT(async_backoff_next(&backoff, &policy, 0, NULL), ASYNC_SEC);
  for (int i = 0; i < 10; i++)
    async_backoff_next(&backoff, &policy, 0, NULL);
  CHECK_INT(async_backoff_next(&backoff, &policy, 0, NULL), 30 * ASYNC_SEC);
}

static void a_base_above_the_cap_is_the_cap(void)
{
  struct async_backoff_policy policy = plain;
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  policy.base_ns = 5000;
  CHECK_INT(async_backoff_next(&backoff, &policy, 0, NULL), 1000);
}

static void the_largest_numbers_do_not_overflow(void)
{
  struct async_backoff_policy policy = { .base_ns = ASYNC_NEVER,
                                         .factor = 1e300,
                                         .max_ns = ASYNC_NEVER };
  struct async_rng rng;
  async_rng_init(&rng, 1);
  for (int jitter = ASYNC_JITTER_FULL; jitter <= ASYNC_JITTER_NONE; jitter++) {
    struct async_backoff backoff = { 4000000000u, ASYNC_NEVER };
    policy.jitter = (enum async_jitter)jitter;
    for (int i = 0; i < 100; i++)
      CHECK(async_backoff_next(&backoff, &policy, 0, &rng) >= 0);
  }
}

/* The least, most and mean of the wait before retry number `retries`. */
struct spread {
  int64_t least, most, mean;
};

static struct spread spread_of(enum async_jitter jitter, unsigned retries)
{
  struct async_backoff_policy policy = plain;
  struct spread spread = { INT64_MAX, 0, 0 };
  struct async_rng rng;
  policy.jitter = jitter;
  async_rng_init(&rng, 42);
  for (int i = 0; i < DRAWS; i++) {
    struct async_backoff backoff = { retries, 0 };
    int64_t wait = async_backoff_next(&backoff, &policy, 0, &rng);
    spread.least = wait < spread.least ? wait : spread.least;
    spread.most = wait > spread.most ? wait : spread.most;
    spread.mean += wait;
  }
  spread.mean /= DRAWS;
  return spread;
}

static void full_jitter_fills_zero_to_the_ceiling(void)
{
  struct spread spread = spread_of(ASYNC_JITTER_FULL, 1);
  CHECK_INT(spread.least, 0);
  CHECK_INT(spread.most, 200);
  CHECK(spread.mean > 90 && spread.mean < 110);
}

static void equal_jitter_fills_the_upper_half(void)
{
  struct spread spread = spread_of(ASYNC_JITTER_EQUAL, 1);
  CHECK_INT(spread.least, 100);
  CHECK_INT(spread.most, 200);
  CHECK(spread.mean > 145 && spread.mean < 155);
}

static void full_jitter_is_the_default(void)
{
  struct async_backoff_policy zeroed = { 0 };
  CHECK_INT(zeroed.jitter, ASYNC_JITTER_FULL);
}

static void decorrelated_jitter_follows_the_wait_before(void)
{
  struct async_backoff_policy policy = plain;
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  struct async_rng rng;
  int64_t prev = policy.base_ns;
  bool reached_cap = false;
  policy.jitter = ASYNC_JITTER_DECORRELATED;
  async_rng_init(&rng, 7);
  for (int i = 0; i < DRAWS; i++) {
    int64_t wait = async_backoff_next(&backoff, &policy, 0, &rng);
    CHECK(wait >= policy.base_ns);
    CHECK(wait <= prev * 3 && wait <= policy.max_ns);
    reached_cap |= wait > policy.max_ns * 9 / 10;
    prev = wait;
  }
  CHECK(reached_cap);
}

static void no_wait_is_shorter_than_the_server_asked_for(void)
{
  struct async_backoff_policy policy = plain;
  struct async_rng rng;
  async_rng_init(&rng, 3);
  for (int jitter = ASYNC_JITTER_FULL; jitter <= ASYNC_JITTER_NONE; jitter++) {
    struct async_backoff backoff = ASYNC_BACKOFF_INIT;
    policy.jitter = (enum async_jitter)jitter;
    for (int i = 0; i < 50; i++)
      CHECK(async_backoff_next(&backoff, &policy, 300, &rng) >= 300);
    CHECK_INT(async_backoff_next(&backoff, &policy, 5000, &rng), 5000);
  }
}

static void the_same_seed_gives_the_same_waits(void)
{
  struct async_backoff_policy policy = { 0 };
  struct async_backoff a = ASYNC_BACKOFF_INIT, b = ASYNC_BACKOFF_INIT;
  struct async_rng one, two;
  async_rng_init(&one, 99);
  async_rng_init(&two, 99);
  for (int i = 0; i < 20; i++)
    CHECK_INT(async_backoff_next(&a, &policy, 0, &one),
              async_backoff_next(&b, &policy, 0, &two));
}

static const struct tap_test tests[] = {
  TEST(without_jitter_it_doubles_until_the_cap),
  TEST(init_starts_over),
  TEST(a_factor_of_one_or_less_keeps_the_base),
  TEST(zero_fields_are_the_defaults),
  TEST(a_base_above_the_cap_is_the_cap),
  TEST(the_largest_numbers_do_not_overflow),
  TEST(full_jitter_fills_zero_to_the_ceiling),
  TEST(equal_jitter_fills_the_upper_half),
  TEST(full_jitter_is_the_default),
  TEST(decorrelated_jitter_follows_the_wait_before),
  TEST(no_wait_is_shorter_than_the_server_asked_for),
  TEST(the_same_seed_gives_the_same_waits),
};

TAP_MAIN(tests)
