#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "net/message_priv.h"

enum {
  OPT_FIXED = 11,
  DEFAULT_UDP_BYTES = 1232, /* what no path has to fragment */
  FAMILY_V4 = 1,            /* numbers of IANA, not of the system */
  FAMILY_V6 = 2
};

/* ---- The message ---- */

static void mix_case(unsigned char *name, size_t len, const uint64_t *bits)
{
  for (size_t i = 0; i < len; i++) {
    unsigned bit = (unsigned)(bits[i / 64] >> (i % 64)) & 1;
    if ((unsigned)(name[i] | 0x20) - 'a' < 26)
      name[i] = (unsigned char)((name[i] & ~0x20u) | bit << 5);
  }
}

static unsigned char *put_opt(unsigned char *p,
                              const struct async_dns_build *build)
{
  unsigned udp_bytes = build->udp_bytes ? build->udp_bytes : DEFAULT_UDP_BYTES;
  *p++ = 0;
  p = asy_message_put16(p, ASYNC_DNS_OPT);
  p = asy_message_put16(p, udp_bytes);
  p = asy_message_put16(p, build->edns_version);
  p = asy_message_put16(p, build->dnssec_ok ? 0x8000 : 0);
  p = asy_message_put16(p, (unsigned)build->options_bytes);
  if (build->options_bytes)
    memcpy(p, build->options, build->options_bytes);
  return p + build->options_bytes;
}

static unsigned char *put_header(unsigned char *p,
                                 const struct async_dns_build *build)
{
  p = asy_message_put16(p, build->id);
  p = asy_message_put16(p, build->flags);
  p = asy_message_put16(p, 1);
  p = asy_message_put16(p, 0);
  p = asy_message_put16(p, 0);
  return asy_message_put16(p, build->edns);
}

int async_dns_build(const struct async_dns_build *build, unsigned char *out,
                    size_t room)
{
  size_t opt_bytes = build->edns ? OPT_FIXED + build->options_bytes : 0;
  size_t bytes = ASY_MESSAGE_HEADER + build->name_bytes + 4 + opt_bytes;
  if (build->name_bytes > ASYNC_DNS_NAME_MAX ||
      build->options_bytes > UINT16_MAX || bytes > room || bytes > UINT16_MAX)
    return ASYNC_ETOOLONG;
  unsigned char *p = put_header(out, build);
  memcpy(p, build->name, build->name_bytes);
  if (build->case_bits)
    mix_case(p, build->name_bytes, build->case_bits);
  p += build->name_bytes;
  p = asy_message_put16(p, build->type);
  p = asy_message_put16(p, build->klass ? build->klass : ASYNC_DNS_IN);
  if (build->edns)
    put_opt(p, build);
  return (int)bytes;
}

/* ---- Options ---- */

void async_dns_option_add(struct async_buf *out, unsigned code,
                          const void *data, size_t len)
{
  unsigned char head[4];
  asy_message_put16(asy_message_put16(head, code), (unsigned)len);
  async_buf_add(out, head, sizeof(head));
  async_buf_add(out, data, len);
}

/* Reads digits up to the end or to `stop`. Returns the number, or -1. */
static int parse_number(const char **text, char stop, int most)
{
  int number = 0;
  const char *p = *text;
  if (!*p || *p == stop)
    return -1;
  for (; *p && *p != stop; p++) {
    if (*p < '0' || *p > '9')
      return -1;
    number = number * 10 + (*p - '0');
    if (number > most)
      return -1;
  }
  *text = p;
  return number;
}

/* Reads "ADDRESS" or "ADDRESS/PREFIX". Returns the prefix or -1. */
static int parse_subnet(const char *text, struct async_dns_address *address)
{
  char host[INET6_ADDRSTRLEN];
  const char *slash = strchr(text, '/');
  size_t len = slash ? (size_t)(slash - text) : strlen(text);
  if (len >= sizeof(host))
    return -1;
  memcpy(host, text, len);
  host[len] = '\0';
  address->family = strchr(host, ':') ? AF_INET6 : AF_INET;
  if (inet_pton(address->family, host, address->bytes) != 1)
    return -1;
  int most = address->family == AF_INET6 ? 128 : 32;
  if (!slash)
    return most;
  slash++;
  return parse_number(&slash, '\0', most);
}

int async_dns_option_add_subnet(struct async_buf *out, const char *text)
{
  struct async_dns_address address = { 0 };
  unsigned char data[4 + 16];
  if (strcmp(text, "0") == 0)
    text = "0.0.0.0/0";
  int prefix = parse_subnet(text, &address);
  if (prefix < 0)
    return ASYNC_EINVAL;
  size_t bytes = ((size_t)prefix + 7) / 8;
  asy_message_put16(data, address.family == AF_INET6 ? FAMILY_V6 : FAMILY_V4);
  data[2] = (unsigned char)prefix;
  data[3] = 0;
  memcpy(data + 4, address.bytes, bytes);
  if (prefix % 8)
    data[3 + bytes] &= (unsigned char)(0xff << (8 - prefix % 8));
  async_dns_option_add(out, ASYNC_DNS_OPTION_SUBNET, data, 4 + bytes);
  return 0;
}

/* The value of a hexadecimal digit, 16 for what is none. */
static unsigned digit_of(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

static bool is_hex(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (digit_of(text[i]) > 15)
      return false;
  return len % 2 == 0 && len / 2 <= UINT16_MAX;
}

int async_dns_option_add_hex(struct async_buf *out, const char *text)
{
  int code = parse_number(&text, ':', UINT16_MAX);
  text += code >= 0 && *text == ':';
  size_t len = strlen(text);
  if (code < 0 || !is_hex(text, len))
    return ASYNC_EINVAL;
  async_dns_option_add(out, (unsigned)code, NULL, 0);
  for (size_t i = 0; i < len; i += 2)
    async_buf_add_char(out,
                       (char)(digit_of(text[i]) << 4 | digit_of(text[i + 1])));
  if (out->err == 0)
    asy_message_put16((unsigned char *)out->data + out->len - len / 2 - 2,
                      (unsigned)len / 2);
  return 0;
}
