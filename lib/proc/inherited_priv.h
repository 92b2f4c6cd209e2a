/* What this process was started with, and what its children therefore start
 * with, whatever it changed for itself since. */
#ifndef ASY_INHERITED_PRIV_H
#define ASY_INHERITED_PRIV_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

/* Signals that a program like ours is likely to set to be ignored, or, of
 * SIGCHLD, must not leave ignored. */
enum { ASY_INHERITED_SIGNALS = 3 };

struct asy_inherited {
  sigset_t mask;
  struct {
    int number;
    bool ignored;
  } signals[ASY_INHERITED_SIGNALS];
  rlim_t files;      /* soft limit of open files */
  bool pool_threads; /* UV_THREADPOOL_SIZE is not from us */
};

/* From any thread. */
const struct asy_inherited *asy_inherited(void);

#endif
