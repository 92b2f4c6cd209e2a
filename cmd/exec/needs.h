/* cmd/exec/needs.h: what a process needs to be started. */
#ifndef EXEC_NEEDS_H
#define EXEC_NEEDS_H

#include "async/buf.h"
#include "async/proc.h"
#include "exec/attempt.h"

/* Freed as soon as the process has it. */
struct exec_needs {
  struct async_proc_opts opts;
  struct async_proc_limit limits[EXEC_LIMITS];
  char **environment;
  char *program; /* found for this item alone */
  struct async_buf dir;
};

/* Its streams are /dev/null until somebody says otherwise. */
#define EXEC_NEEDS_INIT                                                        \
  {                                                                            \
    .opts = {                                                                  \
      .in = ASYNC_PROC_NULL,                                                   \
      .out = ASYNC_PROC_NULL,                                                  \
      .error = ASYNC_PROC_NULL                                                 \
    }                                                                          \
  }

/* Makes arguments, environment, directory, limits and cgroup of an attempt.
 *
 * needs  EXEC_NEEDS_INIT; in every case exec_needs_done is due
 *
 * Returns 0, or -1 after job_error_set.
 */
int exec_needs_gather(struct exec_needs *needs, struct exec_attempt *attempt);
void exec_needs_done(struct exec_needs *needs);

/* Returns -1 after job_error_set. */
int exec_no_memory(struct exec_attempt *attempt);

#endif
