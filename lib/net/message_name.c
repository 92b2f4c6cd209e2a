#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "net/message_priv.h"

enum {
  LABEL_MAX = 63,
  POINTERS_MAX = 128,               /* a name has no more labels than that */
  TEXT_MAX = 4 * ASYNC_DNS_NAME_MAX /* every byte as \DDD */
};

/* ---- From text ---- */

/* Reads the \X or \DDD behind a backslash. Returns the bytes of text that it
 * took, or 0. */
static size_t unescape(const char *text, size_t len, unsigned char *byte)
{
  unsigned value = 0;
  if (len == 0)
    return 0;
  if (text[0] < '0' || text[0] > '9') {
    *byte = (unsigned char)text[0];
    return 1;
  }
  for (size_t i = 0; i < 3; i++) {
    if (i == len || text[i] < '0' || text[i] > '9')
      return 0;
    value = value * 10 + (unsigned)(text[i] - '0');
  }
  *byte = (unsigned char)value;
  return value > 255 ? 0 : 3;
}

/* Writes one label, its length in front. Returns the bytes of text that it took
 * without the dot behind it, or an error. */
static int parse_label(const char *text, size_t len, unsigned char *out,
                       size_t room)
{
  size_t used = 0, bytes = 0;
  while (used < len && text[used] != '.') {
    unsigned char byte = (unsigned char)text[used++];
    if (byte == '\\') {
      size_t more = unescape(text + used, len - used, &byte);
      if (!more)
        return ASYNC_EINVAL;
      used += more;
    }
    if (bytes == LABEL_MAX || bytes + 1 >= room)
      return ASYNC_ETOOLONG;
    out[++bytes] = byte;
  }
  if (!bytes)
    return ASYNC_EINVAL;
  out[0] = (unsigned char)bytes;
  return (int)used;
}

int async_dns_name_parse(const char *text, size_t len, unsigned char *out)
{
  size_t written = 0;
  if (len == 0)
    return ASYNC_EINVAL;
  if (len == 1 && text[0] == '.')
    len = 0;
  if (len > TEXT_MAX)
    return ASYNC_ETOOLONG;
  while (len > 0) {
    int used =
        parse_label(text, len, out + written, ASYNC_DNS_NAME_MAX - 1 - written);
    if (used < 0)
      return used;
    written += (size_t)out[written] + 1;
    used += (size_t)used < len; /* the dot */
    text += used;
    len -= (size_t)used;
  }
  out[written++] = 0;
  return (int)written;
}

/* ---- From wire ---- */

/* A walk over the labels of a name: each step gives one, the root last. */
struct walk {
  const unsigned char *bytes;
  size_t len, pos;
  size_t run; /* where the labels since the last pointer began */
  size_t end; /* of the name where it was found, once known */
  unsigned total, pointers;
};

static bool follow(struct walk *walk)
{
  if (walk->len - walk->pos < 2 || ++walk->pointers > POINTERS_MAX)
    return false;
  size_t target = asy_message_u16(walk->bytes + walk->pos) & 0x3fff;
  if (!walk->end)
    walk->end = walk->pos + 2;
  if (target >= walk->run)
    return false;
  walk->run = walk->pos = target;
  return true;
}

/* Finds the next label. Returns its length byte, or NULL for what is none. */
static inline const unsigned char *step(struct walk *walk)
{
  for (;;) {
    if (walk->pos >= walk->len)
      return NULL;
    const unsigned char *label = walk->bytes + walk->pos;
    if (*label <= LABEL_MAX) {
      walk->pos += *label + 1u;
      walk->total += *label + 1u;
      if (walk->pos > walk->len || walk->total > ASYNC_DNS_NAME_MAX)
        return NULL;
      return label;
    }
    if (*label < ASY_MESSAGE_POINTER || !follow(walk))
      return NULL;
  }
}

static inline size_t end_of(const struct walk *walk)
{
  return walk->end ? walk->end : walk->pos;
}

size_t asy_message_name_skip(const unsigned char *bytes, size_t len, size_t pos)
{
  struct walk walk = { .bytes = bytes, .len = len, .pos = pos, .run = pos };
  const unsigned char *label;
  while ((label = step(&walk)) && *label)
    ;
  return label ? end_of(&walk) : 0;
}

size_t asy_message_name_wire(const unsigned char *bytes, size_t len, size_t pos,
                             unsigned char *out, size_t *name_bytes)
{
  struct walk walk = { .bytes = bytes, .len = len, .pos = pos, .run = pos };
  for (;;) {
    const unsigned char *label = step(&walk);
    if (!label)
      return 0;
    memcpy(out, label, *label + 1u);
    out += *label + 1u;
    if (!*label)
      break;
  }
  *name_bytes = walk.total;
  return end_of(&walk);
}

/* ---- To text ---- */

/* How a byte is written: as it is, behind a backslash, or as \DDD. */
enum { PLAIN, QUOTED, NUMBER };

static inline int kind_of(unsigned char c)
{
  /* Source: RFC 1035 section 5.1. */
  static const unsigned char kinds['~' - '!' + 1] = {
    ['.' - '!'] = QUOTED,  [';' - '!'] = QUOTED, ['(' - '!'] = QUOTED,
    [')' - '!'] = QUOTED,  ['"' - '!'] = QUOTED, ['$' - '!'] = QUOTED,
    ['\\' - '!'] = QUOTED, ['@' - '!'] = QUOTED,
  };
  return c - '!' < (int)sizeof(kinds) && c >= '!' ? kinds[c - '!'] : NUMBER;
}

static char *escape(char *to, unsigned char c, int kind)
{
  *to++ = '\\';
  if (kind == NUMBER) {
    *to++ = (char)('0' + c / 100);
    *to++ = (char)('0' + c / 10 % 10);
    c = (unsigned char)('0' + c % 10);
  }
  *to++ = (char)c;
  return to;
}

static inline char *label_text(char *to, const unsigned char *label)
{
  const unsigned char *end = label + *label;
  while (label++ < end) {
    int kind = kind_of(*label);
    if (kind == PLAIN)
      *to++ = (char)*label;
    else
      to = escape(to, *label, kind);
  }
  *to++ = '.';
  return to;
}

size_t asy_message_name_text(struct async_buf *out, const unsigned char *bytes,
                             size_t len, size_t pos)
{
  struct walk walk = { .bytes = bytes, .len = len, .pos = pos, .run = pos };
  if (async_buf_reserve(out, TEXT_MAX) < 0)
    return asy_message_name_skip(bytes, len, pos);
  char *start = out->data + out->len, *to = start;
  const unsigned char *label;
  while ((label = step(&walk)) && *label)
    to = label_text(to, label);
  if (!label)
    return 0;
  if (to == start)
    *to++ = '.';
  out->len += (size_t)(to - start);
  return end_of(&walk);
}

void async_dns_name_add(struct async_buf *out, const unsigned char *wire)
{
  asy_message_name_text(out, wire, ASYNC_DNS_NAME_MAX, 0);
}

/* ---- Reverse names ---- */

static char *reverse_v4(const unsigned char *bytes, char *to)
{
  for (size_t i = 4; i-- > 0;) {
    to = asy_message_put_byte(to, bytes[i]);
    *to++ = '.';
  }
  return to;
}

static char *reverse_v6(const unsigned char *bytes, char *to)
{
  for (size_t i = 16; i-- > 0;) {
    *to++ = "0123456789abcdef"[bytes[i] & 15];
    *to++ = '.';
    *to++ = "0123456789abcdef"[bytes[i] >> 4];
    *to++ = '.';
  }
  return to;
}

size_t async_dns_name_reverse(const struct async_dns_address *address,
                              char *out)
{
  bool v4 = address->family == AF_INET;
  const char *zone = v4 ? "in-addr.arpa." : "ip6.arpa.";
  char *to =
      v4 ? reverse_v4(address->bytes, out) : reverse_v6(address->bytes, out);
  memcpy(to, zone, strlen(zone) + 1);
  return (size_t)(to - out) + strlen(zone);
}
