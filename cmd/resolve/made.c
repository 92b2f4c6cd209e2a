#include "resolve/made.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "async/error.h"

enum {
  FLAGS_AT = 2, /* in a header */
  ANSWERS_AT = 6,
  HEADER = 12
};

static void add16(struct async_buf *out, unsigned value)
{
  async_buf_add_char(out, (char)(value >> 8));
  async_buf_add_char(out, (char)value);
}

static void set16(struct async_buf *out, size_t at, unsigned value)
{
  out->data[at] = (char)(value >> 8);
  out->data[at + 1] = (char)value;
}

static void begin(struct resolve_item *item, unsigned rcode)
{
  const struct resolve_question *question = &item->question;
  struct async_dns_build build = {
    .name = question->name,
    .name_bytes = question->name_bytes,
    .type = question->type,
    .klass = question->klass,
  };
  unsigned char query[ASYNC_DNS_QUERY_MAX];
  int bytes = async_dns_build(&build, query, sizeof(query));
  async_buf_clear(&item->made);
  async_buf_add(&item->made, query, bytes > 0 ? (size_t)bytes : 0);
  if (!item->made.err)
    set16(&item->made, FLAGS_AT, ASYNC_DNS_FLAG_QR | rcode);
}

static void add_record(struct resolve_item *item, const unsigned char *owner,
                       size_t owner_bytes, unsigned type, uint32_t ttl_s,
                       const void *data, size_t data_bytes)
{
  struct async_buf *made = &item->made;
  async_buf_add(made, owner, owner_bytes);
  add16(made, type);
  add16(made, ASYNC_DNS_IN);
  add16(made, ttl_s >> 16);
  add16(made, ttl_s & 0xffff);
  add16(made, (unsigned)data_bytes);
  async_buf_add(made, data, data_bytes);
  if (!made->err)
    set16(made, ANSWERS_AT, ++item->made_answers);
}

/* The name that the search list or an alias has led to, or the question's. */
void resolve_made_addresses(struct resolve_item *item,
                            const struct async_dns_addresses *found)
{
  unsigned char owner[ASYNC_DNS_NAME_MAX];
  int bytes = async_dns_name_parse(found->name, strlen(found->name), owner);
  item->made_answers = 0;
  begin(item, ASYNC_DNS_NOERROR);
  if (bytes < 0) {
    bytes = item->question.name_bytes;
    memcpy(owner, item->question.name, item->question.name_bytes);
  }
  for (size_t i = 0; i < found->count; i++) {
    const struct async_dns_address *address = &found->items[i];
    bool v6 = address->family == AF_INET6;
    add_record(item, owner, (size_t)bytes, v6 ? ASYNC_DNS_AAAA : ASYNC_DNS_A,
               found->ttl_s, address->bytes, v6 ? 16 : 4);
  }
}

/* A name of the hosts file that DNS could not have is left out. */
void resolve_made_names(struct resolve_item *item,
                        const struct async_buf *names, uint32_t ttl_s)
{
  item->made_answers = 0;
  begin(item, ASYNC_DNS_NOERROR);
  for (size_t at = 0, len; at < names->len; at += len + 1) {
    unsigned char wire[ASYNC_DNS_NAME_MAX];
    len = strlen(names->data + at);
    int bytes = async_dns_name_parse(names->data + at, len, wire);
    if (bytes > 0)
      add_record(item, item->question.name, item->question.name_bytes,
                 ASYNC_DNS_PTR, ttl_s, wire, (size_t)bytes);
  }
}

void resolve_made_rcode(struct resolve_item *item, unsigned rcode)
{
  begin(item, rcode);
}

int resolve_made_end(struct resolve_item *item)
{
  if (item->made.err)
    return ASYNC_ENOMEM;
  return async_dns_message_read(&item->message, item->made.data,
                                item->made.len);
}

/* Addresses. */

/* Reads "d.c.b.a" backwards. */
static bool read_v4(char *text, struct async_dns_address *out)
{
  struct in_addr in;
  out->family = AF_INET;
  if (inet_pton(AF_INET, text, &in) != 1)
    return false;
  const unsigned char *bytes = (const void *)&in;
  for (size_t i = 0; i < 4; i++)
    out->bytes[i] = bytes[3 - i];
  return true;
}

/* Reads 32 digits with dots between, backwards. */
static bool read_v6(const char *text, struct async_dns_address *out)
{
  static const char digits[] = "0123456789abcdef";
  if (strlen(text) != 63)
    return false;
  out->family = AF_INET6;
  for (size_t i = 0; i < 32; i++) {
    const char *digit = strchr(digits, text[62 - 2 * i] | 0x20);
    if (!digit || (i > 0 && text[63 - 2 * i] != '.'))
      return false;
    unsigned value = (unsigned)(digit - digits);
    out->bytes[i / 2] =
        (unsigned char)((unsigned)out->bytes[i / 2] << 4 | value);
  }
  return true;
}

/* Cuts the end off a name. Returns whether it had it. */
static bool cut(char *text, const char *end)
{
  size_t len = strlen(text), end_len = strlen(end);
  if (len <= end_len || strcasecmp(text + len - end_len, end) != 0)
    return false;
  text[len - end_len] = '\0';
  return true;
}

bool resolve_made_address(const struct resolve_question *question,
                          struct async_dns_address *out)
{
  struct async_buf text = ASYNC_BUF_INIT;
  memset(out, 0, sizeof(*out));
  async_dns_name_add(&text, question->name);
  bool read = async_buf_str(&text) != NULL;
  if (read && cut(text.data, ".in-addr.arpa."))
    read = read_v4(text.data, out);
  else
    read = read && cut(text.data, ".ip6.arpa.") && read_v6(text.data, out);
  async_buf_done(&text);
  return read;
}
