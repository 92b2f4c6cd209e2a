#include "io/socket_priv.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "async/listener.h"
#include "async/scope.h"
#include "io/poll_priv.h"
#include "io/stream_priv.h"

int asy_socket_open(int family, int type)
{
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return fd < 0 ? -errno : fd;
}

void asy_socket_no_delay(int fd, const struct async_addr *addr)
{
  int on = 1;
  if (addr->storage.ss_family != AF_UNIX)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

int asy_socket_name(int fd, struct async_addr *out)
{
  out->len = sizeof(out->storage);
  if (getsockname(fd, (struct sockaddr *)&out->storage, &out->len) < 0)
    return -errno;
  return 0;
}

static int wait_connected(struct asy_poll *poll)
{
  int err = asy_poll_wait(poll, UV_WRITABLE, "connect");
  if (err < 0)
    return err;
  int failed = 0;
  socklen_t len = sizeof(failed);
  if (getsockopt(poll->fd, SOL_SOCKET, SO_ERROR, &failed, &len) < 0)
    return -errno;
  return -failed;
}

/* After EINTR the connection is being made all the same. A Unix socket says
 * EAGAIN when the listener's queue is full: there is nothing to wait for, and
 * that is the error. */
static int connect_and_wait(struct asy_poll *poll,
                            const struct async_addr *addr)
{
  const struct sockaddr *any = (const struct sockaddr *)&addr->storage;
  if (connect(poll->fd, any, addr->len) == 0)
    return 0;
  if (errno != EINPROGRESS && errno != EINTR)
    return -errno;
  return wait_connected(poll);
}

int asy_socket_connect(struct async_stream **out, const struct async_addr *addr)
{
  struct async_stream *stream;
  int err = async_check();
  if (err < 0)
    return err;
  int fd = asy_socket_open(addr->storage.ss_family, SOCK_STREAM);
  if (fd < 0)
    return fd;
  asy_socket_no_delay(fd, addr);
  err = asy_stream_open_socket(&stream, fd);
  if (err < 0)
    return err;
  err = connect_and_wait(stream->kind->poll(stream), addr);
  if (err < 0) {
    async_stream_close(stream);
    return err;
  }
  *out = stream;
  return 0;
}

/* A server that is started again finds its port in TIME_WAIT otherwise. */
static int bind_and_listen(int fd, const struct async_addr *addr)
{
  int on = 1;
  if (addr->storage.ss_family != AF_UNIX &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
    return -errno;
  if (bind(fd, (const struct sockaddr *)&addr->storage, addr->len) < 0)
    return -errno;
  return listen(fd, SOMAXCONN) < 0 ? -errno : 0;
}

int asy_socket_listen(struct async_listener **out,
                      const struct async_addr *addr)
{
  int fd = asy_socket_open(addr->storage.ss_family, SOCK_STREAM);
  if (fd < 0)
    return fd;
  int err = bind_and_listen(fd, addr);
  if (err == 0)
    err = async_listener_open_fd(out, fd);
  if (err < 0)
    close(fd);
  return err;
}
