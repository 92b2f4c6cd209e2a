#include "async/timer.h"

#include <time.h>

#include "async/error.h"
#include "async/rng.h"
#include "op_once.h"

struct alarm {
  struct async_timer timer;
  int64_t fired_ns;
  int number;
};

static int fired_count, fired_order[64];

static void ring(struct async_timer *timer)
{
  struct alarm *alarm = ASYNC_CONTAINER_OF(timer, struct alarm, timer);
  CHECK(!async_self()); /* on the loop's stack */
  alarm->fired_ns = async_now();
  fired_order[fired_count++] = alarm->number;
}

SIM(timers_fire_at_their_instant_and_equal_ones_in_order)
{
  static const int64_t due_ms[] = { 5, 3, 5, 1, 3, 5 };
  static const int order[] = { 3, 1, 4, 0, 2, 5 };
  struct alarm alarms[6];
  int64_t start_ns = async_now();
  fired_count = 0;
  for (int i = 0; i < 6; i++) {
    alarms[i] = (struct alarm){ .timer = ASYNC_TIMER_INIT, .number = i };
    async_timer_set(&alarms[i].timer, async_in(due_ms[i] * ASYNC_MS), ring);
    CHECK(async_timer_armed(&alarms[i].timer));
  }
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(fired_count, 6);
  for (int i = 0; i < 6; i++) {
    CHECK_INT(fired_order[i], order[i]);
    CHECK_INT(alarms[i].fired_ns - start_ns, due_ms[i] * ASYNC_MS);
    CHECK(!async_timer_armed(&alarms[i].timer));
  }
}

SIM(a_timer_can_be_moved_and_cleared)
{
  struct alarm moved = { .timer = ASYNC_TIMER_INIT };
  struct alarm cleared = { .timer = ASYNC_TIMER_INIT };
  int64_t start_ns = async_now();
  fired_count = 0;
  async_timer_set(&moved.timer, async_in(ASYNC_MS), ring);
  async_timer_set(&moved.timer, async_in(7 * ASYNC_MS), ring);
  async_timer_set(&cleared.timer, async_in(ASYNC_MS), ring);
  async_timer_clear(&cleared.timer);
  async_timer_clear(&cleared.timer);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(fired_count, 1);
  CHECK_INT(moved.fired_ns - start_ns, 7 * ASYNC_MS);
}

static void ring_again(struct async_timer *timer)
{
  if (++fired_count < 1000)
    async_timer_set(timer, async_now(), ring_again);
}

static int count_turns(void *arg)
{
  while (fired_count < 1000) {
    int rc = async_yield();
    if (rc < 0)
      return rc;
    ++*(int *)arg;
  }
  return 0;
}

SIM(a_timer_that_is_always_due_does_not_starve_tasks)
{
  struct async_timer timer = ASYNC_TIMER_INIT;
  int turns = 0;
  fired_count = 0;
  async_timer_set(&timer, async_now(), ring_again);
  CHECK_INT(count_turns(&turns), 0);
  CHECK(turns > 100);
}

SIM(sleeping_takes_exactly_its_time)
{
  struct async_rng rng;
  async_rng_init(&rng, 3);
  for (int i = 0; i < 50; i++) {
    int64_t nap_ns = (int64_t)async_rng_below(&rng, 1000000007);
    int64_t start_ns = async_now();
    CHECK_INT(async_sleep(nap_ns), 0);
    CHECK_INT(async_now() - start_ns, nap_ns);
  }
}

SIM(even_no_sleep_is_a_turn)
{
  struct async_stats before, after;
  int64_t start_ns = async_now();
  async_stats_get(&before);
  CHECK_INT(async_sleep(0), 0);
  CHECK_INT(async_sleep(-5), 0);
  CHECK_INT(async_sleep_until(start_ns - ASYNC_SEC), 0);
  async_stats_get(&after);
  CHECK_INT(after.switches - before.switches, 3);
  CHECK_INT(async_now(), start_ns);
}

SIM(an_endless_sleep_can_be_cancelled)
{
  int rc;
  ASYNC_WITHIN(ASYNC_SEC, rc, async_sleep(ASYNC_NEVER));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
}

static int sleep_a_second(void *unused)
{
  (void)unused;
  return async_sleep(ASYNC_SEC);
}

SIM(sleep_ends_once)
{
  struct op_once_wait once = { .wait = sleep_a_second };
  op_once_completes(&once);
  op_once_is_cancelled(&once);
}

SIM(a_ticker_keeps_its_beat)
{
  struct async_ticker ticker;
  int64_t start_ns = async_now();
  async_ticker_init(&ticker, 10 * ASYNC_MS, start_ns + 5 * ASYNC_MS);
  for (int i = 0; i < 5; i++) {
    CHECK_INT(async_ticker_wait(&ticker), 0);
    CHECK_INT(async_now() - start_ns, (5 + i * 10) * ASYNC_MS);
    CHECK_INT(async_sleep(i * ASYNC_MS), 0);
  }
}

SIM(a_ticker_skips_the_ticks_it_missed)
{
  struct async_ticker ticker;
  int64_t start_ns = async_now();
  async_ticker_init(&ticker, 10 * ASYNC_MS, start_ns);
  CHECK_INT(async_ticker_wait(&ticker), 0);
  CHECK_INT(async_sleep(35 * ASYNC_MS), 0);
  CHECK_INT(async_ticker_wait(&ticker), 2);
  CHECK_INT(async_now() - start_ns, 35 * ASYNC_MS);
  CHECK_INT(async_ticker_wait(&ticker), 0);
  CHECK_INT(async_now() - start_ns, 40 * ASYNC_MS);
}

SIM(a_cancelled_tick_is_not_taken)
{
  struct async_ticker ticker;
  int rc;
  int64_t start_ns = async_now();
  async_ticker_init(&ticker, 10 * ASYNC_MS, start_ns + 10 * ASYNC_MS);
  ASYNC_WITHIN(ASYNC_MS, rc, async_ticker_wait(&ticker));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_ticker_wait(&ticker), 0);
  CHECK_INT(async_now() - start_ns, 10 * ASYNC_MS);
}

/* Sixty simulated seconds of 400 tasks. */

static int nap_for_a_minute(void *arg)
{
  struct async_rng *rng = arg;
  int64_t end_ns = async_in(60 * ASYNC_SEC);
  int rc = 0;
  while (rc == 0 && async_now() < end_ns)
    rc = async_sleep((int64_t)async_rng_below(rng, 10 * ASYNC_SEC));
  return rc;
}

static int run_a_minute(void *unused)
{
  struct async_group group;
  struct async_rng rng;
  (void)unused;
  async_rng_init(&rng, 1);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 400; i++)
    CHECK_INT(async_spawn(&group, nap_for_a_minute, &rng), 0);
  return async_group_close(&group);
}

static void simulated_minutes_cost_no_time(void)
{
  struct timespec used;
  CHECK_INT(sim_run(run_a_minute, NULL, 0), 0);
  CHECK_INT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
  CHECK(used.tv_sec < 30);
}

/* On the real clock. */

static int sleep_for_real(void *unused)
{
  (void)unused;
  for (int i = 0; i < 5; i++) {
    int64_t due_ns = async_in(i * 300 * ASYNC_US);
    CHECK_INT(async_sleep_until(due_ns), 0);
    CHECK(async_now() >= due_ns);
  }
  return 0;
}

static void a_real_sleep_is_never_too_short(void)
{
  CHECK_INT(async_run(sleep_for_real, NULL, NULL), 0);
  sim_check_nothing_left();
}

static void let_the_clock_go_on(void)
{
  int64_t then_ns = async_clock_ns();
  while (async_clock_ns() == then_ns)
    ;
}

static int hold_for_real(void *arg)
{
  (void)arg;
  int64_t held_ns = async_now_hold();
  let_the_clock_go_on();
  CHECK_INT(async_now(), held_ns);
  CHECK_INT(async_now_hold(), held_ns);
  async_now_release();
  CHECK_INT(async_now(), held_ns);
  async_now_release();
  CHECK(async_now() > held_ns);
  return 0;
}

static void time_that_is_held_stands_still_until_the_last_release(void)
{
  CHECK_INT(async_run(hold_for_real, NULL, NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(timers_fire_at_their_instant_and_equal_ones_in_order),
  TEST(a_timer_can_be_moved_and_cleared),
  TEST(a_timer_that_is_always_due_does_not_starve_tasks),
  TEST(sleeping_takes_exactly_its_time),
  TEST(even_no_sleep_is_a_turn),
  TEST(an_endless_sleep_can_be_cancelled),
  TEST(sleep_ends_once),
  TEST(a_ticker_keeps_its_beat),
  TEST(a_ticker_skips_the_ticks_it_missed),
  TEST(a_cancelled_tick_is_not_taken),
  TEST(simulated_minutes_cost_no_time),
  TEST(a_real_sleep_is_never_too_short),
  TEST(time_that_is_held_stands_still_until_the_last_release),
};

TAP_MAIN(tests)
