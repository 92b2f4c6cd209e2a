/* 1. Signal handlers of ours go, or they would run in our memory.
 * 2. Descriptors of its own: of ours, it takes no more than it needs, because
 *    each costs time, and we may have thousands.
 * 3. A group of its own, and a promise to die with us.
 * 4. What it was told to be: cgroup, nice, umask, descriptors, directory,
 *    foreground of the terminal.
 * 5. Limits, late, so that they do not hinder 4.
 * 6. Signals as we found them, and the program. */
#include "proc/child_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#  include <sched.h>
#  include <sys/prctl.h>
#  include <sys/syscall.h>
#endif

/* Signals. */

ASY_CHILD_CODE static void remove_handler(int number)
{
  struct sigaction action;
  if (sigaction(number, NULL, &action) < 0 || action.sa_handler == SIG_IGN ||
      action.sa_handler == SIG_DFL)
    return;
  action.sa_handler = SIG_DFL;
  action.sa_flags = 0;
  sigaction(number, &action, NULL);
}

ASY_CHILD_CODE static void reset_signals(const struct asy_child *child)
{
  for (int i = 1; child->has_handlers && i < NSIG; i++)
    remove_handler(i);
  for (size_t i = 0; i < ASY_INHERITED_SIGNALS; i++) {
    struct sigaction action;
    bool ignored = child->inherited->signals[i].ignored;
    /* SIGCHLD is never ignored while we run. */
    if (child->inherited->signals[i].number == SIGCHLD && !ignored)
      continue;
    action.sa_handler = ignored ? SIG_IGN : SIG_DFL;
    action.sa_flags = 0;
    sigemptyset(&action.sa_mask);
    sigaction(child->inherited->signals[i].number, &action, NULL);
  }
}

/* Kin. */

ASY_CHILD_CODE static int die_with_parent(const struct asy_child *child)
{
#ifdef __linux__
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
    return -1;
  /* It may have died before we asked. */
  if (getppid() != child->parent)
    _Exit(127);
#else
  (void)child;
#endif
  return 0;
}

ASY_CHILD_CODE static int enter_cgroup(const struct asy_child *child)
{
#ifdef __linux__
  int fd = openat(child->fds[ASY_CHILD_CGROUP], "cgroup.procs",
                  O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  if (write(fd, "0", 1) < 0)
    return -1;
  return close(fd);
#else
  (void)child;
  errno = ENOSYS;
  return -1;
#endif
}

ASY_CHILD_CODE static int be_nicer(int by)
{
  errno = 0;
  return nice(by) == -1 && errno != 0 ? -1 : 0;
}

/* Descriptors. */

/* Source: close_range(2); Linux 5.9. */
ASY_CHILD_CODE static long close_from(int first, unsigned flags)
{
#if defined __linux__ && defined SYS_close_range
  return syscall(SYS_close_range, (unsigned)first, ~0u, flags);
#else
  (void)first, (void)flags;
  errno = ENOSYS;
  return -1;
#endif
}

/* A table of its own, without those above what is needed. */
ASY_CHILD_CODE static int own_descriptors(const struct asy_child *child)
{
#ifdef __linux__
  enum { UNSHARE = 2 };
  if (child->shares_files && close_from(child->highest + 1, UNSHARE) < 0)
    return unshare(CLONE_FILES);
#endif
  (void)child;
  return 0;
}

/* Where they cannot be closed at once they are told, one by one, to close at
 * the start of the program. */
ASY_CHILD_CODE static void close_others(const struct asy_child *child)
{
  enum { AT_EXEC = 4, MOST = 65536 };
  struct rlimit limit = { .rlim_cur = MOST };
  if (close_from(3, child->report < 0 ? 0 : AT_EXEC) == 0)
    return;
  getrlimit(RLIMIT_NOFILE, &limit);
  for (int fd = 3; fd < MOST && (rlim_t)fd < limit.rlim_cur; fd++)
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* Those that stand where another one goes step aside first. */
ASY_CHILD_CODE static int step_aside(int *fd, int place)
{
  if (*fd < 0 || *fd > 2 || *fd == place)
    return 0;
  *fd = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
  return *fd;
}

ASY_CHILD_CODE static int take_place(int fd, int place)
{
  if (fd == ASYNC_PROC_SAME)
    return 0;
  if (fd == place)
    return fcntl(fd, F_SETFD, 0);
  return dup2(fd, place);
}

ASY_CHILD_CODE static int place_descriptors(struct asy_child *child)
{
  if (step_aside(&child->report, -1) < 0)
    return -1;
  for (int i = 0; i < 3; i++)
    if (step_aside(&child->fds[i], i) < 0)
      return -1;
  for (int i = 0; i < 3; i++)
    if (take_place(child->fds[i], i) < 0)
      return -1;
  if (!child->opts->inherits)
    close_others(child);
  return 0;
}

/* If we have it. All signals are blocked, so this does not stop us with
 * SIGTTOU. */
ASY_CHILD_CODE static int take_terminal(const struct asy_child *child)
{
  int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  return tcgetpgrp(fd) == child->our_group ? tcsetpgrp(fd, getpgrp()) : 0;
}

/* Limits. */

ASY_CHILD_CODE static int restore_files_limit(const struct asy_child *child)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
      limit.rlim_cur == child->inherited->files)
    return 0;
  limit.rlim_cur = child->inherited->files < limit.rlim_max
                       ? child->inherited->files
                       : limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit);
}

/* The C library of GNU declares it with an enumeration of its own. */
#ifdef __GLIBC__
typedef __rlimit_resource_t limit_name;
#else
typedef int limit_name;
#endif

ASY_CHILD_CODE static int set_limits(const struct asy_child *child)
{
  const struct async_proc_opts *opts = child->opts;
  if (restore_files_limit(child) < 0)
    return -1;
  for (size_t i = 0; i < opts->limit_count; i++)
    if (setrlimit((limit_name)opts->limits[i].resource,
                  &opts->limits[i].limit) < 0)
      return -1;
  return 0;
}

ASY_CHILD_CODE static int settle(struct asy_child *child)
{
  const struct async_proc_opts *opts = child->opts;
  if (own_descriptors(child) < 0)
    return -1;
  if (!opts->our_group && setpgid(0, 0) < 0)
    return -1;
  if (!opts->outlives_us && die_with_parent(child) < 0)
    return -1;
  if (opts->cgroup && enter_cgroup(child) < 0)
    return -1;
  if (opts->nice && be_nicer(opts->nice) < 0)
    return -1;
  if (opts->umask)
    umask((mode_t)opts->umask & 0777);
  if (place_descriptors(child) < 0)
    return -1;
  if (opts->dir && chdir(opts->dir) < 0)
    return -1;
  if (opts->terminal && take_terminal(child) < 0)
    return -1;
  return set_limits(child);
}

ASY_CHILD_CODE static void say_why(const struct asy_child *child)
{
  /* If nobody reads it, there is nobody to tell. */
  if (child->report >= 0 &&
      write(child->report, &child->error, sizeof(child->error)) < 0)
    _Exit(126);
}

ASY_CHILD_CODE int asy_child_run(void *arg)
{
  struct asy_child *child = arg;
  reset_signals(child);
  if (settle(child) == 0) {
    sigprocmask(SIG_SETMASK, &child->inherited->mask, NULL);
    execve(child->file, child->argv, child->envp);
  }
  child->error = errno;
  say_why(child);
  _Exit(127);
}
