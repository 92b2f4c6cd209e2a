#include "async/udp.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/task.h"
#include "io/poll_priv.h"
#include "io/socket_priv.h"

struct async_udp {
  struct asy_poll poll;
  struct async_addr addr;
};

static int bind_to(struct async_udp *udp, int fd)
{
  const struct sockaddr *any = (const struct sockaddr *)&udp->addr.storage;
  if (bind(fd, any, udp->addr.len) < 0)
    return -errno;
  asy_poll_init(&udp->poll, fd, false);
  return asy_socket_name(fd, &udp->addr);
}

int async_udp_open(struct async_udp **out, const char *address, uint16_t port)
{
  struct async_addr addr;
  int err = async_addr_parse(&addr, address, port);
  if (err < 0)
    return err;
  struct async_udp *udp = calloc(1, sizeof(*udp));
  if (!udp)
    return ASYNC_ENOMEM;
  udp->addr = addr;
  int fd = asy_socket_open(addr.storage.ss_family, SOCK_DGRAM);
  err = fd < 0 ? fd : bind_to(udp, fd);
  if (err < 0) {
    if (fd >= 0)
      close(fd);
    free(udp);
    return err;
  }
  *out = udp;
  return 0;
}

int async_udp_connect(struct async_udp *udp, const struct async_addr *peer)
{
  const struct sockaddr *any = (const struct sockaddr *)&peer->storage;
  return connect(udp->poll.fd, any, peer->len) < 0 ? -errno : 0;
}

ssize_t async_udp_recv(struct async_udp *udp, void *out, size_t len,
                       struct async_addr *from)
{
  struct sockaddr *any = from ? (struct sockaddr *)&from->storage : NULL;
  for (;;) {
    int err = async_checkpoint();
    if (err < 0)
      return err;
    if (from)
      from->len = sizeof(from->storage);
    ssize_t got =
        recvfrom(udp->poll.fd, out, len, 0, any, from ? &from->len : NULL);
    if (got >= 0)
      return got;
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN)
      return -errno;
    err = asy_poll_wait(&udp->poll, UV_READABLE, "datagram");
    if (err < 0)
      return err;
  }
}

int async_udp_send(struct async_udp *udp, const void *bytes, size_t len,
                   const struct async_addr *to)
{
  const struct sockaddr *any =
      to ? (const struct sockaddr *)&to->storage : NULL;
  for (;;) {
    int err = async_checkpoint();
    if (err < 0)
      return err;
    ssize_t put =
        sendto(udp->poll.fd, bytes, len, MSG_NOSIGNAL, any, to ? to->len : 0);
    if (put >= 0)
      return 0;
    if (errno == EINTR)
      continue;
    if (errno != EAGAIN)
      return -errno;
    err = asy_poll_wait(&udp->poll, UV_WRITABLE, "send datagram");
    if (err < 0)
      return err;
  }
}

const struct async_addr *async_udp_addr(const struct async_udp *udp)
{
  return &udp->addr;
}

int async_udp_fd(const struct async_udp *udp)
{
  return udp->poll.fd;
}

void async_udp_close(struct async_udp *udp)
{
  if (!udp)
    return;
  asy_poll_done(&udp->poll);
  close(udp->poll.fd);
  free(udp);
}
