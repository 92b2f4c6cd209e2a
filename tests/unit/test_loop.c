#include "async/loop.h"

#include <pthread.h>
#include <uv.h>

#include "async/error.h"
#include "async/event.h"
#include "async/op.h"
#include "async/scope.h"
#include "async/timer.h"
#include "core/sanitize_priv.h"
#include "sim.h"

static int return_arg(void *arg)
{
  return *(int *)arg;
}

static void it_returns_what_the_main_task_returned(void)
{
  int codes[] = { 0, 7, ASYNC_EFAIL };
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_run(return_arg, &codes[i], NULL), codes[i]);
  CHECK(!async_loop_this());
}

static int run_another(void *arg)
{
  struct async_loop *outer = async_loop_this();
  CHECK_INT(async_run(return_arg, arg, NULL), *(int *)arg);
  CHECK(async_loop_this() == outer);
  return async_sleep(ASYNC_US);
}

static void a_loop_inside_a_task_leaves_the_outer_one_alone(void)
{
  int code = 5;
  CHECK_INT(async_run(run_another, &code, NULL), 0);
}

static void without_a_stack_it_does_not_start(void)
{
  int code = 1;
  struct async_run_opts opts = { .fail_alloc = 1 };
  CHECK_INT(sim_run_opts(return_arg, &code, opts), ASYNC_ENOMEM);
}

/* The root group. */

static int background_rc;

static int work_in_background(void *unused)
{
  (void)unused;
  background_rc = async_sleep(ASYNC_NEVER);
  return background_rc;
}

static int start_background(void *unused)
{
  (void)unused;
  CHECK_INT(async_spawn(async_root(), work_in_background, NULL), 0);
  return async_sleep(ASYNC_MS);
}

static void when_the_main_task_ends_the_rest_is_cancelled(void)
{
  background_rc = 0;
  CHECK_INT(sim_run(start_background, NULL, 0), 0);
  CHECK_INT(background_rc, ASYNC_ECANCELED);
}

/* Many tasks. */

static struct async_event gate;

static int wait_at_gate(void *unused)
{
  (void)unused;
  return async_event_wait(&gate);
}

/* The thread sanitizer knows 8,128 at most. */
enum { MANY = ASY_TSAN ? 5000 : 10000 };

static int start_many(void *unused)
{
  struct async_group group;
  struct async_stats stats;
  (void)unused;
  async_event_init(&gate);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < MANY; i++)
    CHECK_INT(async_spawn(&group, wait_at_gate, NULL), 0);
  CHECK_INT(async_yield(), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, MANY + 1);
  CHECK_INT(stats.stacks, MANY + 1);
  async_event_set(&gate);
  CHECK_INT(async_group_close(&group), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 1);
  CHECK_INT(stats.tasks_peak, MANY + 1);
  CHECK(stats.stacks_pooled > 0);
  return 0;
}

static void ten_thousand_tasks_wait_and_go(void)
{
  CHECK_INT(sim_run(start_many, NULL, 0), 0);
}

/* Stacks. */

/* Uses a kilobyte a level. */
static int burrow(int levels)
{
  volatile char page[1024];
  page[0] = (char)levels;
  int deeper = levels > 1 ? burrow(levels - 1) : 0;
  return deeper + 1 + page[0] - page[0];
}

static int burrow_task(void *arg)
{
  int levels = *(int *)arg;
  return burrow(levels) == levels ? 0 : ASYNC_EFAIL;
}

static int burrow_deep(void *unused)
{
  int shallow = 44, deep = 900;
  const struct async_spawn_opts opts = { .stack_bytes = 4 << 20 };
  struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(async_spawn(&group, burrow_task, &shallow), 0);
    CHECK_INT(async_spawn_with(&group, &opts, burrow_task, &deep, NULL), 0);
  }
  return async_group_close(&group);
}

static void stacks_hold_what_they_promise(void)
{
  CHECK_INT(sim_run(burrow_deep, NULL, 0), 0);
}

/* The next is not disturbed by what the last left on the stack. */
static int reuse_stacks(void *unused)
{
  struct async_stats stats;
  (void)unused;
  for (int i = 0; i < 100; i++) {
    int levels = 20;
    struct async_group group;
    async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
    CHECK_INT(async_spawn(&group, burrow_task, &levels), 0);
    CHECK_INT(async_group_close(&group), 0);
  }
  async_stats_get(&stats);
  CHECK_INT(stats.stacks_peak, 2);
  return 0;
}

static void stacks_are_used_again(void)
{
  CHECK_INT(sim_run(reuse_stacks, NULL, 0), 0);
}

/* Polling. */

static int yield_often(void *unused)
{
  (void)unused;
  for (int i = 0; i < 5000; i++)
    CHECK_INT(async_yield(), 0);
  return 0;
}

static int yield_in_two_tasks(void *unused)
{
  struct async_stats stats;
  struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, yield_often, NULL), 0);
  CHECK_INT(async_spawn(&group, yield_often, NULL), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_stats_get(&stats);
  CHECK(stats.polls >= 10000 / 66);
  CHECK(stats.polls <= 10000 / 62);
  return 0;
}

/* R9. */
static void busy_tasks_let_the_loop_poll_every_64_steps(void)
{
  CHECK_INT(async_run(yield_in_two_tasks, NULL, NULL), 0);
}

/* Regression 1: a task that a timer woke inside uv_run ran only after the next
 * I/O, of which there may be none. Here there is none: a handle keeps libuv
 * waiting, and only the timers can end it. */

static void never_called(uv_poll_t *poll, int status, int events)
{
  (void)poll, (void)status, (void)events;
  CHECK(false);
}

static void note_closed(uv_handle_t *handle)
{
  *(bool *)handle->data = true;
}

/* A timer that is due when uv_run begins: one that another armed for now. */

struct relay {
  struct async_timer first, second;
  struct async_op op;
};

static void fire_second(struct async_timer *timer)
{
  struct relay *relay = ASYNC_CONTAINER_OF(timer, struct relay, second);
  async_op_done(&relay->op, 0);
}

static void fire_first(struct async_timer *timer)
{
  struct relay *relay = ASYNC_CONTAINER_OF(timer, struct relay, first);
  async_timer_set(&relay->second, async_now(), fire_second);
}

static int wait_for_relay(void)
{
  struct relay relay = { ASYNC_TIMER_INIT, ASYNC_TIMER_INIT, { .rc = 0 } };
  async_op_start(&relay.op, "relay", NULL);
  async_timer_set(&relay.first, async_now(), fire_first);
  return async_await(&relay.op);
}

static int nap_five_times(void *unused)
{
  (void)unused;
  for (int i = 0; i < 5; i++) {
    int rc;
    CHECK_INT(async_sleep(ASYNC_MS), 0);
    ASYNC_WITHIN(ASYNC_MS, rc, async_sleep(ASYNC_NEVER));
    CHECK_INT(rc, ASYNC_ETIMEDOUT);
  }
  return 0;
}

static int nap_beside_a_handle(void *unused)
{
  int ends[2];
  uv_poll_t poll;
  bool closed = false;
  struct async_group group;
  (void)unused;
  CHECK_INT(pipe(ends), 0);
  CHECK_INT(uv_poll_init(async_loop_uv(), &poll, ends[0]), 0);
  CHECK_INT(uv_poll_start(&poll, UV_READABLE, never_called), 0);
  CHECK_INT(wait_for_relay(), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_spawn(&group, nap_five_times, NULL), 0);
  CHECK_INT(async_group_close(&group), 0);
  poll.data = &closed;
  uv_close((uv_handle_t *)&poll, note_closed);
  while (!closed)
    CHECK_INT(async_yield(), 0);
  close(ends[0]);
  close(ends[1]);
  return 0;
}

static void a_task_that_a_timer_woke_does_not_wait_for_io(void)
{
  CHECK_INT(async_run(nap_beside_a_handle, NULL, NULL), 0);
  sim_check_nothing_left();
}

/* Posts from other threads. */

enum { THREADS = 4, POSTS = 200 };

struct mailbox {
  struct async_loop *loop;
  int received;
  struct async_event full;
};

static void receive_post(void *arg)
{
  struct mailbox *mailbox = arg;
  CHECK(!async_self());
  if (++mailbox->received == THREADS * POSTS)
    async_event_set(&mailbox->full);
}

static void *send_posts(void *arg)
{
  struct mailbox *mailbox = arg;
  for (int i = 0; i < POSTS; i++)
    CHECK_INT(async_post(mailbox->loop, receive_post, mailbox), 0);
  return NULL;
}

static int wait_for_posts(void *unused)
{
  struct mailbox mailbox = { .loop = async_loop_this() };
  pthread_t threads[THREADS];
  (void)unused;
  async_event_init(&mailbox.full);
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, send_posts, &mailbox), 0);
  CHECK_INT(async_event_wait(&mailbox.full), 0);
  CHECK_INT(mailbox.received, THREADS * POSTS);
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_join(threads[i], NULL), 0);
  return 0;
}

static void every_post_arrives_and_wakes_the_loop(void)
{
  CHECK_INT(async_run(wait_for_posts, NULL, NULL), 0);
  sim_check_nothing_left();
  CHECK_INT(sim_run(wait_for_posts, NULL, 1), 0);
}

static int post_and_leave(void *arg)
{
  struct mailbox *mailbox = arg;
  return async_post(async_loop_this(), receive_post, mailbox);
}

static void a_post_that_comes_too_late_is_forgotten(void)
{
  struct mailbox mailbox = { .received = 0 };
  CHECK_INT(async_run(post_and_leave, &mailbox, NULL), 0);
  CHECK(mailbox.received <= 1);
}

/* A loop a thread. */

static void *run_loop(void *unused)
{
  (void)unused;
  CHECK_INT(sim_run(yield_in_two_tasks, NULL, 3), 0);
  CHECK_INT(async_run(nap_five_times, NULL, NULL), 0);
  return NULL;
}

static void each_thread_has_a_loop_of_its_own(void)
{
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, run_loop, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    CHECK_INT(pthread_join(threads[i], NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(it_returns_what_the_main_task_returned),
  TEST(a_loop_inside_a_task_leaves_the_outer_one_alone),
  TEST(without_a_stack_it_does_not_start),
  TEST(when_the_main_task_ends_the_rest_is_cancelled),
  TEST(ten_thousand_tasks_wait_and_go),
  TEST(stacks_hold_what_they_promise),
  TEST(stacks_are_used_again),
  TEST(busy_tasks_let_the_loop_poll_every_64_steps),
  TEST(a_task_that_a_timer_woke_does_not_wait_for_io),
  TEST(every_post_arrives_and_wakes_the_loop),
  TEST(a_post_that_comes_too_late_is_forgotten),
  TEST(each_thread_has_a_loop_of_its_own),
};

TAP_MAIN(tests)
