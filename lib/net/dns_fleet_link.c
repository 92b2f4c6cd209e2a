/* A link is a channel of c-ares that believes it has one server, and whose
 * socket functions are ours:
 *
 *  - what it sends is put with the others that go out together, and in place of
 *    it the caller's message goes, with the caller's id;
 *  - it is shown a reply only when we want a query to be over, and no more of it
 *    than it needs to find the query. So the caller gets the bytes that came,
 *    not what c-ares made of them; a malformed reply cannot make it drop all
 *    that is in flight (1.34 does), and a query can be cancelled, for which it
 *    has no call.
 *
 * Its own timeout never comes: ares_timeout() and the retries are not used. */
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_priv.h"

enum { HEADER = 12, SHORT_MOST = 32 };
enum { TIMEOUT_MS = 3600 * 1000 };
/* An answer that c-ares neither retries nor counts into its own timeouts. */
enum { FLAGS_HIGH = 0x80, FLAGS_LOW = 0x06 /* YXDOMAIN */ };

/* The socket functions. */

static ares_socket_t on_socket(int family, int type, int protocol, void *ctx)
{
  struct asy_fleet_link *link = ctx;
  (void)family;
  (void)type;
  (void)protocol;
  link->err = asy_fleet_socket_open(link);
  if (link->err == 0)
    return link->fd;
  errno = -link->err;
  return ARES_SOCKET_BAD;
}

static int on_close(ares_socket_t fd, void *ctx)
{
  struct asy_fleet_link *link = ctx;
  if (fd == link->fd)
    asy_fleet_socket_close(link);
  return 0;
}

/* It is connected already, and not to what c-ares thinks. */
static int on_connect(ares_socket_t fd, const struct sockaddr *addr,
                      ares_socklen_t len, void *ctx)
{
  (void)fd;
  (void)addr;
  (void)len;
  (void)ctx;
  return 0;
}

/* What c-ares is shown of a query, and of its reply: a header with the number of
 * the flight for an id. From 1.20 on it insists on a question, puts ids of its
 * own in place of ours, and takes no names but those of hosts: then it is one
 * that it likes, always the same, and not to be compared for long either. */
static size_t write_short(const struct asy_fleet_flight *flight,
                          unsigned char *out)
{
  static const unsigned char QUESTION[] = { 1, 'x', 0, 0, 1, 0, 1 };
  bool bare = flight->link->fleet->bare_queries;
  memset(out, 0, HEADER);
  out[0] = (unsigned char)(flight->ares_id >> 8);
  out[1] = (unsigned char)flight->ares_id;
  if (bare)
    return HEADER;
  out[5] = 1;
  memcpy(out + HEADER, QUESTION, sizeof(QUESTION));
  return HEADER + sizeof(QUESTION);
}

static ares_ssize_t on_receive(ares_socket_t fd, void *out, size_t len,
                               int flags, struct sockaddr *from,
                               ares_socklen_t *from_len, void *ctx)
{
  struct asy_fleet_link *link = ctx;
  const struct asy_fleet_flight *flight = link->feeding;
  unsigned char *reply = out;
  (void)fd;
  (void)flags;
  link->feeding = NULL;
  if (!flight || len < SHORT_MOST) {
    errno = EAGAIN;
    return -1;
  }
  size_t used = write_short(flight, reply);
  reply[2] = FLAGS_HIGH;
  reply[3] = FLAGS_LOW;
  if (from && from_len && *from_len >= link->server.len) {
    memcpy(from, &link->server.storage, link->server.len);
    *from_len = link->server.len;
  }
  return (ares_ssize_t)used;
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *parts,
                            int count, void *ctx)
{
  struct asy_fleet_link *link = ctx;
  const unsigned char *id = parts[0].iov_base;
  ares_ssize_t total = 0;
  (void)fd;
  for (int i = 0; i < count; i++)
    total += (ares_ssize_t)parts[i].iov_len;
  if (link->sending && parts[0].iov_len >= 2) {
    link->sending->ares_id = (uint16_t)(id[0] << 8 | id[1]);
    asy_fleet_wire_put(link->sending);
  }
  return total;
}

static const struct ares_socket_functions FUNCTIONS = {
  .asocket = on_socket,
  .aclose = on_close,
  .aconnect = on_connect,
  .arecvfrom = on_receive,
  .asendv = on_send,
};

/* Opening. */

bool asy_fleet_ares_takes_bare(void)
{
  int version;
  ares_version(&version);
  return version < 0x011400;
}

/* Everything is given, so that no file is read. */
static int channel_init(struct asy_fleet_link *link)
{
  struct in_addr nobody = { 0 };
  struct ares_options options = {
    .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH |
             ARES_FLAG_IGNTC,
    .timeout = TIMEOUT_MS,
    .tries = 1,
    .ndots = 1,
    .lookups = (char[]){ "b" },
    .servers = &nobody,
    .nservers = 1,
  };
  int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
             ARES_OPT_NDOTS | ARES_OPT_LOOKUPS | ARES_OPT_SERVERS |
             ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_NOROTATE;
#ifdef ARES_OPT_QUERY_CACHE /* since 1.31, on by default */
  options.qcache_max_ttl = 0;
  mask |= ARES_OPT_QUERY_CACHE;
#endif
#ifdef ARES_OPT_MAXTIMEOUTMS /* since 1.22; it would cap at 5 s */
  options.maxtimeout = TIMEOUT_MS;
  mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
  return asy_dns_error(ares_init_options(&link->ares, &options, mask));
}

/* With shared sockets, any address of the family will do. */
static int set_server(struct asy_fleet_link *link)
{
  const struct asy_fleet_group *group = link->group;
  if (group->resolver)
    link->server = group->resolver->given.addr;
  else if (async_addr_parse(
               &link->server,
               group->family == AF_INET ? "192.0.2.1" : "2001:db8::1", 53) < 0)
    return ASYNC_EINVAL;
  struct ares_addr_port_node node = { .family = group->family };
  if (group->family == AF_INET) {
    const struct sockaddr_in *in = (const void *)&link->server.storage;
    memcpy(&node.addr.addr4, &in->sin_addr, sizeof(node.addr.addr4));
    node.udp_port = ntohs(in->sin_port);
  } else {
    const struct sockaddr_in6 *in6 = (const void *)&link->server.storage;
    memcpy(&node.addr.addr6, &in6->sin6_addr, sizeof(node.addr.addr6));
    node.udp_port = ntohs(in6->sin6_port);
  }
  node.tcp_port = node.udp_port;
  return asy_dns_error(ares_set_servers_ports(link->ares, &node));
}

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

int asy_fleet_link_open(struct asy_fleet_group *group,
                        struct async_dns_fleet *fleet,
                        struct asy_fleet_link **out)
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
  int err = channel_init(link);
  if (err < 0) {
    free(link);
    return err;
  }
  err = set_server(link);
  if (err < 0) {
    asy_fleet_link_free(link);
    return err;
  }
  ares_set_socket_functions(link->ares, &FUNCTIONS, link);
  links[group->count++] = *out = link;
  return 0;
}

/* Nothing is in flight any more, but for what c-ares would not give back. */
void asy_fleet_link_free(struct asy_fleet_link *link)
{
  ares_destroy(link->ares);
  asy_fleet_socket_close(link);
  async_list_remove(&link->dirty);
  free(link);
}

void asy_fleet_group_done(struct asy_fleet_group *group)
{
  for (size_t i = 0; i < group->count; i++)
    asy_fleet_link_free(group->links[i]);
  free(group->links);
  group->links = NULL;
  group->count = 0;
}

/* Flights. */

/* c-ares says that a query is over: because we fed it, or because it could not
 * send it, or (not expected) by its own timeout. */
static void on_over(void *arg, int status, int timeouts, unsigned char *reply,
                    int reply_bytes)
{
  struct asy_fleet_flight *flight = arg;
  (void)timeouts;
  (void)reply;
  (void)reply_bytes;
  flight->held = false;
  if (flight->link->sending == flight && flight->link->err == 0)
    flight->link->err = asy_dns_error(status);
}

static struct asy_fleet_flight **bucket(struct asy_fleet_link *link,
                                        uint16_t id)
{
  return &link->ids[id % ASY_FLEET_IDS];
}

static void put_back(struct asy_fleet_flight *flight)
{
  struct asy_fleet_link *link = flight->link;
  flight->ask = NULL;
  if (flight->held) /* c-ares may still name it: not to be used again */
    return;
  flight->next = link->free;
  link->free = flight;
  link->in_flight--;
}

int asy_fleet_link_send(struct asy_fleet_link *link, struct async_dns_ask *ask)
{
  unsigned char query[SHORT_MOST];
  struct asy_fleet_flight *flight = link->free;
  link->free = flight->next;
  link->in_flight++;
  flight->ask = ask;
  flight->id = (uint16_t)(ask->message[0] << 8 | ask->message[1]);
  flight->ares_id = (uint16_t)(flight - link->flights);
  flight->wait = 0;
  flight->held = true;
  size_t len = write_short(flight, query);
  link->sending = flight;
  link->err = 0;
  ares_send(link->ares, query, (int)len, on_over, flight);
  link->sending = NULL;
  if (!flight->held || !flight->wait) {
    int err = link->err < 0 ? link->err : ASYNC_ERROR_FROM_ARES(ARES_EBADQUERY);
    put_back(flight);
    return err;
  }
  struct asy_fleet_flight **place = bucket(link, flight->id);
  flight->next = *place;
  *place = flight;
  ask->flight = flight;
  return 0;
}

/* Feeds c-ares the end of the query. */
static void release(struct asy_fleet_flight *flight)
{
  struct asy_fleet_link *link = flight->link;
  if (!flight->held || link->fd < 0)
    return;
  link->feeding = flight;
  ares_process_fd(link->ares, link->fd, ARES_SOCKET_BAD);
  link->feeding = NULL;
}

void asy_fleet_link_forget(struct asy_fleet_flight *flight)
{
  struct asy_fleet_link *link = flight->link;
  struct asy_fleet_flight **place = bucket(link, flight->id);
  while (*place != flight)
    place = &(*place)->next;
  *place = flight->next;
  if (flight->wait)
    link->wait[flight->wait - 1] = NULL;
  flight->wait = 0;
  release(flight);
  put_back(flight);
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
  int err = asy_fleet_link_open(group, fleet, out);
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
  if (err == 0)
    err = asy_fleet_link_send(link, ask);
  if (err == 0)
    async_loop_hold();
  return err;
}

static void udp_forget(struct async_dns_ask *ask)
{
  struct asy_fleet_flight *flight = ask->flight;
  ask->flight = NULL;
  if (!flight)
    return;
  asy_fleet_link_forget(flight);
  async_loop_release();
}

const struct asy_fleet_wire asy_fleet_udp = { udp_send, udp_forget };
