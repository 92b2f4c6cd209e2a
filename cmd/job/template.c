/* Records by a template: "{url} {status}\n". Braces are doubled to stand for
 * themselves; \n \t \r \0 \\ are what they are in C. */
#include <string.h>

#include "async/error.h"
#include "job/json.h"
#include "job/record_priv.h"
#include "job/tool.h"

static void put_strings(struct async_buf *out, const struct job_value *value)
{
  for (size_t i = 0; i < value->len; i++) {
    if (i > 0)
      async_buf_add_char(out, ' ');
    async_buf_add_str(out, value->strings[i]);
  }
}

/* For people: strings as they are, arrays with spaces, null as "-". */
static void put(struct async_buf *out, const struct job_value *value)
{
  switch (value->kind) {
  case JOB_VALUE_NULL:
    async_buf_add_char(out, '-');
    return;
  case JOB_VALUE_WORD:
  case JOB_VALUE_BYTES:
    async_buf_add(out, value->bytes, value->len);
    return;
  case JOB_VALUE_TEXT:
    value->write(value->data, out);
    return;
  case JOB_VALUE_STRINGS:
    put_strings(out, value);
    return;
  case JOB_VALUE_TIME:
    job_text_time(out, value->number);
    return;
  default:
    job_json_value(out, value);
  }
}

/* Adds the column that "{NAME}" stands for; the text before it began at
 * `text` in the pool. */
static int add_field(struct job_writer *writer, const char *name, size_t len,
                     size_t text, struct async_buf *message)
{
  const struct job_tool *tool = writer->tool;
  struct job_column column;
  if (!job_field_find(tool->fields, name, len, &column))
    return job_column_unknown(writer, name, len, message);
  if (column.field->members && !column.field->get) {
    async_buf_printf(message, "'%s' has parts; name one, such as '%s.%s'",
                     column.field->name, column.field->name,
                     column.field->members->name);
    return ASYNC_EINVAL;
  }
  int err = job_column_add(writer, column, true);
  if (err == 0)
    job_column_text(writer, writer->column_count - 1, text);
  return err;
}

static char escape(char c)
{
  static const char FROM[] = "ntr0\\", TO[] = "\n\t\r\0\\";
  const char *hit = c ? strchr(FROM, c) : NULL;
  return hit ? TO[hit - FROM] : '\0';
}

/* Takes the text up to the next field or the end into the pool. Returns where
 * it stopped: at "{NAME}" or at the end. */
static const char *take_text(const char *at, struct async_buf *pool)
{
  for (; *at; at++) {
    if (at[0] == '\\' && at[1] && strchr("ntr0\\", at[1])) {
      async_buf_add_char(pool, escape(*++at));
    } else if ((at[0] == '{' || at[0] == '}') && at[1] == at[0]) {
      async_buf_add_char(pool, *++at);
    } else if (at[0] == '{') {
      return at;
    } else {
      async_buf_add_char(pool, *at);
    }
  }
  return at;
}

int job_template_plan(struct job_writer *writer, const char *text,
                      struct async_buf *message)
{
  struct async_buf *pool = &writer->pool;
  writer->put = put;
  for (;;) {
    size_t start = pool->len;
    text = take_text(text, pool);
    if (!*text) {
      writer->tail = start;
      return 0;
    }
    const char *end = strchr(text, '}');
    if (!end) {
      async_buf_printf(message, "the template ends inside '%s'", text);
      return ASYNC_EINVAL;
    }
    int err =
        add_field(writer, text + 1, (size_t)(end - text - 1), start, message);
    if (err < 0)
      return err;
    text = end + 1;
  }
}
