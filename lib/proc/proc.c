#include "async/proc.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/task.h"
#include "proc/proc_priv.h"

/* The end. */

static void stop_waiting(void)
{
  asy_watch_waiting(false);
  async_loop_release();
}

static void tell(struct async_proc *proc)
{
  struct async_list *node;
  while ((node = async_list_shift(&proc->waiters)) != NULL) {
    stop_waiting();
    async_op_done(ASYNC_CONTAINER_OF(node, struct async_op, node), proc->rc);
  }
}

void asy_proc_reap(struct async_proc *proc)
{
  pid_t pid;
  do
    pid = wait4(proc->pid, &proc->status, WNOHANG, &proc->usage);
  while (pid < 0 && errno == EINTR);
  if (pid == 0)
    return;
  if (pid < 0)
    proc->rc = -errno;
  proc->ended = true;
  async_list_remove(&proc->node);
  asy_watch_stop(proc);
  if (proc->terminal)
    asy_terminal_take_back(proc->pid);
  tell(proc);
}

/* Waiting. */

static int wait_abort(struct async_op *op)
{
  async_list_remove(&op->node);
  stop_waiting();
  return ASYNC_OP_WITHDRAWN;
}

static int told_abort(struct async_op *op)
{
  struct asy_procs *procs = asy_procs_this();
  async_list_remove(&op->node);
  if (async_list_empty(&procs->told))
    async_timer_clear(&procs->notify);
  return ASYNC_OP_WITHDRAWN;
}

static void tell_late(struct async_timer *timer)
{
  struct asy_procs *procs = ASYNC_CONTAINER_OF(timer, struct asy_procs, notify);
  struct async_list *node;
  while ((node = async_list_shift(&procs->told)) != NULL) {
    struct async_op *op = ASYNC_CONTAINER_OF(node, struct async_op, node);
    async_op_done(op, op->rc);
  }
}

/* An operation is not done inside its start. */
static void watch_ended(struct async_proc *proc, struct async_op *op)
{
  struct asy_procs *procs = asy_procs_this();
  async_op_start(op, "process", told_abort);
  op->rc = proc->rc;
  async_list_push(&procs->told, &op->node);
  async_timer_set(&procs->notify, async_now(), tell_late);
}

void async_proc_watch(struct async_proc *proc, struct async_op *op)
{
  if (proc->ended) {
    watch_ended(proc, op);
    return;
  }
  async_op_start(op, "process", wait_abort);
  async_list_push(&proc->waiters, &op->node);
  asy_watch_waiting(true);
  async_loop_hold();
}

int async_proc_wait(struct async_proc *proc)
{
  struct async_op op;
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (proc->ended)
    return proc->rc;
  async_proc_watch(proc, &op);
  return async_await(&op);
}

/* Signals. */

static int send_signal(pid_t pid, int number)
{
  return kill(pid, number) < 0 ? -errno : 0;
}

int async_proc_signal(struct async_proc *proc, int number)
{
  bool lives = proc->pid > 0 && !proc->ended;
  return lives ? send_signal(proc->pid, number) : -ESRCH;
}

/* The number of a group is not given away while it has members. Once it has
 * none, a new process may get it, and lead a group of its own. */
static bool is_reused(pid_t pid)
{
  return kill(pid, 0) == 0 || errno == EPERM;
}

int async_proc_signal_group(struct async_proc *proc, int number)
{
  if (proc->our_group || proc->pid <= 0)
    return async_proc_signal(proc, number);
  if (proc->ended && is_reused(proc->pid))
    return -ESRCH;
  int err = send_signal(-proc->pid, number);
  /* The leader may have moved on to another group. */
  return err == -ESRCH ? async_proc_signal(proc, number) : err;
}

static void signal_one(struct async_proc *proc, int number)
{
  async_proc_signal_group(proc, number);
}

void async_proc_signal_all(int number)
{
  struct asy_procs *procs = asy_procs_this();
  if (procs)
    asy_procs_each(procs, signal_one, number);
}

static void kill_and_wait(struct async_proc *proc)
{
  struct async_scope scope;
  async_proc_signal_group(proc, SIGKILL);
  async_proc_signal(proc, SIGKILL);
  async_scope_shield(&scope, ASYNC_NEVER);
  async_scope_leave(&scope, async_proc_wait(proc));
}

void async_proc_close(struct async_proc *proc)
{
  if (proc->pid && !proc->ended)
    kill_and_wait(proc);
  memset(proc, 0, sizeof(*proc));
}
