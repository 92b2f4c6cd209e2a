/* async/gather.h (sync): several calls at once. */
#ifndef ASYNC_GATHER_H
#define ASYNC_GATHER_H

#include <stddef.h>
#include <stdint.h>

#include "async/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_call {
  async_task_fn *fn;
  void *arg;
  int rc; /* what it returned; ASYNC_ECANCELED if it was never called */
};

/* What decides, so that the calls that still run are cancelled: */
enum async_gather_mode {
  ASYNC_GATHER_ALL,   /* the first error */
  ASYNC_GATHER_ANY,   /* the first success */
  ASYNC_GATHER_RACE,  /* the first to end */
  ASYNC_GATHER_SETTLE /* nothing: all run to their end */
};

/* Runs each call in a task of its own, and waits until all have ended.
 *
 * calls       borrowed; each `rc` is set, whatever is returned. A loser of ANY
 *             or RACE that ended before it noticed keeps its result there: look
 *             before you forget what it got. A call for which there is no
 *             memory ends with ASYNC_ENOMEM, as if it had returned that
 * count       for ANY and RACE at least 1
 * stagger_ns  the next call starts so long after the last one, or as soon as
 *             one ends; 0: all at once. With ANY this is happy eyeballs, with
 *             RACE hedging
 * winner      NULL, or set to the index of the call that decided; `count` if
 *             none did
 *
 * Returns the rc of the call that decided; when none did, 0 for ALL and SETTLE,
 * the first call's error for ANY. ASYNC_ECANCELED if calls were cut off, or not
 * made, because the caller was cancelled. ASYNC_EINVAL for ANY and RACE of
 * none.
 */
int async_gather(struct async_call *calls, size_t count,
                 enum async_gather_mode mode, int64_t stagger_ns,
                 size_t *winner);

#ifdef __cplusplus
}
#endif
#endif
