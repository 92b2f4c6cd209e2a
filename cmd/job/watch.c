/* A stop that was asked for. */
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
