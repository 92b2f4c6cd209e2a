/* A TCP connection to a resolver: queries are written one behind the other,
 * replies come in any order.
 *
 * Nothing is read or written but in the event of its socket, so nobody is told
 * anything while a query is being started.
 *
 * Source: RFC 1035 section 4.2.2 for the length in front of each message,
 * RFC 7766 for what may share a connection. */
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_wire_priv.h"

enum { LENGTH = 2, CHUNK = 16 * 1024, ROUNDS = 8 };

/* Opening and closing. */

static void free_poll(uv_handle_t *handle)
{
  free(handle);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void watch(struct asy_fleet_stream *stream)
{
  int wanted = stream->connected ? UV_READABLE : UV_WRITABLE;
  if (stream->out.len > 0)
    wanted |= UV_WRITABLE;
  if (stream->watched != wanted)
    uv_poll_start(stream->poll, wanted, on_event);
  stream->watched = wanted;
}

static int start_poll(struct asy_fleet_stream *stream)
{
  stream->poll = calloc(1, sizeof(*stream->poll));
  if (!stream->poll)
    return ASYNC_ENOMEM;
  int err = uv_poll_init_socket(async_loop_uv(), stream->poll, stream->fd);
  if (err < 0) {
    free(stream->poll);
    stream->poll = NULL;
    return err;
  }
  uv_unref((uv_handle_t *)stream->poll);
  stream->poll->data = stream;
  watch(stream);
  return 0;
}

static int begin(struct asy_fleet_stream *stream)
{
  const struct asy_fleet_resolver *resolver = stream->resolver;
  const struct async_addr *to = &resolver->given.addr;
  int on = 1;
  stream->fd = socket(resolver->group.family, SOCK_STREAM, 0);
  if (stream->fd < 0)
    return -errno;
  int err = asy_fleet_socket_set_up(resolver->fleet, stream->fd,
                                    resolver->group.family);
  if (err < 0)
    return err;
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (connect(stream->fd, (const struct sockaddr *)&to->storage, to->len) < 0 &&
      errno != EINPROGRESS)
    return -errno;
  return start_poll(stream);
}

void asy_fleet_stream_free(struct asy_fleet_stream *stream)
{
  async_list_remove(&stream->node);
  async_list_remove(&stream->idle);
  if (stream->poll)
    uv_close((uv_handle_t *)stream->poll, free_poll);
  if (stream->fd >= 0)
    close(stream->fd);
  async_buf_done(&stream->in);
  async_buf_done(&stream->out);
  free(stream);
}

int asy_fleet_stream_open(struct asy_fleet_resolver *resolver, bool alone,
                          struct asy_fleet_stream **out)
{
  struct asy_fleet_stream *stream = calloc(1, sizeof(*stream));
  if (!stream)
    return ASYNC_ENOMEM;
  stream->resolver = resolver;
  stream->alone = alone;
  async_list_init(&stream->node);
  async_list_init(&stream->idle);
  async_list_init(&stream->asks);
  int err = begin(stream);
  if (err < 0) {
    asy_fleet_stream_free(stream);
    return err;
  }
  *out = stream;
  return 0;
}

/* Writing. */

int asy_fleet_stream_put(struct asy_fleet_stream *stream,
                         struct async_dns_ask *ask)
{
  struct async_buf *out = &stream->out;
  if (async_buf_reserve(out, LENGTH + ask->message_bytes) < 0) {
    out->err = 0; /* what is in it is whole */
    return ASYNC_ENOMEM;
  }
  async_buf_add_char(out, (char)(ask->message_bytes >> 8));
  async_buf_add_char(out, (char)ask->message_bytes);
  async_buf_add(out, ask->message, ask->message_bytes);
  async_list_push(&stream->asks, &ask->node);
  stream->in_flight++;
  ask->flight = stream;
  watch(stream);
  return 0;
}

static int write_out(struct asy_fleet_stream *stream)
{
  struct async_buf *out = &stream->out;
  if (out->len == 0)
    return 0;
  ssize_t sent = send(stream->fd, out->data, out->len, MSG_NOSIGNAL);
  if (sent < 0)
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  async_buf_drop(out, (size_t)sent);
  return 0;
}

/* Reading. */

static void deliver(struct asy_fleet_stream *stream, const unsigned char *reply,
                    size_t len)
{
  ASYNC_LIST_EACH (node, &stream->asks) {
    struct async_dns_ask *ask = asy_fleet_ask(node);
    if (asy_fleet_is_reply(ask, reply, len) &&
        asy_fleet_reply(ask, reply, len, false))
      return;
  }
  stream->resolver->count.strays++;
}

static void take_messages(struct asy_fleet_stream *stream)
{
  struct async_buf *in = &stream->in;
  size_t at = 0;
  while (in->len - at >= LENGTH) {
    const unsigned char *message = (const unsigned char *)in->data + at;
    size_t len = (size_t)(message[0] << 8 | message[1]);
    if (in->len - at - LENGTH < len)
      break;
    deliver(stream, message + LENGTH, len);
    at += LENGTH + len;
  }
  async_buf_drop(in, at);
}

/* Returns 0, or an error, which the end of the connection is too. */
static int read_in(struct asy_fleet_stream *stream)
{
  struct async_buf *in = &stream->in;
  for (int round = 0; round < ROUNDS; round++) {
    if (async_buf_reserve(in, CHUNK) < 0)
      return ASYNC_ENOMEM;
    ssize_t got = recv(stream->fd, in->data + in->len, CHUNK, 0);
    if (got < 0)
      return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (got == 0)
      return -ECONNRESET;
    in->len += (size_t)got;
    take_messages(stream);
  }
  return 0;
}

static int finish_connect(struct asy_fleet_stream *stream)
{
  int err = 0;
  socklen_t len = sizeof(err);
  if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
    return -errno;
  stream->connected = err == 0;
  return -err;
}

static int run(struct asy_fleet_stream *stream, int events)
{
  int err = stream->connected ? 0 : finish_connect(stream);
  if (err == 0 && events & UV_WRITABLE)
    err = write_out(stream);
  if (err == 0 && events & UV_READABLE)
    err = read_in(stream);
  return err;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
  struct asy_fleet_stream *stream = poll->data;
  struct async_dns_fleet *fleet = stream->resolver->fleet;
  asy_fleet_enter(fleet);
  stream->running = true;
  if (status < 0) { /* libuv watches it no more; the socket knows why */
    stream->watched = 0;
    events = UV_READABLE | UV_WRITABLE;
  }
  int err = run(stream, events);
  stream->running = false;
  if (err < 0)
    asy_fleet_stream_broke(stream, err);
  else if (!asy_fleet_stream_settle(stream))
    watch(stream);
  asy_fleet_leave(fleet);
}
