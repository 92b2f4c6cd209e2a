/* Over TCP c-ares does everything: what comes that way is little.
 *
 * Queries share connections at first. With a connection all of them are lost:
 * with servers that close it after one answer, or because of one question. So
 * from the first disappointment on each query to this resolver has a connection
 * of its own, and those that were lost with others are sent so at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "net/dns_fleet_priv.h"

enum { CHANNELS = 64, HEADER = 12 };
#define TIMEOUT_NS (10 * ASYNC_SEC) /* c-ares'; ours is shorter, as a rule */

struct flight {
  struct async_dns_query query;
  struct async_dns_ask *ask;
  bool alone;
};

/* The one to use now. Returns 0 or an error. */
static int open_bridge(struct asy_fleet_resolver *resolver,
                       struct async_dns **out)
{
  struct async_dns **bridge =
      resolver->disappointed ? &resolver->alone : &resolver->tcp;
  const struct async_dns_fleet *fleet = resolver->fleet;
  const char *server = strstr(resolver->text, "://") + 3;
  const struct async_dns_opts opts = {
    .servers = server,
    .timeout_ns = TIMEOUT_NS,
    .tries = 1,
    .channels = CHANNELS,
    .tcp = true,
    .alone = resolver->disappointed,
    .source4 = fleet->source4,
    .source6 = fleet->source6,
    .interface = fleet->interface,
  };
  int err = *bridge ? 0 : async_dns_open(bridge, &opts);
  *out = *bridge;
  return err;
}

/* 1.34 gives every query an id of its own. */
static bool is_reply(const struct async_dns_ask *ask, struct flight *flight)
{
  if (!flight->query.reply || flight->query.reply_bytes < HEADER)
    return false;
  memcpy(flight->query.reply, ask->message, 2);
  return true;
}

/* Whether it is sent again, alone. */
static bool again_alone(struct async_dns_ask *ask, const struct flight *flight,
                        int rc)
{
  struct asy_fleet_resolver *resolver = ask->fleet->resolvers[ask->resolver];
  if (asy_fleet_is_ours(rc) || flight->alone || ask->fleet->closing)
    return false;
  resolver->disappointed = true;
  return asy_fleet_tcp_send(resolver, ask) == 0;
}

static void on_done(struct async_op *op)
{
  struct flight *flight = ASYNC_CONTAINER_OF(op, struct flight, query.op);
  struct async_dns_ask *ask = flight->ask;
  struct async_dns_fleet *fleet = ask->fleet;
  int rc = op->rc;
  bool again;
  ask->flight = NULL;
  asy_fleet_enter(fleet);
  again = rc < 0 && again_alone(ask, flight, rc);
  if (rc == ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT))
    rc = ASYNC_ETIMEDOUT;
  else if (rc == ASYNC_ERROR_FROM_ARES(ARES_ECONNREFUSED))
    rc = -ECONNREFUSED;
  else if (rc == 0 && !is_reply(ask, flight))
    rc = ASYNC_EENCODING;
  if (rc < 0 && !again)
    asy_fleet_lost(ask, rc, false);
  else if (rc == 0 && !asy_fleet_reply(ask, flight->query.reply,
                                       flight->query.reply_bytes, false))
    asy_fleet_lost(ask, ASYNC_EENCODING, false);
  asy_fleet_leave(fleet);
  async_dns_query_done(&flight->query);
  free(flight);
}

int asy_fleet_tcp_send(struct asy_fleet_resolver *resolver,
                       struct async_dns_ask *ask)
{
  struct async_dns *bridge;
  int err = open_bridge(resolver, &bridge);
  if (err < 0)
    return err;
  struct flight *flight = calloc(1, sizeof(*flight));
  if (!flight)
    return ASYNC_ENOMEM;
  flight->ask = ask;
  flight->alone = resolver->disappointed;
  ask->flight = flight;
  async_dns_query_send(bridge, &flight->query, ask->message,
                       ask->message_bytes);
  flight->query.op.done = on_done;
  return 0;
}

void asy_fleet_tcp_forget(struct async_dns_ask *ask)
{
  struct flight *flight = ask->flight;
  ask->flight = NULL;
  if (!flight)
    return;
  flight->query.op.done = NULL;
  async_op_abort(&flight->query.op);
  free(flight);
}
