/* async/op.h (core): the operation, the one thing that can be awaited.
 *
 * Whoever starts something that ends later (a timer, a socket, a transfer)
 * wraps it in an operation: `async_op_start` before, `async_op_done` from the
 * callback that says it ended. Every other wait in the library is made of it.
 *
 *   idle -> started -> done            it ended by itself
 *           started -> aborting -> done  it was cancelled
 *
 * Rules every call that may park obeys (they are the library's contract):
 *  R1  it returns 0, or a count, or a negative error, and is a checkpoint;
 *  R2  in a cancelled scope it returns ASYNC_ECANCELED, each time, until the
 *      scope is left or shielded;
 *  R3  ASYNC_ECANCELED means it had no effect, unless its comment names one;
 *  R4  what completed wins: an operation that ended before the cancel returns
 *      its result, and the next checkpoint reports the cancel;
 *  R5  ASYNC_ETIMEDOUT for a deadline comes only out of async_scope_leave of
 *      the scope that set it;
 *  R6  memory handed to it is the caller's again when it returns, never
 *      earlier and never later. */
#ifndef ASYNC_OP_H
#define ASYNC_OP_H

#include <stddef.h>
#include <stdint.h>

#include "async/list.h"

#ifdef __cplusplus
extern "C" {
#endif

enum async_op_state {
  ASYNC_OP_IDLE = 0,
  ASYNC_OP_STARTED,
  ASYNC_OP_ABORTING,
  ASYNC_OP_DONE
};

/* What `abort` answers. */
enum {
  ASYNC_OP_WITHDRAWN = 0, /* it is off; no async_op_done will come */
  ASYNC_OP_PENDING = 1    /* async_op_done still comes, soon */
};

struct async_op {
  struct async_list node; /* free for the starter: a place in its queue */
  void (*done)(struct async_op *op); /* called once, when it is done; or NULL */
  int (*abort)(struct async_op *op);
  void *ctx;        /* for whoever set `done` */
  const char *what; /* for dumps: "socket read" */
  int rc;           /* the result, once done */
  uint8_t state;    /* enum async_op_state */
};

/* Marks an operation as started.
 *
 * op     kept until it is done
 * what   kept; a short static string
 * abort  asks to withdraw it; returns ASYNC_OP_WITHDRAWN or ASYNC_OP_PENDING;
 *        NULL: it can be forgotten at any time
 *
 * Thread: the loop's own, as everything here.
 */
void async_op_start(struct async_op *op, const char *what,
                    int (*abort)(struct async_op *op));

/* Says that a started operation ended. From any callback of the loop; no task
 * runs inside this call. A second call is ignored.
 *
 * rc  0, a count, or an error
 */
void async_op_done(struct async_op *op, int rc);

/* Asks a started operation to stop; it is done with ASYNC_ECANCELED on return,
 * or later if its starter answered ASYNC_OP_PENDING. */
void async_op_abort(struct async_op *op);

/* Waits until the operation is done. If the scope is cancelled meanwhile the
 * operation is aborted, and the call still returns only when it is done.
 *
 * Returns op->rc.
 */
int async_await(struct async_op *op);

/* Waits until the first of several operations is done; the others are aborted
 * and done before it returns (their rc tell what they were).
 *
 * which  NULL, or on success the index of the first
 *
 * Returns the first one's rc, or ASYNC_ECANCELED.
 */
int async_await_any(struct async_op **ops, size_t count, size_t *which);

#ifdef __cplusplus
}
#endif
#endif
