/* cmd/exec/gate.h: may the next job start? By the load of the machine, its free
 * memory, and the jobserver of a make above us. */
#ifndef EXEC_GATE_H
#define EXEC_GATE_H

#include <stdbool.h>

#include "exec/options.h"
#include "job/tool.h"

struct exec_gate;

/* Returns 0, or the exit status, after it was said what is wrong. */
int exec_gate_open(struct exec_gate **out, struct job_run *run,
                   const struct exec_opts *opts);
void exec_gate_close(struct exec_gate *gate);

/* The same with a directory in place of /: for tests. */
int exec_gate_open_in(struct exec_gate **out, struct job_run *run,
                      const struct exec_opts *opts, const char *root);

/* Waits until a job may start. With nothing running it never waits for ever:
 * one job is let through.
 *
 * Returns 0 or ASYNC_ECANCELED.
 */
int exec_gate_enter(struct exec_gate *gate);

/* Whether a command finds make's jobserver only if it inherits our
 * descriptors. */
bool exec_gate_is_inherited(const struct exec_gate *gate);

/* The job has ended: its token goes back. */
void exec_gate_leave(struct exec_gate *gate);

#endif
