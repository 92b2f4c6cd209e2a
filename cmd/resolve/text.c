#include "resolve/text.h"

#include <string.h>

#include "resolve/client.h"

static const char *const styles[] = {
  [RESOLVE_STYLE_SIMPLE] = "simple", [RESOLVE_STYLE_SHORT] = "short",
  [RESOLVE_STYLE_FULL] = "full",     [RESOLVE_STYLE_ZONE] = "zone",
  [RESOLVE_STYLE_LIST] = "list",     [RESOLVE_STYLE_WIRE] = "wire",
};

int resolve_style_of(const char *format)
{
  for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++)
    if (strcmp(format, styles[i]) == 0)
      return (int)i;
  return -1;
}

/* Lines of answers. */

static void add_simple(const struct resolve_item *item, struct async_buf *out)
{
  struct async_dns_record record;
  char word[ASYNC_DNS_WORD_MAX];
  async_dns_record_begin(&record, &item->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record)) {
    async_dns_record_owner_add(out, &record);
    async_buf_add_char(out, ' ');
    async_buf_add_str(out, async_dns_type_name(record.type, word));
    async_buf_add_char(out, ' ');
    async_dns_record_data_add(out, &record);
    async_buf_add_char(out, '\n');
  }
}

static void add_short(const struct resolve_item *item, struct async_buf *out)
{
  struct async_dns_record record;
  async_dns_record_begin(&record, &item->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record)) {
    async_dns_record_data_add(out, &record);
    async_buf_add_char(out, '\n');
  }
}

static void add_zone(const struct resolve_item *item, struct async_buf *out)
{
  struct async_dns_record record;
  async_dns_record_begin(&record, &item->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    async_dns_record_line_add(out, &record);
}

/* Messages quote the input, which may come from anywhere: what would end the
 * line or command a terminal does not get through. */
static void blank_controls(char *text, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    bool is_c1 = c == 0xc2 && i + 1 < len && (unsigned char)text[i + 1] < 0xa0;
    if (c < ' ' || c == 0x7f || is_c1)
      text[i] = ' ';
    if (is_c1)
      text[++i] = ' ';
  }
}

/* An entry that is no question: its message says which. */
static void add_malformed(const struct resolve_item *item,
                          struct async_buf *out)
{
  size_t start = out->len;
  async_buf_add_str(out, "; ");
  async_buf_add_str(out, job_error_text(&item->item.error));
  blank_controls(out->data + start, out->len - start);
  async_buf_add_char(out, '\n');
}

static void add_question(const struct resolve_item *item, struct async_buf *out)
{
  resolve_question_name_add(&item->question, out);
  async_buf_add_char(out, ' ');
  resolve_question_type_add(&item->question, out);
}

/* No answer: a comment, so that a zone file stays one. */
static void add_why_not(const struct resolve_item *item, struct async_buf *out)
{
  const struct job_item *base = &item->item;
  if (!item->question.name) {
    add_malformed(item, out);
    return;
  }
  async_buf_add_str(out, "; ");
  add_question(item, out);
  async_buf_add_char(out, ' ');
  if (base->error.kind)
    async_buf_add_str(out, job_error_text(&base->error));
  else if (item->result == RESOLVE_NXDOMAIN)
    async_buf_add_str(out, item->wildcard ? "NXDOMAIN (wildcard)" : "NXDOMAIN");
  else if (item->result == RESOLVE_NODATA)
    async_buf_add_str(out, "NODATA");
  else
    async_buf_add_str(out, job_outcome_name(base->outcome));
  async_buf_add_char(out, '\n');
}

/* The whole message, with what dig says behind it. */
static void add_full(const struct resolve_client *client,
                     const struct resolve_item *item, struct async_buf *out)
{
  const struct async_dns_ask *ask = &item->flight->ask;
  async_dns_message_add(out, &item->message);
  async_buf_add_str(out, ";; Query time: ");
  async_buf_add_uint(out, (uint64_t)(ask->rtt_ns / ASYNC_MS));
  async_buf_add_str(out, " msec\n;; SERVER: ");
  async_buf_add_str(out,
                    async_dns_fleet_text(client->fleet, (size_t)ask->resolver));
  async_buf_add_str(out, "\n;; MSG SIZE  rcvd: ");
  async_buf_add_uint(out, item->message.len);
  async_buf_add_str(out, "\n\n");
}

/* In the framing of TCP. Source: RFC 1035 section 4.2.2. */
static void add_wire(const struct resolve_item *item, struct async_buf *out)
{
  size_t len = item->message.len;
  async_buf_add_char(out, (char)(len >> 8));
  async_buf_add_char(out, (char)len);
  async_buf_add(out, item->message.bytes, len);
}

void resolve_text(void *ctx, const struct job_item *base, struct async_buf *out)
{
  const struct resolve_client *client = ctx;
  const struct resolve_item *item = (const struct resolve_item *)base;
  bool answer =
      item->result == RESOLVE_ANSWER && item->replied && !base->error.kind;
  switch (client->style) {
  case RESOLVE_STYLE_FULL:
    if (item->replied)
      add_full(client, item, out);
    else
      add_why_not(item, out);
    return;
  case RESOLVE_STYLE_SHORT:
    if (answer)
      add_short(item, out);
    return;
  case RESOLVE_STYLE_WIRE:
    if (item->replied)
      add_wire(item, out);
    return;
  case RESOLVE_STYLE_LIST:
    if (answer) {
      resolve_question_name_add(&item->question, out);
      async_buf_add_char(out, '\n');
    }
    return;
  default:
    if (!answer)
      add_why_not(item, out);
    else if (client->style == RESOLVE_STYLE_ZONE)
      add_zone(item, out);
    else
      add_simple(item, out);
  }
}
