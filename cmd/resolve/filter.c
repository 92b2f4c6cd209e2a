#include "resolve/filter.h"

#include <string.h>
#include <strings.h>

#include "async/error.h"
#include "resolve/choices.h"

/* Rcodes. */

static void add_rcode(struct resolve_codes *codes, unsigned rcode)
{
  if (rcode / 64 < sizeof(codes->rcodes) / sizeof(codes->rcodes[0]))
    codes->rcodes[rcode / 64] |= UINT64_C(1) << rcode % 64;
}

void resolve_codes_init(struct resolve_codes *codes,
                        const struct opt_list *words)
{
  *codes = (struct resolve_codes){ .timeout = false };
  for (size_t i = 0; i < words->count; i++) {
    const char *word = words->items[i];
    int rcode = async_dns_rcode_parse(word, strlen(word));
    if (strcmp(word, "timeout") == 0)
      codes->timeout = true;
    else if (strcmp(word, "badreply") == 0)
      codes->badreply = true;
    else if (strcmp(word, "network") == 0)
      codes->network = true;
    else if (rcode >= 0)
      add_rcode(codes, (unsigned)rcode);
  }
}

bool resolve_codes_have(const struct resolve_codes *codes, unsigned rcode)
{
  return rcode / 64 < sizeof(codes->rcodes) / sizeof(codes->rcodes[0]) &&
         (codes->rcodes[rcode / 64] >> rcode % 64 & 1) != 0;
}

bool resolve_is_retry_word(const char *text)
{
  return strcmp(text, "timeout") == 0 || strcmp(text, "badreply") == 0 ||
         strcmp(text, "network") == 0 ||
         async_dns_rcode_parse(text, strlen(text)) >= 0;
}

/* Conditions. */

typedef bool is_true_fn(const struct resolve_item *item);

static bool is_answer(const struct resolve_item *item)
{
  return item->result == RESOLVE_ANSWER;
}

static bool is_nodata(const struct resolve_item *item)
{
  return item->result == RESOLVE_NODATA;
}

static bool is_timeout(const struct resolve_item *item)
{
  return item->item.outcome == JOB_OUTCOME_TIMEOUT;
}

static bool is_error(const struct resolve_item *item)
{
  return item->item.outcome != JOB_OUTCOME_OK;
}

static bool is_wildcard(const struct resolve_item *item)
{
  return item->wildcard;
}

static const struct {
  const char *word;
  is_true_fn *is_true;
} conditions[] = {
  { "answer", is_answer },     { "nodata", is_nodata },
  { "timeout", is_timeout },   { "error", is_error },
  { "wildcard", is_wildcard },
};

static is_true_fn *find(const char *word, size_t len)
{
  for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
    if (strlen(conditions[i].word) == len &&
        strncasecmp(conditions[i].word, word, len) == 0)
      return conditions[i].is_true;
  return NULL;
}

static bool has_type(const struct resolve_item *item, unsigned type)
{
  struct async_dns_record record;
  if (!item->replied)
    return false;
  async_dns_record_begin(&record, &item->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    if (record.type == type)
      return true;
  return false;
}

/* Some words are an rcode and a type at once (none are, today): both do. */
static bool word_hits(const struct resolve_item *item, const char *word,
                      size_t len)
{
  is_true_fn *is_true = find(word, len);
  if (is_true)
    return is_true(item);
  int rcode = async_dns_rcode_parse(word, len);
  if (rcode >= 0 && item->replied && item->message.rcode == rcode)
    return true;
  int type = rcode < 0 ? async_dns_type_parse(word, len) : -1;
  return type >= 0 && has_type(item, (unsigned)type);
}

/* "NXDOMAIN&CNAME": both. */
static bool all_hit(const struct resolve_item *item, const char *text,
                    size_t len)
{
  for (const char *end = text + len; text < end;) {
    size_t word = strcspn(text, "&,");
    if (!word_hits(item, text, word))
      return false;
    text += word + 1;
  }
  return true;
}

/* "answer,NXDOMAIN&CNAME": one of them. */
static bool one_hits(const struct resolve_item *item, const char *text)
{
  for (;;) {
    size_t len = strcspn(text, ",");
    if (all_hit(item, text, len))
      return true;
    if (!text[len])
      return false;
    text += len + 1;
  }
}

bool resolve_filter_hits(const struct resolve_filter *filter,
                         const struct resolve_item *item)
{
  for (size_t i = 0; i < filter->words->count; i++)
    if (one_hits(item, filter->words->items[i]))
      return true;
  return false;
}

static bool is_condition(const char *word, size_t len)
{
  return find(word, len) || async_dns_rcode_parse(word, len) >= 0 ||
         async_dns_type_parse(word, len) >= 0;
}

bool resolve_is_filter(const char *text)
{
  for (;;) {
    size_t len = strcspn(text, "&,");
    if (!is_condition(text, len))
      return false;
    if (!text[len])
      return true;
    text += len + 1;
  }
}

bool resolve_is_fail_word(const char *text)
{
  return strcasecmp(text, "nxdomain") == 0 || strcasecmp(text, "nodata") == 0;
}
