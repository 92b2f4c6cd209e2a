/* Showing: bytes as they are, lines with a tag, or lines as JSON. */
#include <string.h>
#include <sys/stat.h>

#include "async/error.h"
#include "exec/output_priv.h"
#include "job/json.h"

bool exec_shows_lines(const struct exec_screen *screen)
{
  return screen->mode == EXEC_OUTPUT_LINE || screen->tag;
}

static bool is_stdout(const struct exec_output *output,
                      const struct exec_stream *stream)
{
  return stream == &output->streams[0];
}

static struct job_out *out_of(const struct exec_output *output,
                              const struct exec_stream *stream)
{
  return is_stdout(output, stream) || output->screen->json
             ? output->screen->run->out
             : &output->screen->err;
}

/* Turns. */

void exec_turn_enter(struct exec_output *output)
{
  if (output->has_turn)
    return;
  async_sem_acquire(&output->screen->turn, 1);
  output->has_turn = true;
}

void exec_turn_leave(struct exec_output *output)
{
  struct exec_screen *screen = output->screen;
  if (!output->has_turn)
    return;
  if (screen->err.buf.len > 0)
    job_out_flush(&screen->err);
  output->has_turn = false;
  async_sem_release(&screen->turn, 1);
  exec_pool_wake(&screen->pool);
}

/* Lines. */

static void put_line_json(struct exec_output *output,
                          struct exec_stream *stream, const char *line,
                          size_t len)
{
  struct job_out *out = out_of(output, stream);
  const struct job_item *item = &output->item->item;
  struct async_buf *buf = &out->buf;
  async_buf_add_str(buf, "{\"v\":1,\"type\":\"output\",\"seq\":");
  async_buf_add_uint(buf, item->seq);
  async_buf_add_str(buf, ",\"key\":");
  job_json_bytes(buf, item->entry.key, item->entry.key_len);
  async_buf_add_str(buf, is_stdout(output, stream) ? ",\"stream\":\"stdout\""
                                                   : ",\"stream\":\"stderr\"");
  async_buf_add_str(buf, ",\"n\":");
  async_buf_add_uint(buf, ++stream->lines);
  async_buf_add_str(buf, ",\"line\":");
  job_json_bytes(buf, line, len);
  async_buf_add_str(buf, "}\n");
  job_out_put(out);
}

static void put_gathered(struct exec_output *output, struct exec_stream *stream)
{
  if (stream->line.err)
    exec_output_fail(output, JOB_ERROR_INTERNAL, ASYNC_ENOMEM,
                     "a line of output");
  else
    put_line_json(output, stream, stream->line.data, stream->line.len);
  async_buf_done(&stream->line);
}

static void put_json(struct exec_output *output, struct exec_stream *stream,
                     const char *bytes, size_t len)
{
  const char *end;
  while ((end = memchr(bytes, '\n', len)) != NULL) {
    size_t line = (size_t)(end - bytes);
    if (stream->line.len > 0) {
      async_buf_add(&stream->line, bytes, line);
      put_gathered(output, stream);
    } else {
      put_line_json(output, stream, bytes, line);
    }
    bytes += line + 1;
    len -= line + 1;
  }
  async_buf_add(&stream->line, bytes, len);
}

static void put_tagged(struct exec_output *output, struct exec_stream *stream,
                       const char *bytes, size_t len)
{
  struct job_out *out = out_of(output, stream);
  while (len > 0) {
    const char *end = memchr(bytes, '\n', len);
    size_t line = end ? (size_t)(end - bytes) + 1 : len;
    if (!stream->middle)
      async_buf_add(&out->buf, output->tag.data, output->tag.len);
    job_out_write(out, bytes, line);
    stream->middle = !end;
    bytes += line;
    len -= line;
  }
}

struct showing {
  struct exec_output *output;
  struct exec_stream *stream;
};

static void put(void *ctx, const char *bytes, size_t len)
{
  struct showing *showing = ctx;
  struct exec_stream *stream = showing->stream;
  if (showing->output->screen->json) {
    put_json(showing->output, stream, bytes, len);
  } else if (showing->output->screen->tag) {
    put_tagged(showing->output, stream, bytes, len);
  } else {
    job_out_write(out_of(showing->output, stream), bytes, len);
    stream->middle = bytes[len - 1] != '\n';
  }
}

/* Standard error comes after what standard output has had so far, also where
 * both are the same file. */
static void begin(struct exec_output *output, struct exec_stream *stream)
{
  struct job_out *out = output->screen->run->out;
  if (out_of(output, stream) != out && out->buf.len > 0)
    job_out_flush(out);
}

/* What is in a file and goes into a file as it is. What the system cannot do is
 * left, also a disk that is full: then writing says so. */
static void send_file(struct exec_output *output, struct exec_stream *stream)
{
  struct job_out *out = out_of(output, stream);
  struct stat info;
  int fd = async_stream_fd(out->stream);
  if (stream->store.spill.bytes == 0 || exec_shows_lines(output->screen) ||
      fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) ||
      job_out_flush(out) < 0)
    return;
  exec_spill_send(&stream->store.spill, fd);
}

void exec_show(struct exec_output *output, struct exec_stream *stream,
               size_t keep)
{
  struct showing showing = { output, stream };
  if (exec_store_empty(&stream->store))
    return;
  begin(output, stream);
  send_file(output, stream);
  int err = exec_store_take(&stream->store, keep, put, &showing);
  if (err < 0)
    exec_output_fail(output, JOB_ERROR_IO, err,
                     "its output, which was in a file of ours");
}

void exec_show_end(struct exec_output *output, struct exec_stream *stream)
{
  if (stream->line.len > 0)
    put_gathered(output, stream);
  if (stream->middle && exec_shows_lines(output->screen)) {
    job_out_write(out_of(output, stream), "\n", 1);
    stream->middle = false;
  }
}
