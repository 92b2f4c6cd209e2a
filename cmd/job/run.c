/* A whole run:
 *
 *   1. the shape of records: a mistake there is a usage error
 *   2. outputs, the tool, the source
 *   3. the engine, and beside it progress, signals, late flushes
 *   4. outputs written and closed, the summary, the tool closed
 *   5. the exit status, or death by the signal that ended it */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "command.h"
#include "job/run_priv.h"
#include "job/summary.h"

/* 1 */

static bool wants_color(enum job_color color)
{
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  if (color != JOB_COLOR_AUTO)
    return color == JOB_COLOR_ALWAYS;
  return isatty(STDERR_FILENO) && !(no_color && *no_color) && term &&
         strcmp(term, "dumb") != 0;
}

static int init_writers(struct job_session *session)
{
  const struct job_opts *opts = session->run.opts;
  struct async_buf message = ASYNC_BUF_INIT;
  const char *format = opts->format ? opts->format : "text";
  int err = job_writer_init(&session->writer, session->run.tool, format,
                            &opts->fields, &message);
  if (err == 0)
    err = job_writer_init(&session->file_writer, session->run.tool, "ndjson",
                          NULL, &message);
  const char *text = async_buf_str(&message);
  if (err == ASYNC_EINVAL && text)
    job_say_error(&session->log, "%s", text);
  else if (err < 0)
    job_say_error(&session->log, "%s", async_err_text(err));
  async_buf_done(&message);
  return err == 0              ? COMMAND_OK
         : err == ASYNC_EINVAL ? COMMAND_USAGE
                               : COMMAND_IO;
}

/* 3 */

static int run_meter(void *arg)
{
  return job_meter_run(&((struct job_session *)arg)->meter);
}

static int flush_out_late(void *arg)
{
  return job_out_flush_late(&((struct job_session *)arg)->out);
}

static int flush_file_late(void *arg)
{
  return job_out_flush_late(&((struct job_session *)arg)->file);
}

static int run_engine(struct job_session *session)
{
  const struct job_tool *tool = session->run.tool;
  struct async_fan fan = {
    .opts = job_fan_opts(&session->run),
    .item_bytes = tool->item_bytes,
    .ctx = session,
    .next = job_entry_next,
    .key = tool->key ? job_entry_key : NULL,
    .work = tool->work ? job_entry_work : NULL,
    .start = tool->start ? job_entry_start : NULL,
    .judge = tool->judge ? job_entry_judge : NULL,
    .sink = job_entry_sink,
    .idle = job_entry_idle,
  };
  return async_fan_run(&fan, &session->count.fan, &session->count.end.stop);
}

/* Every entry is shown as skipped, or as malformed. */
static int rehearse(struct job_session *session)
{
  struct job_item *item = malloc(session->run.tool->item_bytes);
  int err = item ? 0 : ASYNC_ENOMEM;
  while (err == 0) {
    memset(item, 0, session->run.tool->item_bytes);
    err = job_entry_next(session, item);
    if (err < 0)
      break;
    struct async_fan_result result = {
      .end = err ? ASYNC_FAN_END_FAILED : ASYNC_FAN_END_SKIPPED,
      .rc = err ? ASYNC_EENCODING : ASYNC_ESKIPPED,
      .seq = item->seq,
    };
    err = job_entry_sink(session, item, &result);
  }
  free(item);
  return err == ASYNC_EOF ? 0 : err;
}

/* A helper that fails (an output that cannot be written) cancels the rest. */
static int run_with_helpers(struct job_session *session)
{
  struct async_group helpers;
  async_group_open(&helpers, ASYNC_GROUP_FAIL_FAST);
  int err = async_spawn(&helpers, run_meter, session);
  if (err == 0)
    err = async_spawn(&helpers, job_watch_stop, session);
  if (err == 0)
    err = async_spawn(&helpers, flush_out_late, session);
  if (err == 0 && session->file.stream)
    err = async_spawn(&helpers, flush_file_late, session);
  if (err == 0)
    err = session->run.opts->dry_run ? rehearse(session) : run_engine(session);
  async_group_cancel(&helpers);
  async_group_close(&helpers);
  return err;
}

static int run_entries(struct job_session *session)
{
  job_meter_init(&session->meter, session->run.opts, &session->count,
                 &session->log);
  int err = run_with_helpers(session);
  job_meter_done(&session->meter);
  return err;
}

/* 4 */

static void summarize(struct job_session *session)
{
  const struct job_opts *opts = session->run.opts;
  bool for_people = !opts->quiet && job_end_total(&session->count.end) > 1 &&
                    (isatty(session->log.fd) || opts->verbose);
  job_summary_print(opts->summary, for_people, &session->count, &session->log);
}

/* Signals are listened to until all is written: without us SIGUSR1 is
 * deadly. */
static void run_to_end(struct job_session *session)
{
  struct job_signals *signals;
  int err = job_signals_open(&signals, session);
  if (err == 0)
    err = run_entries(session);
  job_session_finish(session, err);
  summarize(session);
  job_signals_close(signals);
}

static int run_session(void *arg)
{
  struct job_session *session = arg;
  const struct job_tool *tool = session->run.tool;
  session->wall_ns = async_clock_wall_ns() - async_now();
  session->count.began_ns = async_now();
  session->status = job_outputs_open(session);
  if (session->status == COMMAND_OK && tool->open)
    session->status = tool->open(&session->run, &session->ctx);
  if (session->status != COMMAND_OK) {
    job_session_abort(session);
    return 0;
  }
  session->status = job_source_open(session);
  if (session->status == COMMAND_OK) {
    run_to_end(session);
    session->signal =
        session->signal ? session->signal : async_shutdown_signal();
  } else {
    if (tool->close)
      tool->close(session->ctx);
    job_session_abort(session);
  }
  job_source_free(session->run.source);
  return 0;
}

/* 5 */

static void init(struct job_session *session, const struct job_tool *tool,
                 const struct job_opts *opts, const void *tool_opts)
{
  session->run = (struct job_run){
    .tool = tool,
    .opts = opts,
    .tool_opts = tool_opts,
    .needs_input = true,
    .log = &session->log,
    .out = &session->out,
    .stop = &session->count.end.stop,
  };
  session->log = (struct job_log){
    .tool = tool->name,
    .quiet = opts->quiet,
    .verbose = opts->verbose,
    .color = wants_color(opts->color),
    .fd = STDERR_FILENO,
  };
  session->count.tool = tool->name;
  session->count.counts_bytes = tool->counts_bytes;
  session->count.groups = tool->more != NULL;
  session->count.end.error_on_empty = opts->error_on_empty;
  session->count.end.dry_run = opts->dry_run;
  async_histogram_init(&session->count.latency);
}

/* Writing to a pipe that nobody reads, or beyond the largest size of a file, is
 * an error to handle, not a death. */
static void run_with_write_errors(struct job_session *session,
                                  const struct async_run_opts *loop)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN }, pipe, size;
  sigaction(SIGPIPE, &ignore, &pipe);
  sigaction(SIGXFSZ, &ignore, &size);
  session->pipe_ignored = pipe.sa_handler == SIG_IGN;
  int err = async_run(run_session, session, loop);
  sigaction(SIGPIPE, &pipe, NULL);
  sigaction(SIGXFSZ, &size, NULL);
  if (err < 0)
    session->status = job_say_io(session, "cannot run", err);
}

int job_run_with(const struct job_tool *tool, const struct job_opts *opts,
                 const void *tool_opts, char *const *operands,
                 size_t operand_count, const struct async_run_opts *loop)
{
  struct job_session *session = calloc(1, sizeof(*session));
  if (!session)
    return COMMAND_IO;
  init(session, tool, opts, tool_opts);
  session->run.operands = operands;
  session->run.operand_count = operand_count;
  job_limit_jobs(&session->run);
  session->status = init_writers(session);
  if (session->status == COMMAND_OK)
    run_with_write_errors(session, loop);
  job_writer_done(&session->writer);
  job_writer_done(&session->file_writer);
  int status = session->status, signal_number = session->signal;
  free(session);
  if (signal_number)
    job_die_of(signal_number);
  return status;
}

int job_run(const struct job_tool *tool, const struct job_opts *opts,
            const void *tool_opts, char *const *operands, size_t operand_count)
{
  struct async_run_opts loop = {
    .signals = true,
    .grace_ns = opts->grace_ns > 0 ? opts->grace_ns : 1,
  };
  return job_run_with(tool, opts, tool_opts, operands, operand_count, &loop);
}
