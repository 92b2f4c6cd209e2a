/* dns_world.h: a fleet, and a server that it asks over sockets. */
#ifndef DNS_WORLD_H
#define DNS_WORLD_H

#include "async/debug.h"
#include "async/dns.h"
#include "async/dns_fleet.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/timer.h"
#include "dns_ask.h"
#include "dns_server.h"

enum { SHARED = 40, RCODE = 15, REFUSED = 5 };

struct world {
  struct dns_server *server;
  struct async_dns_fleet *fleet;
  struct async_dns_fleet_opts opts;
  struct async_dns_resolver resolvers[SHARED];
  const char *address;
  bool shared; /* so many resolvers that they share sockets; all but the first
                  are never asked */
  void (*body)(struct world *world);
};

static inline void open_fleet(struct world *world)
{
  char text[80];
  snprintf(text, sizeof(text), "%s", world->server->server);
  world->resolvers[0] = dns_resolver(text);
  world->opts.resolvers = world->resolvers;
  world->opts.count = 1;
  for (int i = 1; world->shared && i < SHARED; i++) {
    snprintf(text, sizeof(text), "127.0.1.%d:9", i);
    world->resolvers[i] = dns_resolver(text);
    world->opts.count++;
  }
  CHECK_INT(async_dns_fleet_open(&world->fleet, &world->opts), 0);
}

static inline int run_body(void *arg)
{
  struct world *world = arg;
  open_fleet(world);
  world->body(world);
  async_dns_fleet_close(world->fleet);
  return 0;
}

static inline void run_world(struct world *world)
{
  struct async_stats stats;
  world->server =
      dns_server_start(world->address ? world->address : "127.0.0.1");
  CHECK_INT(async_run(run_body, world, NULL), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.held, 0);
  CHECK_INT(stats.timers, 0);
  dns_server_stop(world->server);
}

static inline void run(void (*body)(struct world *world))
{
  struct world world = { .body = body };
  run_world(&world);
}

static inline void run_shared(void (*body)(struct world *world))
{
  struct world world = { .body = body, .shared = true };
  run_world(&world);
}

static inline void wait_for(struct world *world, int queries)
{
  for (int i = 0; i < 20000 && world->server->queries < queries; i++)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK(world->server->queries >= queries);
}

/* Asks the first resolver. */
static inline int ask(struct world *world, struct dns_ask *ask,
                      const char *name)
{
  dns_ask_init(ask, 0x1234, name);
  ask->ask.want = 0;
  return async_dns_ask_run(world->fleet, &ask->ask);
}

static inline int rcode_of(const struct dns_ask *ask)
{
  return ask->ask.reply ? ask->ask.reply[3] & RCODE : -1;
}

static inline void check_rcode(struct world *world, const char *name, int rcode)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, name), 0);
  CHECK_INT(rcode_of(&one), rcode);
  CHECK_INT(one.ask.resolver, 0);
  dns_ask_done(&one);
}

static inline struct async_dns_resolver_stats stats_of(struct world *world)
{
  struct async_dns_resolver_stats stats;
  async_dns_fleet_stats(world->fleet, 0, &stats);
  CHECK_INT(stats.sent, stats.answered + stats.malformed + stats.timeouts +
                            stats.errors + stats.abandoned + stats.in_flight);
  return stats;
}

#endif
