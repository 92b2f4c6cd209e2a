#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/stream.h"
#include "connection.h"

enum { BODY_READ = 256 * 1024, KEEP_MOST = 256 * 1024 * 1024 };

int connection_fill(struct connection *connection, size_t most)
{
  struct async_buf *in = &connection->in;
  int err = async_buf_reserve(in, most);
  if (err < 0)
    return err;
  ssize_t got =
      async_stream_read(connection->x.stream, in->data + in->len, most);
  if (got <= 0)
    return got < 0 ? (int)got : ASYNC_EOF;
  in->len += (size_t)got;
  return 0;
}

static int take_bytes(struct connection *connection, uint64_t len, bool keep)
{
  struct async_buf *in = &connection->in;
  while (len > 0) {
    int err = in->len ? 0 : connection_fill(connection, BODY_READ);
    if (err < 0)
      return err;
    size_t part = in->len < len ? in->len : (size_t)len;
    if (keep && connection->x.body.len < KEEP_MOST)
      async_buf_add(&connection->x.body, in->data, part);
    connection->x.body_bytes += part;
    async_buf_drop(in, part);
    len -= part;
  }
  return connection->x.body.err;
}

/* Takes a line without its end, cut to fit. */
static int take_line(struct connection *connection, char *line, size_t size)
{
  struct async_buf *in = &connection->in;
  char *end;
  while (!in->len || !(end = memchr(in->data, '\n', in->len))) {
    int err = in->len > BODY_READ ? ASYNC_EENCODING
                                  : connection_fill(connection, BODY_READ);
    if (err < 0)
      return err;
  }
  size_t len = (size_t)(end - in->data), all = len + 1;
  if (len > 0 && in->data[len - 1] == '\r')
    len--;
  if (len >= size)
    len = size - 1;
  memcpy(line, in->data, len);
  line[len] = '\0';
  async_buf_drop(in, all);
  return 0;
}

static int take_trailers(struct connection *connection)
{
  char line[16];
  int err;
  do
    err = take_line(connection, line, sizeof(line));
  while (err == 0 && *line);
  return err;
}

static int take_chunks(struct connection *connection, bool keep)
{
  char line[32], *end;
  for (;;) {
    int err = take_line(connection, line, sizeof(line));
    if (err < 0)
      return err;
    uint64_t len = strtoull(line, &end, 16);
    if (end == line)
      return ASYNC_EENCODING;
    if (len == 0)
      return take_trailers(connection);
    err = take_bytes(connection, len, keep);
    if (err == 0)
      err = take_line(connection, line, sizeof(line));
    if (err < 0)
      return err;
  }
}

int connection_read_body(struct connection *connection, bool keep)
{
  const struct request *request = &connection->x.request;
  if (request_header_has(request, "Transfer-Encoding", "chunked"))
    return take_chunks(connection, keep);
  const char *length = request_header(request, "Content-Length");
  return length ? take_bytes(connection, strtoull(length, NULL, 10), keep) : 0;
}
