#include "async/retry.h"

#include "tap.h"

static const struct async_retry_policy three = {
  .max_attempts = 3,
  .backoff = { .base_ns = 100, .max_ns = 1000, .jitter = ASYNC_JITTER_NONE },
};

/* Decides with a job of its own; -1 is a no. */
static int64_t decide(const struct async_retry_policy *policy, unsigned made,
                      int64_t server_wait_ns)
{
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  int64_t wait_ns = -1;
  if (!async_retry_decide(policy, &backoff, made, server_wait_ns, NULL, NULL,
                          &wait_ns))
    CHECK_INT(wait_ns, -1);
  return wait_ns;
}

static void attempts_are_limited_the_first_included(void)
{
  CHECK_INT(decide(&three, 1, 0), 100);
  CHECK_INT(decide(&three, 2, 0), 100);
  CHECK_INT(decide(&three, 3, 0), -1);
  CHECK_INT(decide(&three, 4, 0), -1);
}

static void zero_and_one_attempt_mean_no_retry(void)
{
  struct async_retry_policy policy = three;
  policy.max_attempts = 0;
  CHECK_INT(decide(&policy, 1, 0), -1);
  policy.max_attempts = 1;
  CHECK_INT(decide(&policy, 1, 0), -1);
}

static void waits_grow_over_one_job(void)
{
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  int64_t wait_ns = 0;
  CHECK(async_retry_decide(&three, &backoff, 1, 0, NULL, NULL, &wait_ns));
  CHECK_INT(wait_ns, 100);
  CHECK(async_retry_decide(&three, &backoff, 2, 0, NULL, NULL, &wait_ns));
  CHECK_INT(wait_ns, 200);
}

static void the_server_may_ask_for_ten_longest_backoffs(void)
{
  CHECK_INT(decide(&three, 1, 700), 700);
  CHECK_INT(decide(&three, 1, 10000), 10000);
  CHECK_INT(decide(&three, 1, 10001), -1);
}

static void patience_with_the_server_can_be_set(void)
{
  struct async_retry_policy policy = three;
  policy.retry_after_max_ns = 500;
  CHECK_INT(decide(&policy, 1, 500), 500);
  CHECK_INT(decide(&policy, 1, 501), -1);
}

static void patience_by_default_is_five_minutes(void)
{
  struct async_retry_policy policy = { .max_attempts = 2 };
  policy.backoff.jitter = ASYNC_JITTER_NONE;
  CHECK_INT(decide(&policy, 1, 300 * ASYNC_SEC), 300 * ASYNC_SEC);
  CHECK_INT(decide(&policy, 1, 301 * ASYNC_SEC), -1);
  policy.backoff.max_ns = ASYNC_NEVER;
  CHECK_INT(decide(&policy, 1, ASYNC_NEVER - 1), ASYNC_NEVER - 1);
}

static void a_spent_budget_is_a_no(void)
{
  struct async_budget budget;
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  int64_t wait_ns = 0;
  async_budget_init(&budget, 4, 0);
  for (int i = 0; i < 2; i++)
    CHECK(async_retry_decide(&three, &backoff, 1, 0, &budget, NULL, &wait_ns));
  struct async_backoff before = backoff;
  CHECK(!async_retry_decide(&three, &backoff, 1, 0, &budget, NULL, &wait_ns));
  CHECK_INT(backoff.retries, before.retries);
}

static void only_a_yes_is_paid_for(void)
{
  struct async_budget budget;
  struct async_backoff backoff = ASYNC_BACKOFF_INIT;
  int64_t wait_ns;
  async_budget_init(&budget, 20, 0);
  int64_t full = budget.milli_tokens;
  async_retry_decide(&three, &backoff, 3, 0, &budget, NULL, &wait_ns);
  async_retry_decide(&three, &backoff, 1, 99999, &budget, NULL, &wait_ns);
  CHECK_INT(budget.milli_tokens, full);
  CHECK(async_retry_decide(&three, &backoff, 1, 0, &budget, NULL, &wait_ns));
  CHECK_INT(budget.milli_tokens, full - 1000);
}

/* I10: whatever comes, attempts stay below the maximum, waits above the hint
 * and the budget above zero. */
static void random_runs_keep_every_promise(void)
{
  struct async_rng rng;
  struct async_budget budget;
  async_rng_init(&rng, 5);
  async_budget_init_percent(&budget, 20);
  for (int job = 0; job < 5000; job++) {
    struct async_retry_policy policy = { .max_attempts = 5 };
    struct async_backoff backoff = ASYNC_BACKOFF_INIT;
    unsigned made = 1;
    int64_t wait_ns, hint_ns = 0;
    policy.backoff.jitter = (enum async_jitter)async_rng_below(&rng, 4);
    while (async_rng_below(&rng, 3) == 0 &&
           async_retry_decide(&policy, &backoff, made, hint_ns, &budget, &rng,
                              &wait_ns)) {
      CHECK(wait_ns >= hint_ns);
      CHECK(wait_ns <= 300 * ASYNC_SEC);
      hint_ns = (int64_t)async_rng_below(&rng, 400) * ASYNC_SEC;
      made++;
    }
    async_budget_success(&budget);
    CHECK(made <= 5);
    CHECK(budget.milli_tokens >= 0);
  }
}

static const struct tap_test tests[] = {
  TEST(attempts_are_limited_the_first_included),
  TEST(zero_and_one_attempt_mean_no_retry),
  TEST(waits_grow_over_one_job),
  TEST(the_server_may_ask_for_ten_longest_backoffs),
  TEST(patience_with_the_server_can_be_set),
  TEST(patience_by_default_is_five_minutes),
  TEST(a_spent_budget_is_a_no),
  TEST(only_a_yes_is_paid_for),
  TEST(random_runs_keep_every_promise),
};

TAP_MAIN(tests)
