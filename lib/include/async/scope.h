/* async/scope.h (core): cancel scopes and deadlines.
 *
 * Scopes nest, strictly, within one function. A cancelled scope makes every
 * checkpoint inside it fail, again and again, until it is left: cancelling is
 * a level, not an edge. Deadlines are ambient: a call has no timeout argument,
 * the scope around it has.
 * Source: Smith, "Timeouts and cancellation for humans" (Trio). */
#ifndef ASYNC_SCOPE_H
#define ASYNC_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "async/list.h"
#include "async/timer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_task;

struct async_scope {
  struct async_scope *parent;
  struct async_list sibling, children;
  struct async_task *task; /* the task that entered it */
  struct async_timer timer;
  bool cancelled; /* this one, or one around it */
  bool own;       /* this one */
  bool shield, timed_out;
};

/* Enters a scope that cancels itself at a deadline.
 *
 * scope     kept until it is left; usually a local variable
 * deadline  an instant, or ASYNC_NEVER
 *
 * Does not park.
 */
void async_scope_enter(struct async_scope *scope, int64_t deadline_ns);

/* Enters a scope that outer cancels do not reach, for cleanup that has to wait.
 * Give it a deadline: cleanup may not take for ever either. */
void async_scope_shield(struct async_scope *scope, int64_t deadline_ns);

/* Leaves the innermost scope, which must be this one.
 *
 * rc  the result of what was done inside
 *
 * Returns rc, with ASYNC_ETIMEDOUT in place of ASYNC_ECANCELED if this scope's
 * own deadline cancelled it.
 */
int async_scope_leave(struct async_scope *scope, int rc);

/* Cancels a scope and those inside it; from any task or callback of the loop.
 * A second call does nothing. */
void async_scope_cancel(struct async_scope *scope);

/* Moves the deadline of a scope that has not been cancelled: a heartbeat. */
void async_scope_extend(struct async_scope *scope, int64_t deadline_ns);

/* A checkpoint that does not park. Returns 0 or ASYNC_ECANCELED. */
int async_check(void);

/* The nearest deadline in force here, for libraries that want a timeout. */
int64_t async_deadline(void);

/* Evaluates `expression` with a timeout; `rc` gets its value, or
 * ASYNC_ETIMEDOUT. */
#define ASYNC_WITHIN(timeout_ns, rc, expression)                               \
  do {                                                                         \
    struct async_scope within_;                                                \
    async_scope_enter(&within_, async_in(timeout_ns));                         \
    (rc) = (expression);                                                       \
    (rc) = async_scope_leave(&within_, (rc));                                  \
  } while (0)

#ifdef __cplusplus
}
#endif
#endif
