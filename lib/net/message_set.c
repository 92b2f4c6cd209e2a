/* An answer as a set. Each record is
 *  1. written behind the set in canonical form: names uncompressed and in lower
 *     case, no TTL;
 *  2. replaced there by 16 bytes of hash, so that all members are of one size;
 * then the members are sorted, and repetitions dropped. */
#include <stdlib.h>
#include <string.h>

#include "async/hash.h"
#include "net/message_priv.h"

enum { MEMBER = 16 };

/* Returns where the name ends, or 0. */
static size_t add_name(struct async_buf *out, const unsigned char *bytes,
                       size_t len, size_t at)
{
  unsigned char name[ASYNC_DNS_NAME_MAX];
  size_t name_bytes;
  at = asy_message_name_wire(bytes, len, at, name, &name_bytes);
  if (!at)
    return 0;
  for (size_t i = 0; i < name_bytes; i++)
    name[i] = asy_message_lower(name[i]);
  async_buf_add(out, name, name_bytes);
  return at;
}

/* What does not fit its layout is taken as it is. */
static void add_data(struct async_buf *out,
                     const struct async_dns_record *record)
{
  const unsigned char *bytes = record->message->bytes;
  const struct asy_message_layout *layout = asy_message_layout_of(record->type);
  size_t at = record->data, end = at + record->data_bytes;
  size_t before = out->len;
  if (layout) {
    size_t name_at = asy_message_names_at(bytes, at, end, layout);
    async_buf_add(out, bytes + at, name_at - at);
    for (int i = 0; i < layout->names && name_at; i++)
      name_at = add_name(out, bytes, end, name_at);
    at = name_at ? name_at : record->data;
    if (!name_at)
      out->len = before;
  }
  async_buf_add(out, bytes + at, end - at);
}

static void add_member(struct async_buf *out,
                       const struct async_dns_record *record, unsigned flags)
{
  size_t before = out->len;
  unsigned char head[4];
  if (!(flags & ASYNC_DNS_SET_NO_OWNER))
    add_name(out, record->message->bytes, record->message->len, record->owner);
  asy_message_put16(asy_message_put16(head, record->type), record->klass);
  async_buf_add(out, head, sizeof(head));
  add_data(out, record);
  if (out->err)
    return;
  uint64_t hash[2];
  size_t bytes = out->len - before;
  hash[0] = async_hash_bytes(out->data + before, bytes, 0x616e73776572);
  hash[1] = async_hash_bytes(out->data + before, bytes, hash[0]);
  out->len = before;
  async_buf_add(out, hash, MEMBER);
}

static int compare(const void *a, const void *b)
{
  return memcmp(a, b, MEMBER);
}

static void drop_repetitions(struct async_buf *out)
{
  size_t kept = 0;
  for (size_t at = 0; at < out->len; at += MEMBER) {
    if (kept && compare(out->data + at, out->data + kept - MEMBER) == 0)
      continue;
    memmove(out->data + kept, out->data + at, MEMBER);
    kept += MEMBER;
  }
  out->len = kept;
}

int async_dns_message_set(struct async_buf *out,
                          const struct async_dns_message *message,
                          unsigned flags)
{
  struct async_dns_record record;
  async_buf_clear(out);
  async_dns_record_begin(&record, message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    if (record.type != ASYNC_DNS_RRSIG || !(flags & ASYNC_DNS_SET_NO_RRSIG))
      add_member(out, &record, flags);
  if (out->err < 0)
    return out->err;
  if (out->len > MEMBER) {
    qsort(out->data, out->len / MEMBER, MEMBER, compare);
    drop_repetitions(out);
  }
  return 0;
}
