/* Signals, besides what the loop does about them. */
#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/op.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "job/run_priv.h"

/* When everything was cut off, an output that nobody reads gets this long. */
static const int64_t OUTPUT_NS = 2 * ASYNC_SEC;

static void say_stopping(struct job_session *session)
{
  struct async_buf grace = ASYNC_BUF_INIT;
  job_add_duration(&grace, session->run.opts->grace_ns);
  const char *text = async_buf_str(&grace);
  if (session->count.fan.running && session->run.opts->grace_ns && text)
    job_say(&session->log,
            "stopping: %zu running, for at most %s; the same signal again "
            "cancels them",
            session->count.fan.running, text);
  async_buf_done(&grace);
}

int job_watch_stop(void *arg)
{
  struct job_session *session = arg;
  int err = async_shutdown_wait();
  if (err < 0)
    return err;
  say_stopping(session);
  err = async_sleep(session->run.opts->grace_ns);
  job_out_limit(&session->out, async_in(OUTPUT_NS));
  job_out_limit(&session->file, async_in(OUTPUT_NS));
  return err;
}

/* SIGUSR1. */

/* Shown more often, a storm of signals would leave no time for the jobs. */
static const int64_t SHOW_PERIOD_NS = 100 * ASYNC_MS;

struct job_usr1 {
  uv_signal_t handle;
  struct job_session *session;
  int64_t next_show_ns;
  struct async_op closed;
};

static void show_state(uv_signal_t *handle, int number)
{
  struct job_usr1 *usr1 = handle->data;
  struct job_session *session = usr1->session;
  struct async_buf text = ASYNC_BUF_INIT;
  (void)number;
  if (async_now() < usr1->next_show_ns)
    return;
  usr1->next_show_ns = async_in(SHOW_PERIOD_NS);
  async_buf_printf(&text, "asynctool %s: ", session->run.tool->name);
  job_add_state(&text, &session->count);
  async_buf_add_char(&text, '\n');
  if (session->run.opts->verbose)
    async_dump(&text, true);
  if (!text.err)
    job_say_raw(&session->log, text.data, text.len);
  async_buf_done(&text);
}

static void on_closed(uv_handle_t *handle)
{
  async_loop_release();
  async_op_done(&((struct job_usr1 *)handle->data)->closed, 0);
}

static int cannot_withdraw(struct async_op *op)
{
  (void)op;
  return ASYNC_OP_PENDING;
}

int job_usr1_open(struct job_usr1 **out, struct job_session *session)
{
  struct sigaction action;
  *out = NULL;
  if (sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
    return 0;
  struct job_usr1 *usr1 = calloc(1, sizeof(*usr1));
  if (!usr1)
    return ASYNC_ENOMEM;
  usr1->session = session;
  usr1->handle.data = usr1;
  int err = uv_signal_init(async_loop_uv(), &usr1->handle);
  if (err < 0) {
    free(usr1);
    return err;
  }
  *out = usr1;
  uv_unref((uv_handle_t *)&usr1->handle);
  return uv_signal_start(&usr1->handle, show_state, SIGUSR1);
}

void job_usr1_close(struct job_usr1 *usr1)
{
  if (!usr1)
    return;
  async_op_start(&usr1->closed, "signal close", cannot_withdraw);
  async_loop_hold();
  uv_close((uv_handle_t *)&usr1->handle, on_closed);
  /* It would be deadly again, and change the exit status. */
  signal(SIGUSR1, SIG_IGN);
  async_await(&usr1->closed);
  free(usr1);
}
