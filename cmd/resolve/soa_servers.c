/* Steps 3 and 4 of soa.c: a zone's servers, and what they say. */
#include <stdlib.h>

#include <sys/socket.h>

#include <uv.h>

#include "async/error.h"
#include "resolve/soa_priv.h"

enum { SERVERS_MOST = 128 };

/* 3 */

static size_t wire_bytes(const unsigned char *name)
{
  size_t at = 0;
  while (name[at])
    at += name[at] + 1u;
  return at + 1;
}

static int add_server(struct resolve_soa_check *check, unsigned char *name,
                      const struct async_dns_address *address)
{
  struct resolve_servers *servers = check->servers;
  struct async_dns_resolver resolver = { .rate_per_s = 0 };
  struct resolve_server *server = &servers->items[servers->count];
  if (uv_inet_ntop(address->family, address->bytes, server->address,
                   sizeof(server->address)) < 0 ||
      async_addr_parse(&resolver.addr, server->address,
                       (uint16_t)check->client->opts.server_port) < 0)
    return ASYNC_EINVAL;
  int index = async_dns_fleet_add(check->client->fleet, &resolver);
  if (index < 0)
    return index;
  server->name = name;
  struct resolve_inquiry *inquiry = &servers->inquiries[servers->count++];
  inquiry->question = resolve_soa_question(check, servers->zone,
                                           servers->zone_bytes, ASYNC_DNS_SOA);
  inquiry->question.resolver = index;
  inquiry->question.authority = true;
  return 0;
}

static int add_addresses(struct resolve_soa_check *check,
                         const struct resolve_inquiry *inquiry)
{
  struct async_dns_record record;
  struct async_dns_address address;
  int err = 0;
  if (inquiry->rc < 0)
    return 0;
  async_dns_record_begin(&record, &inquiry->message, ASYNC_DNS_ANSWER);
  while (err == 0 && async_dns_record_next(&record))
    if (check->servers->count < SERVERS_MOST &&
        async_dns_record_address(&record, &address))
      err = add_server(check, inquiry->question.name, &address);
  return err;
}

/* A name server without an address is as silent as one that does not answer. */
static bool check_names(struct resolve_soa_check *check,
                        const struct resolve_inquiry *inquiries, size_t each)
{
  const struct resolve_servers *servers = check->servers;
  for (size_t i = 0; i < servers->name_count; i++) {
    bool found = false;
    for (size_t k = 0; k < servers->count; k++)
      found |= servers->items[k].name == servers->names[i];
    if (found)
      continue;
    struct async_buf text = ASYNC_BUF_INIT;
    const struct resolve_inquiry *first = &inquiries[i * each];
    async_buf_add_str(&text, "the name server ");
    async_dns_name_add(&text, servers->names[i]);
    async_buf_add_str(&text, " has no address");
    if (first->rc < 0 || first->message.rcode != ASYNC_DNS_NOERROR) {
      async_buf_add_str(&text, ": ");
      resolve_inquiry_explain(first, &text);
    }
    return resolve_soa_fail_text(check, &text);
  }
  return true;
}

static bool ask_addresses(struct resolve_soa_check *check,
                          struct resolve_inquiry *items, const uint16_t *types,
                          size_t each)
{
  struct resolve_servers *servers = check->servers;
  size_t count = servers->name_count * each;
  for (size_t i = 0; i < count; i++) {
    unsigned char *name = servers->names[i / each];
    items[i].question =
        resolve_soa_question(check, name, wire_bytes(name), types[i % each]);
  }
  int err = resolve_soa_ask(check, items, count);
  for (size_t i = 0; i < count && err == 0; i++)
    err = add_addresses(check, &items[i]);
  return err < 0 ? resolve_soa_fail_code(check, err)
                 : check_names(check, items, each);
}

bool resolve_soa_find_addresses(struct resolve_soa_check *check)
{
  static const uint16_t types[] = { ASYNC_DNS_A, ASYNC_DNS_AAAA };
  struct resolve_servers *servers = check->servers;
  enum resolve_ip ip = check->client->opts.ip;
  size_t each = ip == RESOLVE_IP_BOTH ? 2 : 1;
  struct resolve_inquiry *items =
      calloc(servers->name_count * each, sizeof(*items));
  servers->items = calloc(SERVERS_MOST, sizeof(*servers->items));
  servers->inquiries = calloc(SERVERS_MOST, sizeof(*servers->inquiries));
  bool ok = items && servers->items && servers->inquiries;
  if (ok)
    ok = ask_addresses(check, items, types + (ip == RESOLVE_IP_V6), each);
  else
    resolve_soa_fail_code(check, ASYNC_ENOMEM);
  if (items)
    resolve_inquiries_done(items, servers->name_count * each);
  free(items);
  return ok;
}

/* 4 */

static void read_serial(struct resolve_server *server,
                        const struct resolve_inquiry *inquiry)
{
  struct async_dns_record record;
  struct async_dns_soa soa;
  server->replied = inquiry->rc == 0;
  if (!server->replied)
    return;
  server->authoritative = inquiry->message.flags & ASYNC_DNS_FLAG_AA;
  async_dns_record_begin(&record, &inquiry->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    if (async_dns_record_soa(&record, &soa)) {
      server->serial = soa.serial;
      server->has_serial = true;
    }
}

bool resolve_soa_ask_serials(struct resolve_soa_check *check)
{
  struct resolve_servers *servers = check->servers;
  int err = resolve_soa_ask(check, servers->inquiries, servers->count);
  if (err < 0)
    return resolve_soa_fail_code(check, err);
  for (size_t i = 0; i < servers->count; i++)
    read_serial(&servers->items[i], &servers->inquiries[i]);
  return true;
}
