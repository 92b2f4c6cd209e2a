/* async/task.h (core): tasks and the groups they live in.
 *
 * A task is a function on a stack of its own, scheduled cooperatively on the
 * loop of its thread. It belongs to one group; closing the group waits for its
 * last task, so nothing outlives the function that started it. A task always
 * takes its first step, even if it is cancelled before, so that whatever it was
 * given can be given back. Returning with a scope or a group open aborts. */
#ifndef ASYNC_TASK_H
#define ASYNC_TASK_H

#include <stddef.h>

#include "async/op.h"
#include "async/scope.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int async_task_fn(void *arg);

struct async_task;

/* What a group does when one of its tasks fails. */
enum async_group_policy {
  ASYNC_GROUP_FAIL_FAST = 0, /* cancels the others */
  ASYNC_GROUP_COLLECT        /* lets them run; the first error is reported */
};

struct async_group {
  struct async_scope scope;
  struct async_list tasks;
  size_t live;   /* tasks that have not ended */
  size_t errors; /* tasks that ended with an error that is not a cancel */
  int rc;        /* the first such error */
  enum async_group_policy policy;
  bool closing;
  struct async_op *closer;
};

struct async_spawn_opts {
  const char *name; /* kept; NULL: "task" */
  const char *file; /* kept; the spawn site, for dumps */
  int line;
  size_t stack_bytes; /* 0: the loop's default, 64 KiB */
};

#define ASYNC_SPAWN_OPTS_INIT                                                  \
  {                                                                            \
    NULL, __FILE__, __LINE__, 0                                                \
  }

/* Opens a group; it is also a scope of the caller, closed in the same function.
 *
 * group  kept until it is closed; usually a local variable
 */
void async_group_open(struct async_group *group,
                      enum async_group_policy policy);

/* Cancels every task in it. */
void async_group_cancel(struct async_group *group);

/* Waits for every task to end, then leaves the group's scope. Handles that were
 * not joined are given back.
 *
 * Returns the first task's error that is not an echo of the group's own
 * cancel; ASYNC_ECANCELED if the cancel came from outside; else 0. It is not
 * cancelled itself: the tasks are, and it waits for them.
 */
int async_group_close(struct async_group *group);

/* The group of the loop itself, for work that outlives its starter. The loop
 * ends when the main task has ended and this group is empty; it is cancelled
 * when the main task ends. */
struct async_group *async_root(void);

/* Runs `fn` in a task of its own, a child of `group`; it takes its first step
 * on a later turn of the loop.
 *
 * group   borrowed; outlives the task (it does: closing waits for its tasks)
 * arg     kept until fn returns
 * opts    copied; NULL means ASYNC_SPAWN_OPTS_INIT
 * handle  NULL, or on success the task, to be joined at most once
 *
 * Returns 0, ASYNC_ENOMEM (no stack), or ASYNC_ECLOSED once the group's close
 * has found it empty. Does not park.
 * Source: Sustrik, "Structured Concurrency" (libdill); Smith, "Notes on
 * structured concurrency" (Trio).
 */
int async_spawn_with(struct async_group *group,
                     const struct async_spawn_opts *opts, async_task_fn *fn,
                     void *arg, struct async_task **handle);

/* The same, named after the function and the place it stands at. */
#define async_spawn(group, fn, arg)                                            \
  async_spawn_with(                                                            \
      (group), &(const struct async_spawn_opts){ #fn, __FILE__, __LINE__, 0 }, \
      (fn), (arg), NULL)
#define async_spawn_handle(group, fn, arg, handle)                             \
  async_spawn_with(                                                            \
      (group), &(const struct async_spawn_opts){ #fn, __FILE__, __LINE__, 0 }, \
      (fn), (arg), (handle))

/* Waits for one task.
 *
 * task  given; the handle is gone when this returns anything but
 *       ASYNC_ECANCELED of the caller's own scope; at the latest it is gone
 *       when its group has closed
 *
 * Returns what the task returned, or ASYNC_ECANCELED.
 */
int async_join(struct async_task *task);

/* Cancels one task. */
void async_task_cancel(struct async_task *task);

/* The task that is running, or NULL on the loop's own stack. */
struct async_task *async_self(void);

/* The task's name and number, for messages. */
const char *async_task_name(const struct async_task *task);
uint64_t async_task_id(const struct async_task *task);

/* Lets the other ready tasks take a step.
 *
 * Returns 0 or ASYNC_ECANCELED.
 */
int async_yield(void);

/* For the fast path of something that need not park: a checkpoint that yields
 * after 128 such calls in one step, so that a busy task cannot starve others.
 *
 * Returns 0 or ASYNC_ECANCELED.
 */
int async_checkpoint(void);

#ifdef __cplusplus
}
#endif
#endif
