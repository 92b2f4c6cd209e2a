/* cmd/command.h: what a subcommand is, and what it may ask of the front end.
 *
 * How to add one is written above the table in main.c. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "async/buf.h"
#include "opt/opt.h"

/* The exit statuses, the same for all commands; one may have more of its own
 * (struct command_status). If several apply, the order of precedence is 4, 3,
 * 1. */
enum command_exit {
  COMMAND_OK = 0,
  COMMAND_FAILED = 1,       /* some entry failed after its retries */
  COMMAND_USAGE = 2,        /* usage or configuration; nothing was started */
  COMMAND_EARLY = 3,        /* stopped early: some entries were skipped */
  COMMAND_IO = 4,           /* our own input or output failed */
  COMMAND_CANNOT_RUN = 126, /* exec: the program is there, but not to run */
  COMMAND_NOT_FOUND = 127   /* exec: there is no such program */
};

struct command_example {
  const char *line; /* what one types; NULL ends the array */
  const char *text; /* what it does; one sentence, no full stop */
};

/* A row of "Exit status" in --help. */
struct command_status {
  const char *code; /* "126", "126-127"; NULL ends the array; "" begins another
                       list, and text says when it holds */
  const char *text; /* what it means; no full stop */
};

struct command {
  const char *name;
  const char *summary;     /* one line, no full stop */
  const char *usage;       /* what follows the name: "[OPTIONS] [URL]..." */
  const char *description; /* sentences, for --help */
  const struct command_example *examples; /* NULL: none */
  const struct command_status *statuses; /* after the common ones; NULL: none */

  const struct opt_table *tables;
  size_t opts_bytes;    /* of the struct that the tables fill */
  bool stop_at_operand; /* options end at the first operand */

  /* opts      initial values, configuration file and command line, merged
   * operands  the rest of the words; they and opts live until this returns
   *
   * Returns the exit status. Standard output is flushed and checked later.
   */
  int (*run)(const void *opts, char *const *operands, size_t operand_count);
};

/* Prints "asynctool NAME: ..." and where to find help on standard error.
 * Returns COMMAND_USAGE, for `return command_usage(...)`. */
int command_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints "asynctool NAME: ..." on standard error. Returns `status`. */
int command_error(const struct command *command, int status, const char *format,
                  ...) __attribute__((format(printf, 3, 4)));

/* Runs the program: finds the command that argv[0] or argv[1] names.
 *
 * commands  ends with NULL
 *
 * Returns the exit status.
 */
int command_main(const struct command *const *commands, int argc, char **argv);

#endif
