#include "async/serve.h"

#include <stdlib.h>

#include "async/error.h"
#include "async/listener.h"
#include "async/semaphore.h"
#include "async/shutdown.h"
#include "async/task.h"
#include "async/timer.h"
#include "io/poll_priv.h"
#include "io/stream_priv.h"

static const size_t CONNECTIONS_DEFAULT = 1024;
static const int64_t DRAIN_DEFAULT_NS = 10 * ASYNC_SEC;

struct server {
  struct async_listener *listener;
  async_serve_fn *handler;
  void *arg;
  struct async_serve_opts opts;
  struct async_sem permits;
  struct async_group connections;
  struct async_serve_stats own_stats, *stats;
};

struct connection {
  struct server *server;
  struct async_stream *stream;
  struct async_addr peer;
};

static void connection_ended(struct connection *connection)
{
  struct server *server = connection->server;
  async_stream_close(connection->stream);
  async_sem_release(&server->permits, 1);
  server->stats->live--;
  free(connection);
}

static int serve_connection(void *arg)
{
  struct connection *connection = arg;
  struct server *server = connection->server;
  int rc = server->handler(connection->stream, &connection->peer, server->arg);
  if (rc < 0)
    server->stats->failed++;
  connection_ended(connection);
  return 0;
}

static void count_connection(struct async_serve_stats *stats)
{
  stats->accepted++;
  if (++stats->live > stats->peak)
    stats->peak = stats->live;
}

/* Without memory for a task the connection is closed; the server goes on. */
static void start_connection(struct connection *connection)
{
  struct server *server = connection->server;
  const struct async_spawn_opts opts = { "connection", __FILE__, __LINE__,
                                         server->opts.stack_bytes };
  count_connection(server->stats);
  int err = async_spawn_with(&server->connections, &opts, serve_connection,
                             connection, NULL);
  if (err < 0) {
    server->stats->failed++;
    connection_ended(connection);
  }
}

/* Takes a permit and a connection, or neither. */
static int accept_one(struct server *server)
{
  int err = async_sem_acquire(&server->permits, 1);
  if (err < 0)
    return err;
  struct connection *connection = malloc(sizeof(*connection));
  if (connection) {
    connection->server = server;
    err = async_listener_accept(server->listener, &connection->stream,
                                &connection->peer);
    if (err == 0) {
      start_connection(connection);
      return 0;
    }
  } else {
    err = ASYNC_ENOMEM;
  }
  free(connection);
  async_sem_release(&server->permits, 1);
  return err;
}

/* Another task cancels the accepting when the program is told to stop. */
static int watch_stop(void *arg)
{
  struct async_scope *accepting = arg;
  int rc = async_shutdown_wait();
  if (rc == 0)
    async_scope_cancel(accepting);
  return rc;
}

/* Returns 0 when the program stops, or an error. */
static int accept_until_stop(struct server *server)
{
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  int rc = async_spawn(&group, watch_stop, &group.scope);
  while (rc == 0)
    rc = accept_one(server);
  async_group_cancel(&group);
  int outer = async_group_close(&group);
  if (outer == ASYNC_ECANCELED)
    return outer;
  return async_stopping() && rc == ASYNC_ECANCELED ? 0 : rc;
}

static void init(struct server *server, const struct async_serve_opts *opts,
                 struct async_serve_stats *stats)
{
  if (opts)
    server->opts = *opts;
  if (!server->opts.max_connections)
    server->opts.max_connections = CONNECTIONS_DEFAULT;
  if (!server->opts.drain_ns)
    server->opts.drain_ns = DRAIN_DEFAULT_NS;
  server->stats = stats ? stats : &server->own_stats;
  *server->stats = (struct async_serve_stats){ 0 };
  async_sem_init(&server->permits, server->opts.max_connections);
}

int async_serve(struct async_listener *listener, async_serve_fn *handler,
                void *arg, const struct async_serve_opts *opts,
                struct async_serve_stats *stats)
{
  struct server server = { .listener = listener,
                           .handler = handler,
                           .arg = arg };
  init(&server, opts, stats);
  async_group_open(&server.connections, ASYNC_GROUP_COLLECT);
  int rc = accept_until_stop(&server);
  async_listener_close(listener);
  if (rc < 0)
    async_group_cancel(&server.connections);
  else
    async_scope_extend(&server.connections.scope,
                       async_in(server.opts.drain_ns));
  int err = async_group_close(&server.connections);
  return rc < 0 ? rc : err;
}

/* Waits for either; rc 0 with *which 1 is the stop. */
static int wait_for_data_or_stop(struct asy_poll *poll, size_t *which)
{
  struct asy_poll_op data;
  struct async_op stop;
  int err = asy_poll_start(poll, &data, UV_READABLE, "next request");
  if (err < 0)
    return err;
  async_shutdown_watch(&stop);
  return async_await_any((struct async_op *[]){ &data.op, &stop }, 2, which);
}

int async_serve_more(struct async_stream *stream)
{
  struct asy_poll *poll = stream->kind->poll(stream);
  size_t which = 0;
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (asy_stream_buffered(stream) > 0)
    return 1;
  if (async_stopping())
    return 0;
  if (poll)
    err = wait_for_data_or_stop(poll, &which);
  if (err < 0)
    return err;
  return which == 0;
}
