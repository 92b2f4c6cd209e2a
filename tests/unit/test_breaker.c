#include "async/breaker.h"

#include "async/error.h"
#include "async/rng.h"
#include "tap.h"

static const struct async_breaker_opts three_in_a_row = {
  .failures = 3, .cooldown_ns = 100, .cooldown_max_ns = 350
};

static bool passes(struct async_breaker *breaker, int64_t now_ns)
{
  int rc = async_breaker_enter(breaker, now_ns, NULL);
  CHECK(rc == 0 || rc == ASYNC_EOPEN);
  return rc == 0;
}

/* One call that takes no time. */
static void call(struct async_breaker *breaker,
                 enum async_breaker_result result, int64_t now_ns)
{
  CHECK(passes(breaker, now_ns));
  async_breaker_leave(breaker, result, now_ns, now_ns);
}

static void trip(struct async_breaker *breaker, int64_t now_ns)
{
  for (unsigned i = 0; i < breaker->opts.failures; i++)
    call(breaker, ASYNC_BREAKER_FAILURE, now_ns);
  CHECK_INT(breaker->state, ASYNC_BREAKER_OPEN);
}

static void failures_in_a_row_open_it(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  for (int i = 0; i < 2; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 1);
  CHECK(passes(&breaker, 1));
  async_breaker_leave(&breaker, ASYNC_BREAKER_FAILURE, 1, 1);
  CHECK(!passes(&breaker, 1));
}

static void a_success_between_failures_starts_the_row_again(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  for (int i = 0; i < 100; i++)
    call(&breaker, i % 3 == 2 ? ASYNC_BREAKER_OK : ASYNC_BREAKER_FAILURE, 1);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
}

static void neutral_results_neither_count_nor_break_the_row(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  for (int i = 0; i < 50; i++)
    call(&breaker, ASYNC_BREAKER_NEUTRAL, 1);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1);
  call(&breaker, ASYNC_BREAKER_NEUTRAL, 1);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
}

static void refused_callers_learn_when_to_ask_again(void)
{
  struct async_breaker breaker;
  int64_t retry_at = 0;
  async_breaker_init(&breaker, &three_in_a_row);
  trip(&breaker, 1000);
  CHECK_INT(async_breaker_enter(&breaker, 1050, &retry_at), ASYNC_EOPEN);
  CHECK_INT(retry_at, 1100);
  CHECK(!passes(&breaker, 1099));
  CHECK(passes(&breaker, 1100));
  CHECK_INT(async_breaker_enter(&breaker, 1100, &retry_at), ASYNC_EOPEN);
  CHECK_INT(retry_at, 1200);
}

static void a_successful_probe_closes_it(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  trip(&breaker, 1000);
  call(&breaker, ASYNC_BREAKER_OK, 1100);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  CHECK(passes(&breaker, 1100) && passes(&breaker, 1100));
}

static void failed_probes_double_the_cooldown_up_to_its_maximum(void)
{
  static const int64_t cooldowns[] = { 100, 200, 350, 350, 350 };
  struct async_breaker breaker;
  int64_t now = 1000;
  async_breaker_init(&breaker, &three_in_a_row);
  trip(&breaker, now);
  for (size_t i = 0; i < 5; i++) {
    CHECK(!passes(&breaker, now + cooldowns[i] - 1));
    now += cooldowns[i];
    call(&breaker, ASYNC_BREAKER_FAILURE, now);
  }
}

static void closing_forgets_the_doubled_cooldown(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  trip(&breaker, 1000);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1100);
  call(&breaker, ASYNC_BREAKER_OK, 1300);
  trip(&breaker, 2000);
  CHECK(!passes(&breaker, 2099));
  CHECK(passes(&breaker, 2100));
}

static void all_probes_must_succeed(void)
{
  struct async_breaker_opts opts = three_in_a_row;
  struct async_breaker breaker;
  opts.probes = 3;
  async_breaker_init(&breaker, &opts);
  trip(&breaker, 0);
  for (int i = 0; i < 3; i++)
    CHECK(passes(&breaker, 100));
  CHECK(!passes(&breaker, 100));
  for (int i = 0; i < 2; i++)
    async_breaker_leave(&breaker, ASYNC_BREAKER_OK, 100, 150);
  CHECK_INT(breaker.state, ASYNC_BREAKER_HALF_OPEN);
  CHECK(!passes(&breaker, 150));
  async_breaker_leave(&breaker, ASYNC_BREAKER_OK, 100, 160);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
}

static void a_neutral_probe_makes_room_for_another(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  trip(&breaker, 0);
  for (int i = 0; i < 10; i++)
    call(&breaker, ASYNC_BREAKER_NEUTRAL, 100);
  CHECK_INT(breaker.state, ASYNC_BREAKER_HALF_OPEN);
  call(&breaker, ASYNC_BREAKER_OK, 100);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
}

static void calls_from_before_it_opened_say_nothing_later(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &three_in_a_row);
  for (int i = 0; i < 9; i++)
    CHECK(passes(&breaker, 10));
  trip(&breaker, 20);
  async_breaker_leave(&breaker, ASYNC_BREAKER_OK, 10, 30);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
  CHECK(passes(&breaker, 120));
  async_breaker_leave(&breaker, ASYNC_BREAKER_FAILURE, 10, 130);
  async_breaker_leave(&breaker, ASYNC_BREAKER_OK, 10, 130);
  CHECK_INT(breaker.state, ASYNC_BREAKER_HALF_OPEN);
  CHECK(!passes(&breaker, 130));
  async_breaker_leave(&breaker, ASYNC_BREAKER_OK, 120, 140);
  for (int i = 0; i < 6; i++)
    async_breaker_leave(&breaker, ASYNC_BREAKER_FAILURE, 10, 150);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
}

static void without_rules_it_never_opens(void)
{
  struct async_breaker zeroed = { 0 }, none, empty;
  struct async_breaker_opts opts = { 0 };
  async_breaker_init(&none, NULL);
  async_breaker_init(&empty, &opts);
  for (int i = 0; i < 1000; i++) {
    call(&zeroed, ASYNC_BREAKER_FAILURE, i);
    call(&none, ASYNC_BREAKER_FAILURE, i);
    call(&empty, ASYNC_BREAKER_FAILURE, i);
  }
}

static const struct async_breaker_opts half_of_ten = { .failure_ratio = 0.5,
                                                       .min_calls = 10,
                                                       .window_ns = 1000 };

static void a_share_of_failures_opens_it(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &half_of_ten);
  for (int i = 0; i < 20; i++)
    call(&breaker, ASYNC_BREAKER_OK, 5);
  for (int i = 0; i < 19; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 5);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  call(&breaker, ASYNC_BREAKER_FAILURE, 5);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
}

static void a_few_calls_do_not_make_a_share(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &half_of_ten);
  for (int i = 0; i < 9; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 5);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  call(&breaker, ASYNC_BREAKER_FAILURE, 5);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
}

static void failures_older_than_the_window_do_not_count(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &half_of_ten);
  for (int i = 0; i < 9; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 5);
  for (int i = 0; i < 9; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 1005 + 500);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1900);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
}

static void the_window_slides_by_halves(void)
{
  struct async_breaker breaker;
  async_breaker_init(&breaker, &half_of_ten);
  for (int i = 0; i < 5; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 450);
  for (int i = 0; i < 4; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 550);
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  call(&breaker, ASYNC_BREAKER_FAILURE, 1050); /* the five are forgotten */
  CHECK_INT(breaker.state, ASYNC_BREAKER_CLOSED);
  for (int i = 0; i < 5; i++)
    call(&breaker, ASYNC_BREAKER_FAILURE, 1050);
  CHECK_INT(breaker.state, ASYNC_BREAKER_OPEN);
}

static void unset_times_have_their_defaults(void)
{
  struct async_breaker breaker;
  struct async_breaker_opts opts = { .failures = 1 };
  async_breaker_init(&breaker, &opts);
  trip(&breaker, 0);
  CHECK(!passes(&breaker, 30 * ASYNC_SEC - 1));
  CHECK_INT(breaker.opts.cooldown_max_ns, 240 * ASYNC_SEC);
  CHECK_INT(breaker.opts.probes, 1);
}

/* ---- I9: a random walk beside a model that knows only the rules -------- */

enum { SEEDS = 200, STEPS = 2000, CALLS = 40 };

struct walk {
  struct async_breaker breaker;
  struct async_rng rng;
  int64_t now_ns, opened_ns;
  unsigned in_flight, period; /* period: which state, counted */
  struct {
    int64_t entered_ns;
    unsigned period;
  } calls[CALLS];
};

static unsigned of_this_period(const struct walk *walk)
{
  unsigned count = 0;
  for (unsigned i = 0; i < walk->in_flight; i++)
    count += walk->calls[i].period == walk->period;
  return count;
}

static void check_cooldown(const struct walk *walk)
{
  const struct async_breaker *b = &walk->breaker;
  if (b->state == ASYNC_BREAKER_CLOSED)
    return;
  CHECK(b->cooldown_ns >= b->opts.cooldown_ns);
  CHECK(b->cooldown_ns <= b->opts.cooldown_max_ns);
}

static void walk_enter(struct walk *walk)
{
  enum async_breaker_state was = walk->breaker.state;
  int64_t retry_at = -1;
  int rc = async_breaker_enter(&walk->breaker, walk->now_ns, &retry_at);
  enum async_breaker_state is = walk->breaker.state;

  if (was != is) { /* the only step that entering may take */
    CHECK(was == ASYNC_BREAKER_OPEN && is == ASYNC_BREAKER_HALF_OPEN);
    CHECK(walk->now_ns >= walk->opened_ns + walk->breaker.cooldown_ns);
    walk->period++;
  }
  if (was == ASYNC_BREAKER_CLOSED)
    CHECK_INT(rc, 0);
  if (is == ASYNC_BREAKER_OPEN)
    CHECK_INT(rc, ASYNC_EOPEN);
  if (rc < 0) {
    CHECK(retry_at > walk->now_ns);
    return;
  }
  walk->calls[walk->in_flight].entered_ns = walk->now_ns;
  walk->calls[walk->in_flight++].period = walk->period;
  if (is == ASYNC_BREAKER_HALF_OPEN)
    CHECK(of_this_period(walk) <= walk->breaker.opts.probes);
}

static void walk_leave(struct walk *walk)
{
  enum async_breaker_state was = walk->breaker.state;
  unsigned i = (unsigned)async_rng_below(&walk->rng, walk->in_flight);
  bool current = walk->calls[i].period == walk->period;
  enum async_breaker_result result =
      (enum async_breaker_result)async_rng_below(&walk->rng, 3);
  async_breaker_leave(&walk->breaker, result, walk->calls[i].entered_ns,
                      walk->now_ns);
  walk->calls[i] = walk->calls[--walk->in_flight];
  enum async_breaker_state is = walk->breaker.state;
  if (was == ASYNC_BREAKER_HALF_OPEN && current) {
    CHECK((result == ASYNC_BREAKER_FAILURE) == (is == ASYNC_BREAKER_OPEN));
    CHECK(result != ASYNC_BREAKER_NEUTRAL || is == was);
  }
  if (was == is)
    return;
  CHECK(current && was != ASYNC_BREAKER_OPEN);
  if (is == ASYNC_BREAKER_OPEN) {
    CHECK_INT(result, ASYNC_BREAKER_FAILURE);
    walk->opened_ns = walk->now_ns;
  } else {
    CHECK_INT(result, ASYNC_BREAKER_OK);
    CHECK(was == ASYNC_BREAKER_HALF_OPEN && is == ASYNC_BREAKER_CLOSED);
  }
  walk->period++;
}

static void only_legal_steps_and_never_too_many_probes(void)
{
  unsigned periods = 0;
  for (uint64_t seed = 0; seed < SEEDS; seed++) {
    struct walk walk = { 0 };
    struct async_breaker_opts opts = { .cooldown_ns = 50, .window_ns = 500 };
    async_rng_init(&walk.rng, seed);
    opts.failures = (unsigned)async_rng_below(&walk.rng, 4);
    opts.failure_ratio = async_rng_unit(&walk.rng);
    opts.probes = (unsigned)async_rng_below(&walk.rng, 4);
    async_breaker_init(&walk.breaker, &opts);
    for (int step = 0; step < STEPS; step++) {
      if (walk.in_flight < CALLS && async_rng_below(&walk.rng, 2))
        walk_enter(&walk);
      else if (walk.in_flight)
        walk_leave(&walk);
      walk.now_ns += 1 + (int64_t)async_rng_below(&walk.rng, 20);
      check_cooldown(&walk);
    }
    periods += walk.period;
  }
  CHECK(periods > SEEDS * 3);
}

static const struct tap_test tests[] = {
  TEST(failures_in_a_row_open_it),
  TEST(a_success_between_failures_starts_the_row_again),
  TEST(neutral_results_neither_count_nor_break_the_row),
  TEST(refused_callers_learn_when_to_ask_again),
  TEST(a_successful_probe_closes_it),
  TEST(failed_probes_double_the_cooldown_up_to_its_maximum),
  TEST(closing_forgets_the_doubled_cooldown),
  TEST(all_probes_must_succeed),
  TEST(a_neutral_probe_makes_room_for_another),
  TEST(calls_from_before_it_opened_say_nothing_later),
  TEST(without_rules_it_never_opens),
  TEST(a_share_of_failures_opens_it),
  TEST(a_few_calls_do_not_make_a_share),
  TEST(failures_older_than_the_window_do_not_count),
  TEST(the_window_slides_by_halves),
  TEST(unset_times_have_their_defaults),
  TEST(only_legal_steps_and_never_too_many_probes),
};

TAP_MAIN(tests)
