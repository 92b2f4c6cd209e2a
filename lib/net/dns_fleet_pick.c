/* Which resolver. Drawn among those that are able now, so that a thousand that
 * are not cost nothing. */
#include <ctype.h>

#include "async/hash.h"
#include "net/dns_fleet_priv.h"

enum { DRAWS = 8 };

/* What is looked for. */
struct wish {
  const struct async_dns_ask *ask;
  bool trusted, fresh, well, proven;
};

static bool was_tried(const struct async_dns_ask *ask, int index)
{
  const struct async_dns_tried *tried = ask->tried;
  if (!tried)
    return false;
  for (size_t i = 0; i < tried->count && i < ASYNC_DNS_TRIED; i++)
    if (tried->items[i] == index)
      return true;
  return false;
}

static bool is_again(const struct async_dns_ask *ask)
{
  return ask->tried && ask->tried->count > 0;
}

static bool fits(const struct wish *wish,
                 const struct asy_fleet_resolver *resolver)
{
  if (wish->trusted && !resolver->given.trusted)
    return false;
  if ((wish->well && resolver->ill_ns != 0) ||
      (wish->proven && !resolver->proven))
    return false;
  return !wish->fresh || !was_tried(wish->ask, resolver->index);
}

static struct asy_fleet_resolver *any(struct async_dns_fleet *fleet,
                                      const struct wish *wish)
{
  size_t count = fleet->able_count;
  for (int i = 0; i < DRAWS; i++) {
    struct asy_fleet_resolver *resolver =
        fleet->able[async_rng_below(&fleet->rng, count)];
    if (!fits(wish, resolver))
      continue;
    if (fleet->most_weight == 1 ||
        async_rng_below(&fleet->rng, fleet->most_weight) <
            resolver->given.weight)
      return resolver;
  }
  size_t start = (size_t)async_rng_below(&fleet->rng, count);
  for (size_t i = 0; i < count; i++)
    if (fits(wish, fleet->able[(start + i) % count]))
      return fleet->able[(start + i) % count];
  return NULL;
}

/* The wait to expect there; one that is not known yet is worth knowing, once. */
static double cost(const struct asy_fleet_resolver *resolver)
{
  return ((double)resolver->rtt_ns + 1) * (resolver->in_flight + 1.0) /
         resolver->given.weight;
}

/* The same one drawn twice is no choice: the one beside it, then. */
static struct asy_fleet_resolver *beside(const struct async_dns_fleet *fleet,
                                         const struct wish *wish,
                                         struct asy_fleet_resolver *one)
{
  struct asy_fleet_resolver *two = fleet->able[one->place % fleet->able_count];
  return fits(wish, two) ? two : one;
}

/* Source: Mitzenmacher, "The Power of Two Choices in Randomized Load
 * Balancing". */
static struct asy_fleet_resolver *fastest(struct async_dns_fleet *fleet,
                                          const struct wish *wish)
{
  struct asy_fleet_resolver *one = any(fleet, wish);
  if (!one || fleet->able_count == 1)
    return one;
  struct asy_fleet_resolver *two = any(fleet, wish);
  if (two == one)
    two = beside(fleet, wish, one);
  return cost(two) < cost(one) ? two : one;
}

/* From a place on, the first that can. */
static struct asy_fleet_resolver *next_from(struct async_dns_fleet *fleet,
                                            const struct wish *wish,
                                            size_t start)
{
  for (size_t i = 0; i < fleet->own; i++) {
    struct asy_fleet_resolver *resolver =
        fleet->resolvers[(start + i) % fleet->own];
    if (resolver->able && fits(wish, resolver))
      return resolver;
  }
  return NULL;
}

static struct asy_fleet_resolver *in_turn(struct async_dns_fleet *fleet,
                                          const struct wish *wish)
{
  struct asy_fleet_resolver *resolver =
      next_from(fleet, wish, fleet->cursor % fleet->own);
  if (!resolver)
    return NULL;
  size_t at = (size_t)resolver->index;
  if (at != fleet->cursor)
    fleet->turns = 0;
  fleet->cursor = at;
  if (++fleet->turns >= resolver->given.weight) {
    fleet->turns = 0;
    fleet->cursor = (at + 1) % fleet->own;
  }
  return resolver;
}

/* Of the name without regard to case. */
static uint64_t hash_name(const struct async_dns_ask *ask)
{
  unsigned char name[256];
  size_t len = 0;
  for (size_t i = 12; i < ask->question_end && len < sizeof(name); i++)
    name[len++] = (unsigned char)tolower(ask->message[i]);
  return async_hash_bytes(name, len, 0);
}

static struct asy_fleet_resolver *draw(struct async_dns_fleet *fleet,
                                       const struct wish *wish)
{
  if (fleet->able_count == 1)
    return fits(wish, fleet->able[0]) ? fleet->able[0] : NULL;
  switch (fleet->opts.rotate) {
  case ASYNC_DNS_ROUND:
    return in_turn(fleet, wish);
  case ASYNC_DNS_HASH:
    if (is_again(wish->ask)) /* not all to the neighbour of a dead one */
      return any(fleet, wish);
    return next_from(fleet, wish, (size_t)(hash_name(wish->ask) % fleet->own));
  case ASYNC_DNS_RANDOM:
  case ASYNC_DNS_STICKY:
    return any(fleet, wish);
  case ASYNC_DNS_FASTEST:
  default:
    return fastest(fleet, wish);
  }
}

/* Whether there is one for it that is well, if busy. */
static bool is_worth_waiting(const struct async_dns_fleet *fleet,
                             const struct wish *wish)
{
  for (size_t i = 0; i < fleet->own; i++)
    if (fleet->resolvers[i]->ill_ns == 0 && fits(wish, fleet->resolvers[i]))
      return true;
  return false;
}

/* One that was asked before is asked again: rather at one that is proven to
 * work, and where it was not yet; at one that may be dead or is ill only when
 * there is nothing to wait for. */
static struct asy_fleet_resolver *draw_again(struct async_dns_fleet *fleet,
                                             const struct wish *wish)
{
  struct wish other = *wish;
  struct asy_fleet_resolver *resolver = NULL;
  other.well = other.proven = other.fresh = true;
  if (fleet->proven > 0)
    resolver = draw(fleet, &other);
  other.proven = false;
  if (!resolver)
    resolver = draw(fleet, &other);
  if (resolver || is_worth_waiting(fleet, &other))
    return resolver;
  other.fresh = false;
  other.proven = true;
  if (fleet->proven > 0)
    resolver = draw(fleet, &other);
  return resolver ? resolver : draw(fleet, wish);
}

/* The one it was sent to before, for as long as that is well. */
static struct asy_fleet_resolver *the_same(struct async_dns_fleet *fleet,
                                           const struct async_dns_ask *ask)
{
  const struct async_dns_tried *tried = ask->tried;
  if (fleet->opts.rotate != ASYNC_DNS_STICKY || !tried || tried->count == 0)
    return NULL;
  size_t last = (tried->count - 1u) % ASYNC_DNS_TRIED;
  struct asy_fleet_resolver *resolver = fleet->resolvers[tried->items[last]];
  return resolver->ill_ns == 0 && resolver->proven ? resolver : NULL;
}

struct asy_fleet_resolver *asy_fleet_pick(struct async_dns_fleet *fleet,
                                          const struct async_dns_ask *ask)
{
  struct wish wish = { .ask = ask,
                       .trusted = ask->trusted && fleet->trusted > 0 };
  struct asy_fleet_resolver *resolver =
      ask->want >= 0 ? fleet->resolvers[ask->want] : the_same(fleet, ask);
  if (resolver)
    return resolver->ready ? resolver : NULL;
  if (fleet->able_count == 0)
    return NULL;
  return is_again(ask) ? draw_again(fleet, &wish) : draw(fleet, &wish);
}

/* A failure at one that never answered anybody says more about it than about
 * the question. So that goes on, to one that is proven to work; or to any that
 * nothing speaks against, while nobody is. */
bool asy_fleet_goes_on(const struct async_dns_fleet *fleet,
                       const struct async_dns_ask *ask)
{
  struct wish wish = { .ask = ask,
                       .trusted = ask->trusted && fleet->trusted > 0,
                       .fresh = true,
                       .proven = true };
  if (ask->want >= 0 || fleet->resolvers[ask->resolver]->proven ||
      fleet->closing || (ask->deadline_ns && ask->deadline_ns <= async_now()))
    return false;
  if (fleet->proven > 0 && is_worth_waiting(fleet, &wish))
    return true;
  wish.fresh = false;
  if (fleet->proven > 0 && is_worth_waiting(fleet, &wish))
    return false; /* all of them were asked */
  wish.proven = false;
  wish.fresh = true;
  return is_worth_waiting(fleet, &wish);
}

bool asy_fleet_hopeless(const struct async_dns_fleet *fleet,
                        const struct async_dns_ask *ask, int64_t *since_ns)
{
  struct wish wish = { .ask = ask,
                       .trusted = ask->trusted && fleet->trusted > 0 };
  if (ask->want >= 0)
    *since_ns = fleet->resolvers[ask->want]->talks
                    ? 0
                    : fleet->resolvers[ask->want]->ill_ns;
  else if (fleet->healthy == 0 && fleet->talking > 0 && !wish.trusted)
    return false;
  else if (fleet->healthy == 0)
    *since_ns = fleet->ill_ns;
  else if (wish.trusted && !is_worth_waiting(fleet, &wish))
    *since_ns = ask->queued_ns;
  else
    return false;
  return *since_ns != 0;
}
