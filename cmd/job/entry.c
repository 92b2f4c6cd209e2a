/* Reading the fields of an entry, with checks of their types. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "async/time.h"
#include "job/item.h"
#include "opt/list.h"
#include "opt/number.h"

struct json_t *job_entry_json(const struct job_item *item, const char *name)
{
  if (!item->entry.fields || item->entry.is_record)
    return NULL;
  json_t *value = json_object_get(item->entry.fields, name);
  return json_is_null(value) ? NULL : value;
}

static int refuse(struct job_item *item, const char *name, const char *expected)
{
  return job_error_set(item, JOB_ERROR_INPUT, 0, "the field '%s' is not %s",
                       name, expected);
}

/* A cell of a table that is empty says nothing. */
static json_t *value_of(const struct job_item *item, const char *name)
{
  json_t *value = job_entry_json(item, name);
  if (json_is_string(value) && json_string_length(value) == 0)
    return NULL;
  return value;
}

int job_entry_string(struct job_item *item, const char *name, const char **out)
{
  json_t *value = job_entry_json(item, name);
  if (!value)
    return 0;
  if (!json_is_string(value))
    return refuse(item, name, "a string");
  *out = json_string_value(value);
  return 0;
}

int job_entry_bool(struct job_item *item, const char *name, bool *out)
{
  json_t *value = value_of(item, name);
  if (!value)
    return 0;
  const char *text = json_string_value(value);
  if (json_is_boolean(value))
    *out = json_is_true(value);
  else if (text && strcmp(text, "true") == 0)
    *out = true;
  else if (text && strcmp(text, "false") == 0)
    *out = false;
  else
    return refuse(item, name, "true or false");
  return 0;
}

int job_entry_uint(struct job_item *item, const char *name, uint64_t *out)
{
  json_t *value = value_of(item, name);
  if (!value)
    return 0;
  if (json_is_integer(value) && json_integer_value(value) >= 0) {
    *out = (uint64_t)json_integer_value(value);
    return 0;
  }
  if (json_is_string(value) &&
      opt_read_count(json_string_value(value), out) == 0)
    return 0;
  return refuse(item, name, "a whole number");
}

int job_entry_duration(struct job_item *item, const char *name, int64_t *out_ns)
{
  json_t *value = value_of(item, name);
  if (!value)
    return 0;
  double seconds = json_number_value(value);
  if (json_is_number(value) && seconds >= 0 && seconds < 9e9) {
    *out_ns = (int64_t)(seconds * (double)ASYNC_SEC + 0.5);
    return 0;
  }
  if (json_is_string(value) &&
      opt_read_duration(json_string_value(value), out_ns) == 0)
    return 0;
  return refuse(item, name, "a duration such as 1.5 (seconds) or \"200ms\"");
}

static int add_pair(struct opt_list *out, const char *name,
                    const char *separator, const char *value)
{
  char *text;
  if (asprintf(&text, "%s%s%s", name, separator, value) < 0)
    return ASYNC_ENOMEM;
  int err = opt_list_add(out, text);
  free(text);
  return err;
}

/* Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL for anything but strings inside. */
static int add_all(json_t *value, const char *separator, struct opt_list *out)
{
  size_t i;
  const char *name;
  json_t *one;
  int err = 0;
  if (json_is_string(value))
    return opt_list_add(out, json_string_value(value));
  json_array_foreach(value, i, one)
  {
    if (err == 0)
      err = json_is_string(one) ? opt_list_add(out, json_string_value(one))
                                : ASYNC_EINVAL;
  }
  json_object_foreach(value, name, one)
  {
    if (err == 0)
      err = json_is_string(one)
                ? add_pair(out, name, separator, json_string_value(one))
                : ASYNC_EINVAL;
  }
  return json_is_array(value) || json_is_object(value) ? err : ASYNC_EINVAL;
}

int job_entry_list(struct job_item *item, const char *name,
                   const char *separator, struct opt_list *out)
{
  json_t *value = job_entry_json(item, name);
  int err = value ? add_all(value, separator, out) : 0;
  if (err == ASYNC_ENOMEM)
    return job_error_set(item, JOB_ERROR_INTERNAL, err, "out of memory");
  if (err < 0)
    return refuse(item, name, "strings (one, an array or an object of them)");
  return 0;
}
