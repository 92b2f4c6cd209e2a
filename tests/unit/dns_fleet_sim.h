/* dns_fleet_sim.h: a fleet in simulated time, over a wire that is ours.
 *
 * What is sent stays out until the test answers it or time runs out. */
#ifndef DNS_FLEET_SIM_H
#define DNS_FLEET_SIM_H

#include "async/dns.h"
#include "async/dns_fleet.h"
#include "async/task.h"
#include "async/timer.h"
#include "dns_ask.h"
#include "net/dns_fleet_priv.h"
#include "sim.h"

enum { MOST = 40, ASKS = 3000 };

static struct async_dns_ask *sent[ASKS];
static size_t sent_count;
static size_t wire_most = ASKS; /* then there are no descriptors left */

static inline int wire_send(struct asy_fleet_resolver *resolver,
                            struct async_dns_ask *ask)
{
  (void)resolver;
  if (sent_count >= wire_most)
    return -EMFILE;
  CHECK(sent_count < ASKS);
  sent[sent_count++] = ask;
  return 0;
}

static inline void wire_forget(struct async_dns_ask *ask)
{
  for (size_t i = 0; i < sent_count; i++)
    if (sent[i] == ask) {
      sent[i] = sent[--sent_count];
      return;
    }
  CHECK(wire_most < ASKS); /* else it was sent */
}

static const struct asy_fleet_wire WIRE = { wire_send, wire_forget };

struct world {
  struct async_dns_fleet *fleet;
  struct async_dns_fleet_opts opts;
  struct dns_ask asks[ASKS];
};

static inline struct world *world_open_with(struct async_dns_resolver *all,
                                            size_t count,
                                            struct async_dns_fleet_opts opts)
{
  static struct world world;
  opts.resolvers = all;
  opts.count = count;
  opts.seed = opts.seed ? opts.seed : 1;
  CHECK_INT(async_dns_fleet_open(&world.fleet, &opts), 0);
  world.fleet->wire = &WIRE;
  sent_count = 0;
  return &world;
}

/* Resolvers of which it is known that they work. */
static inline struct world *world_open(const char *const *texts, size_t count,
                                       struct async_dns_fleet_opts opts)
{
  struct async_dns_resolver resolvers[MOST];
  for (size_t i = 0; i < count; i++) {
    resolvers[i] = dns_resolver(texts[i]);
    resolvers[i].works = true;
  }
  return world_open_with(resolvers, count, opts);
}

/* So many, of which nothing is known. */
static inline struct world *world_open_unknown(size_t count,
                                               struct async_dns_fleet_opts opts)
{
  struct async_dns_resolver *resolvers = calloc(count, sizeof(*resolvers));
  CHECK(resolvers);
  for (size_t i = 0; i < count; i++) {
    char text[32];
    snprintf(text, sizeof(text), "127.1.0.1:%d", (int)i + 1);
    resolvers[i] = dns_resolver(text);
  }
  struct world *world = world_open_with(resolvers, count, opts);
  free(resolvers);
  return world;
}

static inline void world_close(struct world *world)
{
  async_dns_fleet_close(world->fleet);
  CHECK_INT(sent_count, 0);
}

static inline struct dns_ask *start(struct world *world, int i)
{
  char name[32];
  snprintf(name, sizeof(name), "n%d.test", i);
  dns_ask_init(&world->asks[i], (uint16_t)i, name);
  world->asks[i].ask.keep = NULL;
  world->asks[i].ask.tried = &world->asks[i].tried;
  dns_ask_start(world->fleet, &world->asks[i]);
  return &world->asks[i];
}

/* A reply of one that was not proven to work may not be the end of it. */
static inline void reply(struct dns_ask *ask, int rcode)
{
  unsigned char bytes[ASK_MESSAGE];
  memcpy(bytes, ask->message, ask->ask.message_bytes);
  bytes[2] |= 0x80;
  bytes[3] = (unsigned char)rcode;
  struct async_dns_fleet *fleet = ask->ask.fleet;
  asy_fleet_enter(fleet);
  CHECK(asy_fleet_reply(&ask->ask, bytes, ask->ask.message_bytes, false));
  asy_fleet_leave(fleet);
}

static inline void answer(struct dns_ask *ask, int rcode)
{
  reply(ask, rcode);
  CHECK_INT(ask->op.state, ASYNC_OP_DONE);
}

static inline struct async_dns_resolver_stats stats_of(struct world *world,
                                                       size_t i)
{
  struct async_dns_resolver_stats stats;
  async_dns_fleet_stats(world->fleet, i, &stats);
  CHECK_INT(stats.sent, stats.answered + stats.malformed + stats.timeouts +
                            stats.errors + stats.abandoned + stats.in_flight);
  return stats;
}

static const char *const THREE[] = { "127.0.0.1:1", "127.0.0.1:2",
                                     "127.0.0.1:3" };
static const char *const ONE[] = { "127.0.0.1:1" };
static const char *const PUBLIC[] = { "192.0.2.1" };

#endif
