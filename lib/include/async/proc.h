/* async/proc.h (proc): child processes.
 *
 * A process starts in a group of its own, with the signal dispositions and the
 * limit of open files that this process was started with, and with no
 * descriptor of ours but the three it is given. It is watched by the loop: on
 * Linux through a descriptor of the process (pidfd), elsewhere through SIGCHLD;
 * the cost does not grow with the number of live children, nor with the memory
 * we use. On Linux it dies with us: with the thread that started it.
 *
 * Other children of this process, started by other means, are left alone; but
 * see async_proc_adopt_orphans. If SIGCHLD is ignored it no longer is. */
#ifndef ASYNC_PROC_H
#define ASYNC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "async/list.h"
#include "async/op.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_proc_limit {
  int resource; /* RLIMIT_AS, ... */
  struct rlimit limit;
};

/* Begin with ASYNC_PROC_OPTS_INIT. Zero means: the default, but in the three
 * descriptors. */
struct async_proc_opts {
  const char *file;  /* the program, with a slash: see async_proc_find; if it is
                         relative, to `dir` */
  char *const *argv; /* ends with NULL */
  char *const *envp; /* ends with NULL; NULL: ours, without the
                         UV_THREADPOOL_SIZE that async_run puts there */
  const char *dir;   /* to start in; NULL: ours */
  int in, out, error; /* become 0, 1 and 2, and stay ours; ASYNC_PROC_NULL is
                         /dev/null, ASYNC_PROC_SAME is what we have there */
  bool inherits; /* has our other descriptors too, but those that close on exec;
                    starting it then takes longer, the more we have */
  bool our_group;   /* stays in our process group; else leads its own */
  bool terminal;    /* its group becomes the foreground of the terminal, if ours
                       is, until it ends; -ENXIO without a terminal. When it is
                       stopped (Ctrl-Z), so are we, by async_loop_suspend, and
                       when we are continued, so is it */
  bool outlives_us; /* it is not killed when we die */
  int nice;         /* added to ours */
  int umask;        /* ASYNC_PROC_UMASK(022); 0: ours */
  const struct async_proc_limit *limits;
  size_t limit_count;
  int cgroup; /* 1 + an open directory of a cgroup (version 2) to start in;
                 0: ours; -ENOSYS where there are none */
};

enum { ASYNC_PROC_NULL = -1, ASYNC_PROC_SAME = -2 };

/* Reads nothing, and writes where we do. */
#define ASYNC_PROC_OPTS_INIT                                                   \
  {                                                                            \
    .in = ASYNC_PROC_NULL, .out = ASYNC_PROC_SAME, .error = ASYNC_PROC_SAME    \
  }

#define ASYNC_PROC_UMASK(mask) ((mask) | 010000)

struct async_proc {
  pid_t pid;
  bool ended;          /* the next two are set */
  int status;          /* as wait4 has it: WIFEXITED, ... */
  struct rusage usage; /* of it and of the children it waited for */

  struct async_list node;    /* the rest is the library's own */
  struct async_list waiters; /* of operations */
  int rc;                    /* theirs */
  int pidfd;                 /* or -1 */
  bool our_group, terminal;
};

/* Finds a program as a shell does.
 *
 * name  with a slash: as it is; else looked for in the directories of `path`
 * path  NULL: the environment's PATH, or the system's default
 * out   on success a string to be freed
 *
 * Returns 0, -ENOENT, -EACCES for one that is there but cannot be executed,
 * -EISDIR, or ASYNC_ENOMEM.
 * Source: POSIX.1-2017, XBD 8.3 PATH.
 */
int async_proc_find(char **out, const char *name, const char *path);

/* Starts a program. A file that the kernel does not know how to run is given to
 * /bin/sh, as execvp does.
 *
 * proc  kept until it is closed
 * opts  borrowed for the call
 *
 * Returns 0, or the system's error, also that of chdir and exec in the child:
 * -E2BIG, -ENOENT, -EACCES, -EMFILE, -EAGAIN for the limit of processes. Then
 * there is no process, and nothing to close.
 * Does not park, but this thread waits until the child has called exec.
 */
int async_proc_start(struct async_proc *proc,
                     const struct async_proc_opts *opts);

/* Waits for the end of the process. Its pipes may still have readers and
 * writers. May be called again, and by several tasks.
 *
 * Returns 0 (proc->status is set); ASYNC_ECANCELED, which does nothing to it; or
 * -ECHILD if somebody else in this process waited for it: its status is lost.
 */
int async_proc_wait(struct async_proc *proc);

/* The same as an operation, to be awaited beside others. Withdrawn, the process
 * still runs. */
void async_proc_watch(struct async_proc *proc, struct async_op *op);

/* Sends a signal to the process, or to its whole group, which may have members
 * when the leader has ended. One that shares our group is signalled alone.
 *
 * Returns 0, or -ESRCH when there is nobody any more.
 */
int async_proc_signal(struct async_proc *proc, int number);
int async_proc_signal_group(struct async_proc *proc, int number);

/* Sends a signal to the groups of all live processes (of this loop). */
void async_proc_signal_all(int number);

/* Lets go of it, and leaves it all zero. One that still runs is killed, with its
 * group, and waited for; shielded. Fine for one that was never started (all
 * zero, or async_proc_start failed). Nobody else waits for it. */
void async_proc_close(struct async_proc *proc);

/* Orphans: descendants whose parent has ended come to us from now on, instead
 * of to process 1, and have to be swept. They cannot be told from children that
 * this process starts by other means, of which there should be none any more.
 *
 * Those that it has already are strangers, left by whoever was this process
 * before execve(2), and no sweep touches them. But their orphans come to us,
 * too: if there are strangers, sweep with a mark.
 *
 * Returns how many strangers there are; ASYNC_ENOMEM; or -ENOSYS where this is
 * not Linux, and a sweep finds nothing.
 * Thread: as async_proc_sweep, in its loop.
 */
int async_proc_adopt_orphans(void);

/* Reaps adopted orphans that have ended, and sends a signal to the others, and
 * to the group of one that leads it. Their own descendants come to us when they
 * have gone: sweep until none is left.
 *
 * number  0: none
 * mark    NULL: all; else only those whose environment had this "NAME=VALUE"
 *         when they were started (all that have ended are reaped)
 *
 * Returns how many were still alive (of those marked). Costs time for every
 * child we have: not for each short job.
 * Thread: if several run loops, the one that called main.
 */
size_t async_proc_sweep(int number, const char *mark);

#ifdef __cplusplus
}
#endif
#endif
