#include "async/bucket.h"

#include "async/rng.h"
#include "async/time.h"
#include "tap.h"

enum { START = 1000 };

static int64_t reserve(struct async_bucket *bucket, int64_t now_ns)
{
  return async_bucket_reserve(bucket, 1, now_ns, NULL);
}

static void a_burst_passes_at_once_and_then_one_a_step(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 10, 5, START);
  for (int i = 0; i < 5; i++)
    CHECK_INT(reserve(&bucket, START), START);
  for (int i = 1; i < 50; i++) {
    int64_t late = reserve(&bucket, START) - START - i * 100 * ASYNC_MS;
    CHECK(late >= 0 && late <= 1);
  }
}

static void three_a_second_are_three_a_second_for_a_day(void)
{
  struct async_bucket bucket;
  int64_t last = 0;
  async_bucket_init(&bucket, 3, 1, 0);
  for (int i = 0; i <= 3 * 86400; i++)
    last = reserve(&bucket, 0);
  CHECK(last >= 86400 * ASYNC_SEC);
  CHECK(last - 86400 * ASYNC_SEC < ASYNC_MS);
}

static void an_idle_bucket_fills_up_to_the_burst(void)
{
  struct async_bucket bucket;
  int64_t now = 3600 * ASYNC_SEC;
  async_bucket_init(&bucket, 100, 3, 0);
  for (int i = 0; i < 3; i++)
    reserve(&bucket, 0);
  for (int i = 0; i < 3; i++)
    CHECK_INT(reserve(&bucket, now), now);
  CHECK(reserve(&bucket, now) > now);
}

static void instants_are_in_the_order_of_asking(void)
{
  struct async_bucket bucket;
  struct async_rng rng;
  int64_t now = 0, last = 0;
  async_rng_init(&rng, 11);
  async_bucket_init(&bucket, 777, 4, 0);
  for (int i = 0; i < 10000; i++) {
    now += (int64_t)async_rng_below(&rng, 3 * ASYNC_MS);
    int64_t at = reserve(&bucket, now);
    CHECK(at >= now && at >= last);
    last = at;
  }
}

static void peek_tells_the_next_instant_and_takes_nothing(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 7, 2, 0);
  for (int i = 0; i < 20; i++) {
    int64_t at = async_bucket_peek(&bucket, 5);
    CHECK_INT(async_bucket_peek(&bucket, 5), at);
    CHECK_INT(reserve(&bucket, 5), at);
  }
}

static void it_is_full_when_no_token_is_missing(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 10, 3, 0);
  CHECK(async_bucket_full(&bucket, 0));
  async_bucket_reserve(&bucket, 2, 0, NULL);
  CHECK_INT(async_bucket_peek(&bucket, 0), 0);
  CHECK(!async_bucket_full(&bucket, 0));
  CHECK(!async_bucket_full(&bucket, 199 * ASYNC_MS));
  CHECK(async_bucket_full(&bucket, 201 * ASYNC_MS));
  async_bucket_hold(&bucket, ASYNC_SEC, 201 * ASYNC_MS);
  CHECK(!async_bucket_full(&bucket, 999 * ASYNC_MS));
  CHECK(async_bucket_full(&bucket, ASYNC_SEC));
  /* Without a rate always. */
  async_bucket_init(&bucket, 0, 1, 0);
  async_bucket_tolerate(&bucket, ASYNC_SEC);
  async_bucket_reserve(&bucket, 1, 0, NULL);
  CHECK(async_bucket_full(&bucket, 0));
}

static void late_comers_get_what_they_missed_within_the_tolerance(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 1e6, 1, 0); /* one a microsecond */
  async_bucket_tolerate(&bucket, 5 * ASYNC_US + 100);
  CHECK_INT(async_bucket_reserve(&bucket, 1, 0, NULL), 0); /* no more than 1 */
  CHECK(async_bucket_peek(&bucket, 0) > 0);
  /* Three microseconds later three are due, after a second six. */
  int64_t now_ns = 3 * ASYNC_US + 1;
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_bucket_reserve(&bucket, 1, now_ns, NULL), now_ns);
  CHECK(async_bucket_peek(&bucket, now_ns) > now_ns);
  for (int i = 0; i < 6; i++)
    CHECK_INT(async_bucket_reserve(&bucket, 1, ASYNC_SEC, NULL), ASYNC_SEC);
  CHECK(async_bucket_peek(&bucket, ASYNC_SEC) > ASYNC_SEC);
}

static void no_rate_and_a_zeroed_bucket_let_everybody_pass(void)
{
  struct async_bucket bucket = { 0 };
  for (int i = 0; i < 100; i++)
    CHECK_INT(reserve(&bucket, START), START);
  async_bucket_init(&bucket, 0, 0, START);
  for (int i = 0; i < 100; i++)
    CHECK_INT(reserve(&bucket, START), START);
  async_bucket_hold(&bucket, START + 50, START);
  CHECK_INT(reserve(&bucket, START), START + 50);
}

static void more_than_the_burst_waits_for_all_of_it(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 1000, 2, 0);
  int64_t at = async_bucket_reserve(&bucket, 5, 0, NULL);
  CHECK(at >= 3 * ASYNC_MS && at <= 3 * ASYNC_MS + 1);
}

static void nothing_can_be_reserved_for_nothing(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 1, 1, 0);
  for (int i = 0; i < 10; i++)
    CHECK_INT(async_bucket_reserve(&bucket, 0, 3, NULL), 3);
  CHECK_INT(reserve(&bucket, 3), 3);
}

static void extreme_rates_do_not_overflow(void)
{
  static const double numbers[] = { 1e-300, 1e-9, 1e9, 1e18, 1e300 };
  for (size_t i = 0; i < 5; i++) {
    for (size_t k = 0; k < 5; k++) {
      struct async_bucket bucket;
      struct async_bucket_slot slot;
      async_bucket_init(&bucket, numbers[i], numbers[k], START);
      CHECK_INT(reserve(&bucket, START), START);
      async_bucket_reserve(&bucket, 4000000000u, START, &slot);
      async_bucket_hold(&bucket, ASYNC_NEVER, START);
      CHECK_INT(reserve(&bucket, 2 * START), ASYNC_NEVER);
      async_bucket_return(&bucket, &slot, 2 * START);
      CHECK(async_bucket_peek(&bucket, ASYNC_NEVER - 1) > START);
    }
  }
}

static void nobody_passes_before_the_end_of_a_hold(void)
{
  struct async_bucket bucket;
  async_bucket_init(&bucket, 1000, 3, 0);
  async_bucket_hold(&bucket, ASYNC_SEC, 0);
  for (int i = 0; i < 3; i++)
    CHECK_INT(reserve(&bucket, 500), ASYNC_SEC);
  CHECK(reserve(&bucket, 500) >= ASYNC_SEC + ASYNC_MS);
}

static void a_hold_moves_those_who_wait_and_keeps_their_distances(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot slots[4];
  int64_t before[4];
  async_bucket_init(&bucket, 1000, 1, 0);
  for (int i = 0; i < 4; i++)
    before[i] = async_bucket_reserve(&bucket, 1, 0, &slots[i]);
  async_bucket_hold(&bucket, 700 * ASYNC_MS, 0);
  for (int i = 0; i < 4; i++)
    CHECK_INT(async_bucket_due(&bucket, &slots[i]), before[i] + 700 * ASYNC_MS);
}

static void of_several_holds_the_latest_end_counts(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot slot;
  async_bucket_init(&bucket, 1000, 1, 0);
  async_bucket_reserve(&bucket, 1, 0, &slot);
  async_bucket_hold(&bucket, 500, 0);
  async_bucket_hold(&bucket, 300, 100);
  async_bucket_hold(&bucket, 800, 200);
  async_bucket_hold(&bucket, 200, 250);
  CHECK_INT(async_bucket_due(&bucket, &slot), 800);
  async_bucket_hold(&bucket, 900, 1000);
  CHECK_INT(async_bucket_due(&bucket, &slot), 800);
  async_bucket_hold(&bucket, 1100, 1000);
  CHECK_INT(async_bucket_due(&bucket, &slot), 900);
}

static void the_last_reservation_can_be_given_back(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot slot;
  async_bucket_init(&bucket, 3, 1, 0);
  reserve(&bucket, 0);
  for (int i = 0; i < 1000; i++) {
    CHECK_INT(async_bucket_reserve(&bucket, 1, 0, &slot), 333333334);
    async_bucket_return(&bucket, &slot, 5);
  }
}

static void given_back_at_once_a_whole_burst_is_free_again(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot slot;
  async_bucket_init(&bucket, 1, 4, START);
  async_bucket_reserve(&bucket, 4, START, &slot);
  async_bucket_return(&bucket, &slot, START);
  CHECK_INT(async_bucket_reserve(&bucket, 4, START, NULL), START);
}

static void a_reservation_with_others_behind_it_stays_taken(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot first;
  async_bucket_init(&bucket, 1000, 1, 0);
  reserve(&bucket, 0);
  async_bucket_reserve(&bucket, 1, 0, &first);
  int64_t last = reserve(&bucket, 0);
  async_bucket_return(&bucket, &first, 0);
  CHECK(reserve(&bucket, 0) >= last + ASYNC_MS);
}

/* What it took has flowed back already. */
static void a_reservation_past_its_instant_is_lost(void)
{
  struct async_bucket bucket;
  struct async_bucket_slot slot;
  int64_t now = 3 * ASYNC_MS / 2;
  async_bucket_init(&bucket, 1000, 4, 0);
  async_bucket_reserve(&bucket, 1, 0, &slot);
  CHECK_INT(reserve(&bucket, now), now);
  async_bucket_return(&bucket, &slot, now);
  CHECK(async_bucket_reserve(&bucket, 4, now, NULL) >= now + ASYNC_MS);
}

/* ---- I8 --------------------------------------------------------------- */

enum { SEEDS = 400, ACTIONS = 400, WAITERS = 64 };

struct passage {
  int64_t at_ns;
  uint64_t tokens_before, tokens;
};

/* Callers that come at random moments, some of whom give up, and holds. */
struct crowd {
  struct async_bucket bucket;
  struct async_rng rng;
  double per_s;
  unsigned burst, waiting;
  int64_t now_ns;
  struct async_bucket_slot waiters[WAITERS];
  size_t passed;
  struct passage passages[ACTIONS];
};

static uint64_t below(struct crowd *crowd, uint64_t bound)
{
  return async_rng_below(&crowd->rng, bound);
}

static void leave_queue(struct crowd *crowd, unsigned i)
{
  crowd->waiters[i] = crowd->waiters[--crowd->waiting];
}

/* Returns the waiter who is due first, by `now_ns`, or `waiting`. */
static unsigned first_due(struct crowd *crowd)
{
  unsigned first = crowd->waiting;
  int64_t earliest = crowd->now_ns;
  for (unsigned i = 0; i < crowd->waiting; i++) {
    int64_t at = async_bucket_due(&crowd->bucket, &crowd->waiters[i]);
    if (at < earliest || (at == earliest && first == crowd->waiting)) {
      earliest = at;
      first = i;
    }
  }
  return first;
}

static void let_pass_who_is_due(struct crowd *crowd)
{
  unsigned i;
  while ((i = first_due(crowd)) < crowd->waiting) {
    struct passage *p = &crowd->passages[crowd->passed];
    p->at_ns = async_bucket_due(&crowd->bucket, &crowd->waiters[i]);
    p->tokens = crowd->waiters[i].tokens;
    p->tokens_before = crowd->passed ? p[-1].tokens_before + p[-1].tokens : 0;
    CHECK(p->at_ns >= 0);
    CHECK(!crowd->passed || p->at_ns >= p[-1].at_ns);
    crowd->passed++;
    leave_queue(crowd, i);
  }
}

static void act(struct crowd *crowd)
{
  uint64_t dice = below(crowd, 20);
  if (dice == 0) {
    int64_t length = (int64_t)below(crowd, 20 * ASYNC_MS);
    async_bucket_hold(&crowd->bucket, crowd->now_ns + length, crowd->now_ns);
  } else if (dice < 5 && crowd->waiting) {
    unsigned i = (unsigned)below(crowd, crowd->waiting);
    async_bucket_return(&crowd->bucket, &crowd->waiters[i], crowd->now_ns);
    leave_queue(crowd, i);
  } else if (crowd->waiting < WAITERS) {
    struct async_bucket_slot *slot = &crowd->waiters[crowd->waiting++];
    unsigned tokens = 1 + (unsigned)below(crowd, crowd->burst);
    int64_t at =
        async_bucket_reserve(&crowd->bucket, tokens, crowd->now_ns, slot);
    CHECK(at >= crowd->now_ns);
    CHECK_INT(async_bucket_due(&crowd->bucket, slot), at);
  }
}

static void check_all_windows(const struct crowd *crowd)
{
  for (size_t i = 0; i < crowd->passed; i++) {
    for (size_t k = i; k < crowd->passed; k++) {
      const struct passage *from = &crowd->passages[i];
      const struct passage *to = &crowd->passages[k];
      uint64_t passed = to->tokens_before + to->tokens - from->tokens_before;
      double length_s = (double)(to->at_ns - from->at_ns + 1) * 1e-9;
      CHECK((double)passed <= crowd->burst + crowd->per_s * length_s + 1e-9);
    }
  }
}

static void run_crowd(struct crowd *crowd, uint64_t seed)
{
  async_rng_init(&crowd->rng, seed);
  crowd->per_s = 20 + 3000 * async_rng_unit(&crowd->rng);
  crowd->burst = 1 + (unsigned)below(crowd, 8);
  crowd->waiting = 0;
  crowd->passed = 0;
  crowd->now_ns = 0;
  async_bucket_init(&crowd->bucket, crowd->per_s, crowd->burst, 0);
  for (int i = 0; i < ACTIONS; i++) {
    act(crowd);
    if (below(crowd, 3) == 0)
      crowd->now_ns += (int64_t)below(crowd, 8 * ASYNC_MS);
    let_pass_who_is_due(crowd);
  }
}

static void in_any_window_at_most_burst_and_rate_pass(void)
{
  static struct crowd crowd;
  size_t passed = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    run_crowd(&crowd, seed);
    check_all_windows(&crowd);
    passed += crowd.passed;
  }
  CHECK(passed > SEEDS * 50);
}

static const struct tap_test tests[] = {
  TEST(a_burst_passes_at_once_and_then_one_a_step),
  TEST(three_a_second_are_three_a_second_for_a_day),
  TEST(an_idle_bucket_fills_up_to_the_burst),
  TEST(instants_are_in_the_order_of_asking),
  TEST(peek_tells_the_next_instant_and_takes_nothing),
  TEST(it_is_full_when_no_token_is_missing),
  TEST(late_comers_get_what_they_missed_within_the_tolerance),
  TEST(no_rate_and_a_zeroed_bucket_let_everybody_pass),
  TEST(more_than_the_burst_waits_for_all_of_it),
  TEST(nothing_can_be_reserved_for_nothing),
  TEST(extreme_rates_do_not_overflow),
  TEST(nobody_passes_before_the_end_of_a_hold),
  TEST(a_hold_moves_those_who_wait_and_keeps_their_distances),
  TEST(of_several_holds_the_latest_end_counts),
  TEST(the_last_reservation_can_be_given_back),
  TEST(given_back_at_once_a_whole_burst_is_free_again),
  TEST(a_reservation_with_others_behind_it_stays_taken),
  TEST(a_reservation_past_its_instant_is_lost),
  TEST(in_any_window_at_most_burst_and_rate_pass),
};

TAP_MAIN(tests)
