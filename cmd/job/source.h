/* cmd/job/source.h: where entries come from.
 *
 * Operands, --input files, standard input, one after the other; each list is
 * read a block at a time, as entries are taken. A line that is not an entry
 * becomes one with an error of kind `input`; a list that cannot be read is said
 * so, and the others go on. */
#ifndef JOB_SOURCE_H
#define JOB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/item.h"
#include "opt/common.h"

struct async_stream;
struct job_log;
struct job_source;

struct job_source_opts {
  char *const *operands;
  size_t operand_count;
  const struct opt_list *inputs;
  enum job_input_format format;
  const char *const *entry_fields; /* NULL: the usual; see struct job_tool */
  int stdin_fd;
  bool header;    /* the first row of TSV and CSV names the columns */
  bool stdin_too; /* when there is neither operand nor file */
};

/* opts and log are borrowed for its life. Returns 0 or ASYNC_ENOMEM. */
int job_source_new(struct job_source **out, const struct job_source_opts *opts,
                   struct job_log *log);
void job_source_free(struct job_source *source);

/* Reads the next entry. May park.
 *
 * item  zeroed; on success its entry is set, or its error
 *
 * Returns 0, ASYNC_EOF, ASYNC_ECANCELED or ASYNC_ENOMEM.
 */
int job_source_next(struct job_source *source, struct job_item *item);

/* The number of entries, if it is known beforehand; else 0. */
uint64_t job_source_total(const struct job_source *source);

/* Whether all of it is there already: operands and regular files. A pipe may
 * have no end. */
bool job_source_is_finite(const struct job_source *source);

/* Whether a list could not be read (to its end). */
bool job_source_failed(const struct job_source *source);

/* For a tool that reads lists by itself: the same, and opens a file for reading.
 * May park: a named pipe waits for its writer. */
void job_source_note_failure(struct job_source *source);
int job_source_open_file(struct async_stream **out, const char *path);

#endif
