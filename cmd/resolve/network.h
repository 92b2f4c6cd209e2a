/* cmd/resolve/network.h: addresses, and networks of them, for -x. */
#ifndef RESOLVE_NETWORK_H
#define RESOLVE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/dns.h"

struct resolve_network {
  struct async_dns_address first;
  unsigned host_bits;
};

/* Reads "192.0.2.7", "2001:db8::1", "192.0.2.0/24". Returns whether it is one;
 * bits behind the prefix are taken as 0. */
bool resolve_network_read(const char *text, size_t len,
                          struct resolve_network *out);

/* How many addresses it has; UINT64_MAX for 2^64 and more. */
uint64_t resolve_network_count(const struct resolve_network *network);

/* The n-th of them in a scattered order: neighbours come far apart, so that no
 * server is asked in a row. */
void resolve_network_address(const struct resolve_network *network, uint64_t n,
                             struct async_dns_address *out);

#endif
