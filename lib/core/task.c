#include "async/task.h"

#include <assert.h>
#include <execinfo.h>
#include <string.h>

#include "async/error.h"
#include "core/loop_priv.h"

enum { STEP_BUDGET = 128, TASK_ALIGN = 64, TIMERS_PER_TASK = 4 };

/* Switching. */

void asy_task_wake(struct async_task *task)
{
  struct async_loop *loop = asy_loop;
  if (!async_list_empty(&task->ready))
    return;
  async_list_push(&loop->ready, &task->ready);
  /* libuv 1.44 runs due timers before it polls: without this, a task woken by
   * one would wait for the next I/O. Outside uv_run the flag would make the
   * next poll be skipped. */
  if (loop->polling)
    uv_stop(&loop->uv);
}

void asy_task_step(struct async_task *task)
{
  struct async_loop *loop = asy_loop;
  loop->current = task;
  loop->stats.switches++;
  task->budget = STEP_BUDGET;
  asy_side_leave(&loop->side, &task->side, 0);
  asy_ctx_switch(&loop->ctx, task->ctx);
  asy_side_arrive(&loop->side, NULL);
  loop->current = NULL;
}

static void switch_to_loop(struct async_task *task, int last)
{
  struct async_loop *loop = asy_loop;
  asy_side_leave(&task->side, &loop->side, last);
  asy_ctx_switch(&task->ctx, loop->ctx);
  asy_side_arrive(&task->side, NULL);
}

void asy_task_park(struct async_task *task)
{
  assert(asy_loop->now_holds == 0);
  switch_to_loop(task, 0);
  while (task->dumping) { /* async_dump wants to see where it stands */
    asy_task_show(task);
    task->dumping = false;
    switch_to_loop(task, 0);
  }
}

static void task_main(void *arg)
{
  struct async_task *task = arg;
  asy_side_arrive(&task->side, &asy_loop->side);
  task->rc = task->fn(task->arg);
  if (task->scope != &task->root)
    asy_report_open_scope(asy_loop, task);
  task->ended = true;
  switch_to_loop(task, 1);
}

/* Birth and death. */

/* The task lies at the top of its stack, so that both share the page that is
 * touched anyway. */
static struct async_task *task_at_top(struct async_loop *loop, char *stack,
                                      size_t len)
{
  size_t size =
      (sizeof(struct async_task) + TASK_ALIGN - 1) & ~(size_t)(TASK_ALIGN - 1);
  char *top = stack + len - asy_stack_colour(&loop->stacks, stack, len);
  struct async_task *task = (struct async_task *)(void *)(top - size);
  memset(task, 0, sizeof(*task));
  task->stack = stack;
  task->stack_bytes = len;
  return task;
}

static void task_start(struct async_loop *loop, struct async_task *task,
                       const struct async_spawn_opts *opts)
{
  struct async_group *group = task->group;
  task->name = opts->name ? opts->name : "task";
  task->file = opts->file;
  task->line = opts->line;
  task->id = ++loop->last_id;
  task->born_ns = async_now();
  async_list_init(&task->ready);
  async_list_push(&group->tasks, &task->sibling);
  async_list_push(&loop->all, &task->all);
  group->live++;
  asy_scope_init(&task->root, &group->scope, task, ASYNC_NEVER, false);
  task->scope = &task->root;
  asy_side_init_task(&task->side, task->stack, task->stack_bytes);
  task->ctx = asy_ctx_make(task->stack, (size_t)((char *)task - task->stack),
                           task_main, task);
  loop->stats.spawned++;
  if (++loop->stats.tasks > loop->stats.tasks_peak)
    loop->stats.tasks_peak = loop->stats.tasks;
  asy_task_wake(task);
}

int async_spawn_with(struct async_group *group,
                     const struct async_spawn_opts *opts, async_task_fn *fn,
                     void *arg, struct async_task **handle)
{
  static const struct async_spawn_opts defaults = ASYNC_SPAWN_OPTS_INIT;
  struct async_loop *loop = asy_loop;
  if (!opts)
    opts = &defaults;
  if (group->closing)
    return ASYNC_ECLOSED;
  if (loop->opts.fail_alloc && --loop->opts.fail_alloc == 0)
    return ASYNC_ENOMEM;
  size_t timers = TIMERS_PER_TASK * (loop->stats.tasks + 1);
  int err = async_heap_reserve(&loop->timers, timers);
  if (err < 0)
    return err;
  size_t len = loop->stacks.stack_bytes;
  if (opts->stack_bytes)
    len = asy_stack_round(&loop->stacks, opts->stack_bytes);
  char *stack = asy_stack_get(&loop->stacks, len);
  if (!stack)
    return ASYNC_ENOMEM;
  struct async_task *task = task_at_top(loop, stack, len);
  task->group = group;
  task->fn = fn;
  task->arg = arg;
  task->has_handle = handle != NULL;
  task_start(loop, task, opts);
  if (handle)
    *handle = task;
  return 0;
}

static void task_free(struct async_task *task)
{
  async_list_remove(&task->sibling);
  asy_side_done_task(&task->side);
  asy_stack_put(&asy_loop->stacks, task->stack, task->stack_bytes);
}

void asy_group_free_handles(struct async_group *group)
{
  ASYNC_LIST_EACH (node, &group->tasks)
    task_free(ASYNC_CONTAINER_OF(node, struct async_task, sibling));
}

/* A failure that is not the echo of a cancel. */
static bool is_error(const struct async_task *task)
{
  return task->rc < 0 && !(task->rc == ASYNC_ECANCELED && task->root.cancelled);
}

static void count_error(struct async_group *group, int rc)
{
  if (group->errors++ == 0)
    group->rc = rc;
  if (group->policy == ASYNC_GROUP_FAIL_FAST)
    async_scope_cancel(&group->scope);
}

void asy_task_ended(struct async_task *task)
{
  struct async_group *group = task->group;
  assert(async_list_empty(&task->root.children));
  async_list_remove(&task->all);
  async_list_remove(&task->root.sibling);
  asy_loop->stats.tasks--;
  if (is_error(task))
    count_error(group, task->rc);
  group->live--;
  if (task->joiner) {
    task->joiner->rc = task->rc;
    async_op_done(&task->joiner->op, 0);
    task->has_handle = false;
  }
  if (!task->has_handle)
    task_free(task);
  if (group->live == 0 && group->closer)
    async_op_done(group->closer, 0);
}

static int join_abort(struct async_op *op)
{
  struct asy_join *join = ASYNC_CONTAINER_OF(op, struct asy_join, op);
  join->task->joiner = NULL;
  return ASYNC_OP_WITHDRAWN;
}

int async_join(struct async_task *task)
{
  int rc = async_check();
  assert(task->has_handle && !task->joiner);
  if (rc < 0)
    return rc;
  if (task->ended) {
    rc = task->rc;
    task_free(task);
    return rc;
  }
  /* From here on the task, and its group, may be gone at any time. */
  struct asy_join join = { .task = task };
  async_op_start(&join.op, "join", join_abort);
  task->joiner = &join;
  rc = async_await(&join.op);
  return rc < 0 ? rc : join.rc;
}

void async_task_cancel(struct async_task *task)
{
  if (!task->ended)
    async_scope_cancel(&task->root);
}

struct async_task *async_self(void)
{
  return asy_loop ? asy_loop->current : NULL;
}

const char *async_task_name(const struct async_task *task)
{
  return task->name;
}

uint64_t async_task_id(const struct async_task *task)
{
  return task->id;
}

int async_yield(void)
{
  struct async_task *task = asy_loop->current;
  int err = async_check();
  if (err < 0)
    return err;
  asy_task_wake(task);
  asy_task_park(task);
  return task->scope->cancelled ? ASYNC_ECANCELED : 0;
}

int async_checkpoint(void)
{
  int err = async_check();
  if (err < 0)
    return err;
  return --asy_loop->current->budget > 0 ? 0 : async_yield();
}
