/* What commands say to people, on standard error. */
#include <stdarg.h>
#include <stdio.h>

#include "command.h"

static void say(const struct command *command, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void say(const struct command *command, const char *format, va_list args)
{
  fprintf(stderr, "asynctool %s: ", command->name);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
}

int command_usage(const struct command *command, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  say(command, format, args);
  va_end(args);
  fprintf(stderr, "Try 'asynctool %s -h'.\n", command->name);
  return COMMAND_USAGE;
}

int command_error(const struct command *command, int status, const char *format,
                  ...)
{
  va_list args;
  va_start(args, format);
  say(command, format, args);
  va_end(args);
  return status;
}
