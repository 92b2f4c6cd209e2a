/* cmd/job/record_priv.h: how a writer works.
 *
 * Everything that is the same in each record is rendered once: a column is the
 * text before a value, and the value. So NDJSON, TSV, CSV and templates differ
 * in the texts and in how one value is written. */
#ifndef JOB_RECORD_PRIV_H
#define JOB_RECORD_PRIV_H

#include <stdbool.h>

#include "job/record.h"

struct job_column {
  const struct job_field *field, *parent;
  struct job_value fixed;    /* for fields without `get` */
  size_t before, before_len; /* in the writer's pool */
};

bool job_field_is_fixed(const struct job_field *field);
void job_field_fixed(const struct job_field *field, const char *tool,
                     struct job_value *out);

/* Finds "status" or "time.dns". */
bool job_field_find(const struct job_field *own, const char *name, size_t len,
                    struct job_column *out);

/* Appends a column, or the columns of an object's members unless `whole`.
 * Returns 0 or ASYNC_ENOMEM. */
int job_column_add(struct job_writer *writer, struct job_column column,
                   bool whole);

/* Selects fields, all of them if the list is empty. */
int job_columns_select(struct job_writer *writer, const struct opt_list *fields,
                       struct async_buf *message);

/* Says that there is no such field, and which there are. Returns
 * ASYNC_EINVAL. */
int job_column_unknown(const struct job_writer *writer, const char *name,
                       size_t len, struct async_buf *message);

/* Ends the text before the next column (or, at the end, the tail), which
 * began at `start` of the pool. */
void job_column_text(struct job_writer *writer, size_t column, size_t start);

/* One for each family of formats: renders the texts, sets `put`. */
void job_ndjson_plan(struct job_writer *writer);
void job_dsv_plan(struct job_writer *writer);
int job_template_plan(struct job_writer *writer, const char *text,
                      struct async_buf *message);

/* The header line of TSV and CSV. */
void job_dsv_header(const struct job_writer *writer, struct async_buf *out);

#endif
