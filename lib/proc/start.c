#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async/error.h"
#include "async/proc.h"
#include "proc/launch_priv.h"
#include "proc/low_priv.h"
#include "proc/proc_priv.h"

extern char **environ;

/* The environment. */

static const char POOL_THREADS[] = "UV_THREADPOOL_SIZE";

static char *const *without_pool_threads(void)
{
  size_t count = 0, kept = 0;
  while (environ[count])
    count++;
  char **copy = calloc(count + 1, sizeof(*copy));
  for (size_t i = 0; copy && i < count; i++)
    if (strncmp(environ[i], POOL_THREADS, sizeof(POOL_THREADS) - 1) != 0 ||
        environ[i][sizeof(POOL_THREADS) - 1] != '=')
      copy[kept++] = environ[i];
  return copy;
}

/* What opts.pool_threads of async_run left there is not for children.
 *
 * to_free  NULL, or what is to be freed later
 */
static int our_environment(const struct asy_inherited *inherited,
                           char *const **out, char *const **to_free)
{
  static char *none[] = { NULL };
  *out = environ ? environ : none;
  if (inherited->pool_threads || !environ || !getenv(POOL_THREADS))
    return 0;
  *out = *to_free = without_pool_threads();
  return *out ? 0 : ASYNC_ENOMEM;
}

/* Launching. */

#if ASY_PROC_SHARED

static int launch_shared(struct asy_procs *procs, struct asy_child *child,
                         struct asy_born *born)
{
  int err = 0;
  child->shares_files = !child->opts->inherits;
  memcpy(child->fds, child->given, sizeof(child->fds));
  if (child->shares_files)
    err = asy_low_lend(&procs->low, child);
  if (err == 0)
    err = asy_launch_shared(child, procs->stack, born);
  asy_low_return(&procs->low);
  return err;
}

#else

static int launch_shared(struct asy_procs *procs, struct asy_child *child,
                         struct asy_born *born)
{
  (void)procs, (void)child, (void)born;
  return -ENOSYS;
}

#endif

static int launch_any(struct asy_procs *procs, struct asy_child *child,
                      struct asy_born *born)
{
  child->error = 0;
  child->report = -1;
  int err = procs->fork_only ? -ENOSYS : launch_shared(procs, child, born);
  if (err != -ENOSYS)
    return err;
  procs->fork_only = true;
  child->shares_files = false;
  memcpy(child->fds, child->given, sizeof(child->fds));
  err = asy_watch_open(procs, false);
  return err < 0 ? err : asy_launch_fork(child, born);
}

/* Our handlers must not run in the child, so it starts with all signals
 * blocked. */
static int launch_blocked(struct asy_procs *procs, struct asy_child *child,
                          struct asy_born *born)
{
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int err = launch_any(procs, child, born);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return err;
}

/* It did not become what it should. */
static void bury(struct async_proc *proc)
{
  int status;
  if (!proc->our_group)
    kill(-proc->pid, SIGKILL);
  kill(proc->pid, SIGKILL);
  while (waitpid(proc->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (proc->terminal)
    asy_terminal_take_back(proc->pid);
  if (proc->pidfd >= 0)
    close(proc->pidfd);
  proc->pidfd = -1;
  proc->pid = 0;
}

static int launch(struct asy_procs *procs, struct async_proc *proc,
                  struct asy_child *child)
{
  struct asy_born born = { .pid = 0, .pidfd = -1 };
  int err = launch_blocked(procs, child, &born);
  if (err < 0)
    return err;
  proc->pid = born.pid;
  proc->pidfd = born.pidfd;
  err = child->error ? -child->error : asy_watch_start(procs, proc);
  if (err < 0)
    bury(proc);
  return err;
}

/* A file without a magic number is a script for the shell. */
static int launch_script(struct asy_procs *procs, struct async_proc *proc,
                         struct asy_child *child)
{
  size_t count = 0;
  while (child->argv[count])
    count++;
  const char **argv = calloc(count + 3, sizeof(*argv));
  if (!argv)
    return ASYNC_ENOMEM;
  argv[0] = "/bin/sh";
  argv[1] = child->file;
  for (size_t i = 1; i < count; i++)
    argv[i + 1] = child->argv[i];
  child->file = argv[0];
  child->argv = (char *const *)argv;
  int err = launch(procs, proc, child);
  free(argv);
  return err;
}

/* Preparing. */

static void choose_descriptors(const struct asy_procs *procs,
                               struct asy_child *child)
{
  const struct async_proc_opts *opts = child->opts;
  const int given[] = { opts->in, opts->out, opts->error };
  for (int i = 0; i < 3; i++)
    child->given[i] =
        given[i] == ASYNC_PROC_NULL ? procs->low.null_fd : given[i];
  child->given[ASY_CHILD_CGROUP] = opts->cgroup - 1;
}

static int start(struct asy_procs *procs, struct async_proc *proc,
                 struct asy_child *child)
{
  choose_descriptors(procs, child);
  int err = asy_watch_open(procs, child->opts->terminal);
  if (err == 0)
    err = launch(procs, proc, child);
  if (err == -ENOEXEC)
    err = launch_script(procs, proc, child);
  if (err == 0)
    asy_procs_add(procs, proc);
  return err;
}

int async_proc_start(struct async_proc *proc,
                     const struct async_proc_opts *opts)
{
  struct asy_procs *procs;
  char *const *to_free = NULL;
  struct asy_child child = {
    .opts = opts,
    .inherited = asy_inherited(),
    .file = opts->file,
    .argv = opts->argv,
    .envp = opts->envp,
    .parent = getpid(),
    .our_group = getpgrp(),
  };
  memset(proc, 0, sizeof(*proc));
  async_list_init(&proc->node);
  async_list_init(&proc->waiters);
  proc->pidfd = -1;
  proc->our_group = opts->our_group;
  proc->terminal = opts->terminal && !opts->our_group;
  int err = asy_procs_get(&procs);
  if (err == 0 && !opts->envp)
    err = our_environment(child.inherited, &child.envp, &to_free);
  if (err == 0)
    err = start(procs, proc, &child);
  free((void *)to_free);
  return err;
}
