/* The child's way from its birth to the program. */
#ifndef ASY_CHILD_PRIV_H
#define ASY_CHILD_PRIV_H

#include <stdbool.h>
#include <sys/types.h>

#include "async/proc.h"
#include "proc/inherited_priv.h"

enum { ASY_CHILD_CGROUP = 3, ASY_CHILD_FDS = 4 };

/* The child shares our memory, or has a copy, and stands on a stack that the
 * sanitizers do not know: it makes system calls, and nothing else. */
#if defined __clang__
#  define ASY_CHILD_CODE                                                       \
    __attribute__((no_sanitize("address", "undefined", "thread", "memory")))
#elif defined __GNUC__
#  define ASY_CHILD_CODE                                                       \
    __attribute__((no_sanitize("address", "undefined", "thread")))
#else
#  define ASY_CHILD_CODE
#endif

/* All it needs, made by the parent. */
struct asy_child {
  const struct async_proc_opts *opts;
  const struct asy_inherited *inherited;
  const char *file;
  char *const *argv, *const *envp;
  /* To be 0, 1, 2, or ASYNC_PROC_SAME; and the cgroup, or -1. */
  int given[ASY_CHILD_FDS];
  int fds[ASY_CHILD_FDS]; /* where they are now */
  pid_t parent, our_group;
  bool has_handlers; /* ours, which must not run in it */
  bool shares_files; /* its descriptors are ours, until it has its own */
  int highest;       /* then, of those it needs */
  int report;        /* where to write `error` to; -1: memory is shared */
  int error;         /* on failure, an errno */
};

/* With all signals blocked. Does not return. */
int asy_child_run(void *child);

#endif
