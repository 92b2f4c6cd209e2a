/* cmd/front.h: the parts of the front end, for each other. */
#ifndef FRONT_H
#define FRONT_H

#include "command.h"
#include "opt/line.h"

struct front {
  const struct command *const *commands; /* ends with NULL */
};

const struct command *front_find(const struct front *front, const char *name);

/* Runs one command with the words behind its name. Returns the exit status. */
int front_run(const struct front *front, const struct command *command,
              char *const *words, size_t word_count);

/* Does what an action asks for. `command` and `set` are NULL before a command
 * is named. Returns the exit status. */
int front_act(const struct front *front, const struct command *command,
              const struct opt_set *set, const struct opt_line *line);

/* The help of one command, as --help prints it. Returns the exit status. */
int front_help(const struct command *command);

/* The hidden commands, which write our own files: "__man COMMAND" and
 * "__complete SHELL".
 *
 * Returns the exit status, or -1 if the words are neither of these.
 */
int front_generate(const struct front *front, char *const *words,
                   size_t word_count);

/* Appends the versions of the program and of its libraries, a line each. */
void front_add_version(struct async_buf *out);

/* Appends usage and the list of commands. */
void front_add_commands(const struct front *front, struct async_buf *out);

/* Writes the text to standard output and frees it. Returns the exit status. */
int front_print(struct async_buf *text);

/* Prints "asynctool: MESSAGE" and a hint. Returns COMMAND_USAGE. */
int front_usage(const char *message);

/* Says that memory is short. Returns COMMAND_IO. */
int front_no_memory(void);

#endif
