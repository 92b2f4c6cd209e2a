#include "job/error.h"

#include <stdio.h>
#include <stdlib.h>

const char *job_error_kind_name(enum job_error_kind kind)
{
  static const char *const names[] = {
    [JOB_ERROR_NONE] = NULL,           [JOB_ERROR_USAGE] = "usage",
    [JOB_ERROR_INPUT] = "input",       [JOB_ERROR_DNS] = "dns",
    [JOB_ERROR_CONNECT] = "connect",   [JOB_ERROR_TLS] = "tls",
    [JOB_ERROR_HTTP] = "http",         [JOB_ERROR_PROTO] = "proto",
    [JOB_ERROR_TIMEOUT] = "timeout",   [JOB_ERROR_CANCELED] = "canceled",
    [JOB_ERROR_EXIT] = "exit",         [JOB_ERROR_SIGNAL] = "signal",
    [JOB_ERROR_SPAWN] = "spawn",       [JOB_ERROR_LIMIT] = "limit",
    [JOB_ERROR_CHECKSUM] = "checksum", [JOB_ERROR_IO] = "io",
    [JOB_ERROR_QUEUE] = "queue",       [JOB_ERROR_INTERNAL] = "internal",
  };
  return names[kind];
}

void job_error_vset(struct job_error *error, enum job_error_kind kind, int code,
                    const char *format, va_list args)
{
  char *message = NULL;
  if (vasprintf(&message, format, args) < 0)
    message = NULL;
  job_error_clear(error);
  error->kind = kind;
  error->code = code;
  error->message = message;
}

const char *job_error_text(const struct job_error *error)
{
  if (error->message)
    return error->message;
  return error->kind ? "no memory for the message" : "";
}

void job_error_clear(struct job_error *error)
{
  free(error->message);
  *error = (struct job_error){ .kind = JOB_ERROR_NONE };
}
