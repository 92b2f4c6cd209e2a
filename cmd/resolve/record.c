#include "resolve/record.h"

#include "async/dns_message.h"
#include "job/json.h"
#include "resolve/flight.h"
#include "resolve/item.h"
#include "resolve/question.h"
#include "resolve/record_priv.h"

static const struct resolve_item *item_of(const struct job_item *item)
{
  return (const struct resolve_item *)item;
}

/* The question. */

static void add_name(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  resolve_question_name_add(&item->question, out);
}

static void get_name(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->question.name)
    job_value_text(out, item, add_name);
}

static void add_type(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  resolve_question_type_add(&item->question, out);
}

static void get_type(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->question.name)
    job_value_text(out, item, add_type);
}

static void add_class(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, async_dns_class_name(item->question.klass, word));
}

static void get_class(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->question.name)
    job_value_text(out, item, add_class);
}

/* The reply. */

static void add_rcode(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, async_dns_rcode_name(item->message.rcode, word));
}

static void get_rcode(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_text(out, item, add_rcode);
}

static void get_result(const struct job_item *item, struct job_value *out)
{
  static const char *const words[] = {
    [RESOLVE_NONE] = NULL,       [RESOLVE_ANSWER] = "answer",
    [RESOLVE_NODATA] = "nodata", [RESOLVE_NXDOMAIN] = "nxdomain",
    [RESOLVE_ERROR] = "error",
  };
  job_value_word(out, words[item_of(item)->result]);
}

/* made  by us: what is not known is 0 */
static void add_record(const struct async_dns_record *record, bool made,
                       struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, "{\"name\":");
  size_t start = job_json_open(out);
  async_dns_record_owner_add(out, record);
  job_json_close(out, start);
  async_buf_add_str(out, ",\"type\":");
  job_json_string(out, async_dns_type_name(record->type, word));
  async_buf_add_str(out, ",\"ttl\":");
  if (made && record->ttl == 0)
    async_buf_add_str(out, "null");
  else
    async_buf_add_uint(out, record->ttl);
  async_buf_add_str(out, ",\"data\":");
  start = job_json_open(out);
  bool malformed = async_dns_record_data_add(out, record) < 0;
  job_json_close(out, start);
  if (malformed)
    async_buf_add_str(out, ",\"malformed\":true");
  async_buf_add_char(out, '}');
}

static void add_records(const struct async_dns_message *message,
                        enum async_dns_section section, bool made,
                        struct async_buf *out)
{
  struct async_dns_record record;
  const char *before = "[";
  async_dns_record_begin(&record, message, section);
  while (async_dns_record_next(&record)) {
    if (record.type == ASYNC_DNS_OPT)
      continue;
    async_buf_add_str(out, before);
    add_record(&record, made, out);
    before = ",";
  }
  async_buf_add_str(out, *before == '[' ? "[]" : "]");
}

void resolve_record_add_section(const struct async_dns_message *message,
                                enum async_dns_section section,
                                struct async_buf *out)
{
  add_records(message, section, false, out);
}

static void add_section(const struct resolve_item *item,
                        enum async_dns_section section, struct async_buf *out)
{
  add_records(&item->message, section, item->made.len > 0, out);
}

static void add_answers(const void *data, struct async_buf *out)
{
  add_section(data, ASYNC_DNS_ANSWER, out);
}

static void get_answers(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_answers);
}

/* Who answered. */

static const struct async_dns_ask *ask_of(const struct job_item *item)
{
  const struct resolve_flight *flight = item_of(item)->flight;
  return flight && flight->ask.resolver >= 0 ? &flight->ask : NULL;
}

static void get_resolver(const struct job_item *item, struct job_value *out)
{
  const struct async_dns_ask *ask = ask_of(item);
  if (ask)
    job_value_word(out, async_dns_fleet_text(item_of(item)->flight->all->fleet,
                                             (size_t)ask->resolver));
}

static void get_proto(const struct job_item *item, struct job_value *out)
{
  const struct async_dns_ask *ask = ask_of(item);
  if (ask && item_of(item)->replied)
    job_value_word(out, ask->tcp ? "tcp" : "udp");
}

static void get_rtt(const struct job_item *item, struct job_value *out)
{
  const struct async_dns_ask *ask = ask_of(item);
  job_value_ms(out, ask && item_of(item)->replied ? ask->rtt_ns : -1);
}

static void get_size(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_uint(out, item_of(item)->message.len);
}

/* Details. */

static void add_flags(const void *data, struct async_buf *out)
{
  static const struct {
    uint16_t bit;
    const char *word;
  } flags[] = {
    { ASYNC_DNS_FLAG_AA, "\"aa\"" }, { ASYNC_DNS_FLAG_TC, "\"tc\"" },
    { ASYNC_DNS_FLAG_RD, "\"rd\"" }, { ASYNC_DNS_FLAG_RA, "\"ra\"" },
    { ASYNC_DNS_FLAG_AD, "\"ad\"" }, { ASYNC_DNS_FLAG_CD, "\"cd\"" },
  };
  const struct resolve_item *item = data;
  const char *before = "[";
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
    if (!(item->message.flags & flags[i].bit))
      continue;
    async_buf_add_str(out, before);
    async_buf_add_str(out, flags[i].word);
    before = ",";
  }
  async_buf_add_str(out, *before == '[' ? "[]" : "]");
}

static void get_flags(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_flags);
}

static void add_authority(const void *data, struct async_buf *out)
{
  add_section(data, ASYNC_DNS_AUTHORITY, out);
}

static void get_authority(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_authority);
}

static void add_additional(const void *data, struct async_buf *out)
{
  add_section(data, ASYNC_DNS_ADDITIONAL, out);
}

static void get_additional(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_additional);
}

/* Extended errors: [{"code":22,"text":"No Reachable Authority"}] */
static void add_ede(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  const char *text, *before = "[";
  unsigned code;
  size_t len;
  while (async_dns_option_next(&item->message, &option)) {
    if (!async_dns_option_ede(&option, &code, &text, &len))
      continue;
    async_buf_add_str(out, before);
    async_buf_add_str(out, "{\"code\":");
    async_buf_add_uint(out, code);
    async_buf_add_str(out, ",\"name\":");
    job_json_string(out, async_dns_ede_text(code));
    async_buf_add_str(out, ",\"text\":");
    job_json_bytes(out, text, len);
    async_buf_add_char(out, '}');
    before = ",";
  }
  async_buf_add_str(out, *before == '[' ? "[]" : "]");
}

static void get_ede(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_ede);
}

static void add_nsid(const void *data, struct async_buf *out)
{
  const struct resolve_item *item = data;
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  while (async_dns_option_next(&item->message, &option)) {
    if (option.code != ASYNC_DNS_OPTION_NSID)
      continue;
    job_json_bytes(out, (const char *)option.data, option.len);
    return;
  }
  async_buf_add_str(out, "null");
}

static void get_nsid(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_json(out, item, add_nsid);
}

static void get_cookie(const struct job_item *item, struct job_value *out)
{
  const struct resolve_flight *flight = item_of(item)->flight;
  if (item_of(item)->replied && flight->has_cookie)
    job_value_word(out, resolve_cookie_word(&item_of(item)->message));
}

static void get_truncated(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->replied)
    job_value_bool(out, item_of(item)->message.flags & ASYNC_DNS_FLAG_TC);
}

static void get_wildcard(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->wildcard_known)
    job_value_bool(out, item_of(item)->wildcard);
}

#define FIELDS                                                                 \
  { .name = "name", .get = get_name }, { .name = "qtype", .get = get_type },   \
      { .name = "qclass", .get = get_class },                                  \
      { .name = "rcode", .get = get_rcode },                                   \
      { .name = "result", .get = get_result },                                 \
      { .name = "answers", .get = get_answers },                               \
      { .name = "resolver", .get = get_resolver },                             \
      { .name = "proto", .get = get_proto },                                   \
  {                                                                            \
    .name = "rtt_ms", .get = get_rtt                                           \
  }

const struct job_field resolve_fields[] = { FIELDS, { .name = NULL } };

#define DETAILS                                                                \
  { .name = "flags", .get = get_flags },                                       \
      { .name = "authority", .get = get_authority },                           \
      { .name = "additional", .get = get_additional },                         \
      { .name = "ede", .get = get_ede }, { .name = "nsid", .get = get_nsid },  \
      { .name = "cookie", .get = get_cookie },                                 \
      { .name = "truncated", .get = get_truncated },                           \
  {                                                                            \
    .name = "size", .get = get_size                                            \
  }

const struct job_field resolve_detailed_fields[] = {
  FIELDS,
  DETAILS,
  { .name = NULL },
};

/* Of questions that take more than one query. */
#define WORK                                                                   \
  { .name = "wildcard", .get = get_wildcard },                                 \
      { .name = "hijacked", .get = resolve_get_hijacked },                     \
      { .name = "hijacked_by", .get = resolve_get_hijacker },                  \
      { .name = "agree", .get = resolve_get_agree },                           \
      { .name = "votes", .get = resolve_get_votes },                           \
      { .name = "zone", .get = resolve_get_zone },                             \
  {                                                                            \
    .name = "servers", .get = resolve_get_servers                              \
  }

const struct job_field resolve_work_fields[] = {
  FIELDS,
  WORK,
  { .name = NULL },
};

const struct job_field resolve_detailed_work_fields[] = {
  FIELDS,
  WORK,
  DETAILS,
  { .name = NULL },
};
