/* cmd/exec/terminal.h: --tty: the job is the terminal's foreground. */
#ifndef EXEC_TERMINAL_H
#define EXEC_TERMINAL_H

#include "exec/options.h"
#include "job/tool.h"

/* Checks that there is a terminal and that --jobs is 1. Returns 0, or the exit
 * status, after it was said what is wrong. */
int exec_terminal_open(struct job_run *run, const struct exec_opts *opts);

/* The job has ended: the terminal is ours again, with the modes it had. */
void exec_terminal_take_back(void);

#endif
