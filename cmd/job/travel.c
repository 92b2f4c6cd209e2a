/* One entry's way: out of the source, through its attempts, into its record. */
#include "async/error.h"
#include "async/scope.h"
#include "async/timer.h"
#include "job/run_priv.h"

static const int64_t SKIP_NS = ASYNC_SEC;

/* Out of the source. */

static void drop(const struct job_session *session, struct job_item *item)
{
  const struct job_tool *tool = session->run.tool;
  if (tool->item_done)
    tool->item_done(item);
  job_item_done(item);
}

static int take_next(struct job_session *session, struct job_item *item)
{
  const struct job_tool *tool = session->run.tool;
  if (tool->next)
    return tool->next(session->ctx, item);
  return job_source_next(session->run.source, item);
}

/* After an early stop: what a pipe has at hand. It may wait, or have no end. */
static int take_rest(struct job_session *session, struct job_item *item)
{
  struct async_scope limit;
  if (!session->skip_until_ns)
    session->skip_until_ns = job_source_is_finite(session->run.source)
                                 ? ASYNC_NEVER
                                 : async_in(SKIP_NS);
  if (async_now() >= session->skip_until_ns)
    return ASYNC_EOF;
  async_scope_enter(&limit, session->skip_until_ns);
  int err = take_next(session, item);
  err = async_scope_leave(&limit, err);
  return err == ASYNC_ETIMEDOUT ? ASYNC_EOF : err;
}

static int take(struct job_session *session, struct job_item *item)
{
  return session->count.fan.skipping ? take_rest(session, item)
                                     : take_next(session, item);
}

static int prepare(struct job_session *session, struct job_item *item)
{
  const struct job_tool *tool = session->run.tool;
  if (job_entry_duration(item, "timeout", &item->timeout_ns) < 0)
    return -1;
  return tool->prepare ? tool->prepare(session->ctx, item) : 0;
}

int job_entry_next(void *ctx, void *data)
{
  struct job_session *session = ctx;
  struct job_item *item = data;
  item->timeout_ns = session->run.opts->timeout_ns;
  int err = take(session, item);
  if (err < 0) {
    drop(session, item);
    return err;
  }
  item->seq = session->sources++;
  if (item->error.kind || prepare(session, item) < 0)
    return 1;
  item->prepared = true;
  return 0;
}

const char *job_entry_key(void *ctx, void *item, size_t *len)
{
  struct job_session *session = ctx;
  return session->run.tool->key(session->ctx, item, len);
}

/* Attempts. */

static void attempt_begins(struct job_item *item,
                           const struct async_fan_attempt *attempt)
{
  job_error_clear(&item->error);
  item->attempts = attempt->number;
}

static void note_timeout(struct job_item *item,
                         struct async_fan_attempt *attempt)
{
  struct async_buf text = ASYNC_BUF_INIT;
  job_add_duration(&text, item->timeout_ns);
  const char *after = async_buf_str(&text);
  /* The tool may know that it must not be repeated. */
  if (attempt->outcome == ASYNC_FAN_OK)
    attempt->outcome = ASYNC_FAN_OVERLOADED;
  attempt->rc = ASYNC_ETIMEDOUT;
  job_error_set(item, JOB_ERROR_TIMEOUT, ASYNC_ETIMEDOUT, "no end after %s",
                after ? after : "the time limit");
  async_buf_done(&text);
}

void job_entry_work(void *ctx, void *data, struct async_fan_attempt *attempt)
{
  struct job_session *session = ctx;
  struct job_item *item = data;
  struct async_scope limit;
  attempt_begins(item, attempt);
  async_scope_enter(&limit, item->timeout_ns > 0 ? async_in(item->timeout_ns)
                                                 : ASYNC_NEVER);
  session->run.tool->work(session->ctx, item, attempt);
  int rc = async_scope_leave(&limit, attempt->rc);
  if (rc == ASYNC_ETIMEDOUT && attempt->rc == ASYNC_ECANCELED)
    note_timeout(item, attempt);
}

void job_entry_start(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op)
{
  struct job_session *session = ctx;
  attempt_begins(item, attempt);
  session->run.tool->start(session->ctx, item, attempt, op);
}

void job_entry_judge(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op)
{
  struct job_session *session = ctx;
  session->run.tool->judge(session->ctx, item, attempt, op);
}

/* Into its record. */

/* Why an entry failed whose tool did not say so: most often because the engine
 * did not let it try. */
static void explain_failure(struct job_item *item, int rc)
{
  if (item->error.kind)
    return;
  if (rc == ASYNC_EOPEN)
    job_error_set(item, JOB_ERROR_LIMIT, rc,
                  "not tried, because its destination keeps failing");
  else
    job_error_set(item, JOB_ERROR_INTERNAL, rc, "%s", async_err_text(rc));
}

static void set_outcome(struct job_item *item,
                        const struct async_fan_result *result)
{
  switch (result->end) {
  case ASYNC_FAN_END_OK:
    item->outcome = JOB_OUTCOME_OK;
    return;
  case ASYNC_FAN_END_FAILED:
    explain_failure(item, result->rc);
    item->outcome = item->error.kind == JOB_ERROR_TIMEOUT ? JOB_OUTCOME_TIMEOUT
                                                          : JOB_OUTCOME_FAILED;
    return;
  case ASYNC_FAN_END_CANCELED:
    item->outcome = JOB_OUTCOME_CANCELED;
    job_error_set(item, JOB_ERROR_CANCELED, ASYNC_ECANCELED,
                  "cut off because the run stopped");
    return;
  case ASYNC_FAN_END_SKIPPED:
    item->outcome = JOB_OUTCOME_SKIPPED;
    return;
  }
}

static void set_times(const struct job_session *session, struct job_item *item,
                      const struct async_fan_result *result)
{
  item->attempts = result->attempts;
  if (result->attempts == 0) {
    item->queue_ns = result->ended_ns - result->taken_ns;
    item->duration_ns = 0;
    return;
  }
  item->queue_ns = result->started_ns - result->taken_ns;
  item->duration_ns = result->ended_ns - result->started_ns;
  item->start_wall_ns = session->wall_ns + result->started_ns;
}

static void count(struct job_session *session, const struct job_item *item)
{
  struct job_count *counts = &session->count;
  counts->end.outcomes[item->outcome]++;
  counts->bytes += item->bytes;
  if (item->attempts > 0 && item->outcome != JOB_OUTCOME_CANCELED)
    async_histogram_add(&counts->latency, item->duration_ns);
}

static void say_failure(struct job_session *session,
                        const struct job_item *item)
{
  if (item->outcome != JOB_OUTCOME_OK && item->error.kind)
    job_say_more(&session->log, 1, "%s: %s", item->entry.text,
                 job_error_text(&item->error));
}

static int write_records(struct job_session *session,
                         const struct job_item *item)
{
  int file_err = 0;
  if (!session->out.err)
    job_writer_add(&session->writer, item, session->ctx, &session->out.buf);
  if (session->file.stream) {
    if (!session->file.err)
      job_writer_add(&session->file_writer, item, session->ctx,
                     &session->file.buf);
    file_err = job_out_put(&session->file);
  }
  int err = job_out_put(&session->out);
  return err ? err : file_err;
}

int job_entry_sink(void *ctx, void *data, const struct async_fan_result *result)
{
  struct job_session *session = ctx;
  struct job_item *item = data;
  const struct job_tool *tool = session->run.tool;
  set_outcome(item, result);
  set_times(session, item, result);
  if (tool->ended)
    tool->ended(session->ctx, item, result);
  count(session, item);
  say_failure(session, item);
  int err = write_records(session, item);
  drop(session, item);
  return err;
}

int job_entry_idle(void *ctx)
{
  struct job_session *session = ctx;
  int file_err = session->file.stream ? job_out_pause(&session->file) : 0;
  int err = job_out_pause(&session->out);
  return err ? err : file_err;
}
