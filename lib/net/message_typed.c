#include <string.h>
#include <sys/socket.h>

#include "net/message_priv.h"

size_t async_dns_record_owner(const struct async_dns_record *record,
                              unsigned char *out)
{
  size_t bytes = 0;
  asy_message_name_wire(record->message->bytes, record->message->len,
                        record->owner, out, &bytes);
  return bytes;
}

size_t async_dns_record_target(const struct async_dns_record *record,
                               unsigned char *out)
{
  size_t skip = 0, end = record->data + record->data_bytes, bytes = 0;
  switch (record->type) {
  case ASYNC_DNS_NS:
  case ASYNC_DNS_CNAME:
  case ASYNC_DNS_PTR:
  case ASYNC_DNS_DNAME:
    break;
  case ASYNC_DNS_MX:
    skip = 2;
    break;
  case ASYNC_DNS_SRV:
    skip = 6;
    break;
  default:
    return 0;
  }
  if (skip > record->data_bytes ||
      asy_message_name_wire(record->message->bytes, end, record->data + skip,
                            out, &bytes) != end)
    return 0;
  return bytes;
}

bool async_dns_record_address(const struct async_dns_record *record,
                              struct async_dns_address *out)
{
  bool v4 = record->type == ASYNC_DNS_A && record->data_bytes == 4;
  bool v6 = record->type == ASYNC_DNS_AAAA && record->data_bytes == 16;
  if (record->klass != ASYNC_DNS_IN || !(v4 || v6))
    return false;
  *out = (struct async_dns_address){ .family = v4 ? AF_INET : AF_INET6 };
  memcpy(out->bytes, record->message->bytes + record->data, record->data_bytes);
  return true;
}

bool async_dns_record_soa(const struct async_dns_record *record,
                          struct async_dns_soa *out)
{
  const unsigned char *bytes = record->message->bytes;
  size_t at = record->data, end = at + record->data_bytes;
  if (record->type != ASYNC_DNS_SOA)
    return false;
  for (int names = 2; names > 0; names--) {
    at = asy_message_name_skip(bytes, end, at);
    if (!at)
      return false;
  }
  if (end - at != 5 * 4)
    return false;
  bytes += at;
  *out = (struct async_dns_soa){ .serial = asy_message_u32(bytes),
                                 .refresh = asy_message_u32(bytes + 4),
                                 .retry = asy_message_u32(bytes + 8),
                                 .expire = asy_message_u32(bytes + 12),
                                 .minimum = asy_message_u32(bytes + 16) };
  return true;
}
