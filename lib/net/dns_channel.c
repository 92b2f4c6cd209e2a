#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_priv.h"

/* Replies to a channel's worth of queries; the system caps it. */
enum { BUFFER_BYTES = 1 << 20 };

struct socket {
  uv_poll_t poll;
  struct async_list node;
  struct asy_dns_channel *channel;
  ares_socket_t fd;
  int watched;
};

int asy_dns_error(int status)
{
  if (status == ARES_SUCCESS)
    return 0;
  return status == ARES_ENOMEM ? ASYNC_ENOMEM : ASYNC_ERROR_FROM_ARES(status);
}

/* Asked again at once, the system says the same again. */
int asy_dns_send_error(int status)
{
  int fd = status == ARES_ECONNREFUSED
               ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
               : -1;
  bool none = status == ARES_ECONNREFUSED && fd < 0 &&
              (errno == EMFILE || errno == ENFILE || errno == ENOBUFS);
  int err = none ? -errno : asy_dns_error(status);
  if (fd >= 0)
    close(fd);
  return err;
}

void asy_dns_channel_run(struct asy_dns_channel *channel,
                         ares_socket_t readable, ares_socket_t writable)
{
  ares_process_fd(channel->ares, readable, writable);
  asy_dns_pump(channel->pool);
}

/* Sockets. */

/* There are two or three a server. */
static struct socket *find(struct asy_dns_channel *channel, ares_socket_t fd)
{
  ASYNC_LIST_EACH (node, &channel->sockets) {
    struct socket *sock = ASYNC_CONTAINER_OF(node, struct socket, node);
    if (sock->fd == fd)
      return sock;
  }
  return NULL;
}

static struct socket *add(struct asy_dns_channel *channel, ares_socket_t fd)
{
  struct socket *sock = calloc(1, sizeof(*sock));
  if (!sock)
    return NULL;
  if (uv_poll_init_socket(async_loop_uv(), &sock->poll, fd) < 0) {
    free(sock);
    return NULL;
  }
  /* What waits holds the loop, not what is open. */
  uv_unref((uv_handle_t *)&sock->poll);
  sock->poll.data = sock;
  sock->channel = channel;
  sock->fd = fd;
  async_list_push(&channel->sockets, &sock->node);
  return sock;
}

static void free_socket(uv_handle_t *handle)
{
  free(handle->data);
}

static void forget(struct socket *sock)
{
  async_list_remove(&sock->node);
  uv_close((uv_handle_t *)&sock->poll, free_socket);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
  struct socket *sock = poll->data;
  struct asy_dns_channel *channel = sock->channel;
  ares_socket_t fd = sock->fd;
  if (status < 0) /* libuv has stopped watching it; c-ares will see why */
    events = sock->watched;
  asy_dns_channel_run(channel, events & UV_READABLE ? fd : ARES_SOCKET_BAD,
                      events & UV_WRITABLE ? fd : ARES_SOCKET_BAD);
  if (status < 0 && find(channel, fd) == sock)
    uv_poll_start(poll, sock->watched, on_event);
}

/* c-ares says what to watch, before it closes a socket too. Without memory the
 * answers are not seen, and the queries end with a timeout. */
static void watch(void *ctx, ares_socket_t fd, int readable, int writable)
{
  struct asy_dns_channel *channel = ctx;
  struct socket *sock = find(channel, fd);
  if (!readable && !writable) {
    if (sock)
      forget(sock);
    return;
  }
  if (!sock)
    sock = add(channel, fd);
  if (!sock)
    return;
  sock->watched = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  uv_poll_start(&sock->poll, sock->watched, on_event);
}

/* Channels. */

/* Where queries are sent from. */
static int set_source(ares_channel ares, const struct async_dns *dns)
{
  struct in_addr in;
  struct in6_addr in6;
  if (dns->source4) {
    if (inet_pton(AF_INET, dns->source4, &in) != 1)
      return ARES_EBADSTR;
    ares_set_local_ip4(ares, ntohl(in.s_addr));
  }
  if (dns->source6) {
    if (inet_pton(AF_INET6, dns->source6, &in6) != 1)
      return ARES_EBADSTR;
    ares_set_local_ip6(ares, in6.s6_addr);
  }
  if (dns->interface)
    ares_set_local_dev(ares, dns->interface);
  return ARES_SUCCESS;
}

static int ares_open(struct asy_dns_channel *channel)
{
  const struct async_dns *dns = channel->pool->dns;
  int64_t timeout_ms = (dns->opts.timeout_ns + ASYNC_MS - 1) / ASYNC_MS;
  struct ares_options options = {
    .flags = channel->pool->flags,
    .timeout = (int)timeout_ms,
    .tries = (int)dns->opts.tries,
    .sock_state_cb = watch,
    .sock_state_cb_data = channel,
    .socket_receive_buffer_size = BUFFER_BYTES,
  };
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF;
  mask |= dns->opts.rotate ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE;
  if (channel->pool->sources) {
    options.lookups = (char *)(uintptr_t)channel->pool->sources; /* copied */
    mask |= ARES_OPT_LOOKUPS;
  }
#ifdef ARES_OPT_QUERY_CACHE /* since 1.31, on by default */
  options.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
  int status = ares_init_options(&channel->ares, &options, mask);
  if (status != ARES_SUCCESS)
    return asy_dns_error(status);
  status = set_source(channel->ares, dns);
  if (status != ARES_SUCCESS) {
    ares_destroy(channel->ares);
    return ASYNC_EINVAL;
  }
  if (!dns->servers)
    return 0;
  status = ares_set_servers_ports_csv(channel->ares, dns->servers);
  if (status == ARES_SUCCESS)
    return 0;
  ares_destroy(channel->ares);
  return status == ARES_ENOMEM ? ASYNC_ENOMEM : ASYNC_EINVAL;
}

int asy_dns_channel_open(struct asy_dns_pool *pool)
{
  struct asy_dns_channel **channels = realloc(
      pool->channels, (pool->count + 1) * sizeof(struct asy_dns_channel *));
  if (!channels)
    return ASYNC_ENOMEM;
  pool->channels = channels;
  struct asy_dns_channel *channel = calloc(1, sizeof(*channel));
  if (!channel)
    return ASYNC_ENOMEM;
  channel->pool = pool;
  async_list_init(&channel->sockets);
  int err = ares_open(channel);
  if (err < 0) {
    free(channel);
    return err;
  }
  channels[pool->count++] = channel;
  return 0;
}

void asy_dns_pool_done(struct asy_dns_pool *pool)
{
  /* Each flight lands with ARES_EDESTRUCTION. */
  for (size_t i = 0; i < pool->count; i++)
    ares_destroy(pool->channels[i]->ares);
  for (size_t i = 0; i < pool->count; i++) {
    ASYNC_LIST_EACH (node, &pool->channels[i]->sockets)
      forget(ASYNC_CONTAINER_OF(node, struct socket, node));
    free(pool->channels[i]);
  }
  free(pool->channels);
  pool->channels = NULL;
  pool->count = 0;
  asy_dns_pump(pool);
}
