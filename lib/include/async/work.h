/* async/work.h (core): blocking calls, on libuv's thread pool. */
#ifndef ASYNC_WORK_H
#define ASYNC_WORK_H

#ifdef __cplusplus
extern "C" {
#endif

enum async_work_policy {
  ASYNC_WORK_WAIT = 0, /* a cancelled caller waits until fn has ended */
  ASYNC_WORK_ABANDON   /* it returns at once; fn ends by itself, and the loop
                          not before it */
};

/* Runs `fn(arg)` on a thread of the pool and waits for it. At most one thread
 * less than the pool has is used, so that file operations keep one.
 *
 * arg       kept until fn has ended
 * free_arg  for ASYNC_WORK_ABANDON: called with arg on the loop if the call
 *           fails, at once or, when fn was abandoned, after it has ended; so
 *           arg is the caller's again only on success. May be NULL
 *
 * Returns 0, ASYNC_ENOMEM, or ASYNC_ECANCELED: not started, or abandoned, or
 * (ASYNC_WORK_WAIT) it was cancelled while waiting its turn. A fn that ran to
 * its end is 0.
 */
int async_work(void (*fn)(void *arg), void *arg, enum async_work_policy policy,
               void (*free_arg)(void *arg));

#ifdef __cplusplus
}
#endif
#endif
