#include "async/loop.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "core/loop_priv.h"

enum { POLL_EVERY = 64 };

static const size_t DEFAULT_STACK = 64 * 1024;

_Thread_local struct async_loop *asy_loop;

struct async_loop *async_loop_this(void)
{
  if (asy_loop) {
    asy_loop->awaits_posts = true;
    uv_ref((uv_handle_t *)&asy_loop->post.wake);
  }
  return asy_loop;
}

struct uv_loop_s *async_loop_uv(void)
{
  return &asy_loop->uv;
}

void async_loop_hold(void)
{
  asy_loop->held++;
}

void async_loop_release(void)
{
  asy_loop->held--;
}

/* A batch of ready tasks. What they wake runs in the next one; timers and I/O
 * have their turn in between, and at least every 64 steps. */

static size_t length(const struct async_list *list)
{
  size_t count = 0;
  ASYNC_LIST_EACH (node, list)
    count++;
  return count;
}

static void shuffle(struct async_loop *loop, struct async_list *batch)
{
  size_t count = length(batch);
  struct async_list **nodes = calloc(count + 1, sizeof(struct async_list *));
  if (!nodes)
    return;
  for (size_t i = 0; i < count; i++)
    nodes[i] = async_list_shift(batch);
  for (size_t i = count; i > 0; i--) {
    size_t drawn = (size_t)async_rng_below(&loop->rng, i);
    async_list_push(batch, nodes[drawn]);
    nodes[drawn] = nodes[i - 1];
  }
  free(nodes);
}

static void run_step(struct async_loop *loop, struct async_task *task)
{
  int64_t limit_ns = loop->opts.slow_step_ns;
  int64_t start_ns = limit_ns ? asy_loop_clock_ns(loop) : 0;
  loop->stats.trace = (loop->stats.trace ^ task->id) * 1099511628211u;
  loop->steps++;
  asy_task_step(task);
  if (limit_ns)
    asy_report_slow_step(loop, task, asy_loop_clock_ns(loop) - start_ns);
  if (task->ended)
    asy_task_ended(task);
}

static void run_batch(struct async_loop *loop)
{
  if (async_list_empty(&loop->batch)) {
    async_list_splice(&loop->batch, &loop->ready);
    if (loop->opts.seed)
      shuffle(loop, &loop->batch);
  }
  while (loop->steps < POLL_EVERY) {
    struct async_list *node = async_list_shift(&loop->batch);
    if (!node)
      return;
    run_step(loop, ASYNC_CONTAINER_OF(node, struct async_task, ready));
  }
}

/* Timers and polling. */

static void on_uv_timer(uv_timer_t *timer)
{
  struct async_loop *loop = timer->data;
  loop->armed_ns = ASYNC_NEVER;
  asy_timers_run(loop);
  uv_stop(&loop->uv);
}

/* Arms libuv's timer for the first of ours. One that is armed for an earlier
 * instant is left alone: waking up for nothing is cheaper than moving it each
 * time. */
static void arm_uv_timer(struct async_loop *loop)
{
  struct async_heap_node *first = async_heap_first(&loop->timers);
  if (!first || first->key >= loop->armed_ns || loop->opts.virtual_time)
    return;
  int64_t wait_ns = first->key - async_now();
  if (wait_ns < 0)
    wait_ns = 0;
  loop->armed_ns = first->key;
  uv_update_time(&loop->uv);
  uv_timer_start(&loop->uv_timer, on_uv_timer,
                 (uint64_t)((wait_ns + ASYNC_MS - 1) / ASYNC_MS), 0);
}

static bool nothing_ready(const struct async_loop *loop)
{
  return async_list_empty(&loop->ready) && async_list_empty(&loop->batch);
}

/* Whether simulated time may go on: nothing can run, and nothing outside is
 * pending. */
static bool can_jump(const struct async_loop *loop)
{
  return loop->opts.virtual_time && nothing_ready(loop) && !loop->held &&
         loop->timers.count;
}

/* The next timer is due now. */
static void jump(struct async_loop *loop)
{
  struct async_heap_node *first = async_heap_first(&loop->timers);
  if (first->key > loop->virtual_ns)
    loop->virtual_ns = first->key;
  loop->steps++;
}

/* Without a handle that counts as alive uv_run would not look at all, and a
 * busy loop not see its signals. */
static void look_for_io(struct async_loop *loop)
{
  uv_handle_t *wake = (uv_handle_t *)&loop->post.wake;
  uv_ref(wake);
  uv_run(&loop->uv, UV_RUN_NOWAIT);
  if (!loop->awaits_posts)
    uv_unref(wake);
}

static void wait_for_io(struct async_loop *loop)
{
  int alive = uv_run(&loop->uv, UV_RUN_ONCE);
  bool timers = loop->timers.count && !loop->opts.virtual_time;
  if (!alive && nothing_ready(loop) && !can_jump(loop) && !timers)
    asy_report_deadlock(loop);
}

static void poll_io(struct async_loop *loop)
{
  arm_uv_timer(loop);
  loop->steps = 0;
  loop->stats.polls++;
  loop->polling = true;
  if (nothing_ready(loop) && !can_jump(loop))
    wait_for_io(loop);
  else
    look_for_io(loop);
  loop->polling = false;
}

static void turn(struct async_loop *loop)
{
  run_batch(loop);
  if (loop->root.live == 0)
    return;
  if (can_jump(loop))
    jump(loop);
  if (loop->timers.count)
    asy_timers_run(loop);
  if (loop->steps < POLL_EVERY && (!nothing_ready(loop) || can_jump(loop)))
    return;
  poll_io(loop);
}

/* Start and end. */

static int init(struct async_loop *loop, const struct async_run_opts *opts)
{
  if (opts)
    loop->opts = *opts;
  if (!loop->opts.stack_bytes)
    loop->opts.stack_bytes = DEFAULT_STACK;
  const char *debug = getenv("ASYNC_DEBUG");
  if (!loop->opts.slow_step_ns && debug && strcmp(debug, "1") == 0)
    loop->opts.slow_step_ns = 100 * ASYNC_MS;
  async_rng_init(&loop->rng, loop->opts.seed);
  loop->armed_ns = ASYNC_NEVER;
  loop->firing_ns = INT64_MIN;
  async_list_init(&loop->ready);
  async_list_init(&loop->batch);
  async_list_init(&loop->all);
  async_list_init(&loop->locals);
  asy_stacks_init(&loop->stacks, loop->opts.stack_bytes);
  asy_side_init_loop(&loop->side);
  asy_scope_init(&loop->root.scope, NULL, NULL, ASYNC_NEVER, false);
  async_list_init(&loop->root.tasks);
  loop->root.policy = ASYNC_GROUP_COLLECT;
  int err = uv_loop_init(&loop->uv);
  if (err < 0)
    return err;
  uv_timer_init(&loop->uv, &loop->uv_timer);
  loop->uv_timer.data = loop;
  asy_workers_init(loop);
  return 0;
}

static void close_handle(uv_handle_t *handle, void *unused)
{
  (void)unused;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void done(struct async_loop *loop)
{
  asy_group_free_handles(&loop->root);
  asy_locals_close(loop);
  uv_walk(&loop->uv, close_handle, NULL);
  while (uv_run(&loop->uv, UV_RUN_DEFAULT))
    ;
  asy_post_done(loop);
  uv_loop_close(&loop->uv);
  asy_stats_keep(loop);
  asy_stacks_done(&loop->stacks);
  async_heap_done(&loop->timers);
}

struct main_task {
  async_task_fn *fn;
  void *arg;
  int rc;
};

/* What the main task leaves behind in the root group is told to end. */
static int main_task(void *arg)
{
  struct main_task *task = arg;
  task->rc = task->fn(task->arg);
  async_scope_cancel(&asy_loop->root.scope);
  return 0;
}

int async_run(async_task_fn *fn, void *arg, const struct async_run_opts *opts)
{
  static const struct async_spawn_opts main_opts = { .name = "main" };
  struct main_task task = { fn, arg, 0 };
  struct async_loop *outer = asy_loop;
  struct async_loop *loop = calloc(1, sizeof(*loop));
  if (!loop)
    return ASYNC_ENOMEM;
  int err = init(loop, opts);
  if (err < 0) {
    free(loop);
    return err;
  }
  asy_loop = loop;
  err = asy_post_init(loop);
  if (err == 0)
    err = asy_stopper_init(loop);
  if (err == 0)
    err = async_spawn_with(&loop->root, &main_opts, main_task, &task, NULL);
  while (loop->root.live > 0)
    turn(loop);
  asy_stopper_done(loop);
  done(loop);
  asy_loop = outer;
  free(loop);
  return err < 0 ? err : task.rc;
}
