/* Lookups that several tasks wait for: equal ones are one. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "async/task.h"
#include "net/dns_priv.h"

struct waiter {
  struct async_op op;
  struct asy_dns_lookup *lookup;
  void *out;
};

/* Their life. */

static void lookup_free(struct asy_dns_lookup *lookup)
{
  async_hash_remove(&lookup->base.pool->dns->lookups, &lookup->node);
  if (lookup->kind->done)
    lookup->kind->done(lookup);
  free(lookup);
}

static void end(struct asy_dns_flight *base)
{
  struct asy_dns_lookup *lookup =
      ASYNC_CONTAINER_OF(base, struct asy_dns_lookup, base);
  struct async_list *node;
  while ((node = async_list_shift(&lookup->waiters)) != NULL) {
    struct waiter *waiter = ASYNC_CONTAINER_OF(node, struct waiter, op.node);
    int rc = base->rc;
    if (rc == 0)
      rc = lookup->kind->give(lookup, waiter->out);
    asy_dns_wait_over(base->pool->dns);
    async_op_done(&waiter->op, rc);
  }
  lookup_free(lookup);
}

static bool is_same(const struct async_hash_node *node, const void *key)
{
  const struct asy_dns_lookup *a =
      ASYNC_CONTAINER_OF(node, const struct asy_dns_lookup, node);
  const struct asy_dns_lookup *b = key;
  return a->kind == b->kind && a->family == b->family &&
         strcmp(a->text, b->text) == 0;
}

static struct asy_dns_lookup *lookup_new(struct async_dns *dns,
                                         const struct asy_dns_lookup *key,
                                         uint64_t hash)
{
  size_t len = strlen(key->text) + 1;
  struct asy_dns_lookup *lookup = calloc(1, key->kind->bytes + len);
  if (!lookup)
    return NULL;
  lookup->base.pool = &dns->pools[key->kind->pool];
  lookup->base.queries = key->family == AF_UNSPEC ? 2 : 1;
  lookup->base.send = key->kind->send;
  lookup->base.end = end;
  lookup->kind = key->kind;
  lookup->family = key->family;
  lookup->text = (char *)lookup + key->kind->bytes;
  memcpy(lookup->text, key->text, len);
  async_list_init(&lookup->waiters);
  if (async_hash_insert(&dns->lookups, &lookup->node, hash) < 0) {
    free(lookup);
    return NULL;
  }
  return lookup;
}

/* Who waits. */

static int stop_waiting(struct async_op *op)
{
  struct waiter *waiter = ASYNC_CONTAINER_OF(op, struct waiter, op);
  struct asy_dns_lookup *lookup = waiter->lookup;
  async_list_remove(&op->node);
  asy_dns_wait_over(lookup->base.pool->dns);
  if (async_list_empty(&lookup->waiters) && asy_dns_withdraw(&lookup->base))
    lookup_free(lookup);
  return ASYNC_OP_WITHDRAWN;
}

int asy_dns_look_up(struct async_dns *dns,
                    const struct asy_dns_lookup_kind *kind, const char *text,
                    int family, void *out)
{
  const struct asy_dns_lookup key = {
    .kind = kind,
    .family = family,
    .text = (char *)(uintptr_t)text,
  };
  uint64_t hash = async_hash_bytes(text, strlen(text), (uint64_t)family);
  struct async_hash_node *node =
      async_hash_find(&dns->lookups, hash, is_same, &key);
  struct asy_dns_lookup *lookup =
      node ? ASYNC_CONTAINER_OF(node, struct asy_dns_lookup, node)
           : lookup_new(dns, &key, hash);
  if (!lookup)
    return ASYNC_ENOMEM;
  struct waiter waiter = { .out = out, .lookup = lookup };
  async_op_start(&waiter.op, kind->name, stop_waiting);
  async_list_push(&lookup->waiters, &waiter.op.node);
  asy_dns_wait(dns);
  if (!node)
    asy_dns_launch(&lookup->base);
  return async_await(&waiter.op);
}
