/* async/shutdown.h (core): the two steps in which a program stops.
 *
 * First request: no new work is taken, what runs has `grace` to finish, then it
 * is cancelled. Second request: it is cancelled at once. With
 * async_run_opts.signals, SIGINT, SIGTERM and SIGHUP are such requests (unless
 * the process inherited them ignored). */
#ifndef ASYNC_SHUTDOWN_H
#define ASYNC_SHUTDOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "async/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes the first request, or the second.
 *
 * grace_ns  time until everything is cancelled; 0: now; ASYNC_NEVER: not at all
 */
void async_shutdown(int64_t grace_ns);

/* Whether a stop was asked for. */
bool async_stopping(void);

/* Whether it was asked for twice. */
bool async_shutdown_again(void);

/* The signal that asked first, or 0. */
int async_shutdown_signal(void);

/* Starts an operation that is done (rc 0) when a stop is asked for; at once if
 * it was asked for already (but never inside this call: on the next turn). */
void async_shutdown_watch(struct async_op *op);

/* The same for the second request. Also inside a shield, which the cancelling
 * does not reach: for cleanup that takes its time until somebody insists. */
void async_shutdown_watch_again(struct async_op *op);

/* Waits until a stop is asked for. Returns 0 or ASYNC_ECANCELED. */
int async_shutdown_wait(void);

#ifdef __cplusplus
}
#endif
#endif
