/* A link's one socket: how it is set up and watched. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_wire_priv.h"

/* Larger than the system's limit where we may; else as large as it allows. */
static void set_buffer(int fd, size_t bytes)
{
  int size = bytes < INT32_MAX ? (int)bytes : INT32_MAX;
#ifdef SO_RCVBUFFORCE
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == 0)
    return;
#endif
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int bind_to(const struct async_dns_fleet *fleet, int fd, int family)
{
  const char *text = family == AF_INET ? fleet->source4 : fleet->source6;
  struct async_addr addr;
#ifdef SO_BINDTODEVICE
  if (fleet->interface &&
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, fleet->interface,
                 (socklen_t)strlen(fleet->interface)) < 0)
    return -errno;
#endif
  /* Unbound and not connected, it would have no port until it sends. */
  if (!text)
    return 0;
  int err = async_addr_parse(&addr, text, 0);
  if (err < 0)
    return err;
  return bind(fd, (const struct sockaddr *)&addr.storage, addr.len) < 0 ? -errno
                                                                        : 0;
}

int asy_fleet_socket_set_up(const struct async_dns_fleet *fleet, int fd,
                            int family)
{
  int flags = fcntl(fd, F_GETFL);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
      fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return -errno;
  return bind_to(fleet, fd, family);
}

static int set_up(struct asy_fleet_link *link, int fd)
{
  const struct asy_fleet_group *group = link->group;
  set_buffer(fd, link->fleet->opts.rcvbuf_bytes);
  int err = asy_fleet_socket_set_up(link->fleet, fd, group->family);
  if (err < 0 || !group->resolver)
    return err;
  const struct async_addr *to = &group->resolver->given.addr;
  return connect(fd, (const struct sockaddr *)&to->storage, to->len) < 0
             ? -errno
             : 0;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
  struct asy_fleet_link *link = poll->data;
  struct async_dns_fleet *fleet = link->fleet;
  if (status < 0 || events & UV_WRITABLE)
    link->blocked = false;
  asy_fleet_enter(fleet);
  if (status < 0 || events & UV_READABLE)
    asy_fleet_wire_read(link);
  asy_fleet_leave(fleet);
  if (link->poll == poll && (status < 0 || events & UV_WRITABLE))
    asy_fleet_socket_watch(link);
}

void asy_fleet_socket_watch(struct asy_fleet_link *link)
{
  if (link->poll)
    uv_poll_start(link->poll, UV_READABLE | (link->blocked ? UV_WRITABLE : 0),
                  on_event);
}

static void free_poll(uv_handle_t *handle)
{
  free(handle);
}

static int start_poll(struct asy_fleet_link *link, int fd)
{
  uv_poll_t *poll = calloc(1, sizeof(*poll));
  if (!poll)
    return ASYNC_ENOMEM;
  int err = uv_poll_init_socket(async_loop_uv(), poll, fd);
  if (err < 0) {
    free(poll);
    return err;
  }
  uv_unref((uv_handle_t *)poll);
  poll->data = link;
  link->poll = poll;
  link->blocked = false;
  asy_fleet_socket_watch(link);
  return 0;
}

int asy_fleet_socket_open(struct asy_fleet_link *link)
{
  int fd = socket(link->group->family, SOCK_DGRAM, 0);
  if (fd < 0)
    return -errno;
  int err = set_up(link, fd);
  if (err == 0)
    err = start_poll(link, fd);
  if (err < 0) {
    close(fd);
    return err;
  }
  link->fd = fd;
  return 0;
}

void asy_fleet_socket_close(struct asy_fleet_link *link)
{
  if (link->poll)
    uv_close((uv_handle_t *)link->poll, free_poll);
  if (link->fd >= 0)
    close(link->fd);
  link->poll = NULL;
  link->fd = -1;
}
