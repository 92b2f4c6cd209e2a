/* Resolvers come to the fleet and go: their limits, and where they are kept. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "net/dns_fleet_priv.h"

enum { PUBLIC_JOBS = 200, NEAR_JOBS = 65536 };
enum { RAMP = 100, FAILURES = 10, UNPROVEN_JOBS = 2, UNPROVEN_FAILURES = 2 };
#define COOLDOWN_MOST_NS    (30 * ASYNC_SEC)
#define COOLDOWN_MOST_ALONE (2 * ASYNC_SEC)

static const double PUBLIC_PER_S = 500;

/* Source: RFC 1122, 1918, 3927, 4193, 4291, 6598. */
static bool is_near4(uint32_t ip)
{
  return ip >> 24 == 127 || ip >> 24 == 10 || ip >> 20 == 0xac1 ||
         ip >> 16 == 0xc0a8 || ip >> 16 == 0xa9fe || ip >> 22 == 0x191;
}

static bool is_near(const struct async_addr *addr)
{
  if (addr->storage.ss_family == AF_INET) {
    const struct sockaddr_in *in = (const void *)&addr->storage;
    return is_near4(ntohl(in->sin_addr.s_addr));
  }
  const struct sockaddr_in6 *in6 = (const void *)&addr->storage;
  const unsigned char *ip = in6->sin6_addr.s6_addr;
  return IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) || (ip[0] & 0xfe) == 0xfc ||
         (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80);
}

static void set_limits(struct asy_fleet_resolver *resolver, int64_t now_ns)
{
  const struct async_dns_fleet_opts *opts = &resolver->fleet->opts;
  const struct async_dns_resolver *given = &resolver->given;
  bool near = is_near(&given->addr);
  unsigned jobs = given->jobs ? given->jobs : opts->jobs;
  if (!jobs)
    jobs = near ? NEAR_JOBS : PUBLIC_JOBS;
  double per_s = given->rate_per_s != 0 ? given->rate_per_s : opts->rate_per_s;
  bool adaptive = !(per_s > 0 || per_s < 0);
  if (adaptive)
    per_s = near ? -1 : PUBLIC_PER_S;
  unsigned ramp = opts->ramp ? opts->ramp : RAMP;
  /* Where names have their resolver, the rest of a burst would go astray. */
  bool free = opts->ramp || opts->rotate == ASYNC_DNS_HASH;
  resolver->unproven_jobs = free ? ramp : UNPROVEN_JOBS;
  asy_fleet_window_init(&resolver->window, ramp, jobs, now_ns);
  asy_fleet_rate_init(&resolver->rate, per_s, !adaptive, now_ns);
}

unsigned asy_fleet_failures(const struct asy_fleet_resolver *resolver)
{
  if (resolver->fleet->opts.failures)
    return resolver->fleet->opts.failures;
  return resolver->proven ? FAILURES : UNPROVEN_FAILURES;
}

static void init(struct asy_fleet_resolver *resolver,
                 const struct async_dns_resolver *given)
{
  struct async_dns_fleet *fleet = resolver->fleet;
  bool alone = fleet->opts.count <= 1;
  resolver->proven = given->works || resolver->extra || alone;
  const struct async_breaker_opts breaker = {
    .failures = asy_fleet_failures(resolver),
    .cooldown_ns = fleet->opts.cooldown_ns,
    .cooldown_max_ns = alone ? COOLDOWN_MOST_ALONE : COOLDOWN_MOST_NS,
  };
  resolver->given = *given;
  if (!resolver->given.weight)
    resolver->given.weight = 1;
  resolver->answer_ns = resolver->hold_ns = INT64_MIN;
  async_list_init(&resolver->queue);
  async_list_init(&resolver->wanted);
  async_list_init(&resolver->streams);
  resolver->group.family = given->addr.storage.ss_family;
  resolver->group.resolver = resolver;
  async_dns_resolver_text(resolver->text, given);
  async_breaker_init(&resolver->breaker, &breaker);
  set_limits(resolver, async_now());
}

static int make_room(struct async_dns_fleet *fleet)
{
  size_t room = fleet->room ? 2 * fleet->room : 16;
  if (fleet->count < fleet->room)
    return 0;
  struct asy_fleet_resolver **all =
      realloc(fleet->resolvers, room * sizeof(struct asy_fleet_resolver *));
  if (!all)
    return ASYNC_ENOMEM;
  fleet->resolvers = all;
  struct asy_fleet_resolver **able =
      realloc(fleet->able, room * sizeof(struct asy_fleet_resolver *));
  if (!able)
    return ASYNC_ENOMEM;
  fleet->able = able;
  int err = async_heap_reserve(&fleet->wakes, room);
  if (err == 0)
    fleet->room = room;
  return err;
}

static uint64_t hash_text(const char *text)
{
  return async_hash_bytes(text, strlen(text), 0);
}

static bool has_text(const struct async_hash_node *node, const void *text)
{
  const struct asy_fleet_resolver *resolver =
      ASYNC_CONTAINER_OF(node, struct asy_fleet_resolver, node);
  return strcmp(resolver->text, text) == 0;
}

struct asy_fleet_resolver *asy_fleet_resolver_find(
    const struct async_dns_fleet *fleet, const char *text)
{
  struct async_hash_node *node =
      async_hash_find(&fleet->texts, hash_text(text), has_text, text);
  return node ? ASYNC_CONTAINER_OF(node, struct asy_fleet_resolver, node)
              : NULL;
}

int asy_fleet_resolver_new(struct async_dns_fleet *fleet,
                           const struct async_dns_resolver *given, bool extra)
{
  struct asy_fleet_resolver *resolver = calloc(1, sizeof(*resolver));
  int err = resolver ? make_room(fleet) : ASYNC_ENOMEM;
  if (err < 0) {
    free(resolver);
    return err;
  }
  resolver->fleet = fleet;
  resolver->extra = extra;
  resolver->index = (int)fleet->count;
  init(resolver, given);
  err = async_hash_insert(&fleet->texts, &resolver->node,
                          hash_text(resolver->text));
  if (err < 0) {
    free(resolver);
    return err;
  }
  fleet->resolvers[fleet->count++] = resolver;
  if (!extra) {
    fleet->own++;
    fleet->healthy++;
    fleet->proven += resolver->proven;
    fleet->trusted += given->trusted;
    if (resolver->given.weight > fleet->most_weight)
      fleet->most_weight = resolver->given.weight;
  }
  asy_fleet_refresh(resolver, async_now());
  return resolver->index;
}

void asy_fleet_resolver_free(struct asy_fleet_resolver *resolver)
{
  asy_fleet_group_done(&resolver->group);
  asy_fleet_tcp_done(resolver);
  free(resolver->rtt);
  free(resolver);
}
