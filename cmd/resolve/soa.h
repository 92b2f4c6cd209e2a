/* cmd/resolve/soa.h: --soa-check. */
#ifndef RESOLVE_SOA_H
#define RESOLVE_SOA_H

#include "async/addr.h"
#include "async/fan.h"
#include "resolve/client.h"
#include "resolve/inquiry.h"

/* An address of a zone's name server, and what it says. */
struct resolve_server {
  const unsigned char *name; /* wire form; borrowed from `names` */
  char address[ASYNC_ADDR_TEXT_BYTES];
  bool replied, authoritative, has_serial;
  uint32_t serial;
};

struct resolve_servers {
  unsigned char zone[ASYNC_DNS_NAME_MAX];
  size_t zone_bytes;
  unsigned char (*names)[ASYNC_DNS_NAME_MAX];
  size_t name_count;
  struct resolve_server *items;
  struct resolve_inquiry *inquiries; /* one for each of items */
  size_t count;
};

/* NULL is fine. */
void resolve_servers_free(struct resolve_servers *servers);

/* One attempt at a question, for resolve_work. */
void resolve_soa(struct resolve_client *client, struct resolve_item *item,
                 struct async_fan_attempt *attempt);

#endif
