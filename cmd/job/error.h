/* cmd/job/error.h: why an entry failed, as its record says it. */
#ifndef JOB_ERROR_H
#define JOB_ERROR_H

#include <stdarg.h>

enum job_error_kind {
  JOB_ERROR_NONE = 0,
  JOB_ERROR_USAGE,
  JOB_ERROR_INPUT, /* the entry itself is malformed */
  JOB_ERROR_DNS,
  JOB_ERROR_CONNECT,
  JOB_ERROR_TLS,
  JOB_ERROR_HTTP,  /* a status that is not wanted */
  JOB_ERROR_PROTO, /* the other side does not keep to its protocol */
  JOB_ERROR_TIMEOUT,
  JOB_ERROR_CANCELED,
  JOB_ERROR_EXIT,   /* a command's exit status */
  JOB_ERROR_SIGNAL, /* that killed a command */
  JOB_ERROR_SPAWN,
  JOB_ERROR_LIMIT, /* a bound was reached: size, open circuit, memory */
  JOB_ERROR_CHECKSUM,
  JOB_ERROR_IO, /* on this machine: disk, permissions */
  JOB_ERROR_QUEUE,
  JOB_ERROR_INTERNAL
};

struct job_error {
  enum job_error_kind kind;
  int code;      /* above 0: a number (HTTP or exit status, signal); below: a
                    library error, shown as its name; 0: null */
  char *message; /* owned; one sentence without a full stop */
};

/* The word for records: "dns", "http"; NULL for JOB_ERROR_NONE. */
const char *job_error_kind_name(enum job_error_kind kind);

/* Sets kind, code and message, in place of what was there. */
void job_error_vset(struct job_error *error, enum job_error_kind kind, int code,
                    const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

/* The message, never NULL. */
const char *job_error_text(const struct job_error *error);

/* Frees the message; leaves "no error". */
void job_error_clear(struct job_error *error);

#endif
