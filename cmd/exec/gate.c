/* Jobs pass one at a time, so that each sees what the one before it has done to
 * the machine. */
#include "exec/gate.h"

#include <stdlib.h>

#include "async/error.h"
#include "async/mutex.h"
#include "async/timer.h"
#include "command.h"
#include "exec/jobserver.h"
#include "exec/machine.h"

static const int64_t LOOK_NS = 50 * ASYNC_MS;

struct exec_gate {
  const struct exec_opts *opts;
  struct async_mutex turn;
  struct exec_jobserver *jobserver; /* NULL: none */
  size_t running;
  struct exec_machine machine;
};

int exec_gate_open(struct exec_gate **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  struct exec_gate *gate = calloc(1, sizeof(*gate));
  int err = gate ? 0 : ASYNC_ENOMEM;
  if (err == 0) {
    gate->opts = opts;
    async_mutex_init(&gate->turn);
  }
  if (err == 0 && opts->jobserver == EXEC_JOBSERVER_AUTO)
    err = exec_jobserver_open(&gate->jobserver, run->log);
  if (err == 0) {
    *out = gate;
    return COMMAND_OK;
  }
  free(gate);
  job_say_error(run->log, "%s", async_err_text(err));
  return COMMAND_IO;
}

void exec_gate_close(struct exec_gate *gate)
{
  if (gate)
    exec_jobserver_close(gate->jobserver);
  free(gate);
}

static bool looks(const struct exec_opts *opts)
{
  return opts->max_load.runnable > 0 || opts->min_free.bytes > 0 ||
         opts->min_free.share > 0;
}

/* With nothing running it is not us who are too many. */
static int wait_for_machine(struct exec_gate *gate)
{
  while (gate->running > 0 &&
         !exec_machine_has_room(&gate->machine, gate->opts, async_now())) {
    int err = async_sleep(LOOK_NS);
    if (err < 0)
      return err;
  }
  exec_machine_note_start(&gate->machine, async_now());
  return 0;
}

static int pass(struct exec_gate *gate)
{
  int err = looks(gate->opts) ? wait_for_machine(gate) : 0;
  if (err == 0 && gate->jobserver)
    err = exec_jobserver_take(gate->jobserver);
  if (err == 0)
    gate->running++;
  return err;
}

int exec_gate_enter(struct exec_gate *gate)
{
  if (!gate->jobserver && !looks(gate->opts)) {
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

void exec_gate_leave(struct exec_gate *gate)
{
  gate->running--;
  if (gate->jobserver)
    exec_jobserver_give(gate->jobserver);
}
