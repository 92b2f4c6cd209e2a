#include "exec/feed_pipe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "async/error.h"
#include "async/stream.h"
#include "async/timer.h"

enum {
  PIPE_USUAL = 64 * 1024,
  PIPE_MOST = 1024 * 1024 /* what Linux gives to anybody */
};

static const int64_t AGAIN_NS = 10 * ASYNC_MS;

/* What did not fit into the pipe before the job started. */
struct writer {
  struct async_stream *stream;
  struct async_buf own; /* where the bytes are, if they are not the block's */
  const char *bytes;
  size_t len;
};

static void writer_free(struct writer *writer)
{
  async_stream_close(writer->stream);
  async_buf_done(&writer->own);
  free(writer);
}

/* A job that does not read to the end is nobody's failure; but a want of memory
 * must not cut short what it reads. */
static int write_rest(void *arg)
{
  struct writer *writer = arg;
  int err;
  for (;;) {
    err = async_stream_write(writer->stream, writer->bytes, writer->len);
    if (err != ASYNC_ENOMEM)
      break;
    size_t done = async_stream_written(writer->stream);
    writer->bytes += done;
    writer->len -= done;
    async_sleep(AGAIN_NS);
  }
  writer_free(writer);
  return 0;
}

/* Takes the descriptor; the bytes are the caller's on failure. */
static int start_writer(int fd, const struct writer *rest,
                        struct async_group *group)
{
  struct writer *writer = malloc(sizeof(*writer));
  int err = ASYNC_ENOMEM;
  if (writer) {
    *writer = *rest;
    err = async_stream_open_fd(&writer->stream, fd, ASYNC_STREAM_OWN);
  }
  if (err < 0) {
    close(fd);
    free(writer);
    return err;
  }
  err = async_spawn(group, write_rest, writer);
  if (err < 0) {
    writer->own = (struct async_buf)ASYNC_BUF_INIT;
    writer_free(writer);
  }
  return err;
}

/* Writes what fits. Returns the bytes written. */
static size_t fill_pipe(int fd, const char *bytes, size_t len)
{
  size_t done = 0;
  while (done < len) {
    ssize_t put = write(fd, bytes + done, len - done);
    if (put <= 0)
      break;
    done += (size_t)put;
  }
  return done;
}

/* Then all of it may fit, and the job need not wait for us. */
static void widen(int fd, size_t len)
{
#ifdef F_SETPIPE_SZ
  if (len > PIPE_USUAL)
    fcntl(fd, F_SETPIPE_SZ, len < PIPE_MOST ? (int)len : PIPE_MOST);
#else
  (void)fd;
  (void)len;
#endif
}

/* Returns 0 or an error; then both ends are closed. */
static int open_pipe(struct writer *all, bool wide, struct async_group *group,
                     int *fd)
{
  int ends[2], err = 0;
  if (pipe2(ends, O_CLOEXEC) < 0)
    return -errno;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  if (wide)
    widen(ends[1], all->len);
  size_t done = fill_pipe(ends[1], all->bytes, all->len);
  all->bytes += done;
  all->len -= done;
  if (all->len > 0)
    err = start_writer(ends[1], all, group);
  else
    close(ends[1]);
  if (err < 0)
    close(ends[0]);
  else
    *fd = ends[0];
  return err;
}

int exec_feed_pipe(struct async_buf *own, const char *bytes, size_t len,
                   bool wide, struct async_group *group, int *fd)
{
  struct writer all = { .bytes = bytes, .len = len };
  if (own)
    all.own = *own;
  int err = open_pipe(&all, wide, group, fd);
  if (err < 0 || all.len == 0)
    async_buf_done(&all.own);
  return err;
}
