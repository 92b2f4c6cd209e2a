#include "resolve/network.h"

#include <string.h>
#include <sys/socket.h>

#include <uv.h>

#include "opt/number.h"

static unsigned bits_of(const struct async_dns_address *address)
{
  return address->family == AF_INET ? 32 : 128;
}

static void clear_host(struct resolve_network *network)
{
  unsigned bits = bits_of(&network->first);
  for (unsigned bit = bits - network->host_bits; bit < bits; bit++)
    network->first.bytes[bit / 8] &= (unsigned char)~(0x80U >> bit % 8);
}

static bool read_address(const char *text, struct async_dns_address *out)
{
  static const int families[] = { AF_INET, AF_INET6 };
  for (size_t i = 0; i < 2; i++) {
    out->family = families[i];
    if (uv_inet_pton(families[i], text, out->bytes) == 0)
      return true;
  }
  return false;
}

bool resolve_network_read(const char *text, size_t len,
                          struct resolve_network *out)
{
  char copy[64];
  uint64_t prefix;
  if (len >= sizeof(copy))
    return false;
  memcpy(copy, text, len);
  copy[len] = '\0';
  char *slash = strchr(copy, '/');
  if (slash)
    *slash = '\0';
  if (!read_address(copy, &out->first))
    return false;
  unsigned bits = bits_of(&out->first);
  prefix = bits;
  if (slash && (opt_read_count(slash + 1, &prefix) < 0 || prefix > bits))
    return false;
  out->host_bits = bits - (unsigned)prefix;
  clear_host(out);
  return true;
}

uint64_t resolve_network_count(const struct resolve_network *network)
{
  return network->host_bits < 64 ? UINT64_C(1) << network->host_bits
                                 : UINT64_MAX;
}

void resolve_network_address(const struct resolve_network *network, uint64_t n,
                             struct async_dns_address *out)
{
  unsigned bits = bits_of(&network->first);
  *out = network->first;
  /* The bits of n, the lowest first, from the top of the host's part down. */
  for (unsigned i = 0; i < network->host_bits && i < 64; i++) {
    unsigned bit = bits - network->host_bits + i;
    if (n >> i & 1)
      out->bytes[bit / 8] |= (unsigned char)(0x80U >> bit % 8);
  }
}
