#include "job/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"

const char *job_outcome_name(enum job_outcome outcome)
{
  static const char *const names[] = {
    [JOB_OUTCOME_OK] = "ok",           [JOB_OUTCOME_FAILED] = "failed",
    [JOB_OUTCOME_TIMEOUT] = "timeout", [JOB_OUTCOME_CANCELED] = "canceled",
    [JOB_OUTCOME_SKIPPED] = "skipped",
  };
  return names[outcome];
}

/* "FILE:LINE: MESSAGE", for what came out of a list. */
static void put_place_in_front(struct job_item *item)
{
  const struct job_entry *entry = &item->entry;
  char *text;
  if (!entry->source || !item->error.message ||
      asprintf(&text, "%s:%llu: %s", entry->source,
               (unsigned long long)entry->line, item->error.message) < 0)
    return;
  free(item->error.message);
  item->error.message = text;
}

int job_error_set(struct job_item *item, enum job_error_kind kind, int code,
                  const char *format, ...)
{
  va_list args;
  va_start(args, format);
  job_error_vset(&item->error, kind, code, format, args);
  va_end(args);
  if (kind == JOB_ERROR_INPUT)
    put_place_in_front(item);
  return -1;
}

static char *copy(const char *text, size_t len)
{
  char *out = malloc(len + 1);
  if (!out)
    return NULL;
  if (len)
    memcpy(out, text, len);
  out[len] = '\0';
  return out;
}

static void free_key(struct job_entry *entry)
{
  if (entry->key != entry->text)
    free(entry->key);
  entry->key = NULL;
}

int job_entry_set_text(struct job_entry *entry, const char *text, size_t len)
{
  char *mine = copy(text, len);
  if (!mine)
    return ASYNC_ENOMEM;
  bool same_key = !entry->key || entry->key == entry->text;
  free(entry->text);
  entry->text = mine;
  entry->text_len = len;
  if (same_key) {
    entry->key = mine;
    entry->key_len = len;
  }
  return 0;
}

int job_entry_set_key(struct job_entry *entry, const char *key, size_t len)
{
  char *mine = copy(key, len);
  if (!mine)
    return ASYNC_ENOMEM;
  free_key(entry);
  entry->key = mine;
  entry->key_len = len;
  return 0;
}

void job_entry_done(struct job_entry *entry)
{
  free_key(entry);
  free(entry->text);
  json_decref(entry->fields);
  *entry = (struct job_entry){ .text = NULL };
}

int job_entry_copy(struct job_entry *out, const struct job_entry *entry)
{
  *out = (struct job_entry){ .is_record = entry->is_record,
                             .source = entry->source,
                             .line = entry->line,
                             .taken_ns = entry->taken_ns };
  int err = job_entry_set_text(out, entry->text, entry->text_len);
  if (err == 0 && entry->key != entry->text)
    err = job_entry_set_key(out, entry->key, entry->key_len);
  if (err < 0)
    job_entry_done(out);
  else
    out->fields = json_incref(entry->fields);
  return err;
}

void job_item_done(struct job_item *item)
{
  job_error_clear(&item->error);
  job_entry_done(&item->entry);
}
