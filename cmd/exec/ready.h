/* cmd/exec/ready.h: waiting until one of two pipes is ready. */
#ifndef EXEC_READY_H
#define EXEC_READY_H

#include "async/op.h"

struct exec_ready;

enum exec_ready_for { EXEC_READY_TO_READ, EXEC_READY_TO_WRITE };

/* Watches descriptors, which stay open until they are dropped; -1: none.
 * Makes them non-blocking. Returns 0 or an error. */
int exec_ready_new(struct exec_ready **out, const int fds[2],
                   enum exec_ready_for what);

/* Forgets one of them, which may then be closed. */
void exec_ready_drop(struct exec_ready *ready, unsigned which);

/* Waits until one can be read (or written), or the other end of it is closed,
 * or async_shutdown_again().
 * Returns 0 or ASYNC_ECANCELED. */
int exec_ready_wait(struct exec_ready *ready);

/* NULL is fine. */
void exec_ready_free(struct exec_ready *ready);

#endif
