/* The sockets libcurl waits for, by descriptor.
 *
 * One uv_poll_t a connection, from its birth to its end. When libcurl puts a
 * connection aside (CURL_POLL_REMOVE) only `wanted` is cleared: most of the
 * time the next transfer wants the same again, and epoll is not told twice. An
 * event that nobody wants stops the watching.
 *
 * That is sound only for sockets whose end we are told, else the descriptor
 * comes back as another socket and nobody watches it:
 *  - connections tell it by CURLOPT_CLOSESOCKETFUNCTION; those that were made
 *    are known from CURLOPT_SOCKOPTFUNCTION (`ours`);
 *  - the resolver's and accepted sockets do not: at CURL_POLL_REMOVE they go;
 *  - not every version tells it of a failed attempt to connect. That one was
 *    waiting to be writable only, and goes as well. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/http_priv.h"

enum { ROOM_STEP = 64 };

static struct asy_http_socket *find(const struct async_http *http,
                                    curl_socket_t fd)
{
  return (size_t)fd < http->socket_room ? http->sockets[fd] : NULL;
}

static bool grow(struct async_http *http, size_t room)
{
  struct asy_http_socket **sockets =
      realloc(http->sockets, room * sizeof(struct asy_http_socket *));
  if (!sockets)
    return false;
  memset(sockets + http->socket_room, 0,
         (room - http->socket_room) * sizeof(struct asy_http_socket *));
  http->sockets = sockets;
  http->socket_room = room;
  return true;
}

static struct asy_http_socket *add(struct async_http *http, curl_socket_t fd)
{
  if ((size_t)fd >= http->socket_room && !grow(http, (size_t)fd + ROOM_STEP))
    return NULL;
  struct asy_http_socket *sock = calloc(1, sizeof(*sock));
  if (!sock)
    return NULL;
  if (uv_poll_init_socket(async_loop_uv(), &sock->poll, fd) < 0) {
    free(sock);
    return NULL;
  }
  uv_unref((uv_handle_t *)&sock->poll);
  sock->poll.data = sock;
  sock->http = http;
  sock->fd = fd;
  http->sockets[fd] = sock;
  return sock;
}

static void free_socket(uv_handle_t *handle)
{
  free(handle->data);
}

/* The descriptor may be closed right after. */
static void forget(struct asy_http_socket *sock)
{
  sock->http->sockets[sock->fd] = NULL;
  sock->http->connections -= sock->ours;
  uv_close((uv_handle_t *)&sock->poll, free_socket);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void arm(struct asy_http_socket *sock)
{
  if (sock->armed == sock->wanted)
    return;
  sock->armed = sock->wanted;
  uv_poll_start(&sock->poll, sock->armed, on_event);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
  struct asy_http_socket *sock = poll->data;
  struct async_http *http = sock->http;
  curl_socket_t fd = sock->fd;
  int flags = 0;
  if (status < 0) { /* libuv has stopped watching it */
    sock->armed = 0;
    /* With the error alone libcurl would not read the answer that a server
     * sent before it reset the connection. */
    flags = CURL_CSELECT_ERR;
    events = sock->wanted;
  }
  if (!sock->wanted) {
    if (sock->armed)
      uv_poll_stop(poll);
    sock->armed = 0;
    return;
  }
  if (events & UV_READABLE)
    flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE)
    flags |= CURL_CSELECT_OUT;
  asy_http_multi_run(sock->multi, fd, flags);
  if (status < 0 && find(http, fd) == sock && sock->wanted)
    arm(sock);
}

static bool is_connected(curl_socket_t fd)
{
  struct sockaddr_storage peer;
  socklen_t len = sizeof(peer);
  return getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
}

static struct asy_http_transfer *transfer_of(CURL *easy)
{
  struct asy_http_transfer *transfer = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&transfer);
  return transfer;
}

/* For a socket of ours CURL_POLL_REMOVE means that the connection is idle: also
 * when all that was wanted was to connect, and the answer was there before
 * libcurl (8.14) had to wait for it. */
static void put_aside(struct asy_http_socket *sock, CURL *easy)
{
  bool connecting = sock->wanted == UV_WRITABLE && !is_connected(sock->fd);
  sock->wanted = 0;
  if (connecting && transfer_of(easy))
    asy_http_transfer_stuck(transfer_of(easy));
  if (!sock->ours || connecting)
    forget(sock);
}

/* Must not fail: libcurl would keep a stale entry (before 8.10). Without
 * memory the transfer is given up instead. */
int asy_http_socket_watch(CURL *easy, curl_socket_t fd, int what, void *ctx,
                          void *unused)
{
  struct asy_http_multi *multi = ctx;
  struct asy_http_socket *sock = find(multi->http, fd);
  (void)unused;
  if (what == CURL_POLL_REMOVE) {
    if (sock)
      put_aside(sock, easy);
    return 0;
  }
  if (!sock)
    sock = add(multi->http, fd);
  if (!sock) {
    if (transfer_of(easy))
      asy_http_transfer_give_up(transfer_of(easy), ASYNC_ENOMEM);
    return 0;
  }
  sock->multi = multi;
  sock->wanted = (what & CURL_POLL_IN ? UV_READABLE : 0) |
                 (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  if (sock->wanted)
    arm(sock);
  return 0;
}

/* Whatever we know under this number ended in silence. libcurl may still think
 * that it is watched, and then does not ask again. */
int asy_http_socket_made(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
  struct async_http *http = ctx;
  struct asy_http_socket *old = find(http, fd);
  int wanted = old ? old->wanted : 0;
  struct asy_http_multi *multi = old ? old->multi : NULL;
  if (old)
    forget(old);
  struct asy_http_socket *sock = add(http, fd);
  if (!sock)
    return CURL_SOCKOPT_OK; /* asy_http_socket_watch tries again */
  sock->ours = purpose == CURLSOCKTYPE_IPCXN;
  sock->multi = multi;
  sock->wanted = wanted;
  http->connections += sock->ours;
  if (wanted)
    arm(sock);
  return CURL_SOCKOPT_OK;
}

int asy_http_socket_close(void *ctx, curl_socket_t fd)
{
  struct asy_http_socket *sock = find(ctx, fd);
  if (sock)
    forget(sock);
  return close(fd);
}

void asy_http_sockets_done(struct async_http *http)
{
  for (size_t i = 0; i < http->socket_room; i++)
    if (http->sockets[i])
      forget(http->sockets[i]);
  free(http->sockets);
  http->sockets = NULL;
  http->socket_room = 0;
}
