/* cmd/exec/results.h: --results: a directory for each job.
 *
 * Its files are written under names that begin with a dot, and get their own
 * when the job has ended: nothing that was cut short ever has a final name. What
 * stays behind when we are killed is .stdout.asynctool-PID-N. */
#ifndef EXEC_RESULTS_H
#define EXEC_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/words.h"

/* One a run. */
struct exec_results {
  struct exec_text *text; /* the template */
  bool plain;             /* it names one directory for all: they get numbers */
  size_t fixed;           /* bytes of it that no value has a part in */
  uint64_t serial, pid;
};

/* Reads the template and makes the directory that all jobs share.
 *
 * message  for people, if this fails
 *
 * Returns 0, ASYNC_EINVAL, or the system's error.
 */
int exec_results_init(struct exec_results *results,
                      const struct exec_opts *opts, struct async_buf *message);
void exec_results_done(struct exec_results *results);

/* Makes the directory of a job.
 *
 * dir  empty; on success the directory, with "/" at the end
 *
 * Returns 0, or -1 after job_error_set: a value would lead out of the
 * template's directory, or there is none to be made.
 */
int exec_results_dir(const struct exec_results *results, struct exec_item *item,
                     struct async_buf *dir);

/* One stream of one job. */
struct exec_kept {
  int fd; /* -1: not open */
  char *name, *temporary;
  bool shown; /* it has its name */
  int err;    /* of writing, the first */
};

#define EXEC_KEPT_INIT                                                         \
  {                                                                            \
    -1, NULL, NULL, false, 0                                                   \
  }

/* Begins the file `name` in a directory. Returns 0 or an error. */
int exec_kept_open(struct exec_kept *kept, struct exec_results *results,
                   const struct async_buf *dir, const char *name);

/* Appends; an error sticks. */
void exec_kept_add(struct exec_kept *kept, const char *bytes, size_t len);

/* Closes the file: no more will come. Returns 0 or the error that stuck. */
int exec_kept_close(struct exec_kept *kept);

/* Gives the file its name. Returns 0 or the system's error. */
int exec_kept_show(struct exec_kept *kept);

/* Removes a file that has no name yet. */
void exec_kept_done(struct exec_kept *kept);

#endif
