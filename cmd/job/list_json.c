/* Entries as JSON: an object, or a string. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "job/base64.h"
#include "job/source_priv.h"

/* Parsing recurses, on the stack of a task. */
enum { DEEPEST = 64 };

const char *const job_usual_fields[] = { "url",  "final_url", "target", "name",
                                         "file", "input",     "key",    NULL };

static bool is_too_deep(const char *text, size_t len)
{
  size_t depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < len; i++) {
    if (quoted && text[i] == '\\')
      i++;
    else if (text[i] == '"')
      quoted = !quoted;
    else if (!quoted && (text[i] == '[' || text[i] == '{'))
      depth++;
    else if (!quoted && depth > 0 && (text[i] == ']' || text[i] == '}'))
      depth--;
    if (depth > DEEPEST)
      return true;
  }
  return false;
}

/* A result of ours: other commands take it for the entry it was made from. */
static bool is_record(json_t *fields)
{
  return json_is_integer(json_object_get(fields, "v")) &&
         json_is_string(json_object_get(fields, "type")) &&
         json_is_string(json_object_get(fields, "tool"));
}

static bool is_result(json_t *fields)
{
  const char *type = json_string_value(json_object_get(fields, "type"));
  return strcmp(type, "result") == 0;
}

/* A string, or {"bytes":"base64"}. Returns 0, ASYNC_EENCODING for anything
 * else, or ASYNC_ENOMEM. */
static int set_text(struct job_entry *entry, json_t *value)
{
  if (json_is_string(value))
    return job_entry_set_text(entry, json_string_value(value),
                              json_string_length(value));
  json_t *encoded = json_object_get(value, "bytes");
  struct async_buf bytes = ASYNC_BUF_INIT;
  int err = ASYNC_EENCODING;
  if (json_is_string(encoded))
    err = job_base64_decode(&bytes, json_string_value(encoded),
                            json_string_length(encoded));
  if (err == 0 && bytes.len > 0 && memchr(bytes.data, '\0', bytes.len))
    err = ASYNC_EENCODING;
  if (err == 0)
    err = bytes.err;
  if (err == 0)
    err = job_entry_set_text(entry, bytes.data, bytes.len);
  async_buf_done(&bytes);
  return err;
}

static int set_key(struct job_entry *entry, json_t *fields)
{
  json_t *id = json_object_get(fields, "id");
  json_t *key = id && !entry->is_record ? id : json_object_get(fields, "key");
  char number[32];
  if (json_is_string(key))
    return job_entry_set_key(entry, json_string_value(key),
                             json_string_length(key));
  if (!json_is_integer(key))
    return 0;
  int len = snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
                     json_integer_value(key));
  return job_entry_set_key(entry, number, (size_t)len);
}

/* A record of ours has every field; what was not known is null, or in a table
 * an empty cell. */
static bool says_nothing(const json_t *value, bool is_record)
{
  return !value || json_is_null(value) ||
         (is_record && json_is_string(value) && json_string_length(value) == 0);
}

/* The first of the fields that says something; else the first that is there. */
static const char *find_text(const struct job_list *list, json_t *fields,
                             bool is_record)
{
  const char *there = NULL;
  for (const char *const *name = list->entry_fields; *name; name++) {
    json_t *value = json_object_get(fields, *name);
    if (!says_nothing(value, is_record))
      return *name;
    if (!there && value)
      there = *name;
  }
  return there;
}

int job_list_fields(struct job_list *list, struct job_item *item,
                    json_t *fields, const char *text, size_t len)
{
  struct job_entry *entry = &item->entry;
  const char *name = find_text(list, fields, entry->is_record);
  entry->fields = fields;
  entry->source = list->name;
  entry->line = list->line;
  if (!name)
    return job_list_refuse(list, item, text, len, "has no field '%s'",
                           list->entry_fields[0]);
  int err = set_text(entry, json_object_get(fields, name));
  if (err == ASYNC_EENCODING)
    return job_list_refuse(list, item, text, len,
                           "the field '%s' is not a string", name);
  return err < 0 ? err : set_key(entry, fields);
}

/* The entry of a record that was no entry, in NDJSON: the text of an object
 * or array of which nothing was understood. NULL for others. */
static const char *find_unread(const struct job_list *list, json_t *record)
{
  const char *input = json_string_value(json_object_get(record, "input"));
  const char *name = find_text(list, record, true);
  json_t *error = json_object_get(record, "error");
  const char *kind = json_string_value(json_object_get(error, "kind"));
  bool unread = input && (*input == '{' || *input == '[') && name &&
                strcmp(name, "input") == 0 && kind &&
                strcmp(kind, "input") == 0;
  return unread ? input : NULL;
}

static int take_object(struct job_list *list, struct job_item *item,
                       json_t *value, const char *text, size_t len)
{
  const char *unread = item->entry.is_record ? find_unread(list, value) : NULL;
  if (!unread)
    return job_list_fields(list, item, value, text, len);
  int err = job_list_json(list, item, unread, strlen(unread));
  json_decref(value);
  return err;
}

static int take(struct job_list *list, struct job_item *item, json_t *value,
                const char *text, size_t len)
{
  if (json_is_object(value)) {
    item->entry.is_record = is_record(value);
    if (!item->entry.is_record || is_result(value))
      return take_object(list, item, value, text, len);
    json_decref(value);
    item->entry.is_record = false;
    return ASYNC_EAGAIN;
  }
  int err = ASYNC_EENCODING;
  if (json_is_string(value))
    err = job_list_string(list, item, json_string_value(value),
                          json_string_length(value));
  if (err == ASYNC_EENCODING)
    err = job_list_refuse(list, item, text, len,
                          "neither an object nor a string");
  json_decref(value);
  return err;
}

/* libjansson's sentence quotes the input, which need not be text. */
static int sentence_len(const char *text)
{
  const char *near = strstr(text, " near ");
  return near ? (int)(near - text) : (int)strlen(text);
}

int job_list_json(struct job_list *list, struct job_item *item,
                  const char *text, size_t len)
{
  json_error_t why;
  if (is_too_deep(text, len))
    return job_list_refuse(list, item, text, len, "nested too deeply");
  json_t *value = json_loadb(text, len, JSON_DECODE_ANY, &why);
  if (value)
    return take(list, item, value, text, len);
  if (json_error_code(&why) == json_error_out_of_memory)
    return ASYNC_ENOMEM;
  return job_list_refuse(list, item, text, len,
                         "invalid JSON at column %d: %.*s", why.column,
                         sentence_len(why.text), why.text);
}
