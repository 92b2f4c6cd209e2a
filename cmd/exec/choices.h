/* cmd/exec/choices.h: the shapes of options that only exec has. */
#ifndef EXEC_CHOICES_H
#define EXEC_CHOICES_H

#include <stdbool.h>

/* Each reads the whole text into the type that options.h names beside it, and
 * returns 0 or ASYNC_EINVAL. */
int exec_read_jobs(const char *text, void *field); /* size_t: N, N%, auto */
int exec_read_signal(const char *text,
                     void *field);                 /* int: TERM, SIGTERM, 15 */
int exec_read_nice(const char *text, void *field); /* int64_t: -20 to 19 */
int exec_read_limits(const char *text, void *field);
int exec_read_load(const char *text, void *field);
int exec_read_free(const char *text, void *field);
int exec_read_stdin(const char *text, void *field);
int exec_read_pipe(const char *text, void *field);
int exec_read_capture_max(const char *text, void *field);

/* Words of lists. */
bool exec_is_code_word(const char *text);  /* 3, 1-125 */
bool exec_is_retry_word(const char *text); /* the same; timeout, signal, ... */
bool exec_is_variable(const char *text);   /* NAME=VALUE */

/* How many processors this process may use: by affinity and by the quota of
 * its cgroups. At least 1. */
unsigned exec_processors(void);

#endif
