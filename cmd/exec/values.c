#include "exec/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "exec/item.h"

static void set(struct exec_value *value, const char *data, size_t len)
{
  value->data = data;
  value->len = len;
}

/* Paths. Source: POSIX basename(1) and dirname(1). */

/* Without the slashes at its end; but "/" stays. */
static size_t trimmed(const char *path, size_t len)
{
  while (len > 1 && path[len - 1] == '/')
    len--;
  return len;
}

/* Where the last part begins. */
static size_t base_at(const char *path, size_t len)
{
  size_t end = trimmed(path, len), at = end;
  while (at > 0 && path[at - 1] != '/')
    at--;
  return at == end && end > 0 ? end - 1 : at;
}

/* The length without the extension. Dots at the beginning of a name begin
 * none. */
static size_t stem_len(const char *name, size_t len)
{
  size_t first = 0;
  while (first < len && name[first] == '.')
    first++;
  for (size_t i = len; i > first; i--)
    if (name[i - 1] == '.')
      return i - 1;
  return len;
}

static void take_dir(struct exec_value *value, size_t base)
{
  if (base == 0 && (value->len == 0 || *value->data != '/'))
    set(value, ".", 1);
  else
    value->len = trimmed(value->data, base ? base : 1);
}

static void take_part(struct exec_value *value, enum exec_part part)
{
  const char *path = value->data;
  size_t base = base_at(path, value->len), end = trimmed(path, value->len);
  switch (part) {
  case EXEC_PART_ALL:
    return;
  case EXEC_PART_STEM:
    if (end == value->len) /* else it is a directory, with a slash behind it */
      value->len = base + stem_len(path + base, end - base);
    return;
  case EXEC_PART_BASE:
    set(value, path + base, end - base);
    return;
  case EXEC_PART_BASE_STEM:
    set(value, path + base, stem_len(path + base, end - base));
    return;
  case EXEC_PART_DIR:
    take_dir(value, base);
  }
}

/* Fields. */

/* The shortest text that means the same number. */
static size_t write_real(char *out, size_t size, json_t *number)
{
  size_t len = 0;
  for (size_t digits = 15; digits <= 17; digits++) {
    len = json_dumpb(number, out, size - 1,
                     JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
    if (len == 0 || len >= size)
      return 0;
    out[len] = '\0';
    if (!(strtod(out, NULL) < json_real_value(number)) &&
        !(strtod(out, NULL) > json_real_value(number)))
      break;
  }
  return len;
}

/* A string as it is; a number or true as JSON writes it. */
static int take_json(struct exec_value *value, json_t *json)
{
  if (json_is_string(json)) {
    set(value, json_string_value(json), json_string_length(json));
    return 0;
  }
  set(value, value->made, 0);
  if (json_is_real(json))
    value->len = write_real(value->made, sizeof(value->made), json);
  else if (json_is_integer(json))
    value->len =
        (size_t)snprintf(value->made, sizeof(value->made),
                         "%" JSON_INTEGER_FORMAT, json_integer_value(json));
  else if (json_is_boolean(json))
    set(value, json_is_true(json) ? "true" : "false",
        json_is_true(json) ? 4 : 5);
  else
    return ASYNC_EINVAL;
  return value->len > 0 ? 0 : ASYNC_EINVAL;
}

static int take_entry(struct exec_value *value, const struct job_entry *entry)
{
  set(value, entry->text, entry->text_len);
  return 0;
}

/* A row's cells stand in its fields in their order; a line is one column. */
static int take_column(struct exec_value *value, const struct job_entry *entry,
                       size_t number)
{
  size_t seen = 0;
  const char *name;
  json_t *json;
  if (!entry->fields)
    return number == 1 ? take_entry(value, entry) : ASYNC_EINVAL;
  json_object_foreach(entry->fields, name, json)
  {
    if (++seen == number)
      return take_json(value, json);
  }
  return ASYNC_EINVAL;
}

static int take_nth(struct exec_value *value, const struct exec_item *item,
                    const struct job_entry *entry, size_t number)
{
  if (!item)
    return take_entry(value, entry);
  if (number == 1)
    return take_entry(value, &item->item.entry);
  if (number - 2 >= item->more_count)
    return ASYNC_EINVAL;
  return take_entry(value, &item->more[number - 2]);
}

/* Numbers. */

static void write_number(struct exec_value *value, uint64_t number)
{
  char *end = value->made + sizeof(value->made), *at = end;
  do {
    *--at = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  set(value, at, (size_t)(end - at));
}

/* A rehearsal has neither a slot nor an attempt. */
static void take_number(struct exec_value *value, const struct exec_item *item,
                        enum exec_piece_kind kind)
{
  if (!item)
    write_number(value, 1);
  else if (kind == EXEC_PIECE_NUMBER)
    write_number(value, item->item.seq + 1);
  else if (kind == EXEC_PIECE_SLOT)
    write_number(value, item->slot ? item->slot : 1);
  else
    write_number(value, item->item.attempts ? item->item.attempts : 1);
}

static int take(struct exec_value *value, const struct exec_piece *piece,
                const struct exec_item *item, const struct job_entry *entry)
{
  switch (piece->kind) {
  case EXEC_PIECE_TEXT:
    set(value, piece->text, piece->len);
    return 0;
  case EXEC_PIECE_ENTRY:
    return take_entry(value, entry);
  case EXEC_PIECE_KEY:
    set(value, entry->key, entry->key_len);
    return 0;
  case EXEC_PIECE_COLUMN:
    return take_column(value, entry, piece->number);
  case EXEC_PIECE_NTH:
    return take_nth(value, item, entry, piece->number);
  case EXEC_PIECE_FIELD:
    return take_json(value, json_object_get(entry->fields, piece->text));
  default:
    take_number(value, item, piece->kind);
    return 0;
  }
}

int exec_value_get(struct exec_value *value, const struct exec_piece *piece,
                   const struct exec_item *item, const struct job_entry *entry)
{
  set(value, "", 0);
  int err = take(value, piece, item, entry);
  if (err == 0)
    take_part(value, piece->part);
  return err;
}

bool exec_field_add(const struct job_entry *entry, const char *name, size_t len,
                    struct async_buf *out)
{
  struct exec_value value;
  json_t *json =
      entry->fields ? json_object_getn(entry->fields, name, len) : NULL;
  if (take_json(&value, json) < 0)
    return false;
  async_buf_add(out, value.data, value.len);
  return true;
}

int exec_value_refuse(struct exec_item *item, const struct exec_piece *piece,
                      const struct job_entry *entry)
{
  const char *what = entry->fields ? "no such field" : "no fields";
  if (piece->kind == EXEC_PIECE_COLUMN)
    return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                         "{%zu}: the entry has no such column", piece->number);
  if (piece->kind == EXEC_PIECE_NTH)
    return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                         "{%zu}: the command gets %zu entries", piece->number,
                         1 + item->more_count);
  if (json_object_get(entry->fields, piece->text))
    what = "something else in it than a text or a number";
  return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                       "{%s}: the entry has %s (for these letters write {{%s})",
                       piece->text, what, piece->text);
}
