/* Which fields a record shows. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "job/record_priv.h"
#include "job/tool.h"
#include "opt/nearest.h"

static int append(struct job_writer *writer, struct job_column column)
{
  size_t count = writer->column_count + 1;
  struct job_column *columns =
      realloc(writer->columns, count * sizeof(*columns));
  if (!columns)
    return ASYNC_ENOMEM;
  if (job_field_is_fixed(column.field))
    job_field_fixed(column.field, writer->tool->name, &column.fixed);
  columns[count - 1] = column;
  writer->columns = columns;
  writer->column_count = count;
  return 0;
}

/* A name may stand only once in an object. */
static bool is_there(const struct job_writer *writer, struct job_column column)
{
  for (size_t i = 0; i < writer->column_count; i++) {
    const struct job_field *field = writer->columns[i].field;
    if (field == column.field || field == column.parent)
      return true;
  }
  return false;
}

static bool has_member_of(const struct job_writer *writer,
                          const struct job_field *object)
{
  for (size_t i = 0; i < writer->column_count; i++)
    if (writer->columns[i].parent == object)
      return true;
  return false;
}

int job_column_add(struct job_writer *writer, struct job_column column,
                   bool whole)
{
  const struct job_field *members = column.field->members;
  if (writer->format == JOB_FORMAT_NDJSON) {
    if (is_there(writer, column))
      return 0;
    whole = whole && !has_member_of(writer, column.field);
  }
  if (!members || (whole && column.field->get))
    return append(writer, column);
  int err = 0;
  for (; members->name && err == 0; members++) {
    struct job_column member = { .field = members, .parent = column.field };
    if (writer->format != JOB_FORMAT_NDJSON || !is_there(writer, member))
      err = append(writer, member);
  }
  return err;
}

/* Every name that can be selected, each with a NUL behind it. */
static void add_names(const struct job_field *fields, const char *parent,
                      struct async_buf *names)
{
  for (; fields && fields->name; fields++) {
    if (parent)
      async_buf_printf(names, "%s.", parent);
    async_buf_add(names, fields->name, strlen(fields->name) + 1);
    add_names(fields->members, fields->name, names);
  }
}

static void explain(const char *word, const struct async_buf *names,
                    struct async_buf *message)
{
  struct opt_nearest nearest = { .word = word };
  for (size_t i = 0; i < names->len; i += strlen(names->data + i) + 1)
    opt_nearest_add(&nearest, "", names->data + i);
  async_buf_printf(message, "no field is called '%s'", word);
  opt_nearest_print(&nearest, message);
  async_buf_add_str(message, "; there are ");
  for (size_t i = 0; i < names->len; i += strlen(names->data + i) + 1) {
    if (i > 0)
      async_buf_add_str(message, ", ");
    async_buf_add_str(message, names->data + i);
  }
}

int job_column_unknown(const struct job_writer *writer, const char *name,
                       size_t len, struct async_buf *message)
{
  char *word = strndup(name, len);
  struct async_buf names = ASYNC_BUF_INIT;
  if (!word)
    return ASYNC_ENOMEM;
  add_names(job_common_fields, NULL, &names);
  add_names(writer->tool->fields, NULL, &names);
  if (!names.err)
    explain(word, &names, message);
  async_buf_done(&names);
  free(word);
  return ASYNC_EINVAL;
}

/* v, type and tool would only be noise in a table. */
static int select_all(struct job_writer *writer)
{
  bool whole = writer->format == JOB_FORMAT_NDJSON;
  const struct job_field *const lists[] = { job_common_fields,
                                            writer->tool->fields };
  for (size_t i = 0; i < 2; i++)
    for (const struct job_field *field = lists[i]; field && field->name;
         field++) {
      if (!whole && job_field_is_fixed(field))
        continue;
      int err =
          job_column_add(writer, (struct job_column){ .field = field }, whole);
      if (err < 0)
        return err;
    }
  return 0;
}

int job_columns_select(struct job_writer *writer, const struct opt_list *fields,
                       struct async_buf *message)
{
  if (!fields || fields->count == 0)
    return select_all(writer);
  for (size_t i = 0; i < fields->count; i++) {
    const char *name = fields->items[i];
    struct job_column column;
    if (!job_field_find(writer->tool->fields, name, strlen(name), &column))
      return job_column_unknown(writer, name, strlen(name), message);
    int err =
        job_column_add(writer, column, writer->format == JOB_FORMAT_NDJSON);
    if (err < 0)
      return err;
  }
  return 0;
}

void job_column_text(struct job_writer *writer, size_t column, size_t start)
{
  if (column == writer->column_count) {
    writer->tail = start;
    return;
  }
  writer->columns[column].before = start;
  writer->columns[column].before_len = writer->pool.len - start;
}
