/* Threads: posting to a loop, and loops side by side. Run it under
 * ThreadSanitizer too. */
#include <pthread.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/op.h"
#include "async/work.h"
#include "core/sanitize_priv.h"
#include "tap.h"

#if ASY_TSAN
/* libuv closes descriptors with a bare system call, so that a number which
 * another thread gets next seems to have two owners. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
  return "race:epoll_create1\nrace:eventfd\nrace:pipe2\n";
}
#endif

enum { THREADS = 4, POSTS = 2000, ROUNDS = 500 };

/* What many threads send to one loop. */

struct inbox {
  struct async_loop *loop;
  struct async_op full;
  int received, expected;
  int last[THREADS]; /* number of the last one from each thread */
};

struct sender {
  struct inbox *inbox;
  int number, next;
  pthread_t thread;
};

struct letter {
  struct sender *from;
  int number;
};

static void receive(void *arg)
{
  struct letter *letter = arg;
  struct inbox *inbox = letter->from->inbox;
  CHECK_INT(letter->number, inbox->last[letter->from->number] + 1);
  inbox->last[letter->from->number] = letter->number;
  free(letter);
  if (++inbox->received == inbox->expected)
    async_op_done(&inbox->full, 0);
}

static void *send_many(void *arg)
{
  struct sender *sender = arg;
  for (int i = 1; i <= POSTS; i++) {
    struct letter *letter = malloc(sizeof(*letter));
    *letter = (struct letter){ sender, i };
    CHECK_INT(async_post(sender->inbox->loop, receive, letter), 0);
  }
  return NULL;
}

static int receive_all(void *arg)
{
  struct inbox inbox = { .expected = THREADS * POSTS };
  struct sender senders[THREADS];
  (void)arg;
  inbox.loop = async_loop_this();
  async_op_start(&inbox.full, "letters", NULL);
  for (int i = 0; i < THREADS; i++) {
    senders[i] = (struct sender){ .inbox = &inbox, .number = i };
    CHECK_INT(pthread_create(&senders[i].thread, NULL, send_many, &senders[i]),
              0);
  }
  CHECK_INT(async_await(&inbox.full), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(senders[i].thread, NULL);
  return inbox.received;
}

static void four_threads_post_and_nothing_is_lost_or_reordered(void)
{
  struct async_run_opts opts = { .virtual_time = true };
  CHECK_INT(async_run(receive_all, NULL, NULL), THREADS * POSTS);
  CHECK_INT(async_run(receive_all, NULL, &opts), THREADS * POSTS);
}

/* A loop that is busy with its own timers still looks outside. */

static int run_timers_and_receive(void *arg)
{
  struct inbox inbox = { .expected = POSTS };
  struct sender sender = { .inbox = &inbox };
  (void)arg;
  inbox.loop = async_loop_this();
  async_op_start(&inbox.full, "letters", NULL);
  pthread_create(&sender.thread, NULL, send_many, &sender);
  while (inbox.received < POSTS)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  pthread_join(sender.thread, NULL);
  return 0;
}

static void posts_arrive_while_simulated_time_runs(void)
{
  struct async_run_opts opts = { .virtual_time = true };
  CHECK_INT(async_run(run_timers_and_receive, NULL, &opts), 0);
}

struct echo {
  struct async_loop *loop;
  int count;
  bool stop;
};

static void post_again(void *arg)
{
  struct echo *echo = arg;
  echo->count++;
  if (!echo->stop)
    CHECK_INT(async_post(echo->loop, post_again, echo), 0);
}

static int sleep_beside_an_echo(void *arg)
{
  struct echo *echo = arg;
  echo->loop = async_loop_this();
  post_again(echo);
  for (int i = 0; i < 10; i++)
    CHECK_INT(async_sleep(ASYNC_MS / 10), 0);
  echo->stop = true;
  return async_sleep(ASYNC_MS);
}

static void what_posts_itself_does_not_starve_the_loop(void)
{
  struct echo echo = { .count = 0 };
  CHECK_INT(async_run(sleep_beside_an_echo, &echo, NULL), 0);
  CHECK(echo.count > 1);
}

/* The loop may end as soon as the last post has run, while its sender is still
 * on its way out of async_post. */

static void tell(void *arg)
{
  async_op_done(arg, 0);
}

struct last_post {
  struct async_loop *loop;
  struct async_op op;
};

static void *send_last(void *arg)
{
  struct last_post *last = arg;
  CHECK_INT(async_post(last->loop, tell, &last->op), 0);
  return NULL;
}

static int end_with_a_post(void *arg)
{
  struct last_post *last = arg;
  pthread_t thread;
  last->loop = async_loop_this();
  async_op_start(&last->op, "last", NULL);
  CHECK_INT(pthread_create(&thread, NULL, send_last, last), 0);
  pthread_detach(thread);
  return async_await(&last->op);
}

static void a_loop_may_end_in_the_post_that_ends_it(void)
{
  struct last_post last;
  for (int i = 0; i < 200; i++)
    CHECK_INT(async_run(end_with_a_post, &last, NULL), 0);
}

/* Two loops that send each other a ball. */

struct player {
  struct async_loop *loop;
  struct player *other;
  struct async_op ball;
  int rounds;
  pthread_barrier_t *both;
};

static void catch_ball(void *arg)
{
  struct player *player = arg;
  async_op_done(&player->ball, 0);
}

static int play(void *arg)
{
  struct player *player = arg;
  player->loop = async_loop_this();
  async_op_start(&player->ball, "ball", NULL);
  pthread_barrier_wait(player->both);
  for (; player->rounds < ROUNDS; player->rounds++) {
    CHECK_INT(async_post(player->other->loop, catch_ball, player->other), 0);
    CHECK_INT(async_await(&player->ball), 0);
    async_op_start(&player->ball, "ball", NULL);
    if (player->rounds + 1 == ROUNDS)
      break;
    /* Nobody throws before both have caught. */
    pthread_barrier_wait(player->both);
  }
  pthread_barrier_wait(player->both);
  return 0;
}

static void *play_on_a_loop(void *arg)
{
  CHECK_INT(async_run(play, arg, NULL), 0);
  return NULL;
}

static void two_loops_on_two_threads_post_to_each_other(void)
{
  pthread_barrier_t both;
  struct player players[2] = { { .other = &players[1], .both = &both },
                               { .other = &players[0], .both = &both } };
  pthread_t threads[2];
  pthread_barrier_init(&both, NULL, 2);
  for (int i = 0; i < 2; i++)
    pthread_create(&threads[i], NULL, play_on_a_loop, &players[i]);
  for (int i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&both);
}

/* Loops that have nothing to do with each other. */

static void count_up(void *arg)
{
  ++*(int *)arg;
}

static int work_a_little(void *arg)
{
  int count = 0;
  (void)arg;
  for (int i = 0; i < 5; i++) {
    CHECK_INT(async_work(count_up, &count, ASYNC_WORK_WAIT, NULL), 0);
    CHECK_INT(async_sleep(ASYNC_US), 0);
  }
  return count == 5 ? 0 : ASYNC_EFAIL;
}

static int live_a_life(void *arg)
{
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 10; i++)
    CHECK_INT(async_spawn(&group, work_a_little, NULL), 0);
  return async_group_close(&group);
}

static void *run_twice(void *arg)
{
  struct async_stats stats;
  struct async_run_opts opts = { .pool_threads = 4, .seed = 3 };
  (void)arg;
  for (int i = 0; i < 2; i++) {
    CHECK_INT(async_run(live_a_life, NULL, &opts), 0);
    async_stats_get(&stats);
    CHECK_INT(stats.spawned, 11);
    CHECK_INT(stats.tasks, 0);
    CHECK_INT(stats.stacks, 0);
    CHECK_INT(stats.timers, 0);
    CHECK_INT(stats.held, 0);
  }
  return NULL;
}

static void loops_run_side_by_side_and_one_after_the_other(void)
{
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, run_twice, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
}

/* A thread of the pool is a thread like any other. */

static void post_from_the_pool(void *arg)
{
  struct sender *sender = arg;
  send_many(sender);
}

static int hear_from_the_pool(void *arg)
{
  struct inbox inbox = { .expected = POSTS };
  struct sender sender = { .inbox = &inbox };
  (void)arg;
  inbox.loop = async_loop_this();
  async_op_start(&inbox.full, "letters", NULL);
  CHECK_INT(async_work(post_from_the_pool, &sender, ASYNC_WORK_WAIT, NULL), 0);
  return async_await(&inbox.full);
}

static void blocking_work_may_post(void)
{
  CHECK_INT(async_run(hear_from_the_pool, NULL, NULL), 0);
}

/* A loop inside a task of another. */

static int inner_life(void *arg)
{
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  return *(int *)arg;
}

static int run_a_loop_inside(void *arg)
{
  struct async_run_opts opts = { .virtual_time = true };
  int64_t before_ns = async_now();
  CHECK_INT(async_run(inner_life, arg, &opts), 5);
  CHECK(async_now() - before_ns < 60 * ASYNC_SEC);
  return async_sleep(ASYNC_US);
}

static void a_task_may_run_a_loop_of_its_own(void)
{
  int five = 5;
  CHECK_INT(async_run(run_a_loop_inside, &five, NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(four_threads_post_and_nothing_is_lost_or_reordered),
  TEST(posts_arrive_while_simulated_time_runs),
  TEST(what_posts_itself_does_not_starve_the_loop),
  TEST(a_loop_may_end_in_the_post_that_ends_it),
  TEST(two_loops_on_two_threads_post_to_each_other),
  TEST(loops_run_side_by_side_and_one_after_the_other),
  TEST(blocking_work_may_post),
  TEST(a_task_may_run_a_loop_of_its_own),
};

TAP_MAIN(tests)
