/* async/loop.h (core): running tasks on an event loop.
 *
 * One loop a thread; a task never changes loops, and nothing here takes a lock.
 * Only async_post may be called from other threads. One turn of the loop:
 * ready tasks in batches -> due timers -> poll for I/O -> callbacks; I/O is
 * polled at least every 64 task steps. */
#ifndef ASYNC_LOOP_H
#define ASYNC_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/task.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uv_loop_s;
struct async_loop;

struct async_run_opts {
  size_t stack_bytes;    /* 0: 64 KiB; at least 16 KiB are taken, and four
                            times as much under sanitizers */
  int64_t slow_step_ns;  /* report a task step longer than this; 0: off, or
                            100 ms when ASYNC_DEBUG=1 is in the environment */
  unsigned pool_threads; /* threads for async_work; 0: libuv's default of 4 */
  bool signals;          /* SIGINT, SIGTERM, SIGHUP drive async_shutdown */
  bool dump_signal;      /* SIGUSR1 reports every task (async_dump) */
  int64_t grace_ns;      /* for the first signal; 0: 10 s */

  /* Where the library's own reports go (slow steps, dumps, deadlocks).
   * NULL: standard error. Called with whole lines. */
  void (*report)(const char *text, size_t len, void *ctx);
  void *report_ctx;

  /* For tests. */
  bool virtual_time;   /* the clock jumps when nothing can run and nothing
                           outside is pending */
  uint64_t seed;       /* 0: none; else the order of ready tasks is drawn */
  uint64_t cancel_at;  /* cancel everything at the n-th checkpoint */
  uint64_t fail_alloc; /* fail the n-th allocation of a stack */
};

#define ASYNC_RUN_OPTS_INIT                                                    \
  {                                                                            \
    .stack_bytes = 0                                                           \
  }

/* Runs `fn` as the main task of a new loop on this thread, until it and every
 * task it started have ended.
 *
 * opts  borrowed; NULL means ASYNC_RUN_OPTS_INIT
 *
 * Returns what fn returned, or ASYNC_ENOMEM or the loop's error if it could not
 * be started.
 */
int async_run(async_task_fn *fn, void *arg, const struct async_run_opts *opts);

/* The loop of this thread, or NULL. Once asked for, a loop on which nothing can
 * run waits for async_post instead of reporting a deadlock. */
struct async_loop *async_loop_this(void);

/* libuv's loop, for handles of one's own. */
struct uv_loop_s *async_loop_uv(void);

/* Counts things outside that will call back (requests at the kernel or in a
 * library); while there are any, simulated time stands still. */
void async_loop_hold(void);
void async_loop_release(void);

/* Stops this process, all its threads, as the signal does by default, until
 * SIGCONT. The loop's clock stands still meanwhile: timers, deadlines, sleeps
 * and tickers have as long to go afterwards as before. Whoever catches SIGTSTP
 * (Ctrl-Z) to get ready for being stopped calls this when it is; a shell sees
 * what it would have seen. What is caught or blocked stays so.
 *
 * signal_number  SIGTSTP, SIGTTIN or SIGTTOU, which the system ignores in an
 *                orphaned process group (nobody there could continue it), or
 *                SIGSTOP
 *
 * Returns how long the clock stood still, in nanoseconds; simulated time is not
 * concerned.
 * Source: POSIX.1-2017, XSH 2.4.3; Stevens and Rago, "Advanced Programming in
 * the UNIX Environment", 10.21.
 */
int64_t async_loop_suspend(int signal_number);

/* Runs `fn(arg)` on that loop's stack. From any thread, as long as the loop
 * runs; what has not run when it ends never will.
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int async_post(struct async_loop *loop, void (*fn)(void *arg), void *arg);

#ifdef __cplusplus
}
#endif
#endif
