/* cmd/exec/jobserver.h: the tokens of a make that started us.
 *
 * make -jN keeps N-1 bytes in a pipe; who runs a job takes one, and gives the
 * same one back. The first job of each process is free.
 * Source: GNU make manual, "POSIX Jobserver Interaction". */
#ifndef EXEC_JOBSERVER_H
#define EXEC_JOBSERVER_H

#include <stdbool.h>

#include "job/message.h"

struct exec_jobserver;

/* *out is NULL if MAKEFLAGS names none that can be used. Returns 0 or
 * ASYNC_ENOMEM. */
int exec_jobserver_open(struct exec_jobserver **out, struct job_log *log);

/* Gives back all tokens that are still held. */
void exec_jobserver_close(struct exec_jobserver *server);

/* Whether it is found by the numbers of descriptors, not by a name. */
bool exec_jobserver_is_inherited(const struct exec_jobserver *server);

/* Takes a token, waiting for it; one at a time. One that can no longer be read
 * is given up, and jobs need no token then.
 *
 * Returns 0, ASYNC_ECANCELED or ASYNC_ENOMEM.
 */
int exec_jobserver_take(struct exec_jobserver *server);
void exec_jobserver_give(struct exec_jobserver *server);

#endif
