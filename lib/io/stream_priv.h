/* What a stream is made of: a buffer for reading ahead, and a kind. */
#ifndef ASY_STREAM_PRIV_H
#define ASY_STREAM_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "async/stream.h"

struct asy_poll;

/* Each returns a negative error as the functions of stream.h do. */
struct asy_stream_kind {
  /* 1 to len bytes, or 0 at the end; parks until there is something. */
  ssize_t (*read)(struct async_stream *stream, void *out, size_t len);
  /* 1 to len bytes; parks until some can go out. */
  ssize_t (*write)(struct async_stream *stream, const void *bytes, size_t len);
  int (*shutdown)(struct async_stream *stream);
  /* Frees the stream. */
  int (*close)(struct async_stream *stream);
  /* The poll handle, or NULL if there is none. */
  struct asy_poll *(*poll)(struct async_stream *stream);
};

/* The first member of every kind's own struct. */
struct async_stream {
  const struct asy_stream_kind *kind;
  char *in; /* bytes read ahead: start to end */
  size_t in_start, in_end, in_cap;
  size_t line_max;
  size_t written;
  bool discarding; /* the rest of a line that was too long */
};

void asy_stream_init(struct async_stream *stream,
                     const struct asy_stream_kind *kind);

/* Reads once more into the buffer, which grows to at most `most` bytes.
 *
 * Returns the bytes read, 0 at the end, or an error.
 */
ssize_t asy_stream_fill(struct async_stream *stream, size_t most);

static inline size_t asy_stream_buffered(const struct async_stream *stream)
{
  return stream->in_end - stream->in_start;
}

/* Makes a stream of a socket that is non-blocking already.
 *
 * fd  given, also on failure
 */
int asy_stream_open_socket(struct async_stream **out, int fd);

#endif
