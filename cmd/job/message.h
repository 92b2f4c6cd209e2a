/* cmd/job/message.h: messages for people, on standard error.
 *
 * Whole lines, "asynctool TOOL: ...". The progress bar gives way to them. */
#ifndef JOB_MESSAGE_H
#define JOB_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct job_log {
  const char *tool;
  bool quiet;
  unsigned verbose;
  bool color;
  int fd; /* standard error */

  /* NULL, or takes the progress bar off the screen before a line. */
  void (*make_way)(void *ctx);
  void *ctx;
};

/* Says what went wrong; always shown. */
void job_say_error(struct job_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says something worth knowing; not with -q. */
void job_say(struct job_log *log, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says a detail; with -v (level 1), with -vv (level 2). */
void job_say_more(struct job_log *log, unsigned level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes bytes as they are. */
void job_say_raw(struct job_log *log, const char *bytes, size_t len);

#endif
