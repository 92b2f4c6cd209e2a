/* Streams over descriptors.
 *
 * O_NONBLOCK belongs to the open file, not to the descriptor: set on a
 * terminal or an inherited pipe it would be set for the shell and for every
 * child too. So only owned descriptors are made non-blocking. Of a borrowed one
 *  - a socket is asked not to wait, call by call;
 *  - so is a pipe that is written to, where the system can (Linux 6.5);
 *  - a pipe or terminal is polled before each call else, and at most PIPE_BUF
 *    bytes are written, for which a pipe that polls writable has room. Only
 *    somebody else who reads or writes the same pipe in between can make us
 *    wait. */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "async/error.h"
#include "async/time.h"
#include "io/poll_priv.h"
#include "io/stream_priv.h"

/* In one call to a file system; more would stop the other tasks for long. */
enum { IN_PLACE_MOST = 1024 * 1024 };

enum way {
  WAY_IN_PLACE, /* never waits: regular files, /dev/null */
  WAY_NONBLOCK,
  WAY_SOCKET,
  WAY_POLL_FIRST
};

struct fd_stream {
  struct async_stream base;
  struct asy_poll poll;
  enum way way;
  bool owned;
  bool must_poll; /* the system cannot be asked not to wait */
};

static bool ready(int fd, short event)
{
  struct pollfd one = { .fd = fd, .events = event };
  return poll(&one, 1, 0) != 0;
}

static ssize_t try_read(struct fd_stream *self, void *out, size_t len)
{
  int fd = self->poll.fd;
  if (self->way == WAY_SOCKET)
    return recv(fd, out, len, MSG_DONTWAIT);
  if (self->way == WAY_POLL_FIRST && !ready(fd, POLLIN)) {
    errno = EAGAIN;
    return -1;
  }
  if (self->way == WAY_IN_PLACE && len > IN_PLACE_MOST)
    len = IN_PLACE_MOST;
  return read(fd, out, len);
}

/* Asks not to wait in this one call. Returns as write(2) does; must_poll if that
 * cannot be asked. */
static ssize_t write_now(struct fd_stream *self, const void *bytes, size_t len)
{
#ifdef RWF_NOWAIT
  struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = len };
  ssize_t put = pwritev2(self->poll.fd, &part, 1, -1, RWF_NOWAIT);
  if (put >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
    return put;
#else
  (void)bytes;
  (void)len;
#endif
  self->must_poll = true;
  return -1;
}

static ssize_t try_write(struct fd_stream *self, const void *bytes, size_t len)
{
  int fd = self->poll.fd;
  if (self->way == WAY_POLL_FIRST && !self->must_poll) {
    ssize_t put = write_now(self, bytes, len);
    if (!self->must_poll)
      return put;
  }
  if (self->way == WAY_SOCKET)
    return send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (self->way == WAY_POLL_FIRST) {
    if (!ready(fd, POLLOUT)) {
      errno = EAGAIN;
      return -1;
    }
    if (len > PIPE_BUF)
      len = PIPE_BUF;
  }
  if (self->way == WAY_IN_PLACE && len > IN_PLACE_MOST)
    len = IN_PLACE_MOST;
  return write(fd, bytes, len);
}

static ssize_t fd_read(struct async_stream *stream, void *out, size_t len)
{
  struct fd_stream *self = (struct fd_stream *)stream;
  for (;;) {
    ssize_t got = try_read(self, out, len);
    if (got >= 0)
      return got;
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN)
      return -errno;
    int err = asy_poll_wait(&self->poll, UV_READABLE, "read");
    if (err < 0)
      return err;
  }
}

static ssize_t fd_write(struct async_stream *stream, const void *bytes,
                        size_t len)
{
  struct fd_stream *self = (struct fd_stream *)stream;
  for (;;) {
    ssize_t put = try_write(self, bytes, len);
    if (put >= 0)
      return put;
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN)
      return -errno;
    int err = asy_poll_wait(&self->poll, UV_WRITABLE, "write");
    if (err < 0)
      return err;
  }
}

static int let_go(struct fd_stream *self)
{
  int fd = self->poll.fd;
  asy_poll_done(&self->poll);
  self->poll.fd = -1;
  /* After EINTR the descriptor is closed all the same (close(2), Linux). */
  if (self->owned && fd >= 0 && close(fd) < 0 && errno != EINTR)
    return -errno;
  return 0;
}

/* The end of a pipe can only be said by closing it. */
static int fd_shutdown(struct async_stream *stream)
{
  struct fd_stream *self = (struct fd_stream *)stream;
  if (self->way == WAY_SOCKET)
    return shutdown(self->poll.fd, SHUT_WR) < 0 ? -errno : 0;
  int flags = fcntl(self->poll.fd, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) == O_WRONLY)
    return let_go(self);
  return 0;
}

static int fd_close(struct async_stream *stream)
{
  int err = let_go((struct fd_stream *)stream);
  free(stream);
  return err;
}

static struct asy_poll *fd_poll(struct async_stream *stream)
{
  return &((struct fd_stream *)stream)->poll;
}

static const struct asy_stream_kind FD_KIND = {
  .read = fd_read,
  .write = fd_write,
  .shutdown = fd_shutdown,
  .close = fd_close,
  .poll = fd_poll,
};

int async_stream_fd(const struct async_stream *stream)
{
  const struct fd_stream *self = (const struct fd_stream *)stream;
  return stream->kind == &FD_KIND ? self->poll.fd : -1;
}

static struct fd_stream *new_stream(int fd, enum way way, bool owned)
{
  struct fd_stream *self = malloc(sizeof(*self));
  if (!self)
    return NULL;
  asy_stream_init(&self->base, &FD_KIND);
  asy_poll_init(&self->poll, fd, !owned);
  self->way = way;
  self->owned = owned;
  self->must_poll = false;
  return self;
}

static int set_nonblocking(int fd, int flags)
{
  if (flags & O_NONBLOCK)
    return 0;
  return fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* Devices tell when they are asked to be polled: a terminal can be, /dev/null
 * cannot. Returns 1, 0 or an error. */
static int can_poll(struct fd_stream *self, mode_t mode)
{
  if (S_ISREG(mode) || S_ISDIR(mode) || S_ISBLK(mode))
    return 0;
  if (S_ISFIFO(mode))
    return 1;
  int err = asy_poll_open(&self->poll);
  if (err == -EPERM)
    return 0;
  return err < 0 ? err : 1;
}

/* Finds out how to read and write without waiting. */
static int choose_way(struct fd_stream *self, mode_t mode)
{
  int flags = fcntl(self->poll.fd, F_GETFL);
  if (flags < 0)
    return -errno;
  if (S_ISSOCK(mode)) {
    self->way = WAY_SOCKET;
    return 0;
  }
  int pollable = can_poll(self, mode);
  if (pollable <= 0)
    return pollable;
  if (self->owned || (flags & O_NONBLOCK)) {
    self->way = WAY_NONBLOCK;
    return set_nonblocking(self->poll.fd, flags);
  }
  self->way = WAY_POLL_FIRST;
  return 0;
}

int async_stream_open_fd(struct async_stream **out, int fd, unsigned flags)
{
  struct stat status;
  if (fstat(fd, &status) < 0)
    return -errno;
  struct fd_stream *self =
      new_stream(fd, WAY_IN_PLACE, flags & ASYNC_STREAM_OWN);
  if (!self)
    return ASYNC_ENOMEM;
  int err = choose_way(self, status.st_mode);
  if (err < 0) {
    self->owned = false;
    fd_close(&self->base);
    return err;
  }
  *out = &self->base;
  return 0;
}

int asy_stream_open_socket(struct async_stream **out, int fd)
{
  struct fd_stream *self = new_stream(fd, WAY_SOCKET, true);
  if (!self) {
    close(fd);
    return ASYNC_ENOMEM;
  }
  *out = &self->base;
  return 0;
}

int async_stream_open_file(struct async_stream **out, const char *path,
                           int flags, int mode)
{
  int fd = open(path, flags | O_CLOEXEC, mode);
  if (fd < 0)
    return -errno;
  int err = async_stream_open_fd(out, fd, ASYNC_STREAM_OWN);
  if (err < 0)
    close(fd);
  return err;
}
