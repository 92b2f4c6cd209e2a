/* cmd/exec/environment.h: the variables of commands. */
#ifndef EXEC_ENVIRONMENT_H
#define EXEC_ENVIRONMENT_H

#include "exec/item.h"
#include "exec/options.h"

struct exec_variable;

struct exec_environment {
  char **base; /* what all jobs have, without the names that follow */
  size_t base_count;
  struct exec_variable *own; /* --env */
  size_t own_count;
  const struct opt_list *fields; /* --env-from */
  char run[32]; /* "ASYNCTOOL_RUN=" and 16 hexadecimal digits */
};

/* environment  stays where it is
 * inherited    borrowed, as the options
 * message      for people, without a newline, if a template is not acceptable
 *
 * Returns 0, ASYNC_EINVAL with a message, or ASYNC_ENOMEM.
 */
int exec_environment_init(struct exec_environment *environment,
                          const struct exec_opts *opts, char *const *inherited,
                          struct async_buf *message);
void exec_environment_done(struct exec_environment *environment);

/* Makes the variables for an attempt.
 *
 * out  on success an array that ends with NULL; one free() frees it all
 *
 * Returns 0, or -1 after job_error_set.
 */
int exec_environment_fill(const struct exec_environment *environment,
                          struct exec_item *item, char ***out);

/* Writes "ASYNCTOOL_JOB=...", by which the processes of an attempt are known,
 * with its NUL. */
void exec_environment_mark(const struct exec_environment *environment,
                           const struct exec_item *item, struct async_buf *out);

#endif
