/* cmd/exec/terminal.h: --tty: the job is the terminal's foreground, and reads
 * it, whatever our own standard input is. */
#ifndef EXEC_TERMINAL_H
#define EXEC_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

#include "exec/options.h"
#include "job/tool.h"

struct exec_terminal {
  int fd; /* of /dev/tty; -1: not open */
  struct termios modes;
};

#define EXEC_TERMINAL_INIT                                                     \
  {                                                                            \
    .fd = -1                                                                   \
  }

/* Checks that there is a terminal and that --jobs is 1. Does nothing without
 * --tty. Returns 0, or the exit status, after it was said what is wrong. */
int exec_terminal_open(struct exec_terminal *terminal, struct job_run *run,
                       const struct exec_opts *opts);
void exec_terminal_close(struct exec_terminal *terminal);

/* The job has ended, and it or the library gave the terminal back: sees to it
 * that somebody has it, and that it works.
 *
 * died  of a signal: the modes are those from before; else they are as the job
 *       has set them
 */
void exec_terminal_take_back(struct exec_terminal *terminal, bool died);

#endif
