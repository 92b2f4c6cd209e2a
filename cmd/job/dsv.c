/* Records as lines of columns: TSV with backslash escapes, CSV with quotes.
 *
 * Source: RFC 4180 for the quotes; lines end with a line feed alone, as all
 * others do here. Linear TSV for the escapes. */
#include <string.h>

#include "job/json.h"
#include "job/record_priv.h"

static void put_tsv_bytes(struct async_buf *out, const char *bytes, size_t len)
{
  static const char FROM[] = "\t\n\r\\", TO[] = "tnr\\";
  for (size_t i = 0; i < len; i++) {
    const char *hit = memchr(FROM, bytes[i], sizeof(FROM) - 1);
    if (hit) {
      async_buf_add_char(out, '\\');
      async_buf_add_char(out, TO[hit - FROM]);
    } else {
      async_buf_add_char(out, bytes[i]);
    }
  }
}

static bool needs_quotes(const char *bytes, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (memchr(",\"\r\n", bytes[i], 4))
      return true;
  return false;
}

static void put_csv_bytes(struct async_buf *out, const char *bytes, size_t len)
{
  if (!needs_quotes(bytes, len)) {
    async_buf_add(out, bytes, len);
    return;
  }
  async_buf_add_char(out, '"');
  for (size_t i = 0; i < len; i++) {
    if (bytes[i] == '"')
      async_buf_add_char(out, '"');
    async_buf_add_char(out, bytes[i]);
  }
  async_buf_add_char(out, '"');
}

typedef void put_bytes(struct async_buf *out, const char *bytes, size_t len);

static void put_written(struct async_buf *out, const struct job_value *value,
                        put_bytes *put)
{
  struct async_buf text = ASYNC_BUF_INIT;
  if (value->kind == JOB_VALUE_TEXT)
    value->write(value->data, &text);
  else
    job_json_value(&text, value);
  if (text.err)
    out->err = text.err;
  else
    put(out, text.data ? text.data : "", text.len);
  async_buf_done(&text);
}

/* Strings as they are, null as nothing, the rest as in JSON. */
static void put_value(struct async_buf *out, const struct job_value *value,
                      put_bytes *put)
{
  switch (value->kind) {
  case JOB_VALUE_NULL:
    return;
  case JOB_VALUE_WORD:
  case JOB_VALUE_BYTES:
    put(out, value->bytes, value->len);
    return;
  case JOB_VALUE_STRINGS:
  case JOB_VALUE_TEXT:
  case JOB_VALUE_JSON:
    put_written(out, value, put);
    return;
  case JOB_VALUE_TIME:
    job_text_time(out, value->number);
    return;
  default:
    job_json_value(out, value);
  }
}

static void put_tsv(struct async_buf *out, const struct job_value *value)
{
  put_value(out, value, put_tsv_bytes);
}

static void put_csv(struct async_buf *out, const struct job_value *value)
{
  put_value(out, value, put_csv_bytes);
}

static char separator(const struct job_writer *writer)
{
  return writer->format == JOB_FORMAT_CSV ? ',' : '\t';
}

void job_dsv_plan(struct job_writer *writer)
{
  struct async_buf *pool = &writer->pool;
  for (size_t i = 0; i <= writer->column_count; i++) {
    size_t start = pool->len;
    if (i == writer->column_count)
      async_buf_add_char(pool, '\n');
    else if (i > 0)
      async_buf_add_char(pool, separator(writer));
    job_column_text(writer, i, start);
  }
  writer->put = writer->format == JOB_FORMAT_CSV ? put_csv : put_tsv;
}

void job_dsv_header(const struct job_writer *writer, struct async_buf *out)
{
  for (size_t i = 0; i < writer->column_count; i++) {
    const struct job_column *column = &writer->columns[i];
    if (i > 0)
      async_buf_add_char(out, separator(writer));
    if (column->parent) {
      async_buf_add_str(out, column->parent->name);
      async_buf_add_char(out, '.');
    }
    async_buf_add_str(out, column->field->name);
  }
  async_buf_add_char(out, '\n');
}
