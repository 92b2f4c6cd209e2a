/* Who tells that a process has ended: its pidfd, which the loop polls; or, for
 * a process without one, SIGCHLD. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "proc/proc_priv.h"

struct asy_watch {
  uv_poll_t uv;
  struct async_proc *proc;
  int pidfd; /* -1: SIGCHLD */
};

/* pidfd */

static void on_readable(uv_poll_t *uv, int status, int events)
{
  struct asy_watch *watch = uv->data;
  (void)status, (void)events;
  asy_proc_reap(watch->proc);
}

static int poll_pidfd(struct asy_watch *watch, int pidfd)
{
  int err = uv_poll_init(async_loop_uv(), &watch->uv, pidfd);
  if (err < 0)
    return err;
  watch->uv.data = watch;
  watch->pidfd = pidfd;
  uv_poll_start(&watch->uv, UV_READABLE, on_readable);
  uv_unref((uv_handle_t *)&watch->uv);
  return 0;
}

/* SIGCHLD */

static void reap_one(struct async_proc *proc, int unused)
{
  (void)unused;
  asy_proc_reap(proc);
}

/* One by one as they ended, unless a child that is not ours stands in the way;
 * it stays there until whoever started it waits for it. */
static void on_chld(uv_signal_t *uv, int number)
{
  struct asy_procs *procs = uv->data;
  (void)number;
  for (;;) {
    siginfo_t info = { .si_pid = 0 };
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        info.si_pid == 0)
      return;
    struct async_proc *proc = asy_procs_find(procs, info.si_pid);
    if (!proc) {
      asy_procs_each(procs, reap_one, 0);
      return;
    }
    asy_proc_reap(proc);
  }
}

static int listen_for_chld(struct asy_procs *procs)
{
  if (procs->chld_open)
    return 0;
  int err = uv_signal_init(async_loop_uv(), &procs->chld);
  if (err < 0)
    return err;
  procs->chld_open = true;
  procs->chld.data = procs;
  uv_unref((uv_handle_t *)&procs->chld);
  return 0;
}

static void free_procs(uv_handle_t *handle)
{
  free(handle->data);
}

void asy_watch_close(struct asy_procs *procs)
{
  if (procs->chld_open)
    uv_close((uv_handle_t *)&procs->chld, free_procs);
  else
    free(procs);
}

/* Either */

int asy_watch_prepare(struct asy_procs *procs, struct async_proc *proc,
                      bool pidfd)
{
  if (!pidfd) {
    int err = listen_for_chld(procs);
    if (err == 0)
      err = uv_signal_start(&procs->chld, on_chld, SIGCHLD);
    if (err < 0)
      return err;
  }
  struct asy_watch *watch = calloc(1, sizeof(*watch));
  if (!watch)
    return ASYNC_ENOMEM;
  watch->proc = proc;
  watch->pidfd = -1;
  proc->watch = watch;
  return 0;
}

int asy_watch_start(struct async_proc *proc, int pidfd)
{
  return pidfd < 0 ? 0 : poll_pidfd(proc->watch, pidfd);
}

static void free_watch(uv_handle_t *handle)
{
  free(handle->data);
}

/* The descriptor leaves the poll set before it is closed: a child between
 * its birth and its program has it, too, and would keep it there. */
void asy_watch_stop(struct async_proc *proc)
{
  struct asy_watch *watch = proc->watch;
  if (!watch)
    return;
  proc->watch = NULL;
  if (watch->pidfd < 0) {
    free(watch);
    return;
  }
  uv_close((uv_handle_t *)&watch->uv, free_watch);
  close(watch->pidfd);
}

static void keep_chld(struct asy_procs *procs, bool keep)
{
  procs->chld_waiters += keep ? 1 : (size_t)-1;
  if (procs->chld_waiters > 0)
    uv_ref((uv_handle_t *)&procs->chld);
  else
    uv_unref((uv_handle_t *)&procs->chld);
}

void asy_watch_keep(struct async_proc *proc, bool keep)
{
  struct asy_watch *watch = proc->watch;
  if (watch->pidfd < 0)
    keep_chld(asy_procs_this(), keep);
  else if (keep)
    uv_ref((uv_handle_t *)&watch->uv);
  else
    uv_unref((uv_handle_t *)&watch->uv);
}
