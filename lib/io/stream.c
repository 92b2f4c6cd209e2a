#include "io/stream_priv.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/task.h"

enum { LINE_MAX_DEFAULT = 1024 * 1024, COPY_BYTES = 64 * 1024 };

void asy_stream_init(struct async_stream *stream,
                     const struct asy_stream_kind *kind)
{
  memset(stream, 0, sizeof(*stream));
  stream->kind = kind;
  stream->line_max = LINE_MAX_DEFAULT;
}

static size_t take(struct async_stream *stream, void *out, size_t len)
{
  size_t have = asy_stream_buffered(stream);
  if (len > have)
    len = have;
  memcpy(out, stream->in + stream->in_start, len);
  stream->in_start += len;
  return len;
}

ssize_t async_stream_read(struct async_stream *stream, void *out, size_t len)
{
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (len == 0)
    return 0;
  if (asy_stream_buffered(stream) > 0)
    return (ssize_t)take(stream, out, len);
  return stream->kind->read(stream, out, len);
}

ssize_t async_stream_read_full(struct async_stream *stream, void *out,
                               size_t len)
{
  int err = async_checkpoint();
  if (err < 0)
    return err;
  while (asy_stream_buffered(stream) < len) {
    ssize_t got = asy_stream_fill(stream, len);
    if (got < 0)
      return got;
    if (got == 0)
      return ASYNC_EOF;
  }
  return len ? (ssize_t)take(stream, out, len) : 0;
}

int async_stream_write(struct async_stream *stream, const void *bytes,
                       size_t len)
{
  stream->written = 0;
  do {
    int err = async_checkpoint();
    if (err < 0)
      return err;
    if (len == 0)
      return 0;
    ssize_t put = stream->kind->write(
        stream, (const char *)bytes + stream->written, len - stream->written);
    if (put < 0)
      return (int)put;
    stream->written += (size_t)put;
  } while (stream->written < len);
  return 0;
}

size_t async_stream_written(const struct async_stream *stream)
{
  return stream->written;
}

int async_stream_shutdown(struct async_stream *stream)
{
  return stream->kind->shutdown(stream);
}

int async_stream_close(struct async_stream *stream)
{
  if (!stream)
    return 0;
  free(stream->in);
  return stream->kind->close(stream);
}

static size_t at_most(size_t len, int64_t max)
{
  return max >= 0 && (uint64_t)max < len ? (size_t)max : len;
}

static int64_t copy(struct async_stream *to, struct async_stream *from,
                    int64_t max, char *block)
{
  int64_t copied = 0;
  while (max < 0 || copied < max) {
    size_t want = at_most(COPY_BYTES, max < 0 ? -1 : max - copied);
    ssize_t got = async_stream_read(from, block, want);
    if (got <= 0)
      return got < 0 ? got : copied;
    int err = async_stream_write(to, block, (size_t)got);
    if (err < 0)
      return err;
    copied += got;
  }
  return copied;
}

int64_t async_stream_copy(struct async_stream *to, struct async_stream *from,
                          int64_t max)
{
  char *block = malloc(COPY_BYTES);
  if (!block)
    return ASYNC_ENOMEM;
  int64_t copied = copy(to, from, max, block);
  free(block);
  return copied;
}
