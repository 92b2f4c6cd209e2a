#include "async/listener.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "async/error.h"
#include "async/task.h"
#include "async/timer.h"
#include "io/poll_priv.h"
#include "io/socket_priv.h"
#include "io/stream_priv.h"

/* Until some connection ends and gives its descriptor back. */
static const int64_t PAUSE_NS = 100 * ASYNC_MS;

struct async_listener {
  struct asy_poll poll;
  struct async_addr addr;
};

int async_listener_open_fd(struct async_listener **out, int fd)
{
  struct async_listener *listener = calloc(1, sizeof(*listener));
  if (!listener)
    return ASYNC_ENOMEM;
  int flags = fcntl(fd, F_GETFL);
  int err = asy_socket_name(fd, &listener->addr);
  if (err == 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    err = -errno;
  if (err < 0) {
    free(listener);
    return err;
  }
  asy_poll_init(&listener->poll, fd, false);
  *out = listener;
  return 0;
}

enum next { NEXT_FAIL, NEXT_AGAIN, NEXT_WAIT, NEXT_PAUSE };

/* Source: accept(2), "Error handling": Linux passes the errors of a connection
 * that broke while it waited. */
static enum next after(int error)
{
  switch (error) {
  case EAGAIN:
    return NEXT_WAIT;
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
  case ENOMEM:
    return NEXT_PAUSE;
  case EINTR:
  case ECONNABORTED:
  case EPROTO:
  case EPERM:
  case ENETDOWN:
  case ENETUNREACH:
  case EHOSTDOWN:
  case EHOSTUNREACH:
  case ENOPROTOOPT:
  case ENONET:
    return NEXT_AGAIN;
  default:
    return NEXT_FAIL;
  }
}

static int accept_fd(struct async_listener *listener, struct async_addr *peer)
{
  struct sockaddr *any = (struct sockaddr *)&peer->storage;
  for (;;) {
    int err = async_checkpoint();
    if (err < 0)
      return err;
    peer->len = sizeof(peer->storage);
    int fd = accept4(listener->poll.fd, any, &peer->len,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
      return fd;
    int error = errno;
    switch (after(error)) {
    case NEXT_WAIT:
      err = asy_poll_wait(&listener->poll, UV_READABLE, "accept");
      break;
    case NEXT_PAUSE:
      err = async_sleep(PAUSE_NS);
      break;
    case NEXT_AGAIN:
      break;
    case NEXT_FAIL:
      return -error;
    }
    if (err < 0)
      return err;
  }
}

int async_listener_accept(struct async_listener *listener,
                          struct async_stream **out, struct async_addr *peer)
{
  struct async_addr unwanted;
  if (!peer)
    peer = &unwanted;
  int fd = accept_fd(listener, peer);
  if (fd < 0)
    return fd;
  asy_socket_no_delay(fd, peer);
  return asy_stream_open_socket(out, fd);
}

const struct async_addr *async_listener_addr(
    const struct async_listener *listener)
{
  return &listener->addr;
}

uint16_t async_listener_port(const struct async_listener *listener)
{
  return async_addr_port(&listener->addr);
}

static void remove_path(const struct async_addr *addr)
{
  const void *storage = &addr->storage;
  const struct sockaddr_un *un = storage;
  if (un->sun_family == AF_UNIX && un->sun_path[0])
    unlink(un->sun_path);
}

void async_listener_close(struct async_listener *listener)
{
  if (!listener)
    return;
  remove_path(&listener->addr);
  asy_poll_done(&listener->poll);
  close(listener->poll.fd);
  free(listener);
}
