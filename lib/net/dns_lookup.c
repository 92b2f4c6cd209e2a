#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "async/task.h"
#include "net/dns_priv.h"

/* One lookup for everybody who asks for the same at the same time. */
struct flight {
  struct asy_dns_flight base;
  struct async_hash_node node;
  struct async_list waiters;
  struct async_dns_addresses found;
  int family;
  char host[];
};

struct waiter {
  struct async_op op;
  struct async_dns_addresses *out;
  struct flight *flight;
};

/* Addresses. */

static bool address_set(struct async_dns_address *out,
                        const struct sockaddr *from)
{
  memset(out, 0, sizeof(*out));
  out->family = from->sa_family;
  if (from->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const void *)from;
    memcpy(out->bytes, &in->sin_addr, sizeof(in->sin_addr));
    return true;
  }
  const struct sockaddr_in6 *in6 = (const void *)from;
  if (from->sa_family == AF_INET6)
    memcpy(out->bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
  return from->sa_family == AF_INET6;
}

char *async_dns_address_text(const struct async_dns_address *address, char *out)
{
  if (!inet_ntop(address->family, address->bytes, out, INET6_ADDRSTRLEN))
    out[0] = '\0';
  return out;
}

/* Whether the host is an address in text form. */
static bool is_numeric(const char *host, struct async_dns_addresses *found)
{
  struct async_dns_address *address = &found->items[0];
  memset(found, 0, sizeof(*found));
  if (inet_pton(AF_INET, host, address->bytes) == 1)
    address->family = AF_INET;
  else if (inet_pton(AF_INET6, host, address->bytes) == 1)
    address->family = AF_INET6;
  found->count = address->family != 0;
  return found->count > 0;
}

/* The flight. */

static void take_addresses(struct async_dns_addresses *found,
                           const struct ares_addrinfo *info)
{
  const struct ares_addrinfo_node *node = info->nodes;
  for (; node && found->count < ASYNC_DNS_ADDRESSES; node = node->ai_next) {
    uint32_t ttl_s = node->ai_ttl > 0 ? (uint32_t)node->ai_ttl : 0;
    if (!address_set(&found->items[found->count], node->ai_addr))
      continue;
    if (found->count++ == 0 || ttl_s < found->ttl_s)
      found->ttl_s = ttl_s;
  }
}

static void on_addresses(void *arg, int status, int timeouts,
                         struct ares_addrinfo *info)
{
  struct flight *flight = arg;
  (void)timeouts;
  if (status == ARES_SUCCESS && info)
    take_addresses(&flight->found, info);
  if (info)
    ares_freeaddrinfo(info);
  if (status == ARES_SUCCESS && flight->found.count == 0)
    status = ARES_ENODATA;
  asy_dns_land(&flight->base, asy_dns_error(status));
}

static void send_lookup(struct asy_dns_flight *base)
{
  struct flight *flight = ASYNC_CONTAINER_OF(base, struct flight, base);
  struct ares_addrinfo_hints hints = {
    .ai_family = flight->family,
    .ai_socktype = SOCK_STREAM,
  };
  ares_getaddrinfo(base->channel->ares, flight->host, NULL, &hints,
                   on_addresses, flight);
}

static void flight_free(struct flight *flight)
{
  async_hash_remove(&flight->base.pool->dns->lookups, &flight->node);
  free(flight);
}

static void end(struct asy_dns_flight *base)
{
  struct flight *flight = ASYNC_CONTAINER_OF(base, struct flight, base);
  struct async_list *node;
  while ((node = async_list_shift(&flight->waiters)) != NULL) {
    struct waiter *waiter = ASYNC_CONTAINER_OF(node, struct waiter, op.node);
    if (base->rc == 0)
      *waiter->out = flight->found;
    asy_dns_wait_over(base->pool->dns);
    async_op_done(&waiter->op, base->rc);
  }
  flight_free(flight);
}

/* Who waits. */

struct key {
  const char *host;
  int family;
};

static bool is_for(const struct async_hash_node *node, const void *wanted)
{
  const struct flight *flight = ASYNC_CONTAINER_OF(node, struct flight, node);
  const struct key *key = wanted;
  return flight->family == key->family && strcmp(flight->host, key->host) == 0;
}

static struct flight *flight_new(struct async_dns *dns, const struct key *key,
                                 uint64_t hash)
{
  size_t len = strlen(key->host) + 1;
  struct flight *flight = calloc(1, sizeof(*flight) + len);
  if (!flight)
    return NULL;
  flight->base.pool = &dns->pools[ASY_DNS_LOOKUPS];
  flight->base.queries = key->family == AF_UNSPEC ? 2 : 1;
  flight->base.send = send_lookup;
  flight->base.end = end;
  flight->family = key->family;
  memcpy(flight->host, key->host, len);
  async_list_init(&flight->waiters);
  if (async_hash_insert(&dns->lookups, &flight->node, hash) < 0) {
    free(flight);
    return NULL;
  }
  return flight;
}

static int lookup_abort(struct async_op *op)
{
  struct waiter *waiter = ASYNC_CONTAINER_OF(op, struct waiter, op);
  struct flight *flight = waiter->flight;
  async_list_remove(&op->node);
  asy_dns_wait_over(flight->base.pool->dns);
  if (async_list_empty(&flight->waiters) && asy_dns_withdraw(&flight->base))
    flight_free(flight);
  return ASYNC_OP_WITHDRAWN;
}

static int wait_for(struct async_dns *dns, const struct key *key,
                    struct async_dns_addresses *out)
{
  uint64_t hash =
      async_hash_bytes(key->host, strlen(key->host), (uint64_t)key->family);
  struct async_hash_node *node =
      async_hash_find(&dns->lookups, hash, is_for, key);
  struct flight *flight = node ? ASYNC_CONTAINER_OF(node, struct flight, node)
                               : flight_new(dns, key, hash);
  if (!flight)
    return ASYNC_ENOMEM;
  struct waiter waiter = { .out = out, .flight = flight };
  async_op_start(&waiter.op, "dns lookup", lookup_abort);
  async_list_push(&flight->waiters, &waiter.op.node);
  asy_dns_wait(dns);
  if (!node)
    asy_dns_launch(&flight->base);
  return async_await(&waiter.op);
}

int async_dns_lookup(struct async_dns *dns, const char *host, int family,
                     struct async_dns_addresses *out)
{
  struct async_dns_addresses found;
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (!is_numeric(host, &found))
    return wait_for(dns, &(struct key){ host, family }, out);
  if (family != AF_UNSPEC && family != found.items[0].family)
    return ASYNC_ERROR_FROM_ARES(ARES_ENODATA);
  *out = found;
  return 0;
}
