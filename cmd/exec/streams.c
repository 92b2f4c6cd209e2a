/* What a child gets for its standard output and standard error. */
#include <fcntl.h>
#include <unistd.h>

#include "async/error.h"
#include "async/proc.h"
#include "exec/output_priv.h"

static int open_pipe(struct exec_stream *stream)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0)
    return -errno;
  stream->fd = ends[0];
  stream->child = ends[1];
  stream->own_child = stream->piped = stream->known = true;
  return 0;
}

static bool is_wanted(const struct exec_output *output, int i)
{
  const struct exec_screen *screen = output->screen;
  return screen->mode == EXEC_OUTPUT_GROUP ||
         screen->mode == EXEC_OUTPUT_LINE || screen->captures[i] ||
         screen->results.text;
}

static int open_kept(struct exec_output *output)
{
  static const char *const names[] = { "stdout", "stderr" };
  struct exec_results *results = &output->screen->results;
  struct async_buf dir = ASYNC_BUF_INIT;
  if (!results->text)
    return 0;
  int err = exec_results_dir(results, output->item, &dir);
  for (int i = 0; i < 2 && err == 0; i++) {
    if (i == 1 && output->screen->opts->stderr_choice != EXEC_STDERR_SEPARATE)
      break;
    int rc = exec_kept_open(&output->streams[i].kept, results, &dir, names[i]);
    if (rc < 0)
      err = job_error_set(&output->item->item, JOB_ERROR_IO, rc,
                          "cannot write to %.*s: %s", (int)dir.len, dir.data,
                          async_err_text(rc));
  }
  async_buf_done(&dir);
  return err;
}

static int open_stream(struct exec_output *output, int i)
{
  struct exec_stream *stream = &output->streams[i];
  stream->child = ASYNC_PROC_NULL;
  if (output->screen->mode == EXEC_OUTPUT_LIVE) {
    stream->child = ASYNC_PROC_SAME;
  } else if (output->screen->mode == EXEC_OUTPUT_FILES) {
    stream->child = stream->kept.fd;
    stream->known = true;
  } else if (is_wanted(output, i)) {
    return open_pipe(stream);
  }
  return 0;
}

static int open_stderr(struct exec_output *output)
{
  struct exec_stream *stream = &output->streams[1];
  switch (output->screen->opts->stderr_choice) {
  case EXEC_STDERR_DISCARD:
    stream->child = ASYNC_PROC_NULL;
    return 0;
  case EXEC_STDERR_MERGE:
    stream->child = output->streams[0].child == ASYNC_PROC_SAME
                        ? STDOUT_FILENO
                        : output->streams[0].child;
    return 0;
  default:
    return open_stream(output, 1);
  }
}

int exec_streams_open(struct exec_output *output)
{
  struct exec_screen *screen = output->screen;
  if (screen->tag && exec_text_add(screen->tag, output->item, &output->tag) < 0)
    return -1;
  if (open_kept(output) < 0)
    return -1;
  int err = open_stream(output, 0);
  if (err == 0)
    err = open_stderr(output);
  if (err == 0 && output->tag.err)
    err = output->tag.err;
  if (err < 0)
    job_error_set(&output->item->item, JOB_ERROR_IO, err,
                  "cannot make its output: %s", async_err_text(err));
  return err < 0 ? -1 : 0;
}

void exec_stream_init(struct exec_output *output, int i)
{
  struct exec_stream *stream = &output->streams[i];
  const struct exec_screen *screen = output->screen;
  stream->fd = -1;
  stream->child = ASYNC_PROC_NULL;
  stream->kept = (struct exec_kept)EXEC_KEPT_INIT;
  stream->excerpt = (struct exec_excerpt){
    .most = (size_t)screen->opts->capture_max.bytes,
    .tail = screen->opts->capture_max.tail,
    .on = screen->captures[i],
  };
  exec_store_init(&stream->store, &output->screen->pool);
}

void exec_streams_given(struct exec_output *output)
{
  for (int i = 0; i < 2; i++) {
    struct exec_stream *stream = &output->streams[i];
    if (stream->own_child)
      close(stream->child);
    stream->own_child = false;
  }
}
