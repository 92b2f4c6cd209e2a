#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "async/task.h"
#include "net/dns_priv.h"

struct search {
  struct asy_dns_lookup lookup;
  struct async_dns_addresses found;
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

/* The lookup. */

/* At the end of the aliases. */
static void take_name(struct async_dns_addresses *found,
                      const struct ares_addrinfo *info)
{
  const struct ares_addrinfo_cname *cname = info->cnames;
  const char *name = info->name;
  for (; cname; cname = cname->next)
    name = cname->name;
  size_t len = name ? strlen(name) : 0;
  if (len < sizeof(found->name))
    memcpy(found->name, name ? name : "", len + 1);
}

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
  struct search *search = arg;
  (void)timeouts;
  if (status == ARES_SUCCESS && info) {
    take_name(&search->found, info);
    take_addresses(&search->found, info);
  }
  if (info)
    ares_freeaddrinfo(info);
  if (status == ARES_SUCCESS && search->found.count == 0)
    status = ARES_ENODATA;
  asy_dns_land(&search->lookup.base, asy_dns_error(status));
}

static void send_search(struct asy_dns_flight *base)
{
  struct search *search = ASYNC_CONTAINER_OF(base, struct search, lookup.base);
  struct ares_addrinfo_hints hints = {
    .ai_flags = ARES_AI_CANONNAME, /* of the hosts file, too */
    .ai_family = search->lookup.family,
    .ai_socktype = SOCK_STREAM,
  };
  ares_getaddrinfo(base->channel->ares, search->lookup.text, NULL, &hints,
                   on_addresses, search);
}

static int give_addresses(struct asy_dns_lookup *lookup, void *out)
{
  struct search *search = ASYNC_CONTAINER_OF(lookup, struct search, lookup);
  *(struct async_dns_addresses *)out = search->found;
  return 0;
}

static const struct asy_dns_lookup_kind addresses = {
  .name = "dns lookup",
  .pool = ASY_DNS_LOOKUPS,
  .bytes = sizeof(struct search),
  .send = send_search,
  .give = give_addresses,
};

int async_dns_lookup(struct async_dns *dns, const char *host, int family,
                     struct async_dns_addresses *out)
{
  struct async_dns_addresses found;
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (!is_numeric(host, &found))
    return asy_dns_look_up(dns, &addresses, host, family, out);
  if (family != AF_UNSPEC && family != found.items[0].family)
    return ASYNC_ERROR_FROM_ARES(ARES_ENODATA);
  *out = found;
  return 0;
}
