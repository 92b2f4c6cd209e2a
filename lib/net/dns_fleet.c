#include "async/dns_fleet.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_priv.h"

enum { RCVBUF = 4 << 20 };

static struct async_dns_fleet_opts with_defaults(
    const struct async_dns_fleet_opts *given)
{
  struct async_dns_fleet_opts opts = ASYNC_DNS_FLEET_OPTS_INIT;
  if (given)
    opts = *given;
  if (!opts.cooldown_ns)
    opts.cooldown_ns = ASYNC_SEC;
  if (!opts.sockets)
    opts.sockets = 1;
  if (!opts.rcvbuf_bytes)
    opts.rcvbuf_bytes = RCVBUF;
  if (!opts.seed)
    opts.seed = (uint64_t)async_clock_ns();
  return opts;
}

static int copy_text(char **out, const char *text, int family)
{
  struct async_addr addr;
  if (!text)
    return 0;
  if (family != AF_UNSPEC && (async_addr_parse(&addr, text, 0) < 0 ||
                              addr.storage.ss_family != family))
    return ASYNC_EINVAL;
  *out = strdup(text);
  return *out ? 0 : ASYNC_ENOMEM;
}

static void init(struct async_dns_fleet *fleet,
                 const struct async_dns_fleet_opts *opts)
{
  fleet->opts = with_defaults(opts);
  fleet->wire = &asy_fleet_udp;
  fleet->most_weight = 1;
  async_rng_init(&fleet->rng, fleet->opts.seed);
  async_list_init(&fleet->queue);
  async_list_init(&fleet->wanted);
  async_list_init(&fleet->ended);
  async_list_init(&fleet->dirty);
  async_list_init(&fleet->idle);
  fleet->shared[0].family = AF_INET;
  fleet->shared[1].family = AF_INET6;
  asy_fleet_time_init(fleet);
}

static int add_all(struct async_dns_fleet *fleet,
                   const struct async_dns_resolver *all, size_t count)
{
  fleet->opts.count = count;
  for (size_t i = 0; i < count; i++) {
    int index = asy_fleet_resolver_new(fleet, &all[i], false);
    if (index < 0)
      return index;
  }
  fleet->opts.resolvers = NULL; /* the caller's */
  return 0;
}

static int add_resolvers(struct async_dns_fleet *fleet)
{
  struct async_dns_resolver *all;
  size_t count;
  if (fleet->opts.count > 0)
    return add_all(fleet, fleet->opts.resolvers, fleet->opts.count);
  int err = async_dns_resolvers_system(&all, &count);
  if (err < 0)
    return err;
  err = add_all(fleet, all, count);
  free(all);
  return err;
}

int async_dns_fleet_open(struct async_dns_fleet **out,
                         const struct async_dns_fleet_opts *opts)
{
  asy_dns_library_init();
  struct async_dns_fleet *fleet = calloc(1, sizeof(*fleet));
  if (!fleet)
    return ASYNC_ENOMEM;
  init(fleet, opts);
  int err = copy_text(&fleet->source4, fleet->opts.source4, AF_INET);
  if (err == 0)
    err = copy_text(&fleet->source6, fleet->opts.source6, AF_INET6);
  if (err == 0)
    err = copy_text(&fleet->interface, fleet->opts.interface, AF_UNSPEC);
  if (err == 0)
    err = asy_fleet_reader_init(fleet);
  if (err == 0)
    err = add_resolvers(fleet);
  if (err < 0) {
    async_dns_fleet_close(fleet);
    return err;
  }
  *out = fleet;
  return 0;
}

static void end_all(struct async_dns_fleet *fleet)
{
  struct async_list *node;
  asy_fleet_time_done(fleet);
  for (size_t i = 0; i < fleet->count; i++)
    while (!async_list_empty(&fleet->resolvers[i]->queue))
      asy_fleet_cut_off(asy_fleet_ask(fleet->resolvers[i]->queue.next),
                        ASYNC_ECANCELED);
  while (!async_list_empty(&fleet->queue))
    asy_fleet_cut_off(asy_fleet_ask(fleet->queue.next), ASYNC_ECANCELED);
  while ((node = async_list_shift(&fleet->ended)) != NULL)
    asy_fleet_end(asy_fleet_ask(node), asy_fleet_ask(node)->rc);
}

void async_dns_fleet_close(struct async_dns_fleet *fleet)
{
  if (!fleet)
    return;
  fleet->closing = true;
  end_all(fleet);
  async_timer_clear(&fleet->wake);
  async_timer_clear(&fleet->soon);
  async_timer_clear(&fleet->tick);
  for (size_t i = 0; i < fleet->count; i++)
    asy_fleet_resolver_free(fleet->resolvers[i]);
  asy_fleet_group_done(&fleet->shared[0]);
  asy_fleet_group_done(&fleet->shared[1]);
  async_hash_done(&fleet->texts);
  async_heap_done(&fleet->wakes);
  free(fleet->resolvers);
  free(fleet->able);
  free(fleet->reader);
  free(fleet->source4);
  free(fleet->source6);
  free(fleet->interface);
  free(fleet);
}

size_t async_dns_fleet_count(const struct async_dns_fleet *fleet)
{
  return fleet->count;
}

const char *async_dns_fleet_text(const struct async_dns_fleet *fleet,
                                 size_t index)
{
  return fleet->resolvers[index]->text;
}

const struct async_dns_resolver *async_dns_fleet_resolver(
    const struct async_dns_fleet *fleet, size_t index)
{
  return &fleet->resolvers[index]->given;
}

int async_dns_fleet_add(struct async_dns_fleet *fleet,
                        const struct async_dns_resolver *resolver)
{
  char text[ASYNC_DNS_RESOLVER_TEXT_BYTES];
  async_dns_resolver_text(text, resolver);
  const struct asy_fleet_resolver *known = asy_fleet_resolver_find(fleet, text);
  return known ? known->index : asy_fleet_resolver_new(fleet, resolver, true);
}

void async_dns_fleet_stats(const struct async_dns_fleet *fleet, size_t index,
                           struct async_dns_resolver_stats *out)
{
  const struct asy_fleet_resolver *resolver = fleet->resolvers[index];
  *out = resolver->count;
  out->breaker = resolver->breaker.state;
  out->in_flight = resolver->in_flight;
  out->window = asy_fleet_trust(resolver);
  out->rate_per_s = resolver->rate.per_s;
  out->rtt_ns = resolver->rtt_ns;
  out->timeout_ns = asy_fleet_timeout(resolver);
  out->rtt = resolver->rtt;
}

size_t async_dns_fleet_queued(const struct async_dns_fleet *fleet)
{
  return fleet->queued;
}

size_t async_dns_fleet_in_flight(const struct async_dns_fleet *fleet)
{
  return fleet->in_flight;
}
