/* The live processes of a loop, for the files of this folder. */
#ifndef ASY_PROC_PRIV_H
#define ASY_PROC_PRIV_H

#include <uv.h>

#include "async/proc.h"
#include "async/timer.h"
#include "core/local_priv.h"
#include "proc/low_priv.h"

enum { ASY_PROCS_BUCKETS = 256 };

struct asy_procs {
  struct asy_local local;
  struct async_list live[ASY_PROCS_BUCKETS]; /* of async_proc, by pid */
  struct async_list told;    /* operations on processes that had ended */
  struct async_timer notify; /* tells them */
  char *stack;               /* of the child that is being started */
  struct asy_low low;
  pid_t *strangers; /* children that are none of ours */
  size_t stranger_count;
  bool adopts;    /* orphans, and strangers are known */
  bool fork_only; /* the kernel has no pidfd for us */
  size_t waiting; /* operations on processes that live */
  int set;        /* of pidfds, a poll set */
  uv_poll_t set_poll;
  uv_signal_t chld; /* if there are processes without, or with the terminal */
  bool set_open, chld_open, stops;
  size_t closing; /* handles */
};

/* Those of the running loop; NULL if there are none yet. */
struct asy_procs *asy_procs_this(void);

/* The same, made if need be. Returns 0 or an error. */
int asy_procs_get(struct asy_procs **out);

/* The live process with this pid, or NULL. */
struct async_proc *asy_procs_find(struct asy_procs *procs, pid_t pid);
void asy_procs_add(struct asy_procs *procs, struct async_proc *proc);

/* Calls fn for each; it may end the process. */
void asy_procs_each(struct asy_procs *procs,
                    void (*fn)(struct async_proc *proc, int arg), int arg);

/* Reaps a process if it has ended, and tells who waits. */
void asy_proc_reap(struct async_proc *proc);

/* Takes the terminal back from the group of a process. */
void asy_terminal_take_back(pid_t group);

/* If the process in the foreground was stopped, so are we; then both go on. */
void asy_terminal_check_stop(struct async_proc *proc);

/* Makes ready to hear of the end of processes, and maybe of their being
 * stopped, before one is started. Returns 0 or an error. */
int asy_watch_open(struct asy_procs *procs, bool stops);

/* A process was started, or ended. Returns 0 or an error. */
int asy_watch_start(struct asy_procs *procs, const struct async_proc *proc);
void asy_watch_stop(struct async_proc *proc);

/* There is one more, or one less, who waits for a process. */
void asy_watch_waiting(bool more);

/* At the end of the loop; then procs is freed. */
void asy_watch_close(struct asy_procs *procs);

#endif
