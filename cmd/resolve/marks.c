#include "resolve/marks.h"

#include <ctype.h>
#include <string.h>
#include <sys/socket.h>

#include "async/hash.h"

enum { NETWORK4_BYTES = 3, NETWORK6_BYTES = 6 };

/* Sets. */

static bool has(const struct async_buf *set, const void *mark)
{
  for (size_t at = 0; at < set->len; at += sizeof(uint64_t))
    if (memcmp(set->data + at, mark, sizeof(uint64_t)) == 0)
      return true;
  return false;
}

static void add(struct async_buf *set, uint64_t mark)
{
  if (!has(set, &mark))
    async_buf_add(set, &mark, sizeof(mark));
}

static bool is_within(const struct async_buf *one, const struct async_buf *all)
{
  for (size_t at = 0; at < one->len; at += sizeof(uint64_t))
    if (!has(all, one->data + at))
      return false;
  return one->len > 0;
}

static bool touch(const struct async_buf *a, const struct async_buf *b)
{
  for (size_t at = 0; at < a->len; at += sizeof(uint64_t))
    if (has(b, a->data + at))
      return true;
  return false;
}

/* Marks. */

static bool is_same_label(const unsigned char *a, const unsigned char *b)
{
  for (unsigned i = 0; i <= a[0]; i++)
    if (tolower(a[i]) != tolower(b[i]))
      return false;
  return true;
}

/* Of a name in lower case, without the label that it shares with the
 * question. */
static uint64_t mark_name(unsigned char *name, size_t len, unsigned type,
                          const struct resolve_question *question)
{
  size_t skip = is_same_label(question->name, name) ? name[0] + 1u : 0;
  for (size_t i = 0; i < len; i++)
    name[i] = (unsigned char)tolower(name[i]);
  return async_hash_bytes(name + skip, len - skip, type + (skip ? 65536u : 0));
}

static void add_address(struct resolve_marks *marks,
                        const struct async_dns_address *address, unsigned type)
{
  bool v4 = address->family == AF_INET;
  add(&marks->records, async_hash_bytes(address->bytes, v4 ? 4 : 16, type));
  add(&marks->networks,
      async_hash_bytes(address->bytes, v4 ? NETWORK4_BYTES : NETWORK6_BYTES,
                       type));
}

static bool is_owned(const struct async_dns_record *record,
                     const struct resolve_question *question)
{
  unsigned char owner[ASYNC_DNS_NAME_MAX];
  size_t len = async_dns_record_owner(record, owner);
  if (len != question->name_bytes)
    return false;
  for (size_t i = 0; i < len; i++)
    if (tolower(owner[i]) != tolower(question->name[i]))
      return false;
  return true;
}

static void add_name(struct resolve_marks *marks,
                     const struct async_dns_record *record,
                     unsigned char *target, size_t len,
                     const struct resolve_question *question)
{
  uint64_t mark = mark_name(target, len, record->type, question);
  add(&marks->records, mark);
  if (record->type == ASYNC_DNS_CNAME && is_owned(record, question))
    add(&marks->alias, mark);
}

static void add_record(struct resolve_marks *marks,
                       const struct async_dns_record *record,
                       const struct resolve_question *question,
                       struct async_buf *text)
{
  struct async_dns_address address;
  unsigned char target[ASYNC_DNS_NAME_MAX];
  size_t len = record->type == ASYNC_DNS_CNAME
                   ? async_dns_record_target(record, target)
                   : 0;
  if (len > 0) {
    add_name(marks, record, target, len, question);
  } else if (async_dns_record_address(record, &address)) {
    add_address(marks, &address, record->type);
  } else {
    async_buf_clear(text);
    async_dns_record_data_add(text, record);
    add(&marks->records, async_hash_bytes(text->data, text->len, record->type));
  }
}

int resolve_marks_add(struct resolve_marks *marks,
                      const struct async_dns_message *message,
                      const struct resolve_question *question)
{
  struct async_dns_record record;
  struct async_buf text = ASYNC_BUF_INIT;
  async_dns_record_begin(&record, message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    if (record.type != ASYNC_DNS_RRSIG) /* signed at different times */
      add_record(marks, &record, question, &text);
  int err = text.err ? text.err : marks->records.err;
  if (err == 0)
    err = marks->networks.err ? marks->networks.err : marks->alias.err;
  async_buf_done(&text);
  return err;
}

void resolve_marks_done(struct resolve_marks *marks)
{
  async_buf_done(&marks->records);
  async_buf_done(&marks->networks);
  async_buf_done(&marks->alias);
}

/* Comparing. */

bool resolve_marks_within(const struct resolve_marks *one,
                          const struct resolve_marks *all, bool networks)
{
  if (is_within(&one->alias, &all->alias) ||
      is_within(&one->records, &all->records))
    return true;
  /* An alias where the others have none, or always the same other one, was made
   * by somebody, wherever it leads; so were addresses in place of an alias. */
  bool varies = all->alias.len > sizeof(uint64_t);
  bool made = one->alias.len > 0 ? !varies : all->alias.len > 0;
  return networks && !made && is_within(&one->networks, &all->networks);
}

bool resolve_marks_touch(const struct resolve_marks *a,
                         const struct resolve_marks *b)
{
  return touch(&a->alias, &b->alias) || touch(&a->records, &b->records) ||
         touch(&a->networks, &b->networks);
}
