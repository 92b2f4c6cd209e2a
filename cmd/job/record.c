#include "job/record.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "job/record_priv.h"
#include "job/tool.h"

static bool is_style(const struct job_tool *tool, const char *text)
{
  for (const char *const *style = tool->styles; style && *style; style++)
    if (strcmp(text, *style) == 0)
      return true;
  return false;
}

static enum job_format format_of(const struct job_tool *tool, const char *text)
{
  static const char *const names[] = { "text", "ndjson", "tsv", "csv" };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (strcmp(text, names[i]) == 0)
      return (enum job_format)i;
  return is_style(tool, text) ? JOB_FORMAT_TEXT : JOB_FORMAT_TEMPLATE;
}

/* Text with fields is a table without a header. */
static int plan(struct job_writer *writer, const char *format,
                const struct opt_list *fields, struct async_buf *message)
{
  if (writer->format == JOB_FORMAT_TEMPLATE)
    return job_template_plan(writer, format, message);
  if (writer->format == JOB_FORMAT_TEXT && (!fields || fields->count == 0))
    return 0;
  int err = job_columns_select(writer, fields, message);
  if (err < 0)
    return err;
  if (writer->format == JOB_FORMAT_NDJSON)
    job_ndjson_plan(writer);
  else
    job_dsv_plan(writer);
  return 0;
}

int job_writer_init(struct job_writer *writer, const struct job_tool *tool,
                    const char *format, const struct opt_list *fields,
                    struct async_buf *message)
{
  *writer =
      (struct job_writer){ .tool = tool, .format = format_of(tool, format) };
  int err = async_buf_reserve(&writer->pool, 1); /* so that it has an address */
  if (err == 0)
    err = plan(writer, format, fields, message);
  return err < 0 ? err : writer->pool.err;
}

void job_writer_done(struct job_writer *writer)
{
  free(writer->columns);
  async_buf_done(&writer->pool);
  *writer = (struct job_writer){ .tool = NULL };
}

void job_writer_begin(struct job_writer *writer, struct async_buf *out)
{
  if (writer->format == JOB_FORMAT_TSV || writer->format == JOB_FORMAT_CSV)
    job_dsv_header(writer, out);
}

static void add_columns(struct job_writer *writer, const struct job_item *item,
                        struct async_buf *out)
{
  const char *pool = writer->pool.data;
  for (size_t i = 0; i < writer->column_count; i++) {
    const struct job_column *column = &writer->columns[i];
    async_buf_add(out, pool + column->before, column->before_len);
    if (!column->field->get) {
      writer->put(out, &column->fixed);
      continue;
    }
    struct job_value value;
    value.kind = JOB_VALUE_NULL;
    column->field->get(item, &value);
    writer->put(out, &value);
  }
  async_buf_add(out, pool + writer->tail, writer->pool.len - writer->tail);
}

static void add_plain_text(const struct job_item *item, struct async_buf *out)
{
  async_buf_add_str(out, job_outcome_name(item->outcome));
  async_buf_add_char(out, ' ');
  async_buf_add(out, item->entry.text ? item->entry.text : "",
                item->entry.text_len);
  if (item->error.kind) {
    async_buf_add_str(out, ": ");
    async_buf_add_str(out, job_error_text(&item->error));
  }
  async_buf_add_char(out, '\n');
}

void job_writer_add(struct job_writer *writer, const struct job_item *item,
                    void *ctx, struct async_buf *out)
{
  if (writer->put)
    add_columns(writer, item, out);
  else if (writer->tool->text &&
           (item->prepared || writer->tool->text_of_malformed))
    writer->tool->text(ctx, item, out);
  else
    add_plain_text(item, out);
}
