/* The two ends of a run: what is opened before the first entry and closed after
 * the last. */
#include <signal.h>
#include <unistd.h>

#include "async/error.h"
#include "async/timer.h"
#include "command.h"
#include "job/run_priv.h"

static const int64_t CLOSE_NS = 10 * ASYNC_SEC;

int job_say_io(struct job_session *session, const char *name, int err)
{
  job_say_error(&session->log, "%s: %s", name, async_err_text(err));
  return COMMAND_IO;
}

int job_outputs_open(struct job_session *session)
{
  const char *path = session->run.opts->records_file;
  int err = job_out_open_fd(&session->out, STDOUT_FILENO, "standard output");
  if (err < 0)
    return job_say_io(session, "standard output", err);
  if (isatty(STDOUT_FILENO))
    session->out.screen = &session->log;
  job_writer_begin(&session->writer, &session->out.buf);
  err = path ? job_out_open_file(&session->file, path) : 0;
  return err < 0 ? job_say_io(session, path, err) : COMMAND_OK;
}

static bool lacks_input(const struct job_run *run)
{
  return run->needs_input && run->operand_count == 0 &&
         run->opts->inputs.count == 0 && isatty(STDIN_FILENO);
}

int job_source_open(struct job_session *session)
{
  struct job_run *run = &session->run;
  struct job_source_opts opts = {
    .operands = run->operands,
    .operand_count = run->operand_count,
    .inputs = &run->opts->inputs,
    .format = run->opts->input_format,
    .entry_fields = run->tool->entry_fields,
    .header = run->header,
    .stdin_fd = STDIN_FILENO,
    .stdin_too = run->needs_input,
  };
  if (lacks_input(run)) {
    job_say_error(&session->log,
                  "no %s: name some, a file of them, or pipe them in\n"
                  "Usage: asynctool %s %s",
                  run->tool->entries, run->tool->name, run->tool->usage);
    return COMMAND_USAGE;
  }
  int err = job_source_new(&run->source, &opts, &session->log);
  if (err < 0)
    return job_say_io(session, "input", err);
  if (!run->tool->next || run->tool->more)
    session->count.total = job_source_total(run->source);
  return COMMAND_OK;
}

/* Nobody reads on: no message, and death by SIGPIPE. */
static bool is_closed_pipe(const struct job_session *session,
                           const struct job_out *out)
{
  return out == &session->out && out->err == ASYNC_ECLOSED &&
         !session->pipe_ignored;
}

static void close_output(struct job_session *session, struct job_out *out)
{
  int err = job_out_close(out);
  if (err == 0)
    return;
  session->count.end.own_failure = true;
  if (is_closed_pipe(session, out))
    session->signal = SIGPIPE;
  else
    job_say_error(&session->log, "cannot write %s: %s", out->name,
                  async_err_text(err));
}

static void close_tool(struct job_session *session)
{
  const struct job_tool *tool = session->run.tool;
  session->status = job_end_status(&session->count.end);
  if (tool->status)
    session->status = tool->status(session->ctx, session->status);
  if (tool->close)
    tool->close(session->ctx);
}

void job_session_abort(struct job_session *session)
{
  async_stream_close(session->out.stream);
  async_stream_close(session->file.stream);
  async_buf_done(&session->out.buf);
}

void job_session_finish(struct job_session *session, int err)
{
  struct job_end *end = &session->count.end;
  struct async_scope shield;
  async_scope_shield(&shield, async_in(CLOSE_NS));
  if (err < 0 && err != ASYNC_ECANCELED && !session->out.err &&
      !session->file.err) {
    job_say_io(session, "the run was stopped", err);
    end->own_failure = true;
  }
  if (job_source_failed(session->run.source))
    end->own_failure = true;
  close_tool(session);
  close_output(session, &session->out);
  close_output(session, &session->file);
  if (end->own_failure)
    session->status = COMMAND_IO;
  async_scope_leave(&shield, 0);
}
