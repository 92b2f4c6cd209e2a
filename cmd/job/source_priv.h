/* cmd/job/source_priv.h: one list of entries, and how its lines become
 * entries. */
#ifndef JOB_SOURCE_PRIV_H
#define JOB_SOURCE_PRIV_H

#include "async/buf.h"
#include "async/stream.h"
#include "job/source.h"
#include "opt/list.h"

struct job_list {
  struct async_stream *stream;
  const char *name; /* kept by whoever named it */
  enum job_input_format format;
  const char *const *entry_fields;
  uint64_t line;          /* the last one that was read */
  struct async_buf row;   /* TSV and CSV: its lines so far */
  struct opt_list header; /* TSV and CSV: the columns' names */
  bool header_wanted;     /* the first row is one, whatever it says */
  bool header_over, named, is_record;
};

/* Opens a file, or takes a stream (given), in which case path is its name.
 * Returns 0 or the system's error. May park: a named pipe waits for its
 * writer. */
int job_list_open(struct job_list *list, const char *path,
                  struct async_stream *stream);
void job_list_close(struct job_list *list);

/* As job_source_next, and also the error of reading. */
int job_list_next(struct job_list *list, struct job_item *item);

/* Reads a line as async_stream_read_line does, and counts it. */
int job_list_line(struct job_list *list, char delimiter, char **text,
                  size_t *len);

/* Makes a malformed entry of what was read (its first bytes), with the
 * error. Returns 0 or ASYNC_ENOMEM. */
int job_list_refuse(struct job_list *list, struct job_item *item,
                    const char *text, size_t len, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The entry_fields of a tool that has none. */
extern const char *const job_usual_fields[];

/* Takes a text as it is. Returns 0 or ASYNC_ENOMEM. */
int job_list_string(const struct job_list *list, struct job_item *item,
                    const char *text, size_t len);

/* One entry from a line; each returns 0, ASYNC_ENOMEM, or ASYNC_EAGAIN if the
 * line is none. */
int job_list_plain(struct job_list *list, struct job_item *item,
                   const char *text, size_t len);
int job_list_json(struct job_list *list, struct job_item *item,
                  const char *text, size_t len);

/* The next row of a TSV or CSV list. */
int job_list_row(struct job_list *list, struct job_item *item);

/* Splits a row.
 *
 * cells  empty; gets the cells
 *
 * Returns 0, ASYNC_EENCODING (CSV: quotes) or ASYNC_ENOMEM.
 */
int job_csv_split(const char *text, size_t len, struct opt_list *cells);
int job_tsv_split(const char *text, size_t len, struct opt_list *cells);

/* Sets text and key of an entry from its fields.
 *
 * fields  given; an object
 * text    what it was read from, for the record if it is malformed
 *
 * Returns 0 (perhaps with an error of kind input), ASYNC_ENOMEM, or
 * ASYNC_EAGAIN for a record that is no entry's result.
 */
int job_list_fields(struct job_list *list, struct job_item *item,
                    struct json_t *fields, const char *text, size_t len);

#endif
