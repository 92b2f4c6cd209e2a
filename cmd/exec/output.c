/* An attempt's output. For a short job this is two pipes and one look at them
 * when it has ended; only one that lives on gets a task that reads. */
#include "exec/output_priv.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "async/error.h"
#include "async/shutdown.h"
#include "async/task.h"

static const int64_t READER_AFTER_NS = ASYNC_MS;

int exec_output_fail(struct exec_output *output, enum job_error_kind kind,
                     int err, const char *what)
{
  if (!output->failed)
    job_error_set(&output->item->item, kind, err, err ? "%s: %s" : "%s", what,
                  async_err_text(err));
  output->failed = true;
  return -1;
}

int exec_output_new(struct exec_output **out, struct exec_screen *screen,
                    struct exec_item *item, int fds[2])
{
  struct exec_output *output = calloc(1, sizeof(*output));
  if (!output)
    return job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                         async_err_text(ASYNC_ENOMEM));
  output->screen = screen;
  output->item = item;
  output->deadline_ns = ASYNC_NEVER;
  async_list_init(&output->node);
  async_event_init(&output->over);
  exec_stream_init(output, 0);
  exec_stream_init(output, 1);
  if (exec_streams_open(output) < 0) {
    exec_output_free(output);
    return -1;
  }
  fds[0] = output->streams[0].child;
  fds[1] = output->streams[1].child;
  *out = output;
  return 0;
}

/* Reading. */

static int read_output(void *arg)
{
  struct exec_output *output = arg;
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  exec_pump_all(output);
  async_event_set(&output->over);
  return async_scope_leave(&shield, 0);
}

static void start_reader(struct async_timer *timer)
{
  struct exec_output *output =
      ASYNC_CONTAINER_OF(timer, struct exec_output, timer);
  if (async_spawn(output->readers, read_output, output) == 0)
    output->has_reader = true;
  else /* memory may come back; nothing is lost meanwhile */
    async_timer_set(timer, async_in(10 * READER_AFTER_NS), start_reader);
}

int exec_output_read(struct exec_output *output, struct async_group *readers)
{
  exec_streams_given(output);
  async_list_push(&output->screen->reading, &output->node);
  exec_pool_wake(&output->screen->pool);
  output->readers = readers;
  if (output->streams[0].fd >= 0 || output->streams[1].fd >= 0)
    async_timer_set(&output->timer, async_in(READER_AFTER_NS), start_reader);
  return 0;
}

static void finish_reading(struct exec_output *output, int64_t drain_ns)
{
  async_timer_clear(&output->timer);
  output->deadline_ns = async_in(async_shutdown_again() ? 0 : drain_ns);
  if (!output->has_reader) {
    exec_pump_all(output);
    return;
  }
  if (output->waiting)
    async_scope_extend(output->waiting, output->deadline_ns);
  async_event_wait(&output->over);
}

/* A file that the child itself wrote. */
static int finish_file(struct exec_stream *stream)
{
  struct stat info;
  if (stream->kept.fd < 0 || stream->piped)
    return 0;
  if (fstat(stream->kept.fd, &info) < 0)
    return -errno;
  stream->bytes = (uint64_t)info.st_size;
  return exec_excerpt_read(&stream->excerpt, stream->kept.fd,
                           (uint64_t)info.st_size);
}

/* The end. */

static void finish_stream(struct exec_output *output,
                          struct exec_stream *stream)
{
  int err = finish_file(stream), closed = exec_kept_close(&stream->kept);
  if (err == 0)
    err = closed;
  if (err < 0)
    exec_output_fail(output, JOB_ERROR_IO, err, stream->kept.name);
  exec_excerpt_settle(&stream->excerpt);
  if (stream->excerpt.buf.err)
    exec_output_fail(output, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "its output");
  exec_store_settle(&stream->store);
}

/* Lines that were shown while they came end now, also the last one. */
static void finish_lines(struct exec_output *output)
{
  if (output->screen->mode == EXEC_OUTPUT_LINE &&
      (!exec_store_empty(&output->streams[0].store) ||
       !exec_store_empty(&output->streams[1].store) ||
       output->streams[0].line.len > 0 || output->streams[1].line.len > 0))
    exec_turn_enter(output);
  if (!output->has_turn)
    return;
  for (int i = 0; i < 2; i++) {
    exec_show(output, &output->streams[i], 0);
    exec_show_end(output, &output->streams[i]);
  }
  exec_turn_leave(output);
  job_out_pause(output->screen->run->out);
}

static void leave_screen(struct exec_output *output)
{
  struct exec_screen *screen = output->screen;
  bool was_there = !async_list_empty(&output->node);
  async_list_remove(&output->node);
  if (screen->favoured == output)
    screen->favoured = NULL;
  if (was_there)
    exec_pool_wake(&screen->pool);
}

int exec_output_drain(struct exec_output *output, int64_t drain_ns)
{
  struct async_scope shield;
  async_scope_shield(&shield, ASYNC_NEVER);
  exec_streams_given(output);
  finish_reading(output, drain_ns);
  for (int i = 0; i < 2; i++)
    exec_stream_close(output, &output->streams[i]);
  exec_ready_free(output->ready);
  output->ready = NULL;
  finish_lines(output);
  for (int i = 0; i < 2; i++)
    finish_stream(output, &output->streams[i]);
  leave_screen(output);
  output->drained = true;
  async_scope_leave(&shield, 0);
  return output->failed ? -1 : 0;
}

/* Showing. */

static void show_group(struct exec_output *output)
{
  exec_turn_enter(output);
  for (int i = 0; i < 2; i++) {
    exec_show(output, &output->streams[i], 0);
    exec_show_end(output, &output->streams[i]);
  }
  exec_turn_leave(output);
}

static int show_results(struct exec_output *output)
{
  for (int i = 0; i < 2; i++) {
    struct exec_kept *kept = &output->streams[i].kept;
    int err = exec_kept_show(kept);
    if (err < 0)
      return job_error_set(&output->item->item, JOB_ERROR_IO, err,
                           "cannot write %s: %s", kept->name,
                           async_err_text(err));
  }
  return 0;
}

int exec_output_show(struct exec_output *output, bool ok)
{
  struct exec_screen *screen = output->screen;
  const struct exec_item *item = output->item;
  bool failed = output->failed;
  int err = 0;
  if (output->drained) {
    if (screen->mode == EXEC_OUTPUT_GROUP && !(ok && screen->opts->quiet_ok))
      show_group(output);
    err = show_results(output);
  }
  exec_screen_next(screen, item->item.seq + 1 + item->more_count);
  return output->failed && !failed ? -1 : err;
}

void exec_output_free(struct exec_output *output)
{
  if (!output)
    return;
  async_timer_clear(&output->timer);
  exec_streams_given(output);
  for (int i = 0; i < 2; i++)
    exec_stream_close(output, &output->streams[i]);
  exec_ready_free(output->ready);
  exec_turn_leave(output);
  leave_screen(output);
  for (int i = 0; i < 2; i++) {
    struct exec_stream *stream = &output->streams[i];
    exec_store_done(&stream->store);
    exec_excerpt_done(&stream->excerpt);
    exec_kept_done(&stream->kept);
    async_buf_done(&stream->line);
  }
  async_buf_done(&output->tag);
  free(output);
}

void exec_output_captured(const struct exec_output *output, int fd,
                          struct exec_captured *out)
{
  const struct exec_stream *stream = &output->streams[fd - 1];
  const struct exec_excerpt *excerpt = &stream->excerpt;
  *out = (struct exec_captured){
    .known = stream->known,
    .bytes = stream->bytes,
    .file = stream->kept.shown ? stream->kept.name : NULL,
  };
  if (!excerpt->on || !stream->known || excerpt->buf.err)
    return;
  out->text = excerpt->buf.len > 0 ? excerpt->buf.data : "";
  out->len = excerpt->buf.len;
  out->truncated = excerpt->truncated;
}
