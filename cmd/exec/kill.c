/* What a job that has to end goes through:
 *
 *   1. --signal to its group, and CONT in case it is stopped
 *   2. --kill-after, or until somebody presses Ctrl-C again
 *   3. KILL
 *
 * and then those it has left behind: members of its group are found by the
 * group, others by a variable that they inherited. */
#include "exec/kill.h"

#include <signal.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/shutdown.h"
#include "async/timer.h"

/* Orphans tell nobody when they end: they are looked at again and again. */
static const int64_t FIRST_LOOK_NS = ASYNC_MS;
static const int64_t LAST_LOOK_NS = 50 * ASYNC_MS;

/* After KILL; a process that sleeps in the kernel may take for ever. */
static const int64_t KILLED_NS = ASYNC_SEC;

static const int64_t SWEEP_PERIOD_NS = ASYNC_SEC;

/* The process. */

static void send(struct exec_attempt *attempt, int number)
{
  enum exec_kill_mode mode = attempt->client->opts->kill_mode;
  if (mode == EXEC_KILL_PROCESS)
    async_proc_signal(&attempt->proc, number);
  else
    async_proc_signal_group(&attempt->proc, number);
  if (mode == EXEC_KILL_CGROUP && number == SIGKILL)
    exec_cgroup_kill(attempt->cgroup);
}

static void wait_for_end(struct exec_attempt *attempt, int64_t limit_ns)
{
  struct async_scope shield;
  struct async_op ended, again, *both[] = { &ended, &again };
  async_scope_shield(&shield, async_in(limit_ns));
  async_proc_watch(&attempt->proc, &ended);
  async_shutdown_watch_again(&again);
  int rc = async_await_any(both, 2, NULL);
  async_scope_leave(&shield, rc);
}

static void wait_for_ever(struct exec_attempt *attempt)
{
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  int rc = async_proc_wait(&attempt->proc);
  async_scope_leave(&shield, rc);
}

void exec_kill(struct exec_attempt *attempt)
{
  const struct exec_opts *opts = attempt->client->opts;
  struct exec_end *end = &attempt->item->end;
  send(attempt, opts->signal);
  send(attempt, SIGCONT);
  end->asked = opts->signal;
  if (!async_shutdown_again())
    wait_for_end(attempt, opts->kill_after_ns);
  if (attempt->proc.ended)
    return;
  send(attempt, SIGKILL);
  end->killed = true;
  wait_for_ever(attempt);
}

/* Orphans. */

/* Signals all that are left of an attempt. Returns how many there are. */
static size_t signal_rest(struct exec_attempt *attempt, const char *mark,
                          int number)
{
  size_t count = 0;
  if (attempt->client->adopts)
    count = async_proc_sweep(number, mark);
  if (async_proc_signal_group(&attempt->proc, number) == 0 && count == 0)
    count = 1;
  return count;
}

static void nap(int64_t *nap_ns)
{
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  int rc = async_sleep(*nap_ns);
  async_scope_leave(&shield, rc);
  *nap_ns = *nap_ns * 2 < LAST_LOOK_NS ? *nap_ns * 2 : LAST_LOOK_NS;
}

/* Returns whether all have ended in time. */
static bool wait_for_rest(struct exec_attempt *attempt, const char *mark,
                          int64_t limit_ns, bool patient)
{
  int64_t until_ns = async_in(limit_ns), nap_ns = FIRST_LOOK_NS;
  while (signal_rest(attempt, mark, 0) > 0) {
    if (async_now() >= until_ns || (!patient && async_shutdown_again()))
      return false;
    nap(&nap_ns);
  }
  return true;
}

static void kill_marked(struct exec_attempt *attempt, const char *mark)
{
  const struct exec_opts *opts = attempt->client->opts;
  size_t count = signal_rest(attempt, mark, opts->signal);
  if (count == 0)
    return;
  attempt->item->end.orphans = (unsigned)count;
  signal_rest(attempt, mark, SIGCONT);
  if (wait_for_rest(attempt, mark, opts->kill_after_ns, false))
    return;
  signal_rest(attempt, mark, SIGKILL);
  wait_for_rest(attempt, mark, KILLED_NS, true);
}

void exec_kill_orphans(struct exec_attempt *attempt)
{
  struct async_buf mark = ASYNC_BUF_INIT;
  const struct exec_client *client = attempt->client;
  bool was_killed = attempt->item->end.killer != EXEC_KILLER_NONE;
  if (client->opts->orphans == EXEC_ORPHANS_KEEP ||
      client->opts->kill_mode == EXEC_KILL_PROCESS || client->opts->tty)
    return;
  /* Nearly always there is nobody, and one system call says so. */
  if (!was_killed && async_proc_signal_group(&attempt->proc, 0) == -ESRCH)
    return;
  exec_environment_mark(&client->environment, attempt->item, &mark);
  if (!mark.err)
    kill_marked(attempt, mark.data);
  async_buf_done(&mark);
}

/* Of the run. */

static void reap_now(struct async_timer *timer)
{
  async_proc_sweep(0, NULL);
  async_timer_set(timer, async_in(SWEEP_PERIOD_NS), reap_now);
}

/* Not when a job has ended: one that takes hours may leave thousands. */
void exec_reap_orphans(struct exec_client *client)
{
  if (client->adopts)
    async_timer_set(&client->sweep, async_in(SWEEP_PERIOD_NS), reap_now);
}

static size_t wait_for_all(const char *mark, int64_t limit_ns)
{
  int64_t until_ns = async_in(limit_ns), nap_ns = FIRST_LOOK_NS;
  size_t left = async_proc_sweep(0, mark);
  while (left > 0 && async_now() < until_ns && !async_shutdown_again()) {
    nap(&nap_ns);
    left = async_proc_sweep(0, mark);
  }
  return left;
}

void exec_kill_rest(struct exec_client *client)
{
  const char *mark = client->mark;
  async_timer_clear(&client->sweep);
  if (!client->adopts || async_proc_sweep(client->opts->signal, mark) == 0)
    return;
  async_proc_sweep(SIGCONT, mark);
  if (wait_for_all(mark, client->opts->kill_after_ns) == 0)
    return;
  async_proc_sweep(SIGKILL, mark);
  wait_for_all(mark, KILLED_NS);
}
