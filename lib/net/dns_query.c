#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "net/dns_priv.h"

struct flight {
  struct asy_dns_flight base;
  struct async_dns_query *query; /* NULL once it was cancelled */
  unsigned char *reply;
  size_t reply_bytes;
  int timeouts, klass, type;
  size_t len;
  char bytes[]; /* the name, or a whole message */
};

static struct flight *of(struct asy_dns_flight *base)
{
  return ASYNC_CONTAINER_OF(base, struct flight, base);
}

/* Takes a copy of the reply. Returns the operation's result. */
static int take_reply(struct flight *flight, const unsigned char *reply,
                      int reply_bytes)
{
  if (!flight->query)
    return 0;
  flight->reply = malloc((size_t)reply_bytes);
  if (!flight->reply)
    return ASYNC_ENOMEM;
  memcpy(flight->reply, reply, (size_t)reply_bytes);
  flight->reply_bytes = (size_t)reply_bytes;
  return 0;
}

static void on_reply(void *arg, int status, int timeouts, unsigned char *reply,
                     int reply_bytes)
{
  struct flight *flight = arg;
  int rc = flight->base.pool->dns->sending ? asy_dns_send_error(status)
                                           : asy_dns_error(status);
  flight->timeouts = timeouts;
  if (reply && reply_bytes > 0) /* whatever it says */
    rc = take_reply(flight, reply, reply_bytes);
  asy_dns_land(&flight->base, rc);
}

static void send_name(struct asy_dns_flight *base)
{
  struct flight *flight = of(base);
  ares_query(base->channel->ares, flight->bytes, flight->klass, flight->type,
             on_reply, flight);
}

static void send_message(struct asy_dns_flight *base)
{
  struct flight *flight = of(base);
  ares_send(base->channel->ares, (unsigned char *)flight->bytes,
            (int)flight->len, on_reply, flight);
}

static void end(struct asy_dns_flight *base)
{
  struct flight *flight = of(base);
  struct async_dns_query *query = flight->query;
  int rc = base->rc;
  if (query) {
    query->flight = NULL;
    query->timeouts = flight->timeouts;
    query->reply = flight->reply;
    query->reply_bytes = flight->reply_bytes;
    asy_dns_wait_over(base->pool->dns);
  } else {
    free(flight->reply);
  }
  free(flight);
  if (query)
    async_op_done(&query->op, rc);
}

static int query_abort(struct async_op *op)
{
  struct async_dns_query *query =
      ASYNC_CONTAINER_OF(op, struct async_dns_query, op);
  struct flight *flight = query->flight;
  query->flight = NULL;
  asy_dns_wait_over(query->dns);
  if (!flight) { /* stranded */
    async_list_remove(&op->node);
    return ASYNC_OP_WITHDRAWN;
  }
  flight->query = NULL; /* c-ares cannot take back one query of many */
  if (asy_dns_withdraw(&flight->base))
    free(flight);
  return ASYNC_OP_WITHDRAWN;
}

static struct flight *start(struct async_dns *dns,
                            struct async_dns_query *query, const void *bytes,
                            size_t len)
{
  query->dns = dns;
  query->timeouts = 0;
  query->reply = NULL;
  query->reply_bytes = 0;
  async_op_start(&query->op, "dns query", query_abort);
  asy_dns_wait(dns);
  struct flight *flight = calloc(1, sizeof(*flight) + len);
  query->flight = flight;
  if (!flight) {
    asy_dns_strand(dns, &query->op);
    return NULL;
  }
  memcpy(flight->bytes, bytes, len);
  flight->len = len;
  flight->query = query;
  flight->base.pool = &dns->pools[ASY_DNS_QUERIES];
  flight->base.queries = 1;
  flight->base.end = end;
  return flight;
}

void async_dns_query_start(struct async_dns *dns, struct async_dns_query *query,
                           const char *name, int klass, int type)
{
  struct flight *flight = start(dns, query, name, strlen(name) + 1);
  if (!flight)
    return;
  flight->klass = klass;
  flight->type = type;
  flight->base.send = send_name;
  asy_dns_launch(&flight->base);
}

void async_dns_query_send(struct async_dns *dns, struct async_dns_query *query,
                          const unsigned char *message, size_t len)
{
  struct flight *flight = start(dns, query, message, len);
  if (!flight)
    return;
  flight->base.send = send_message;
  asy_dns_launch(&flight->base);
}

int async_dns_query_run(struct async_dns *dns, struct async_dns_query *query,
                        const char *name, int klass, int type)
{
  int err = async_check();
  if (err < 0) {
    query->reply = NULL;
    return err;
  }
  async_dns_query_start(dns, query, name, klass, type);
  return async_await(&query->op);
}

void async_dns_query_done(struct async_dns_query *query)
{
  free(query->reply);
  query->reply = NULL;
}
