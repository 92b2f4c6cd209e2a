#include "async/rng.h"

#include "tap.h"

enum { DRAWS = 60000 };

static void seeding_is_splitmix64(void)
{
  struct async_rng rng;
  async_rng_init(&rng, 0);
  CHECK(rng.state[0] == 0xe220a8397b1dcdaf);
  CHECK(rng.state[1] == 0x6e789e6aa1b965f4);
  CHECK(rng.state[2] == 0x06c45d188009454f);
  CHECK(rng.state[3] == 0xf88bb8a8724c81ec);
}

/* The reference implementation's first outputs for the state 1, 2, 3, 4. */
static void the_sequence_is_xoshiro256_starstar(void)
{
  static const uint64_t expected[] = { 11520, 0, 1509978240,
                                       1215971899390074240 };
  struct async_rng rng = { { 1, 2, 3, 4 } };
  for (int i = 0; i < 4; i++)
    CHECK(async_rng_next(&rng) == expected[i]);
}

static void a_seed_replays_and_another_differs(void)
{
  struct async_rng a, b, c;
  unsigned same = 0;
  async_rng_init(&a, 5);
  async_rng_init(&b, 5);
  async_rng_init(&c, 6);
  for (int i = 0; i < 1000; i++) {
    uint64_t draw = async_rng_next(&a);
    CHECK(draw == async_rng_next(&b));
    same += draw == async_rng_next(&c);
  }
  CHECK_INT(same, 0);
}

static void below_zero_and_one_there_is_only_zero(void)
{
  struct async_rng rng;
  async_rng_init(&rng, 1);
  for (int i = 0; i < 100; i++) {
    CHECK_INT(async_rng_below(&rng, 0), 0);
    CHECK_INT(async_rng_below(&rng, 1), 0);
  }
}

static void below_is_uniform_and_stays_below(void)
{
  struct async_rng rng;
  unsigned counts[6] = { 0 };
  async_rng_init(&rng, 1);
  for (int i = 0; i < DRAWS; i++)
    counts[async_rng_below(&rng, 6)]++;
  for (int i = 0; i < 6; i++)
    CHECK(counts[i] > 9600 && counts[i] < 10400);
  for (int i = 0; i < 1000; i++)
    CHECK(async_rng_below(&rng, UINT64_MAX) < UINT64_MAX);
}

/* Two thirds of 2^64: a plain remainder would favour the lower half 2:1. */
static void large_bounds_have_no_bias(void)
{
  struct async_rng rng;
  uint64_t bound = UINT64_MAX / 3 * 2;
  unsigned low = 0;
  async_rng_init(&rng, 2);
  for (int i = 0; i < DRAWS; i++)
    low += async_rng_below(&rng, bound) < bound / 2;
  CHECK(low > DRAWS / 2 - 800 && low < DRAWS / 2 + 800);
}

static void unit_lies_between_zero_and_one(void)
{
  struct async_rng rng;
  double sum = 0, least = 1, most = 0;
  async_rng_init(&rng, 3);
  for (int i = 0; i < DRAWS; i++) {
    double draw = async_rng_unit(&rng);
    CHECK(draw >= 0 && draw < 1);
    sum += draw;
    least = draw < least ? draw : least;
    most = draw > most ? draw : most;
  }
  CHECK(sum / DRAWS > 0.49 && sum / DRAWS < 0.51);
  CHECK(least < 0.001 && most > 0.999);
}

static const struct tap_test tests[] = {
  TEST(seeding_is_splitmix64),
  TEST(the_sequence_is_xoshiro256_starstar),
  TEST(a_seed_replays_and_another_differs),
  TEST(below_zero_and_one_there_is_only_zero),
  TEST(below_is_uniform_and_stays_below),
  TEST(large_bounds_have_no_bias),
  TEST(unit_lies_between_zero_and_one),
};

TAP_MAIN(tests)
