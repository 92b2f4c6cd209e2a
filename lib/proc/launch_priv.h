/* Two ways to make a child, both with all signals blocked. */
#ifndef ASY_LAUNCH_PRIV_H
#define ASY_LAUNCH_PRIV_H

#include "core/sanitize_priv.h"
#include "proc/child_priv.h"

/* ThreadSanitizer takes a child that shares memory for another thread. */
#if defined __linux__ && !ASY_TSAN && !defined ASY_PROC_PORTABLE
#  define ASY_PROC_SHARED 1
#else
#  define ASY_PROC_SHARED 0
#endif

struct asy_born {
  pid_t pid;
  int pidfd; /* -1: there is none */
};

/* Our memory is lent to the child until it runs the program, so that the cost
 * does not grow with what we use.
 *
 * stack  of asy_stack_new
 *
 * Returns 0, and then child->error says whether it failed afterwards; or an
 * error, -ENOSYS if the kernel or a filter of system calls does not have it.
 */
int asy_launch_shared(struct asy_child *child, char *stack,
                      struct asy_born *born);

/* A stack for the child, with a guard page. NULL if there is no memory. */
char *asy_launch_stack_new(void);
void asy_launch_stack_free(char *stack);

/* The same with fork, which is everywhere. */
int asy_launch_fork(struct asy_child *child, struct asy_born *born);

#endif
