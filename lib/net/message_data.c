#include <string.h>

#include "async/error.h"
#include "net/message_priv.h"

enum { V4_TEXT = 15, V6_TEXT = 45, STRING_TEXT = 2 + 4 * 255 };

/* ---- Addresses ---- */

static char *put_v4(char *to, const unsigned char *bytes)
{
  for (int i = 0; i < 4; i++) {
    if (i)
      *to++ = '.';
    to = asy_message_put_byte(to, bytes[i]);
  }
  return to;
}

static char *put_hex_group(char *to, unsigned group)
{
  int shift = group > 0xfff ? 12 : group > 0xff ? 8 : group > 0xf ? 4 : 0;
  for (; shift >= 0; shift -= 4)
    *to++ = "0123456789abcdef"[group >> shift & 15];
  return to;
}

/* The longest run of two or more zero groups, the first of several. */
static int longest_zeros(const unsigned char *bytes, int *run)
{
  int best = -1;
  *run = 1;
  for (int i = 0, zeros = 0; i < 8; i++) {
    zeros = asy_message_u16(bytes + 2 * i) ? 0 : zeros + 1;
    if (zeros > *run) {
      *run = zeros;
      best = i + 1 - zeros;
    }
  }
  return best;
}

/* As inet_ntop does, at a tenth of the cost: embedded IPv4 addresses are shown
 * as such. Source: RFC 5952. */
static char *put_v6(char *to, const unsigned char *bytes)
{
  int run, zeros = longest_zeros(bytes, &run);
  bool v4 = zeros == 0 &&
            (run == 6 || (run == 5 && asy_message_u16(bytes + 10) == 0xffff));
  for (int i = 0; i < (v4 ? 6 : 8); i++) {
    if (i == zeros) {
      *to++ = ':';
      i += run - 1;
      if (i == 7)
        *to++ = ':';
      continue;
    }
    if (i)
      *to++ = ':';
    to = put_hex_group(to, asy_message_u16(bytes + 2 * i));
  }
  if (!v4)
    return to;
  *to++ = ':';
  return put_v4(to, bytes + 12);
}

static int add_address(struct async_buf *out,
                       const struct async_dns_record *record, size_t bytes)
{
  if (record->data_bytes != bytes)
    return ASYNC_EENCODING;
  if (async_buf_reserve(out, V6_TEXT) < 0)
    return ASYNC_ENOMEM;
  const unsigned char *data = record->message->bytes + record->data;
  char *start = out->data + out->len;
  char *end = bytes == 4 ? put_v4(start, data) : put_v6(start, data);
  out->len += (size_t)(end - start);
  return 0;
}

/* ---- Numbers and names ---- */

/* rdata of `shorts` 16-bit numbers, `names` names, and `longs` 32-bit numbers,
 * in this order. */
static int add_fields(struct async_buf *out,
                      const struct async_dns_record *record, int shorts,
                      int names, int longs)
{
  const unsigned char *bytes = record->message->bytes;
  size_t at = record->data, end = at + record->data_bytes;
  if (end - at < (size_t)shorts * 2)
    return ASYNC_EENCODING;
  for (; shorts > 0; shorts--, at += 2) {
    async_buf_add_uint(out, asy_message_u16(bytes + at));
    async_buf_add_char(out, ' ');
  }
  for (; names > 0; names--) {
    at = asy_message_name_text(out, bytes, end, at);
    if (!at)
      return ASYNC_EENCODING;
    if (names > 1)
      async_buf_add_char(out, ' ');
  }
  if (end - at != (size_t)longs * 4)
    return ASYNC_EENCODING;
  for (; longs > 0; longs--, at += 4) {
    async_buf_add_char(out, ' ');
    async_buf_add_uint(out, asy_message_u32(bytes + at));
  }
  return 0;
}

/* ---- Strings ---- */

static char *put_char(char *to, unsigned char c)
{
  if ((c >= ' ' && c <= '~') || c == '\t') {
    if (c == '"' || c == '\\')
      *to++ = '\\';
    *to++ = (char)c;
    return to;
  }
  *to++ = '\\';
  *to++ = (char)('0' + c / 100);
  *to++ = (char)('0' + c / 10 % 10);
  *to++ = (char)('0' + c % 10);
  return to;
}

static void add_string(struct async_buf *out, const unsigned char *string)
{
  if (async_buf_reserve(out, STRING_TEXT) < 0)
    return;
  char *start = out->data + out->len, *to = start;
  *to++ = '"';
  for (size_t i = 1; i <= *string; i++)
    to = put_char(to, string[i]);
  *to++ = '"';
  out->len += (size_t)(to - start);
}

static int add_strings(struct async_buf *out,
                       const struct async_dns_record *record)
{
  const unsigned char *at = record->message->bytes + record->data;
  const unsigned char *end = at + record->data_bytes;
  if (at == end)
    return ASYNC_EENCODING;
  for (;;) {
    if (end - at <= *at)
      return ASYNC_EENCODING;
    add_string(out, at);
    at += *at + 1;
    if (at == end)
      return 0;
    async_buf_add_char(out, ' ');
  }
}

/* ---- Services ---- */

/* An address, a protocol, and ports as a bitmap. ldns would look each port up
 * in the system's files. */
static int add_services(struct async_buf *out,
                        const struct async_dns_record *record)
{
  const unsigned char *data = record->message->bytes + record->data;
  size_t ports = record->data_bytes < 5 ? 0 : (record->data_bytes - 5u) * 8;
  if (record->data_bytes < 5 || ports > 65536)
    return ASYNC_EENCODING;
  if (async_buf_reserve(out, V4_TEXT) < 0)
    return ASYNC_ENOMEM;
  char *start = out->data + out->len;
  out->len += (size_t)(put_v4(start, data) - start);
  async_buf_add_char(out, ' ');
  async_buf_add_uint(out, data[4]);
  for (size_t port = 0; port < ports; port++)
    if (data[5 + port / 8] & 0x80 >> port % 8) {
      async_buf_add_char(out, ' ');
      async_buf_add_uint(out, port);
    }
  return 0;
}

/* ---- Everything ---- */

void asy_message_hex(struct async_buf *out, const unsigned char *bytes,
                     size_t len)
{
  if (async_buf_reserve(out, 2 * len) < 0)
    return;
  for (size_t i = 0; i < len; i++) {
    out->data[out->len++] = "0123456789abcdef"[bytes[i] >> 4];
    out->data[out->len++] = "0123456789abcdef"[bytes[i] & 15];
  }
}

static int add_unknown(struct async_buf *out,
                       const struct async_dns_record *record)
{
  async_buf_add(out, "\\# ", 3);
  async_buf_add_uint(out, record->data_bytes);
  if (record->data_bytes)
    async_buf_add_char(out, ' ');
  asy_message_hex(out, record->message->bytes + record->data,
                  record->data_bytes);
  return 0;
}

/* What most answers are made of; ldns prints the same, at a third of its speed
 * or less. TXT has been copied for other types, some too new for ldns. */
static int add_data(struct async_buf *out,
                    const struct async_dns_record *record)
{
  switch (record->type) {
  case ASYNC_DNS_A:
    return add_address(out, record, 4);
  case ASYNC_DNS_AAAA:
    return add_address(out, record, 16);
  case ASYNC_DNS_NS:
  case ASYNC_DNS_CNAME:
  case ASYNC_DNS_PTR:
  case ASYNC_DNS_DNAME:
    return add_fields(out, record, 0, 1, 0);
  case ASYNC_DNS_SOA:
    return add_fields(out, record, 0, 2, 5);
  case 11: /* WKS */
    return add_services(out, record);
  case ASYNC_DNS_MX:
    return add_fields(out, record, 1, 1, 0);
  case ASYNC_DNS_SRV:
    return add_fields(out, record, 3, 1, 0);
  case ASYNC_DNS_TXT:
  case 56:  /* NINFO */
  case 99:  /* SPF */
  case 258: /* AVC */
  case 261: /* RESINFO */
  case 262: /* WALLET */
    return add_strings(out, record);
  case ASYNC_DNS_OPT:
    return add_unknown(out, record);
  default:
    return asy_message_ldns(out, record);
  }
}

int async_dns_record_data_add(struct async_buf *out,
                              const struct async_dns_record *record)
{
  size_t before = out->len;
  int err = add_data(out, record);
  if (err == ASYNC_EENCODING)
    out->len = before;
  if (out->len == before)
    add_unknown(out, record);
  return out->err < 0 ? out->err : err;
}
