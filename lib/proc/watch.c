/* Who tells that processes have ended: their descriptors (pidfd), in a poll set
 * of their own that the loop polls as one; or, for those without, SIGCHLD.
 *
 * One set for all, because entering a descriptor into libuv's and taking it out
 * are six system calls, and into this one two. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "proc/launch_priv.h"
#include "proc/proc_priv.h"

static uv_handle_t *set_handle(struct asy_procs *procs)
{
  return (uv_handle_t *)&procs->set_poll;
}

static uv_handle_t *chld_handle(struct asy_procs *procs)
{
  return (uv_handle_t *)&procs->chld;
}

/* The loop waits for processes only while somebody here does; otherwise a
 * deadlock could not be told. */
static void keep_if_waiting(struct asy_procs *procs)
{
  void (*keep)(uv_handle_t *) = procs->waiting > 0 ? uv_ref : uv_unref;
  if (procs->set_open)
    keep(set_handle(procs));
  if (procs->chld_open)
    keep(chld_handle(procs));
}

void asy_watch_waiting(bool more)
{
  struct asy_procs *procs = asy_procs_this();
  procs->waiting += more ? 1 : (size_t)-1;
  if (procs->waiting <= 1)
    keep_if_waiting(procs);
}

/* pidfd */

#if ASY_PROC_SHARED

#  include <sys/epoll.h>

enum { EVENTS = 64 };

static void on_set(uv_poll_t *uv, int status, int events)
{
  struct asy_procs *procs = uv->data;
  struct epoll_event ended[EVENTS];
  (void)status, (void)events;
  int count = epoll_wait(procs->set, ended, EVENTS, 0);
  for (int i = 0; i < count; i++) {
    struct async_proc *proc = asy_procs_find(procs, ended[i].data.fd);
    if (proc)
      asy_proc_reap(proc);
  }
}

static int open_set(struct asy_procs *procs)
{
  if (procs->set_open)
    return 0;
  procs->set = epoll_create1(EPOLL_CLOEXEC);
  if (procs->set < 0)
    return -errno;
  int err = uv_poll_init(async_loop_uv(), &procs->set_poll, procs->set);
  if (err < 0) {
    close(procs->set);
    return err;
  }
  procs->set_open = true;
  procs->set_poll.data = procs;
  uv_poll_start(&procs->set_poll, UV_READABLE, on_set);
  keep_if_waiting(procs);
  return 0;
}

/* Known there by its pid, which is looked up. */
static int enter_set(struct asy_procs *procs, pid_t pid, int pidfd)
{
  struct epoll_event event = { .events = EPOLLIN, .data.fd = pid };
  return epoll_ctl(procs->set, EPOLL_CTL_ADD, pidfd, &event) < 0 ? -errno : 0;
}

/* Taken out before it is closed: a child between its birth and its program has
 * it, too, and would keep it there. */
static void leave_set(struct asy_procs *procs, int pidfd)
{
  epoll_ctl(procs->set, EPOLL_CTL_DEL, pidfd, NULL);
  close(pidfd);
}

#else

static int open_set(struct asy_procs *procs)
{
  (void)procs;
  return -ENOSYS;
}

static int enter_set(struct asy_procs *procs, pid_t pid, int pidfd)
{
  (void)procs, (void)pid, (void)pidfd;
  return -ENOSYS;
}

static void leave_set(struct asy_procs *procs, int pidfd)
{
  (void)procs, (void)pidfd;
}

#endif

/* SIGCHLD */

static void reap_one(struct async_proc *proc, int unused)
{
  (void)unused;
  asy_proc_reap(proc);
}

static void check_stop(struct async_proc *proc, int unused)
{
  (void)unused;
  if (proc->terminal)
    asy_terminal_check_stop(proc);
}

/* One by one as they ended, unless a child that is not ours stands in the way,
 * where it stays until whoever started it waits for it; or there are none,
 * because somebody else waited for ours. */
static void reap_ended(struct asy_procs *procs)
{
  for (;;) {
    siginfo_t info = { .si_pid = 0 };
    int err = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (err == 0 && info.si_pid == 0)
      return;
    struct async_proc *proc =
        err == 0 ? asy_procs_find(procs, info.si_pid) : NULL;
    if (!proc) {
      asy_procs_each(procs, reap_one, 0);
      return;
    }
    asy_proc_reap(proc);
  }
}

static void on_chld(uv_signal_t *uv, int number)
{
  struct asy_procs *procs = uv->data;
  (void)number;
  reap_ended(procs);
  if (procs->stops)
    asy_procs_each(procs, check_stop, 0);
}

/* We may have been started with it blocked. */
static void unblock_chld(void)
{
  sigset_t chld;
  sigemptyset(&chld);
  sigaddset(&chld, SIGCHLD);
  pthread_sigmask(SIG_UNBLOCK, &chld, NULL);
}

static int open_chld(struct asy_procs *procs)
{
  unblock_chld();
  if (!procs->chld_open) {
    int err = uv_signal_init(async_loop_uv(), &procs->chld);
    if (err < 0)
      return err;
    procs->chld_open = true;
    procs->chld.data = procs;
    keep_if_waiting(procs);
  }
  return uv_signal_start(&procs->chld, on_chld, SIGCHLD);
}

/* Either */

int asy_watch_open(struct asy_procs *procs, bool stops)
{
  procs->stops |= stops;
  int err = procs->fork_only || stops ? open_chld(procs) : 0;
  return err < 0 || procs->fork_only ? err : open_set(procs);
}

int asy_watch_start(struct asy_procs *procs, const struct async_proc *proc)
{
  return proc->pidfd < 0 ? 0 : enter_set(procs, proc->pid, proc->pidfd);
}

void asy_watch_stop(struct async_proc *proc)
{
  if (proc->pidfd >= 0)
    leave_set(asy_procs_this(), proc->pidfd);
  proc->pidfd = -1;
}

static void on_closed(uv_handle_t *handle)
{
  struct asy_procs *procs = handle->data;
  if (--procs->closing == 0)
    free(procs);
}

void asy_watch_close(struct asy_procs *procs)
{
  procs->closing = (size_t)procs->set_open + (size_t)procs->chld_open;
  if (procs->closing == 0) {
    free(procs);
    return;
  }
  if (procs->set_open) {
    uv_close(set_handle(procs), on_closed);
    close(procs->set);
  }
  if (procs->chld_open)
    uv_close(chld_handle(procs), on_closed);
}
