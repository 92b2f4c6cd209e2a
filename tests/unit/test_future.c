#include "async/future.h"

#include <pthread.h>

#include "async/timer.h"
#include "failing_alloc.h"
#include "op_once.h"

enum { READERS = 5, THREADS = 4 };

static struct async_future future;
static char first_value[] = "first", second_value[] = "second";
static int saw;

static int read_value(void *arg)
{
  void *value;
  int rc = async_future_get(&future, &value);
  if (rc == 0 && value == arg)
    saw++;
  return rc;
}

static void spawn_readers(struct async_group *group)
{
  saw = 0;
  async_group_open(group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < READERS; i++)
    CHECK_INT(async_spawn(group, read_value, first_value), 0);
  sim_settle();
  CHECK_INT(saw, 0);
}

SIM(all_readers_see_the_value)
{
  struct async_group group;
  async_future_init(&future);
  spawn_readers(&group);
  async_future_set(&future, 0, first_value);
  CHECK_INT(saw, 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(saw, READERS);
}

SIM(once_set_it_is_read_without_parking)
{
  struct async_stats before, after;
  void *value = NULL;
  async_future_init(&future);
  async_future_set(&future, 3, first_value);
  async_stats_get(&before);
  CHECK_INT(async_future_get(&future, &value), 3);
  CHECK_INT(async_future_get(&future, NULL), 3);
  async_stats_get(&after);
  CHECK(value == first_value);
  CHECK_INT(after.switches, before.switches);
}

SIM(only_the_first_setting_counts)
{
  void *value;
  async_future_init(&future);
  async_future_set(&future, 0, first_value);
  async_future_set(&future, ASYNC_EFAIL, second_value);
  CHECK_INT(async_future_get(&future, &value), 0);
  CHECK(value == first_value);
}

SIM(an_error_reaches_the_readers)
{
  async_future_init(&future);
  async_future_set(&future, ASYNC_EFAIL, NULL);
  CHECK_INT(async_future_get(&future, NULL), ASYNC_EFAIL);
}

SIM(a_reader_that_is_cancelled_gets_no_value)
{
  void *value = second_value;
  int rc;
  async_future_init(&future);
  ASYNC_WITHIN(ASYNC_MS, rc, async_future_get(&future, &value));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK(value == second_value);
  async_future_set(&future, 0, first_value);
}

static void remember(struct async_future *set, void *arg)
{
  int *calls = arg;
  CHECK(set == &future);
  CHECK(set->value == first_value);
  ++*calls;
}

SIM(then_is_called_when_it_is_set)
{
  int calls = 0;
  async_future_init(&future);
  async_future_then(&future, remember, &calls);
  CHECK_INT(calls, 0);
  async_future_set(&future, 0, first_value);
  CHECK_INT(calls, 1);
  async_future_set(&future, 0, first_value);
  CHECK_INT(calls, 1);
}

SIM(then_is_called_at_once_if_it_is_set_already)
{
  int calls = 0;
  async_future_init(&future);
  async_future_set(&future, 0, first_value);
  async_future_then(&future, remember, &calls);
  CHECK_INT(calls, 1);
}

static void free_it(struct async_future *set, void *arg)
{
  CHECK(set == arg);
  free(set);
}

SIM(then_may_end_the_life_of_the_future)
{
  struct async_future *mortal = malloc(sizeof(*mortal));
  CHECK(mortal);
  async_future_init(mortal);
  async_future_then(mortal, free_it, mortal);
  async_future_set(mortal, 0, NULL);
}

static int get_it(void *unused)
{
  (void)unused;
  return async_future_get(&future, NULL);
}

static void set_it(void *unused)
{
  (void)unused;
  async_future_set(&future, 7, NULL);
}

SIM(get_ends_once_and_never_inside_set)
{
  struct op_once_wait once = { .wait = get_it, .complete = set_it, .rc = 7 };
  async_future_init(&future);
  op_once_completes(&once);
  async_future_init(&future);
  op_once_completed_wins(&once);
  async_future_init(&future);
  op_once_is_cancelled(&once);
}

/* Real threads, in real time. */

static void *post_first(void *unused)
{
  (void)unused;
  CHECK_INT(async_future_post(&future, 0, first_value), 0);
  return NULL;
}

static int read_from_thread(void *arg)
{
  pthread_t thread;
  void *value = NULL;
  (void)arg;
  async_future_init(&future);
  CHECK_INT(pthread_create(&thread, NULL, post_first, NULL), 0);
  int rc = async_future_get(&future, &value);
  CHECK(value == first_value);
  CHECK_INT(pthread_join(thread, NULL), 0);
  return rc;
}

static void another_thread_may_set_it(void)
{
  CHECK_INT(async_run(read_from_thread, NULL, NULL), 0);
  sim_check_nothing_left();
}

static void *post_number(void *arg)
{
  CHECK_INT(async_future_post(&future, 0, arg), 0);
  return NULL;
}

static int read_from_many(void *arg)
{
  static int numbers[THREADS];
  pthread_t threads[THREADS];
  void *value, *again;
  (void)arg;
  async_future_init(&future);
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, post_number, &numbers[i]), 0);
  CHECK_INT(async_future_get(&future, &value), 0);
  CHECK((int *)value >= numbers && (int *)value < numbers + THREADS);
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_join(threads[i], NULL), 0);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(async_future_get(&future, &again), 0);
  CHECK(again == value);
  return 0;
}

static void of_many_threads_one_sets_it(void)
{
  for (int i = 0; i < 20; i++)
    CHECK_INT(async_run(read_from_many, NULL, NULL), 0);
}

static void *post_twice(void *unused)
{
  (void)unused;
  failing_alloc_start(1);
  CHECK_INT(async_future_post(&future, 0, second_value), ASYNC_ENOMEM);
  CHECK_INT(failing_alloc_stop(), 1);
  CHECK_INT(async_future_post(&future, 0, first_value), 0);
  CHECK_INT(async_future_post(&future, 0, second_value), 0);
  return NULL;
}

static int read_after_failure(void *unused)
{
  pthread_t thread;
  void *value;
  (void)unused;
  async_future_init(&future);
  CHECK_INT(pthread_create(&thread, NULL, post_twice, NULL), 0);
  CHECK_INT(pthread_join(thread, NULL), 0);
  CHECK_INT(async_future_get(&future, &value), 0);
  CHECK(value == first_value);
  return 0;
}

static void a_post_without_memory_can_be_made_again(void)
{
  CHECK_INT(async_run(read_after_failure, NULL, NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(all_readers_see_the_value),
  TEST(once_set_it_is_read_without_parking),
  TEST(only_the_first_setting_counts),
  TEST(an_error_reaches_the_readers),
  TEST(a_reader_that_is_cancelled_gets_no_value),
  TEST(then_is_called_when_it_is_set),
  TEST(then_is_called_at_once_if_it_is_set_already),
  TEST(then_may_end_the_life_of_the_future),
  TEST(get_ends_once_and_never_inside_set),
  TEST(another_thread_may_set_it),
  TEST(of_many_threads_one_sets_it),
  TEST(a_post_without_memory_can_be_made_again),
};

TAP_MAIN(tests)
