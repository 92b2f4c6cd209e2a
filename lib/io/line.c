/* Reading ahead: the stream's buffer, and the lines in it. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/task.h"
#include "io/stream_priv.h"

/* Small at first, because a server has many idle connections. */
enum { BUFFER_FIRST = 4 * 1024, BUFFER_AHEAD = 64 * 1024 };

static int grow(struct async_stream *stream, size_t most)
{
  size_t cap = stream->in_cap ? 2 * stream->in_cap : BUFFER_FIRST;
  if (cap > most)
    cap = most;
  char *in = realloc(stream->in, cap);
  if (!in)
    return ASYNC_ENOMEM;
  stream->in = in;
  stream->in_cap = cap;
  return 0;
}

static void to_front(struct async_stream *stream)
{
  size_t len = asy_stream_buffered(stream);
  if (stream->in_start > 0 && len > 0)
    memmove(stream->in, stream->in + stream->in_start, len);
  stream->in_start = 0;
  stream->in_end = len;
}

/* A buffer that was filled by one read is worth doubling, up to a point. */
static int make_room(struct async_stream *stream, size_t most)
{
  size_t ahead = most > BUFFER_AHEAD ? most : BUFFER_AHEAD;
  bool was_full = stream->in_end == stream->in_cap;
  to_front(stream);
  bool need = stream->in_end == stream->in_cap;
  if (need || (was_full && stream->in_cap < BUFFER_AHEAD))
    return grow(stream, ahead);
  return 0;
}

ssize_t asy_stream_fill(struct async_stream *stream, size_t most)
{
  int err = make_room(stream, most);
  if (err < 0)
    return err;
  ssize_t got = stream->kind->read(stream, stream->in + stream->in_end,
                                   stream->in_cap - stream->in_end);
  if (got > 0)
    stream->in_end += (size_t)got;
  return got;
}

void async_stream_limit_line(struct async_stream *stream, size_t bytes)
{
  stream->line_max = bytes < SIZE_MAX / 4 ? bytes : SIZE_MAX / 4;
}

/* Looks at `len` bytes of the buffer. Returns the delimiter's index or -1. */
static ssize_t index_of(const struct async_stream *stream, char delimiter,
                        size_t from, size_t len)
{
  if (from >= len)
    return -1;
  const char *start = stream->in + stream->in_start;
  const char *hit = memchr(start + from, delimiter, len - from);
  return hit ? hit - start : -1;
}

/* Looks for the delimiter behind the first `*scanned` bytes, reading as much as
 * that needs, but no more than the limit and one.
 *
 * Returns 1 with *len set, 0 if there is none within the limit or before the
 * end (then *len is what there is), or an error.
 */
static int find(struct async_stream *stream, char delimiter, size_t *len,
                bool *at_end)
{
  size_t scanned = 0;
  *at_end = false;
  for (;;) {
    size_t have = asy_stream_buffered(stream);
    size_t look = have > stream->line_max + 1 ? stream->line_max + 1 : have;
    ssize_t hit = index_of(stream, delimiter, scanned, look);
    *len = hit >= 0 ? (size_t)hit : look;
    if (hit >= 0 || look > stream->line_max)
      return hit >= 0;
    scanned = look;
    ssize_t got = asy_stream_fill(stream, stream->line_max + 1);
    if (got < 0)
      return (int)got;
    *at_end = got == 0;
    if (*at_end)
      return 0;
  }
}

/* Drops the rest of a line that was too long, up to its delimiter. There may be
 * no end of it, and a file never parks: so the others get their turn. */
static int discard(struct async_stream *stream, char delimiter)
{
  while (stream->discarding) {
    int err = async_yield();
    if (err < 0)
      return err;
    size_t have = asy_stream_buffered(stream);
    ssize_t hit = index_of(stream, delimiter, 0, have);
    stream->in_start += hit >= 0 ? (size_t)hit + 1 : have;
    stream->discarding = hit < 0;
    if (hit >= 0)
      return 0;
    ssize_t got = asy_stream_fill(stream, BUFFER_AHEAD);
    if (got < 0)
      return (int)got;
    stream->discarding = got > 0;
  }
  return 0;
}

static int take_line(struct async_stream *stream, char **line, size_t *len,
                     size_t skip)
{
  *line = stream->in + stream->in_start;
  stream->in_start += *len + skip;
  return 0;
}

int async_stream_read_line(struct async_stream *stream, char delimiter,
                           char **line, size_t *len)
{
  size_t found_len;
  bool at_end;
  int rc = async_checkpoint();
  if (rc == 0)
    rc = discard(stream, delimiter);
  if (rc < 0)
    return rc;
  rc = find(stream, delimiter, &found_len, &at_end);
  if (rc < 0)
    return rc;
  if (rc == 0 && at_end && found_len == 0)
    return ASYNC_EOF;
  *len = found_len;
  if (rc == 1)
    return take_line(stream, line, len, 1);
  if (at_end)
    return take_line(stream, line, len, 0);
  *len = stream->line_max;
  take_line(stream, line, len, 0);
  stream->discarding = true;
  return ASYNC_ETOOLONG;
}
