/* Which connection a query over TCP takes, and what becomes of those that were
 * on one when it broke.
 *
 * Queries share connections at first. With a connection all of them are lost:
 * with servers that close it after one answer, or because of one question. So
 * from the first disappointment on each query to this resolver has a connection
 * of its own, and those that were lost with others are sent so at once. */
#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_wire_priv.h"

enum { STREAMS = 64, SHARERS = 256, IDLE = 8 };

static struct asy_fleet_stream *stream_of(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct asy_fleet_stream, node);
}

static struct asy_fleet_stream *find_shared(struct asy_fleet_resolver *resolver)
{
  ASYNC_LIST_EACH (node, &resolver->streams)
    if (!stream_of(node)->alone && stream_of(node)->in_flight < SHARERS)
      return stream_of(node);
  return NULL;
}

/* Returns 0 or an error: -ENOBUFS when there are as many as there may be. */
static int choose(struct asy_fleet_resolver *resolver,
                  struct asy_fleet_stream **out)
{
  bool alone = resolver->disappointed;
  struct asy_fleet_stream *stream = alone ? NULL : find_shared(resolver);
  if (!stream && resolver->stream_count >= STREAMS)
    return -ENOBUFS;
  if (!stream) {
    int err = asy_fleet_stream_open(resolver, alone, &stream);
    if (err < 0)
      return err;
    async_list_push(&resolver->streams, &stream->node);
    resolver->stream_count++;
  }
  async_list_remove(&stream->idle);
  *out = stream;
  return 0;
}

int asy_fleet_tcp_send(struct asy_fleet_resolver *resolver,
                       struct async_dns_ask *ask)
{
  struct asy_fleet_stream *stream;
  int err = choose(resolver, &stream);
  if (err < 0)
    return err;
  err = asy_fleet_stream_put(stream, ask);
  if (err == 0)
    async_loop_hold();
  else
    asy_fleet_stream_settle(stream);
  return err;
}

static void close_stream(struct asy_fleet_stream *stream)
{
  stream->resolver->stream_count--;
  asy_fleet_stream_free(stream);
}

/* Some stay for what may come, the latest. */
static void put_aside(struct asy_fleet_stream *stream)
{
  struct async_dns_fleet *fleet = stream->resolver->fleet;
  size_t count = 0;
  async_list_remove(&stream->idle);
  async_list_push_front(&fleet->idle, &stream->idle);
  ASYNC_LIST_EACH (node, &fleet->idle)
    if (++count > IDLE)
      close_stream(ASYNC_CONTAINER_OF(node, struct asy_fleet_stream, idle));
}

bool asy_fleet_stream_settle(struct asy_fleet_stream *stream)
{
  if (stream->in_flight > 0 || stream->running)
    return false;
  if (!stream->alone && stream->connected) {
    put_aside(stream);
    return false;
  }
  close_stream(stream);
  return true;
}

static struct asy_fleet_stream *take_off(struct async_dns_ask *ask)
{
  struct asy_fleet_stream *stream = ask->flight;
  ask->flight = NULL;
  if (!stream)
    return NULL;
  async_list_remove(&ask->node);
  stream->in_flight--;
  async_loop_release();
  return stream;
}

void asy_fleet_tcp_forget(struct async_dns_ask *ask)
{
  struct asy_fleet_stream *stream = take_off(ask);
  if (stream)
    asy_fleet_stream_settle(stream);
}

void asy_fleet_stream_broke(struct asy_fleet_stream *stream, int rc)
{
  struct asy_fleet_resolver *resolver = stream->resolver;
  bool again = !stream->alone && stream->connected && !asy_fleet_is_ours(rc);
  stream->running = true; /* until the last has left it */
  async_list_remove(&stream->node);
  if (again && stream->in_flight > 0)
    resolver->disappointed = true;
  while (!async_list_empty(&stream->asks)) {
    struct async_dns_ask *ask = asy_fleet_ask(stream->asks.next);
    int err = rc;
    if (again) {
      take_off(ask);
      err = asy_fleet_tcp_send(resolver, ask);
    }
    if (err < 0)
      asy_fleet_lost(ask, err, false);
  }
  close_stream(stream);
}

void asy_fleet_tcp_done(struct asy_fleet_resolver *resolver)
{
  ASYNC_LIST_EACH (node, &resolver->streams)
    close_stream(stream_of(node));
}
