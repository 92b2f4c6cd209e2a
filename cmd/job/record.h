/* cmd/job/record.h: records and the shapes they are written in. */
#ifndef JOB_RECORD_H
#define JOB_RECORD_H

#include <stddef.h>

#include "async/buf.h"
#include "job/item.h"
#include "job/value.h"
#include "opt/list.h"

/* A field of a tool's records. With members it is an object; `get`, if there is
 * one as well, writes the object whole (or null). */
struct job_field {
  const char *name; /* lower case, digits, "_"; NULL ends an array */
  void (*get)(const struct job_item *item, struct job_value *out);
  const struct job_field *members; /* NULL, or ends as the array does */
};

struct job_tool;

enum job_format {
  JOB_FORMAT_TEXT,
  JOB_FORMAT_NDJSON,
  JOB_FORMAT_TSV,
  JOB_FORMAT_CSV,
  JOB_FORMAT_TEMPLATE
};

struct job_column; /* a field that was selected, with what is written before */

/* How one output writes records. */
struct job_writer {
  const struct job_tool *tool;
  enum job_format format;
  struct job_column *columns;
  size_t column_count;
  struct async_buf pool; /* the texts between values */
  size_t tail;           /* in the pool: what ends a record */
  void (*put)(struct async_buf *out, const struct job_value *value);
};

/* Prepares a writer.
 *
 * format   "text", "ndjson", "tsv", "csv", or a template with {...}
 * fields   empty: all; names such as "status", "time", "time.dns"
 * message  for people, without a newline, if it is not acceptable
 *
 * Returns 0, ASYNC_EINVAL with a message, or ASYNC_ENOMEM. In every case
 * job_writer_done is due.
 */
int job_writer_init(struct job_writer *writer, const struct job_tool *tool,
                    const char *format, const struct opt_list *fields,
                    struct async_buf *message);
void job_writer_done(struct job_writer *writer);

/* Appends what comes before the first record: a header line of TSV and CSV. */
void job_writer_begin(struct job_writer *writer, struct async_buf *out);

/* Appends one record. */
void job_writer_add(struct job_writer *writer, const struct job_item *item,
                    void *ctx, struct async_buf *out);

/* The fields that all tools have, in front of their own. */
extern const struct job_field job_common_fields[];

#endif
