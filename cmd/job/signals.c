/* Signals, besides those that end a run:
 *
 *   SIGUSR1          shows where the run stands
 *   SIGTSTP, Ctrl-Z  stops the process on the next turn of the loop, once the
 *                    tool and the terminal are ready for it
 *   SIGCONT          if it comes before that turn, there is nothing to stop */
#include <signal.h>
#include <stdlib.h>

#include <uv.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/op.h"
#include "async/timer.h"
#include "job/run_priv.h"

/* Shown more often, a storm of signals would leave no time for the jobs. */
static const int64_t SHOW_PERIOD_NS = 100 * ASYNC_MS;

enum { LISTENERS = 3 };

struct job_signals {
  struct job_session *session;
  uv_signal_t handles[LISTENERS];
  size_t open;
  int64_t next_show_ns;
  struct async_timer stop; /* due at once */
  struct async_op closed;
};

static void show_state(uv_signal_t *handle, int number)
{
  struct job_signals *signals = handle->data;
  struct job_session *session = signals->session;
  struct async_buf text = ASYNC_BUF_INIT;
  (void)number;
  if (async_now() < signals->next_show_ns)
    return;
  signals->next_show_ns = async_in(SHOW_PERIOD_NS);
  async_buf_printf(&text, "asynctool %s: ", session->run.tool->name);
  job_add_state(&text, &session->count);
  async_buf_add_char(&text, '\n');
  if (session->run.opts->verbose)
    async_dump(&text, true);
  if (!text.err)
    job_say_raw(&session->log, text.data, text.len);
  async_buf_done(&text);
}

/* Being stopped. */

static void stop_now(struct async_timer *timer)
{
  struct job_signals *signals =
      ASYNC_CONTAINER_OF(timer, struct job_signals, stop);
  struct job_session *session = signals->session;
  const struct job_tool *tool = session->run.tool;
  if (tool->stopping)
    tool->stopping(session->ctx);
  job_say_raw(&session->log, "", 0); /* takes the progress bar away */
  session->wall_ns += async_loop_suspend(SIGTSTP);
  if (tool->continued)
    tool->continued(session->ctx);
}

static void on_stop(uv_signal_t *handle, int number)
{
  struct job_signals *signals = handle->data;
  (void)number;
  async_timer_set(&signals->stop, async_now(), stop_now);
}

static void on_continue(uv_signal_t *handle, int number)
{
  (void)number;
  async_timer_clear(&((struct job_signals *)handle->data)->stop);
}

/* Start and end. */

static bool is_ignored(int number)
{
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int listen_for(struct job_signals *signals, int number,
                      uv_signal_cb handler)
{
  uv_signal_t *handle = &signals->handles[signals->open];
  if (is_ignored(number))
    return 0;
  int err = uv_signal_init(async_loop_uv(), handle);
  if (err < 0)
    return err;
  signals->open++;
  handle->data = signals;
  uv_unref((uv_handle_t *)handle);
  return uv_signal_start(handle, handler, number);
}

int job_signals_open(struct job_signals **out, struct job_session *session)
{
  struct job_signals *signals = calloc(1, sizeof(*signals));
  *out = signals;
  if (!signals)
    return ASYNC_ENOMEM;
  signals->session = session;
  int err = listen_for(signals, SIGUSR1, show_state);
  if (err == 0)
    err = listen_for(signals, SIGTSTP, on_stop);
  if (err == 0)
    err = listen_for(signals, SIGCONT, on_continue);
  return err;
}

static void on_closed(uv_handle_t *handle)
{
  struct job_signals *signals = handle->data;
  async_loop_release();
  if (--signals->open == 0)
    async_op_done(&signals->closed, 0);
}

static int cannot_withdraw(struct async_op *op)
{
  (void)op;
  return ASYNC_OP_PENDING;
}

/* SIGUSR1 would be deadly again, and change the exit status: from here on it is
 * ignored. In between, when libuv has given it up, it has to wait. */
static void close_handles(struct job_signals *signals)
{
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &one, &before);
  for (size_t i = 0; i < signals->open; i++) {
    async_loop_hold();
    uv_close((uv_handle_t *)&signals->handles[i], on_closed);
    signal(SIGUSR1, SIG_IGN);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void job_signals_close(struct job_signals *signals)
{
  if (!signals)
    return;
  async_timer_clear(&signals->stop);
  async_op_start(&signals->closed, "signals close", cannot_withdraw);
  close_handles(signals);
  if (signals->open > 0)
    async_await(&signals->closed);
  free(signals);
}
