/* An item's way: out of the source and through its attempts; sink.c has the
 * rest. */
#include "async/error.h"
#include "async/scope.h"
#include "async/timer.h"
#include "job/run_priv.h"

static const int64_t SKIP_NS = ASYNC_SEC;

/* Out of the source. */

size_t job_item_more(const struct job_session *session,
                     const struct job_item *item, struct job_entry **entries)
{
  const struct job_tool *tool = session->run.tool;
  *entries = NULL;
  return tool->more ? tool->more(item, entries) : 0;
}

void job_item_drop(const struct job_session *session, struct job_item *item)
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
  struct job_entry *more;
  item->timeout_ns = session->run.opts->timeout_ns;
  int err = take(session, item);
  if (err < 0) {
    job_item_drop(session, item);
    return err;
  }
  item->seq = session->count.taken;
  session->count.taken += 1 + job_item_more(session, item, &more);
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

static void attempt_begins(const struct job_session *session,
                           struct job_item *item,
                           const struct async_fan_attempt *attempt)
{
  job_error_clear(&item->error);
  item->attempts = attempt->number;
  if (attempt->number == 1)
    item->start_wall_ns = session->wall_ns + attempt->started_ns;
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
  attempt_begins(session, item, attempt);
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
  attempt_begins(session, item, attempt);
  session->run.tool->start(session->ctx, item, attempt, op);
}

void job_entry_judge(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op)
{
  struct job_session *session = ctx;
  session->run.tool->judge(session->ctx, item, attempt, op);
}
