/* Jobs pass one at a time, so that each sees what the one before it has done to
 * the machine. */
#include "exec/gate.h"

#include <errno.h>
#include <stdlib.h>

#include "async/error.h"
#include "async/event.h"
#include "async/mutex.h"
#include "async/scope.h"
#include "async/timer.h"
#include "command.h"
#include "exec/jobserver.h"
#include "exec/machine.h"

static const int64_t LOOK_NS = 50 * ASYNC_MS;

struct exec_gate {
  bool looks; /* at the machine */
  struct async_mutex turn;
  struct async_event left;          /* a job has ended */
  struct exec_jobserver *jobserver; /* NULL: none */
  size_t running;
  struct exec_machine machine;
};

static int init(struct exec_gate *gate, struct job_run *run,
                const struct exec_opts *opts, const char *root)
{
  async_mutex_init(&gate->turn);
  async_event_init(&gate->left);
  gate->looks = exec_machine_matters(opts);
  int err = gate->looks ? exec_machine_init(&gate->machine, opts, root) : 0;
  if (err == 0 && opts->jobserver == EXEC_JOBSERVER_AUTO)
    err = exec_jobserver_open(&gate->jobserver, run->log);
  return err;
}

int exec_gate_open_in(struct exec_gate **out, struct job_run *run,
                      const struct exec_opts *opts, const char *root)
{
  struct exec_gate *gate = calloc(1, sizeof(*gate));
  int err = gate ? init(gate, run, opts, root) : ASYNC_ENOMEM;
  if (err == 0) {
    *out = gate;
    return COMMAND_OK;
  }
  exec_gate_close(gate);
  if (err == -ENOSYS) {
    job_say_error(run->log, "--max-load and --min-free need /proc/loadavg and "
                            "/proc/meminfo, which this system does not have");
    return COMMAND_USAGE;
  }
  job_say_error(run->log, "%s", async_err_text(err));
  return COMMAND_IO;
}

int exec_gate_open(struct exec_gate **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  return exec_gate_open_in(out, run, opts, "");
}

void exec_gate_close(struct exec_gate *gate)
{
  if (!gate)
    return;
  exec_jobserver_close(gate->jobserver);
  if (gate->looks)
    exec_machine_done(&gate->machine);
  free(gate);
}

/* Until a job has ended, or for the time between two looks. */
static int wait_for_change(struct exec_gate *gate)
{
  int err;
  async_event_clear(&gate->left);
  ASYNC_WITHIN(LOOK_NS, err, async_event_wait(&gate->left));
  if (err == ASYNC_ETIMEDOUT)
    return 0;
  return err < 0 ? err
                 : async_sleep_until(exec_machine_next_ns(&gate->machine));
}

/* With nothing running it is not us who are too many. */
static int wait_for_machine(struct exec_gate *gate)
{
  while (!exec_machine_has_room(&gate->machine, async_now()) &&
         gate->running > 0) {
    int err = wait_for_change(gate);
    if (err < 0)
      return err;
  }
  exec_machine_note_start(&gate->machine);
  return 0;
}

static int pass(struct exec_gate *gate)
{
  int err = gate->looks ? wait_for_machine(gate) : 0;
  if (err == 0 && gate->jobserver)
    err = exec_jobserver_take(gate->jobserver);
  if (err == 0)
    gate->running++;
  return err;
}

int exec_gate_enter(struct exec_gate *gate)
{
  if (!gate->jobserver && !gate->looks) {
    gate->running++;
    return 0;
  }
  int err = async_mutex_lock(&gate->turn);
  if (err < 0)
    return err;
  err = pass(gate);
  async_mutex_unlock(&gate->turn);
  return err;
}

bool exec_gate_is_inherited(const struct exec_gate *gate)
{
  return gate->jobserver && exec_jobserver_is_inherited(gate->jobserver);
}

void exec_gate_leave(struct exec_gate *gate)
{
  gate->running--;
  async_event_set(&gate->left);
  if (gate->jobserver)
    exec_jobserver_give(gate->jobserver);
}
