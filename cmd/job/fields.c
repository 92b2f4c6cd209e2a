/* The fields that every record begins with, and how a name finds its field. */
#include <string.h>

#include "async/error.h"
#include "job/json.h"
#include "job/record_priv.h"

static void get_seq(const struct job_item *item, struct job_value *out)
{
  job_value_uint(out, item->seq);
}

static void get_key(const struct job_item *item, struct job_value *out)
{
  job_value_bytes(out, item->entry.key, item->entry.key_len);
}

static void get_input(const struct job_item *item, struct job_value *out)
{
  job_value_bytes(out, item->entry.text, item->entry.text_len);
}

static void get_outcome(const struct job_item *item, struct job_value *out)
{
  job_value_word(out, job_outcome_name(item->outcome));
}

static void get_attempts(const struct job_item *item, struct job_value *out)
{
  job_value_uint(out, item->attempts);
}

static void get_start(const struct job_item *item, struct job_value *out)
{
  if (item->start_wall_ns)
    job_value_time(out, item->start_wall_ns);
}

static void get_queue(const struct job_item *item, struct job_value *out)
{
  job_value_ms(out, item->queue_ns);
}

static void get_duration(const struct job_item *item, struct job_value *out)
{
  job_value_ms(out, item->duration_ns);
}

static void get_kind(const struct job_item *item, struct job_value *out)
{
  job_value_word(out, job_error_kind_name(item->error.kind));
}

static void get_code(const struct job_item *item, struct job_value *out)
{
  if (item->error.code > 0)
    job_value_int(out, item->error.code);
  else if (item->error.code < 0)
    job_value_word(out, async_err_name(item->error.code));
}

static void get_message(const struct job_item *item, struct job_value *out)
{
  if (item->error.kind)
    job_value_string(out, job_error_text(&item->error));
}

static const struct job_field error_members[] = {
  { .name = "kind", .get = get_kind },
  { .name = "code", .get = get_code },
  { .name = "message", .get = get_message },
  { 0 },
};

static void write_error(const void *data, struct async_buf *out)
{
  static const char *const before[] = { "{\"kind\":", ",\"code\":",
                                        ",\"message\":" };
  for (size_t i = 0; error_members[i].name; i++) {
    struct job_value value = { .kind = JOB_VALUE_NULL };
    error_members[i].get(data, &value);
    async_buf_add_str(out, before[i]);
    job_json_value(out, &value);
  }
  async_buf_add_char(out, '}');
}

static void get_error(const struct job_item *item, struct job_value *out)
{
  if (item->error.kind)
    job_value_json(out, item, write_error);
}

/* The first three are the same in every record: job_field_fixed. */
const struct job_field job_common_fields[] = {
  { .name = "v" },
  { .name = "type" },
  { .name = "tool" },
  { .name = "seq", .get = get_seq },
  { .name = "key", .get = get_key },
  { .name = "input", .get = get_input },
  { .name = "outcome", .get = get_outcome },
  { .name = "attempts", .get = get_attempts },
  { .name = "start", .get = get_start },
  { .name = "queue_ms", .get = get_queue },
  { .name = "duration_ms", .get = get_duration },
  { .name = "error", .get = get_error, .members = error_members },
  { 0 },
};

bool job_field_is_fixed(const struct job_field *field)
{
  return !field->get && !field->members;
}

void job_field_fixed(const struct job_field *field, const char *tool,
                     struct job_value *out)
{
  if (strcmp(field->name, "v") == 0)
    job_value_uint(out, 1);
  else
    job_value_word(out, strcmp(field->name, "type") == 0 ? "result" : tool);
}

static const struct job_field *find(const struct job_field *fields,
                                    const char *name, size_t len)
{
  for (; fields && fields->name; fields++)
    if (strlen(fields->name) == len && memcmp(fields->name, name, len) == 0)
      return fields;
  return NULL;
}

bool job_field_find(const struct job_field *own, const char *name, size_t len,
                    struct job_column *out)
{
  const char *dot = memchr(name, '.', len);
  size_t first = dot ? (size_t)(dot - name) : len;
  const struct job_field *field = find(job_common_fields, name, first);
  if (!field)
    field = find(own, name, first);
  *out = (struct job_column){ .field = field };
  if (dot && field)
    *out = (struct job_column){
      .field = find(field->members, dot + 1, len - first - 1),
      .parent = field,
    };
  return out->field != NULL;
}
