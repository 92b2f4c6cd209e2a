/* cmd/job/item.h: one entry on its way from the source to its record. */
#ifndef JOB_ITEM_H
#define JOB_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/error.h"

struct json_t;
struct opt_list;

/* What was read. Strings end with a NUL and have none inside; they need not be
 * UTF-8. */
struct job_entry {
  char *text; /* a URL, a name, a path; never NULL once it was read */
  size_t text_len;
  char *key; /* its identity in records: "id" or "key", else the text */
  size_t key_len;
  struct json_t *fields; /* of NDJSON, TSV and CSV; NULL: none */
  bool is_record;        /* fields are another command's record, not options */
  bool has_columns;      /* fields were "name=value" behind the text */
  const char *source;    /* the file's name; kept by the source */
  uint64_t line;         /* from 1; 0: an operand */
  int64_t taken_ns; /* when it was read, if it had to wait for others of its
                       item; 0: when the item was taken */
};

enum job_outcome {
  JOB_OUTCOME_OK = 0,
  JOB_OUTCOME_FAILED,
  JOB_OUTCOME_TIMEOUT,
  JOB_OUTCOME_CANCELED,
  JOB_OUTCOME_SKIPPED
};

/* A tool's item begins with one of these; the rest of it starts zeroed. */
struct job_item {
  struct job_entry entry;
  struct job_error error; /* of the last attempt */
  enum job_outcome outcome;
  bool prepared;     /* the tool's prepare accepted it */
  bool hidden;       /* the tool's `ended` wants no record on standard output */
  unsigned attempts; /* so far */
  uint64_t seq;      /* place in the input, from 0 */
  size_t member;     /* which of the item\'s entries a record is for, from 0 */
  int64_t timeout_ns; /* of one attempt; 0: none. The option's, or the entry's
                         field "timeout"; prepare may change it */
  int64_t start_wall_ns; /* of the first attempt; 0: never started */
  int64_t queue_ns, duration_ns;
  uint64_t bytes; /* moved by this entry, for progress and summary */
};

/* The word for records: "ok", "failed", ... */
const char *job_outcome_name(enum job_outcome outcome);

/* Says why an attempt failed, or why an entry is malformed (JOB_ERROR_INPUT: the
 * place in the input is put in front).
 *
 * code    as in struct job_error: 404, or ASYNC_ETIMEDOUT
 * format  one sentence, no full stop, no newline
 *
 * Returns -1, for `return job_error_set(...)`.
 */
int job_error_set(struct job_item *item, enum job_error_kind kind, int code,
                  const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Sets the entry's text, and its key if it has none.
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int job_entry_set_text(struct job_entry *entry, const char *text, size_t len);
int job_entry_set_key(struct job_entry *entry, const char *key, size_t len);

/* Frees what an entry has; leaves an empty one. */
void job_entry_done(struct job_entry *entry);

/* Copies an entry; its fields are shared. Returns 0, or ASYNC_ENOMEM with an
 * empty copy. */
int job_entry_copy(struct job_entry *out, const struct job_entry *entry);

/* Frees everything of an item but the tool's own. */
void job_item_done(struct job_item *item);

/* The fields of an entry that override options for it. A field that is missing
 * or null leaves *out as it is. Text is good for numbers, too (TSV, CSV).
 *
 * out  strings are borrowed from the entry
 *
 * Each returns 0, or -1 after job_error_set: of another type, out of range.
 */
int job_entry_string(struct job_item *item, const char *name, const char **out);
int job_entry_bool(struct job_item *item, const char *name, bool *out);
int job_entry_uint(struct job_item *item, const char *name, uint64_t *out);
int job_entry_duration(struct job_item *item, const char *name,
                       int64_t *out_ns); /* 1.5, or "1.5s" */

/* A string, an array of strings, or an object of strings, which becomes
 * "NAME: VALUE" each. They are appended to `out` (copied).
 *
 * separator  ": " for headers, "=" for variables
 */
int job_entry_list(struct job_item *item, const char *name,
                   const char *separator, struct opt_list *out);

/* The field as it is, or NULL; for shapes the others do not know. */
struct json_t *job_entry_json(const struct job_item *item, const char *name);

#endif
