/* A link is a UDP socket, and so a source port, with the queries that were sent
 * from it: at most 256, so that ids stay hard to guess and batches long.
 *
 * c-ares is not in between. 1.34 takes 4 us to keep what is kept here, cannot
 * take back one query of many, tells neither who answered nor the bytes that
 * came, and ends all that is out on a socket with one bad reply. */
#include <stdlib.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_wire_priv.h"

static void init(struct asy_fleet_link *link, struct asy_fleet_group *group,
                 struct async_dns_fleet *fleet)
{
  link->fleet = fleet;
  link->group = group;
  link->fd = -1;
  async_list_init(&link->dirty);
  for (size_t i = ASY_FLEET_FLIGHTS; i-- > 0;) {
    link->flights[i].link = link;
    link->flights[i].next = link->free;
    link->free = &link->flights[i];
  }
}

static int open_link(struct asy_fleet_group *group,
                     struct async_dns_fleet *fleet, struct asy_fleet_link **out)
{
  struct asy_fleet_link **links = realloc(
      group->links, (group->count + 1) * sizeof(struct asy_fleet_link *));
  if (!links)
    return ASYNC_ENOMEM;
  group->links = links;
  struct asy_fleet_link *link = calloc(1, sizeof(*link));
  if (!link)
    return ASYNC_ENOMEM;
  init(link, group, fleet);
  int err = asy_fleet_socket_open(link);
  if (err < 0) {
    free(link);
    return err;
  }
  links[group->count++] = *out = link;
  return 0;
}

static void free_link(struct asy_fleet_link *link)
{
  asy_fleet_socket_close(link);
  async_list_remove(&link->dirty);
  free(link);
}

void asy_fleet_group_done(struct asy_fleet_group *group)
{
  for (size_t i = 0; i < group->count; i++)
    free_link(group->links[i]);
  free(group->links);
  group->links = NULL;
  group->count = 0;
}

/* Flights. */

static struct asy_fleet_flight **bucket(struct asy_fleet_link *link,
                                        uint16_t id)
{
  return &link->ids[id % ASY_FLEET_IDS];
}

static void link_send(struct asy_fleet_link *link, struct async_dns_ask *ask)
{
  struct asy_fleet_flight *flight = link->free;
  link->free = flight->next;
  link->in_flight++;
  flight->ask = ask;
  flight->id = (uint16_t)(ask->message[0] << 8 | ask->message[1]);
  struct asy_fleet_flight **place = bucket(link, flight->id);
  flight->next = *place;
  *place = flight;
  ask->flight = flight;
  asy_fleet_wire_put(flight);
}

static void link_forget(struct asy_fleet_flight *flight)
{
  struct asy_fleet_link *link = flight->link;
  struct asy_fleet_flight **place = bucket(link, flight->id);
  while (*place != flight)
    place = &(*place)->next;
  *place = flight->next;
  if (flight->wait)
    link->wait[flight->wait - 1] = NULL;
  flight->wait = 0;
  flight->ask = NULL;
  flight->next = link->free;
  link->free = flight;
  link->in_flight--;
}

/* Which link the next query leaves by. What goes out together leaves by one, so
 * that batches are long; the next batch by any other. */
static size_t draw_link(const struct asy_fleet_group *group,
                        struct async_dns_fleet *fleet)
{
  if (group->count == 0)
    return 0;
  const struct asy_fleet_link *link = group->links[group->next];
  bool stay = link->wait_count > 0 && link->wait_count < ASY_FLEET_BATCH;
  if (fleet->opts.sockets == 1 || stay)
    return group->next;
  if (group->count < fleet->opts.sockets)
    return group->count; /* a new one */
  return (size_t)async_rng_below(&fleet->rng, group->count);
}

/* From there on the first that has room; one more when all are full. */
static int find_room(struct asy_fleet_group *group,
                     struct async_dns_fleet *fleet, struct asy_fleet_link **out)
{
  size_t first = draw_link(group, fleet);
  for (size_t i = 0; first < group->count && i < group->count; i++) {
    size_t at = (first + i) % group->count;
    if (group->links[at]->in_flight == ASY_FLEET_FLIGHTS)
      continue;
    group->next = at;
    *out = group->links[at];
    return 0;
  }
  int err = open_link(group, fleet, out);
  if (err == 0)
    group->next = group->count - 1;
  return err;
}

static int udp_send(struct asy_fleet_resolver *resolver,
                    struct async_dns_ask *ask)
{
  struct async_dns_fleet *fleet = resolver->fleet;
  bool is_v6 = resolver->group.family == AF_INET6;
  struct asy_fleet_group *group =
      fleet->count > ASY_FLEET_SHARE ? &fleet->shared[is_v6] : &resolver->group;
  struct asy_fleet_link *link;
  int err = find_room(group, fleet, &link);
  if (err < 0)
    return err;
  link_send(link, ask);
  async_loop_hold();
  return 0;
}

static void udp_forget(struct async_dns_ask *ask)
{
  struct asy_fleet_flight *flight = ask->flight;
  ask->flight = NULL;
  if (!flight)
    return;
  link_forget(flight);
  async_loop_release();
}

const struct asy_fleet_wire asy_fleet_udp = { udp_send, udp_forget };
