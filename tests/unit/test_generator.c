#include "async/generator.h"

#include "async/timer.h"
#include "op_once.h"

struct source {
  int made;    /* items fn has begun to make */
  int taken;   /* yields that returned 0 */
  int last;    /* the number of items, or 0: no end */
  int rc;      /* to return at the end */
  int ended;   /* times fn has returned */
  int last_rc; /* of the last yield */
};

static int count(struct async_generator *generator, void *arg)
{
  struct source *source = arg;
  int rc = 0;
  while (rc == 0 && (source->last == 0 || source->made < source->last)) {
    int number = source->made++;
    rc = async_generator_yield(generator, &number);
    source->taken += rc == 0;
  }
  source->ended++;
  source->last_rc = rc;
  return rc < 0 ? rc : source->rc;
}

SIM(items_come_in_order_and_then_the_end)
{
  struct source source = { .last = 200 };
  struct async_generator generator;
  int number, next = 0;
  CHECK_INT(async_generator_open(&generator, sizeof(int), count, &source), 0);
  while (async_generator_next(&generator, &number) == 0)
    CHECK_INT(number, next++);
  CHECK_INT(next, 200);
  CHECK_INT(async_generator_next(&generator, &number), ASYNC_EOF);
  CHECK_INT(async_generator_close(&generator), 0);
  CHECK_INT(source.taken, 200);
}

SIM(an_item_is_made_when_it_is_asked_for)
{
  struct source source = { .last = 0 };
  struct async_generator generator;
  int number;
  CHECK_INT(async_generator_open(&generator, sizeof(int), count, &source), 0);
  sim_settle();
  CHECK_INT(source.made, 0);
  for (int i = 0; i < 5; i++) {
    CHECK_INT(async_generator_next(&generator, &number), 0);
    CHECK_INT(number, i);
    sim_settle();
    CHECK_INT(source.made, i + 1);
  }
  CHECK_INT(async_generator_close(&generator), 0);
}

SIM(closing_ends_it_wherever_it_stands)
{
  for (int taken = 0; taken < 3; taken++) {
    struct source source = { .last = 0 };
    struct async_generator generator;
    int number;
    CHECK_INT(async_generator_open(&generator, sizeof(int), count, &source), 0);
    for (int i = 0; i < taken; i++)
      CHECK_INT(async_generator_next(&generator, &number), 0);
    CHECK_INT(async_generator_close(&generator), 0);
    CHECK_INT(source.ended, 1);
    CHECK_INT(source.taken, taken);
    CHECK_INT(source.last_rc, ASYNC_ECANCELED);
    CHECK_INT(async_check(), 0);
  }
}

SIM(its_error_comes_out_of_close)
{
  struct source source = { .last = 1, .rc = ASYNC_EFAIL };
  struct async_generator generator;
  int number;
  CHECK_INT(async_generator_open(&generator, sizeof(int), count, &source), 0);
  CHECK_INT(async_generator_next(&generator, &number), 0);
  CHECK_INT(async_generator_next(&generator, &number), ASYNC_EOF);
  CHECK_INT(async_check(), 0);
  CHECK_INT(async_generator_close(&generator), ASYNC_EFAIL);
}

static int slow_count(struct async_generator *generator, void *arg)
{
  int rc = 0;
  for (int i = 0; rc == 0; i++) {
    rc = async_sleep(10 * ASYNC_MS);
    if (rc == 0)
      rc = async_generator_yield(generator, &i);
  }
  *(int *)arg = 1;
  return rc;
}

SIM(an_item_nobody_took_in_time_is_there_for_the_next)
{
  struct async_generator generator;
  int rc, ended = 0, number = 42;
  CHECK_INT(async_generator_open(&generator, sizeof(int), slow_count, &ended),
            0);
  ASYNC_WITHIN(ASYNC_MS, rc, async_generator_next(&generator, &number));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(number, 42);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(number, 42);
  int64_t asked_ns = async_now();
  CHECK_INT(async_generator_next(&generator, &number), 0);
  CHECK_INT(number, 0);
  CHECK_INT(async_now(), asked_ns);
  CHECK_INT(async_generator_next(&generator, &number), 0);
  CHECK_INT(number, 1);
  CHECK_INT(async_generator_close(&generator), 0);
  CHECK_INT(ended, 1);
}

/* Generators of generators: one asks another while it is asked. */

static int squares_of(struct async_generator *generator, void *arg)
{
  struct async_generator *numbers = arg;
  int number, rc;
  while ((rc = async_generator_next(numbers, &number)) == 0) {
    number *= number;
    rc = async_generator_yield(generator, &number);
    if (rc < 0)
      break;
  }
  return rc == ASYNC_EOF ? 0 : rc;
}

SIM(one_feeds_on_another)
{
  struct source source = { .last = 50 };
  struct async_generator numbers, squares;
  int number;
  CHECK_INT(async_generator_open(&numbers, sizeof(int), count, &source), 0);
  CHECK_INT(async_generator_open(&squares, sizeof(int), squares_of, &numbers),
            0);
  for (int i = 0; i < 50; i++) {
    CHECK_INT(async_generator_next(&squares, &number), 0);
    CHECK_INT(number, i * i);
  }
  CHECK_INT(async_generator_next(&squares, &number), ASYNC_EOF);
  CHECK_INT(async_generator_close(&squares), 0);
  CHECK_INT(async_generator_close(&numbers), 0);
}

static int open_one(void *arg)
{
  struct source source = { .last = 1 };
  struct async_generator generator;
  int *rc = arg;
  *rc = async_generator_open(&generator, sizeof(int), count, &source);
  CHECK_INT(source.ended, 0);
  return 0;
}

static void without_memory_there_is_nothing_to_close(void)
{
  int rc;
  struct async_run_opts opts = { .fail_alloc = 2 };
  CHECK_INT(sim_run_opts(open_one, &rc, opts), 0);
  CHECK_INT(rc, ASYNC_ENOMEM);
}

static int take_number(void *ctx)
{
  int number;
  return async_generator_next(ctx, &number);
}

SIM(next_ends_once)
{
  struct async_generator generator;
  int ended = 0;
  struct op_once_wait once = { .wait = take_number, .ctx = &generator };
  CHECK_INT(async_generator_open(&generator, sizeof(int), slow_count, &ended),
            0);
  op_once_completes(&once);
  op_once_is_cancelled(&once);
  CHECK_INT(async_generator_close(&generator), 0);
}

static const struct tap_test tests[] = {
  TEST(items_come_in_order_and_then_the_end),
  TEST(an_item_is_made_when_it_is_asked_for),
  TEST(closing_ends_it_wherever_it_stands),
  TEST(its_error_comes_out_of_close),
  TEST(an_item_nobody_took_in_time_is_there_for_the_next),
  TEST(one_feeds_on_another),
  TEST(without_memory_there_is_nothing_to_close),
  TEST(next_ends_once),
};

TAP_MAIN(tests)
