#include "job/out.h"

#include <fcntl.h>

#include "async/error.h"
#include "async/task.h"
#include "async/timer.h"
#include "job/message.h"

enum { FULL_BYTES = 64 * 1024 };

static const int64_t LATE_NS = 50 * ASYNC_MS;

static void init(struct job_out *out, const char *name)
{
  *out = (struct job_out){ .name = name, .limit_ns = ASYNC_NEVER };
  async_sem_init(&out->turn, 1);
  async_event_init(&out->late);
}

int job_out_open_fd(struct job_out *out, int fd, const char *name)
{
  init(out, name);
  return async_stream_open_fd(&out->stream, fd, ASYNC_STREAM_BORROW);
}

int job_out_open_file(struct job_out *out, const char *path)
{
  init(out, path);
  return async_stream_open_file(&out->stream, path,
                                O_WRONLY | O_CREAT | O_TRUNC, 0666);
}

/* A write is not cancelled, or part of a record would be lost; only
 * job_out_limit ends it. */
static void write_all(struct job_out *out, const void *bytes, size_t len)
{
  struct async_scope scope;
  if (out->err || len == 0)
    return;
  if (out->screen && out->screen->make_way)
    out->screen->make_way(out->screen->ctx);
  async_scope_shield(&scope, out->limit_ns);
  out->writing = &scope;
  int err = async_stream_write(out->stream, bytes, len);
  out->writing = NULL;
  out->err = async_scope_leave(&scope, err);
}

/* Writes the buffer, and then `bytes`. Others may append meanwhile. */
static int write_turn(struct job_out *out, const void *bytes, size_t len)
{
  struct async_scope scope;
  async_scope_shield(&scope, ASYNC_NEVER);
  async_sem_acquire(&out->turn, 1);
  struct async_buf full = out->buf;
  out->buf = out->sending;
  out->sending = full;
  if (full.err && !out->err)
    out->err = full.err;
  write_all(out, full.data, full.len);
  write_all(out, bytes, len);
  async_buf_clear(&out->sending);
  out->flushed_ns = async_now();
  async_sem_release(&out->turn, 1);
  async_scope_leave(&scope, 0);
  return out->err;
}

int job_out_flush(struct job_out *out)
{
  return write_turn(out, NULL, 0);
}

int job_out_put(struct job_out *out)
{
  if (out->err)
    async_buf_clear(&out->buf);
  else if (out->buf.len >= FULL_BYTES || out->buf.err)
    return job_out_flush(out);
  return out->err;
}

int job_out_pause(struct job_out *out)
{
  if (out->buf.len == 0 || out->err)
    return out->err;
  if (async_now() - out->flushed_ns >= LATE_NS)
    return job_out_flush(out);
  async_event_set(&out->late);
  return 0;
}

int job_out_write(struct job_out *out, const void *bytes, size_t len)
{
  if (len >= FULL_BYTES)
    return write_turn(out, bytes, len);
  async_buf_add(&out->buf, bytes, len);
  return job_out_put(out);
}

int job_out_flush_late(struct job_out *out)
{
  for (;;) {
    int err = async_event_wait(&out->late);
    if (err == 0)
      err = async_sleep_until(async_time_add(out->flushed_ns, LATE_NS));
    if (err < 0)
      return err;
    async_event_clear(&out->late);
    if (out->buf.len > 0 && job_out_flush(out) < 0)
      return out->err;
  }
}

void job_out_limit(struct job_out *out, int64_t deadline_ns)
{
  out->limit_ns = deadline_ns;
  if (out->writing)
    async_scope_extend(out->writing, deadline_ns);
}

int job_out_close(struct job_out *out)
{
  if (!out->stream)
    return 0;
  job_out_flush(out);
  int err = async_stream_close(out->stream);
  if (!out->err)
    out->err = err;
  out->stream = NULL;
  async_buf_done(&out->buf);
  async_buf_done(&out->sending);
  return out->err;
}
