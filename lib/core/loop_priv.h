/* The loop and the task, for the files of this folder. */
#ifndef ASY_LOOP_PRIV_H
#define ASY_LOOP_PRIV_H

#include <pthread.h>

#include <uv.h>

#include "async/buf.h"
#include "async/debug.h"
#include "async/heap.h"
#include "async/list.h"
#include "async/loop.h"
#include "async/rng.h"
#include "async/task.h"
#include "core/ctx_priv.h"
#include "core/sanitize_priv.h"
#include "core/stack_priv.h"

/* Somebody waits for a task, which is freed as it ends. */
struct asy_join {
  struct async_op op;
  struct async_task *task;
  int rc;
};

struct async_task {
  struct asy_ctx *ctx;
  struct asy_side side;
  struct async_list ready, sibling, all;
  struct async_group *group;
  struct async_scope root, *scope; /* root: the task's own; scope: innermost */
  struct async_op *waiting;        /* what it is parked on */
  struct asy_join *joiner;
  async_task_fn *fn;
  void *arg;
  int rc;
  int budget; /* checkpoints that may pass before it yields */
  bool ended, has_handle, joined, dumping;
  uint64_t id;
  int64_t born_ns;
  const char *name, *file;
  int line;
  char *stack;
  size_t stack_bytes;
};

struct asy_post {
  pthread_mutex_t lock;
  struct async_list queue;
  uv_async_t wake;
};

struct asy_workers {
  struct async_list queue; /* of jobs that wait for a thread */
  size_t running, most;
};

enum { ASY_STOPS = 2 };

struct asy_stopper {
  unsigned requests; /* more than ASY_STOPS count as so many */
  int signal;
  int64_t grace_ns;
  struct async_list watchers[ASY_STOPS]; /* of operations, by request */
  struct async_timer deadline, notify;
  uv_signal_t handles[4];
  size_t handle_count;
};

struct async_loop {
  uv_loop_t uv;
  uv_timer_t uv_timer;
  struct async_run_opts opts;
  struct async_rng rng; /* draws the order of ready tasks, if seeded */

  struct asy_ctx *ctx; /* the loop's own stack, while a task runs */
  struct asy_side side;
  struct async_task *current;
  struct async_list ready, batch, all; /* batch: whose turn it is now */
  unsigned steps;                      /* since I/O was polled */
  uint64_t last_id;

  struct async_heap timers;
  int64_t virtual_ns; /* the clock of tests */
  int64_t paused_ns;  /* how much ours is behind the machine's */
  int64_t now_ns;     /* the clock, while it is held */
  unsigned now_holds;
  int64_t armed_ns;  /* when uv_timer fires; ASYNC_NEVER: not armed */
  int64_t firing_ns; /* what time it is for the timers that fire now */
  size_t held;
  bool polling; /* inside uv_run */
  bool awaits_posts;

  struct async_group root;
  struct asy_stacks stacks;
  struct asy_post post;
  struct asy_workers workers;
  struct asy_stopper stopper;
  struct async_list locals; /* of asy_local, see local_priv.h */
  struct async_stats stats;
};

extern _Thread_local struct async_loop *asy_loop;

/* Puts a parked task into the ready queue. */
void asy_task_wake(struct async_task *task);

/* Runs a task until it parks or ends, on the loop's stack. */
void asy_task_step(struct async_task *task);

/* A task returned: tells its group and its joiner. */
void asy_task_ended(struct async_task *task);

/* Frees the tasks that ended with a handle nobody joined. */
void asy_group_free_handles(struct async_group *group);

/* Writes the stack of the running task into the dump that asked for it. */
void asy_task_show(struct async_task *task);

/* Parks the running task. */
void asy_task_park(struct async_task *task);

/* A scope outside any function: the loop's, a task's own. */
void asy_scope_init(struct async_scope *scope, struct async_scope *parent,
                    struct async_task *task, int64_t deadline_ns, bool shield);

/* The machine's clock, without the pauses. */
int64_t asy_loop_clock_ns(const struct async_loop *loop);

/* Runs what is due. */
void asy_timers_run(struct async_loop *loop);

/* Start and end of the parts, in async_run. Init returns 0 or an error. */
int asy_post_init(struct async_loop *loop);
void asy_post_done(struct async_loop *loop);
void asy_workers_init(struct async_loop *loop);
int asy_stopper_init(struct async_loop *loop);
void asy_stopper_done(struct async_loop *loop);
void asy_locals_close(struct async_loop *loop);

/* Keeps the counters of a run that ends, for async_stats_get. */
void asy_stats_keep(const struct async_loop *loop);

/* Gives a report to opts.report, or writes it on standard error. */
void asy_report(struct async_loop *loop, const char *text, size_t len);
void asy_report_slow_step(struct async_loop *loop,
                          const struct async_task *task, int64_t took_ns);
_Noreturn void asy_report_deadlock(struct async_loop *loop);
_Noreturn void asy_report_open_scope(struct async_loop *loop,
                                     const struct async_task *task);

#endif
