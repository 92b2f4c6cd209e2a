#include "resolve/file.h"

#include <fcntl.h>

#include "async/error.h"
#include "async/stream.h"

enum { CHUNK = 64 * 1024 };

static int read_all(struct async_stream *stream, struct async_buf *out)
{
  for (;;) {
    int err = async_buf_reserve(out, CHUNK);
    if (err < 0)
      return err;
    ssize_t got = async_stream_read(stream, out->data + out->len, CHUNK);
    if (got <= 0)
      return (int)got;
    out->len += (size_t)got;
  }
}

int resolve_file_read(const char *path, struct async_buf *out)
{
  struct async_stream *stream;
  int err = async_stream_open_file(&stream, path, O_RDONLY, 0);
  if (err < 0)
    return err;
  err = read_all(stream, out);
  int closed = async_stream_close(stream);
  return err < 0 ? err : closed;
}
