/* Low numbers for the descriptors that a child needs.
 *
 * The kernel copies for a child all descriptors up to the highest one that it
 * needs, and we may have thousands. So a few low numbers are kept, where what
 * stands too high is put while the child is started. */
#ifndef ASY_LOW_PRIV_H
#define ASY_LOW_PRIV_H

#include "proc/child_priv.h"

struct asy_low {
  int null_fd; /* /dev/null; -1: not open */
  int fds[ASY_CHILD_FDS];
  bool lent[ASY_CHILD_FDS];
};

void asy_low_init(struct asy_low *low);
void asy_low_done(struct asy_low *low);

/* Opens /dev/null, and keeps the numbers. Returns 0 or an error. */
int asy_low_open(struct asy_low *low);

/* Makes child->fds of child->given, with low numbers, and finds the highest.
 * Returns 0 or an error; they are to be returned in either case. */
int asy_low_lend(struct asy_low *low, struct asy_child *child);
void asy_low_return(struct asy_low *low);

#endif
