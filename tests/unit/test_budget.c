#include "async/budget.h"

#include "async/rng.h"
#include "tap.h"

static unsigned retries_granted(struct async_budget *budget, unsigned asked)
{
  unsigned granted = 0;
  for (; asked > 0; asked--)
    granted += async_budget_allow(budget);
  return granted;
}

static void half_of_the_bank_is_free(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 20, 0.1);
  CHECK_INT(retries_granted(&budget, 1000), 10);
}

static void ten_successes_at_a_tenth_earn_one_retry(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 20, 0.1);
  retries_granted(&budget, 1000);
  for (int round = 0; round < 1000; round++) {
    for (int i = 0; i < 9; i++)
      async_budget_success(&budget);
    CHECK(!async_budget_allow(&budget));
    async_budget_success(&budget);
    CHECK_INT(retries_granted(&budget, 3), 1);
  }
}

static void savings_stop_at_the_maximum(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 20, 5);
  for (int i = 0; i < 1000; i++)
    async_budget_success(&budget);
  CHECK_INT(retries_granted(&budget, 1000), 10);
}

static void zeroed_it_allows_everything(void)
{
  struct async_budget budget = { 0 }, none;
  CHECK_INT(retries_granted(&budget, 1000), 1000);
  async_budget_init(&none, 0, 0.5);
  async_budget_success(&none);
  async_budget_return(&none);
  CHECK_INT(retries_granted(&none, 1000), 1000);
}

static void a_tiny_bank_still_grants_a_retry(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 0.01, 0);
  CHECK_INT(retries_granted(&budget, 10), 1);
}

static void strange_numbers_are_harmless(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 1e300, 1e300);
  async_budget_success(&budget);
  CHECK(async_budget_allow(&budget));
  async_budget_init(&budget, 20, -1);
  async_budget_success(&budget);
  CHECK_INT(retries_granted(&budget, 1000), 10);
  async_budget_init(&budget, -1, 0.1);
  CHECK(async_budget_allow(&budget));
}

static void a_retry_given_back_can_be_asked_for_again(void)
{
  struct async_budget budget;
  async_budget_init(&budget, 20, 0);
  retries_granted(&budget, 1000);
  async_budget_return(&budget);
  CHECK_INT(retries_granted(&budget, 10), 1);
}

static void zero_percent_leaves_the_free_retries(void)
{
  struct async_budget budget;
  async_budget_init_percent(&budget, 0);
  for (int i = 0; i < 1000; i++)
    async_budget_success(&budget);
  CHECK_INT(retries_granted(&budget, 1000), ASYNC_BUDGET_FREE);
}

/* Any order of successes and retries, any percentage. */
static void over_any_run_retries_stay_below_the_percentage(void)
{
  for (uint64_t seed = 0; seed < 200; seed++) {
    struct async_budget budget;
    struct async_rng rng;
    async_rng_init(&rng, seed);
    unsigned percent = (unsigned)async_rng_below(&rng, 100);
    uint64_t retries = 0, successes = 0, luck = async_rng_below(&rng, 100);
    async_budget_init_percent(&budget, percent);
    for (int i = 0; i < 2000; i++) {
      if (async_rng_below(&rng, 100) < luck) {
        async_budget_success(&budget);
        successes++;
      } else {
        retries += async_budget_allow(&budget);
      }
      CHECK(retries * 100 <= ASYNC_BUDGET_FREE * 100 + successes * percent);
      CHECK(budget.milli_tokens >= 0);
      CHECK(budget.milli_tokens <= budget.milli_max);
    }
  }
}

static void a_dead_server_gets_a_bounded_number_of_retries(void)
{
  struct async_budget budget;
  async_budget_init_percent(&budget, 20);
  for (int i = 0; i < 10000; i++)
    async_budget_success(&budget);
  CHECK_INT(retries_granted(&budget, 10000), ASYNC_BUDGET_FREE);
}

static const struct tap_test tests[] = {
  TEST(half_of_the_bank_is_free),
  TEST(ten_successes_at_a_tenth_earn_one_retry),
  TEST(savings_stop_at_the_maximum),
  TEST(zeroed_it_allows_everything),
  TEST(a_tiny_bank_still_grants_a_retry),
  TEST(strange_numbers_are_harmless),
  TEST(a_retry_given_back_can_be_asked_for_again),
  TEST(zero_percent_leaves_the_free_retries),
  TEST(over_any_run_retries_stay_below_the_percentage),
  TEST(a_dead_server_gets_a_bounded_number_of_retries),
};

TAP_MAIN(tests)
