/* cmd/exec/verdict.h: what the end of a command means. */
#ifndef EXEC_VERDICT_H
#define EXEC_VERDICT_H

#include "exec/attempt.h"

/* Judges an attempt whose process has ended. */
void exec_verdict(struct exec_attempt *attempt);

/* Judges one that could not be started.
 *
 * err  of async_proc_start
 */
void exec_verdict_of_start(struct exec_attempt *attempt, int err);

/* The exit status that a shell would see for a job that failed; 0 for one that
 * did not. */
int exec_status_of(const struct exec_item *item);

#endif
