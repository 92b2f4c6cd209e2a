/* Records as JSON, one a line. Members of one object stand together, where the
 * first of them was named. */
#include <string.h>

#include "job/json.h"
#include "job/record_priv.h"

/* Brings a member next to the last column of its object. */
static void group(struct job_writer *writer)
{
  struct job_column *columns = writer->columns;
  for (size_t i = 1; i < writer->column_count; i++) {
    struct job_column moved = columns[i];
    size_t to = i;
    while (moved.parent && to > 0 && columns[to - 1].parent != moved.parent)
      to--;
    if (to == 0 || to == i)
      continue;
    memmove(columns + to + 1, columns + to, (i - to) * sizeof(*columns));
    columns[to] = moved;
  }
}

static void add_name(struct async_buf *pool, const char *name)
{
  job_json_string(pool, name);
  async_buf_add_char(pool, ':');
}

void job_ndjson_plan(struct job_writer *writer)
{
  struct async_buf *pool = &writer->pool;
  const struct job_field *open = NULL;
  group(writer);
  for (size_t i = 0; i <= writer->column_count; i++) {
    bool last = i == writer->column_count;
    const struct job_column *column = &writer->columns[last ? 0 : i];
    const struct job_field *parent = last ? NULL : column->parent;
    size_t start = pool->len;
    if (i > 0 && open && parent != open)
      async_buf_add_char(pool, '}');
    if (!last)
      async_buf_add_char(pool, i ? ',' : '{');
    if (parent && parent != open) {
      add_name(pool, parent->name);
      async_buf_add_char(pool, '{');
    }
    if (last)
      async_buf_add_str(pool, "}\n");
    else
      add_name(pool, column->field->name);
    open = parent;
    job_column_text(writer, i, start);
  }
  writer->put = job_json_value;
}
