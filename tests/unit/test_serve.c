#include "async/serve.h"

#include "async/addr.h"
#include "async/debug.h"
#include "async/error.h"
#include "async/listener.h"
#include "async/loop.h"
#include "async/shutdown.h"
#include "async/stream.h"
#include "async/tcp.h"
#include "async/timer.h"
#include "tap.h"

#define RUN(fn, arg, ...)                                                      \
  async_run((fn), (arg), &(struct async_run_opts){ __VA_ARGS__ })

/* A server and its clients in one program. */
struct world {
  async_serve_fn *handler;
  async_task_fn *clients;
  struct async_serve_opts opts;
  struct async_serve_stats stats;
  struct async_addr addr;
  int served; /* the result of async_serve */
  int requests;
  int cancelled;
};

static int run_clients(void *arg)
{
  struct world *world = arg;
  int rc = world->clients(world);
  if (!async_stopping()) /* a second request would cancel everything */
    async_shutdown(ASYNC_NEVER);
  return rc;
}

static int run_world(void *arg)
{
  struct world *world = arg;
  struct async_listener *listener;
  struct async_group group;
  CHECK_INT(async_tcp_listen(&listener, "127.0.0.1", 0), 0);
  world->addr = *async_listener_addr(listener);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  async_spawn(&group, run_clients, world);
  world->served =
      async_serve(listener, world->handler, world, &world->opts, &world->stats);
  CHECK_INT(world->stats.live, 0);
  return async_group_close(&group);
}

static struct async_stream *connect_to(struct world *world)
{
  struct async_stream *stream;
  CHECK_INT(async_tcp_connect_addr(&stream, &world->addr), 0);
  return stream;
}

/* Answers each byte with the next one, until the client or the program ends. */
static int answer_bytes(struct async_stream *stream,
                        const struct async_addr *peer, void *arg)
{
  struct world *world = arg;
  char byte;
  CHECK(async_addr_port(peer) > 0);
  int rc;
  while ((rc = async_serve_more(stream)) > 0) {
    ssize_t got = async_stream_read(stream, &byte, 1);
    if (got <= 0)
      return (int)got;
    world->requests++;
    byte++;
    rc = async_stream_write(stream, &byte, 1);
    if (rc < 0)
      return rc;
  }
  return rc;
}

static char ask(struct async_stream *stream, char byte)
{
  CHECK_INT(async_stream_write(stream, &byte, 1), 0);
  CHECK_INT(async_stream_read(stream, &byte, 1), 1);
  return byte;
}

enum { CLIENTS = 50, REQUESTS = 20 };

static int one_client(void *arg)
{
  struct async_stream *stream = connect_to(arg);
  for (int i = 0; i < REQUESTS; i++)
    CHECK_INT(ask(stream, 'a'), 'b');
  return async_stream_close(stream);
}

static int many_clients(void *arg)
{
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < CLIENTS; i++)
    async_spawn(&group, one_client, arg);
  return async_group_close(&group);
}

static void every_client_is_served(void)
{
  struct world world = { .handler = answer_bytes, .clients = many_clients };
  struct async_stats stats;
  CHECK_INT(RUN(run_world, &world, .seed = 7), 0);
  CHECK_INT(world.served, 0);
  CHECK_INT(world.requests, CLIENTS * REQUESTS);
  CHECK_INT(world.stats.accepted, CLIENTS);
  CHECK_INT(world.stats.failed, 0);
  async_stats_get(&stats);
  CHECK_INT(stats.held + stats.tasks + stats.timers, 0);
}

static void no_more_than_the_maximum_are_served_at_once(void)
{
  struct world world = { .handler = answer_bytes,
                         .clients = many_clients,
                         .opts = { .max_connections = 3 } };
  CHECK_INT(RUN(run_world, &world, .seed = 0), 0);
  CHECK_INT(world.requests, CLIENTS * REQUESTS);
  CHECK_INT(world.stats.peak, 3);
}

/* Stopping. */

static int idle_client(void *arg)
{
  char byte;
  struct async_stream *stream = connect_to(arg);
  CHECK_INT(ask(stream, 'x'), 'y');
  async_shutdown(ASYNC_NEVER);
  CHECK_INT(async_stream_read(stream, &byte, 1), 0);
  CHECK_INT(async_stream_close(stream), 0);
  CHECK_INT(async_tcp_connect_addr(&stream, &((struct world *)arg)->addr),
            -ECONNREFUSED);
  return 0;
}

static void an_idle_connection_is_closed_when_the_program_stops(void)
{
  struct world world = { .handler = answer_bytes,
                         .clients = idle_client,
                         .opts = { .drain_ns = 3600 * ASYNC_SEC } };
  CHECK_INT(RUN(run_world, &world, .seed = 0), 0);
  CHECK_INT(world.served, 0);
}

/* Works for a while before it answers. */
static int answer_late(struct async_stream *stream,
                       const struct async_addr *peer, void *arg)
{
  struct world *world = arg;
  char byte;
  (void)peer;
  ssize_t got = async_stream_read(stream, &byte, 1);
  if (got <= 0)
    return (int)got;
  async_shutdown(ASYNC_NEVER);
  int rc = async_sleep(10 * ASYNC_SEC);
  world->cancelled += rc == ASYNC_ECANCELED;
  return rc < 0 ? rc : async_stream_write(stream, &byte, 1);
}

/* The client's wait holds the simulated clock, so it asks and leaves. */
static int ask_and_wait(void *arg)
{
  struct async_stream *stream = connect_to(arg);
  CHECK_INT(async_stream_write(stream, "x", 1), 0);
  CHECK_INT(async_sleep(60 * ASYNC_SEC), 0);
  return async_stream_close(stream);
}

static void a_running_request_may_finish_while_draining(void)
{
  struct world world = { .handler = answer_late,
                         .clients = ask_and_wait,
                         .opts = { .drain_ns = 11 * ASYNC_SEC } };
  CHECK_INT(RUN(run_world, &world, .virtual_time = true), 0);
  CHECK_INT(world.served, 0);
  CHECK_INT(world.cancelled, 0);
  CHECK_INT(world.stats.failed, 0);
}

static void after_draining_the_rest_is_cancelled(void)
{
  struct world world = { .handler = answer_late,
                         .clients = ask_and_wait,
                         .opts = { .drain_ns = 9 * ASYNC_SEC } };
  CHECK_INT(RUN(run_world, &world, .virtual_time = true), 0);
  CHECK_INT(world.served, 0);
  CHECK_INT(world.cancelled, 1);
  CHECK_INT(world.stats.failed, 1);
}

/* Failing and cancelling. */

static int fail(struct async_stream *stream, const struct async_addr *peer,
                void *arg)
{
  struct world *world = arg;
  (void)stream, (void)peer;
  world->requests++;
  return -EIO;
}

static int two_unlucky_clients(void *arg)
{
  char byte;
  for (int i = 0; i < 2; i++) {
    struct async_stream *stream = connect_to(arg);
    CHECK_INT(async_stream_read(stream, &byte, 1), 0);
    CHECK_INT(async_stream_close(stream), 0);
  }
  return 0;
}

static void a_connection_that_fails_does_not_end_the_server(void)
{
  struct world world = { .handler = fail, .clients = two_unlucky_clients };
  CHECK_INT(RUN(run_world, &world, .seed = 0), 0);
  CHECK_INT(world.served, 0);
  CHECK_INT(world.stats.failed, 2);
}

static int serve_for_a_while(void *arg)
{
  struct world *world = arg;
  struct async_listener *listener;
  struct async_stream *client;
  struct async_scope scope;
  CHECK_INT(async_tcp_listen(&listener, "127.0.0.1", 0), 0);
  world->addr = *async_listener_addr(listener);
  client = connect_to(world);
  async_scope_enter(&scope, async_in(10 * ASYNC_MS));
  int rc = async_serve(listener, answer_bytes, world, NULL, &world->stats);
  CHECK_INT(rc, ASYNC_ECANCELED);
  CHECK_INT(async_scope_leave(&scope, rc), ASYNC_ETIMEDOUT);
  CHECK_INT(world->stats.accepted, 1);
  CHECK_INT(world->stats.live, 0);
  return async_stream_close(client);
}

static void a_cancelled_server_cancels_its_connections(void)
{
  struct world world = { .served = 0 };
  CHECK_INT(RUN(serve_for_a_while, &world, .seed = 0), 0);
}

static int serve_when_stopped(void *arg)
{
  struct async_listener *listener;
  CHECK_INT(async_tcp_listen(&listener, "127.0.0.1", 0), 0);
  async_shutdown(ASYNC_NEVER);
  return async_serve(listener, answer_bytes, arg, NULL, NULL);
}

static void a_stopped_program_serves_nobody(void)
{
  struct world world = { .served = 0 };
  CHECK_INT(RUN(serve_when_stopped, &world, .seed = 0), 0);
}

static int three_requests(void *arg)
{
  struct world *world = arg;
  struct async_stream *stream;
  char byte = 'a';
  int rc = async_tcp_connect_addr(&stream, &world->addr);
  if (rc < 0)
    return rc;
  for (int i = 0; i < 3 && rc >= 0; i++) {
    rc = async_stream_write(stream, &byte, 1);
    if (rc == 0)
      rc = (int)async_stream_read(stream, &byte, 1);
  }
  async_stream_close(stream);
  return rc < 0 ? rc : 0;
}

/* Whatever is cancelled, everything is given back. */
static void a_cancel_at_any_checkpoint_leaves_nothing_behind(void)
{
  struct async_stats stats;
  for (uint64_t at = 1; at < 60; at++) {
    struct world world = { .handler = answer_bytes, .clients = three_requests };
    RUN(run_world, &world, .virtual_time = true, .cancel_at = at);
    async_stats_get(&stats);
    CHECK_INT(stats.tasks + stats.stacks + stats.timers + stats.held, 0);
  }
}

static const struct tap_test tests[] = {
  TEST(every_client_is_served),
  TEST(no_more_than_the_maximum_are_served_at_once),
  TEST(an_idle_connection_is_closed_when_the_program_stops),
  TEST(a_running_request_may_finish_while_draining),
  TEST(after_draining_the_rest_is_cancelled),
  TEST(a_connection_that_fails_does_not_end_the_server),
  TEST(a_cancelled_server_cancels_its_connections),
  TEST(a_stopped_program_serves_nobody),
  TEST(a_cancel_at_any_checkpoint_leaves_nothing_behind),
};

TAP_MAIN(tests)
