#include "async/error.h"
#include "async/task.h"
#include "net/dns_priv.h"

static void on_soon(struct async_timer *timer)
{
  struct async_dns *dns = ASYNC_CONTAINER_OF(timer, struct async_dns, soon);
  asy_dns_end_landed(dns);
  for (size_t i = 0; i < ASY_DNS_POOLS; i++)
    asy_dns_pump(&dns->pools[i]);
}

static void end_soon(struct async_dns *dns)
{
  if (!async_timer_armed(&dns->soon) && !dns->closing)
    async_timer_set(&dns->soon, async_now(), on_soon);
}

static void put_off(struct asy_dns_flight *flight, int rc)
{
  struct async_dns *dns = flight->pool->dns;
  flight->rc = rc;
  flight->state = ASY_DNS_LANDED;
  async_list_push(&dns->landed, &flight->node);
  end_soon(dns);
}

void asy_dns_strand(struct async_dns *dns, struct async_op *op)
{
  async_list_push(&dns->stranded, &op->node);
  end_soon(dns);
}

void asy_dns_end_landed(struct async_dns *dns)
{
  struct async_list *node, stranded, landed;
  async_list_init(&stranded);
  async_list_init(&landed);
  async_list_splice(&stranded, &dns->stranded);
  async_list_splice(&landed, &dns->landed);
  while ((node = async_list_shift(&stranded)) != NULL) {
    asy_dns_wait_over(dns);
    async_op_done(ASYNC_CONTAINER_OF(node, struct async_op, node),
                  ASYNC_ENOMEM);
  }
  while ((node = async_list_shift(&landed)) != NULL) {
    struct asy_dns_flight *flight =
        ASYNC_CONTAINER_OF(node, struct asy_dns_flight, node);
    flight->end(flight);
  }
}

/* The channel to use, if there is one; `err` says why none could be opened. */
static struct asy_dns_channel *find_room(struct asy_dns_pool *pool, int *err)
{
  for (size_t i = 0; i < pool->count; i++) {
    size_t at = (pool->next + i) % pool->count;
    if (pool->channels[at]->in_flight >= pool->dns->opts.per_channel)
      continue;
    pool->next = at;
    return pool->channels[at];
  }
  if (pool->count == pool->most)
    return NULL;
  *err = asy_dns_channel_open(pool);
  return *err < 0 ? NULL : pool->channels[pool->count - 1];
}

static void send_on(struct asy_dns_flight *flight,
                    struct asy_dns_channel *channel)
{
  struct async_dns *dns = flight->pool->dns;
  bool outer = dns->sending;
  flight->channel = channel;
  flight->state = ASY_DNS_SENT;
  channel->in_flight += flight->queries;
  dns->in_flight++;
  asy_dns_tick_start(dns);
  dns->sending = true;
  flight->send(flight);
  dns->sending = outer;
}

void asy_dns_pump(struct asy_dns_pool *pool)
{
  while (!async_list_empty(&pool->queue)) {
    int err = pool->dns->closing ? asy_dns_error(ARES_EDESTRUCTION) : 0;
    struct asy_dns_channel *channel = err < 0 ? NULL : find_room(pool, &err);
    if (!channel && (err == 0 || pool->count > 0))
      return;
    struct async_list *node = async_list_shift(&pool->queue);
    struct asy_dns_flight *flight =
        ASYNC_CONTAINER_OF(node, struct asy_dns_flight, node);
    if (channel)
      send_on(flight, channel);
    else
      put_off(flight, err);
  }
}

/* Through the queue, so that nobody is overtaken. */
void asy_dns_launch(struct asy_dns_flight *flight)
{
  struct asy_dns_pool *pool = flight->pool;
  bool queued = !async_list_empty(&pool->queue);
  flight->state = ASY_DNS_QUEUED;
  async_list_push(&pool->queue, &flight->node);
  if (!queued)
    asy_dns_pump(pool);
}

void asy_dns_land(struct asy_dns_flight *flight, int rc)
{
  struct async_dns *dns = flight->pool->dns;
  flight->channel->in_flight -= flight->queries;
  dns->in_flight--;
  if (dns->sending) {
    put_off(flight, rc);
    return;
  }
  flight->rc = rc;
  flight->state = ASY_DNS_LANDED;
  flight->end(flight);
}

bool asy_dns_withdraw(struct asy_dns_flight *flight)
{
  if (flight->state != ASY_DNS_QUEUED)
    return false;
  async_list_remove(&flight->node);
  return true;
}
