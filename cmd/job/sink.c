/* The end of an item's way: what became of it, counted, and its records. */
#include "async/error.h"
#include "job/run_priv.h"

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
  bool tried = result->attempts > 0;
  item->duration_ns = tried ? result->ended_ns - result->started_ns : 0;
  if (tried && !item->start_wall_ns) /* there was no memory for its task */
    item->start_wall_ns = session->wall_ns + result->started_ns;
}

static void count(struct job_session *session, const struct job_item *item,
                  size_t more)
{
  struct job_count *counts = &session->count;
  counts->end.outcomes[item->outcome] += 1 + more;
  counts->bytes += item->bytes;
  if (item->attempts > 0 && item->outcome != JOB_OUTCOME_CANCELED)
    async_histogram_add(&counts->latency, item->duration_ns);
}

static void say_failure(struct job_session *session,
                        const struct job_item *item, size_t more)
{
  if (item->outcome == JOB_OUTCOME_OK || !item->error.kind)
    return;
  if (more)
    job_say_more(&session->log, 1, "%s and %zu more: %s", item->entry.text,
                 more, job_error_text(&item->error));
  else
    job_say_more(&session->log, 1, "%s: %s", item->entry.text,
                 job_error_text(&item->error));
}

static int write_record(struct job_session *session,
                        const struct job_item *item)
{
  int file_err = 0;
  if (!session->out.err && !item->hidden)
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

static void set_queue_time(struct job_item *item,
                           const struct async_fan_result *result)
{
  int64_t taken_ns = item->entry.taken_ns;
  item->queue_ns = (result->attempts ? result->started_ns : result->ended_ns) -
                   (taken_ns ? taken_ns : result->taken_ns);
}

/* The records of an item that stands for several entries: each takes the first
 * one's place while its own is written. */
static int write_records(struct job_session *session, struct job_item *item,
                         const struct async_fan_result *result)
{
  struct job_entry *entries, first = item->entry;
  size_t more = job_item_more(session, item, &entries);
  set_queue_time(item, result);
  int err = write_record(session, item);
  for (size_t i = 0; i < more; i++) {
    item->entry = entries[i];
    item->seq++;
    item->member = i + 1;
    set_queue_time(item, result);
    int one = write_record(session, item);
    err = err ? err : one;
  }
  item->entry = first;
  return err;
}

int job_entry_sink(void *ctx, void *data, const struct async_fan_result *result)
{
  struct job_session *session = ctx;
  struct job_item *item = data;
  const struct job_tool *tool = session->run.tool;
  struct job_entry *entries;
  size_t more = job_item_more(session, item, &entries);
  set_outcome(item, result);
  set_times(session, item, result);
  if (tool->ended)
    tool->ended(session->ctx, item, result);
  count(session, item, more);
  say_failure(session, item, more);
  int err = write_records(session, item, result);
  job_item_drop(session, item);
  return err;
}

int job_entry_idle(void *ctx)
{
  struct job_session *session = ctx;
  int file_err = session->file.stream ? job_out_pause(&session->file) : 0;
  int err = job_out_pause(&session->out);
  return err ? err : file_err;
}
