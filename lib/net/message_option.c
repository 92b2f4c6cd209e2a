#include <string.h>
#include <sys/socket.h>

#include "net/message_priv.h"

enum { OPTION_FIXED = 4, SUBNET_FIXED = 4, FAMILY_V4 = 1, FAMILY_V6 = 2 };

bool async_dns_option_next(const struct async_dns_message *message,
                           struct async_dns_option *option)
{
  if (!message->edns)
    return false;
  const unsigned char *end =
      message->bytes + message->options + message->options_bytes;
  const unsigned char *at = option->data ? option->data + option->len
                                         : message->bytes + message->options;
  if (end - at < OPTION_FIXED)
    return false;
  uint16_t len = asy_message_u16(at + 2);
  if (end - at - OPTION_FIXED < len)
    return false;
  option->code = asy_message_u16(at);
  option->len = len;
  option->data = at + OPTION_FIXED;
  return true;
}

bool async_dns_option_ede(const struct async_dns_option *option, unsigned *code,
                          const char **text, size_t *len)
{
  if (option->code != ASYNC_DNS_OPTION_EDE || option->len < 2)
    return false;
  *code = asy_message_u16(option->data);
  *text = (const char *)option->data + 2;
  *len = option->len - 2u;
  return true;
}

bool async_dns_option_subnet(const struct async_dns_option *option,
                             struct async_dns_subnet *out)
{
  if (option->code != ASYNC_DNS_OPTION_SUBNET || option->len < SUBNET_FIXED)
    return false;
  unsigned family = asy_message_u16(option->data);
  size_t bytes = option->len - SUBNET_FIXED;
  if ((family != FAMILY_V4 || bytes > 4) && (family != FAMILY_V6 || bytes > 16))
    return false;
  *out = (struct async_dns_subnet){ .source = option->data[2],
                                    .scope = option->data[3] };
  out->address.family = family == FAMILY_V6 ? AF_INET6 : AF_INET;
  memcpy(out->address.bytes, option->data + SUBNET_FIXED, bytes);
  return true;
}
