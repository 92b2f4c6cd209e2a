/* The live processes of a loop, for the files of this folder. */
#ifndef ASY_PROC_PRIV_H
#define ASY_PROC_PRIV_H

#include <uv.h>

#include "async/proc.h"
#include "async/timer.h"
#include "core/local_priv.h"

enum { ASY_PROCS_BUCKETS = 256 };

struct asy_procs {
  struct asy_local local;
  struct async_list live[ASY_PROCS_BUCKETS]; /* of async_proc, by pid */
  struct async_list told;    /* operations on processes that had ended */
  struct async_timer notify; /* tells them */
  char *stack;               /* of the child that is being started */
  int null_fd;               /* /dev/null, or -1 */
  bool fork_only;            /* the kernel has no pidfd for us */
  uv_signal_t chld;          /* runs if there are processes without pidfd */
  bool chld_open;
  size_t chld_waiters;
};

/* Those of the running loop; NULL if there are none yet. */
struct asy_procs *asy_procs_this(void);

/* The same, made if need be. Returns 0 or an error. */
int asy_procs_get(struct asy_procs **out);

/* /dev/null, opened once. Returns 0 or an error. */
int asy_procs_null(struct asy_procs *procs, int *fd);

/* The live process with this pid, or NULL. */
struct async_proc *asy_procs_find(struct asy_procs *procs, pid_t pid);
void asy_procs_add(struct asy_procs *procs, struct async_proc *proc);

/* Calls fn for each; it may end the process. */
void asy_procs_each(struct asy_procs *procs,
                    void (*fn)(struct async_proc *proc, int arg), int arg);

/* Reaps a process if it has ended, and tells who waits. */
void asy_proc_reap(struct async_proc *proc);

/* Watching for the end of a process.
 *
 * Prepare comes before the child is made, and allocates all that is needed;
 * then start, or, without a child, stop. */
int asy_watch_prepare(struct asy_procs *procs, struct async_proc *proc,
                      bool pidfd);
int asy_watch_start(struct async_proc *proc, int pidfd);
void asy_watch_stop(struct async_proc *proc);

/* Whether the loop waits for this process, if it has nothing else to do. */
void asy_watch_keep(struct async_proc *proc, bool keep);

/* At the end of the loop; then procs is freed. */
void asy_watch_close(struct asy_procs *procs);

#endif
