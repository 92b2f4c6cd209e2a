/* cmd/resolve/seen.h: what was asked before, for --dedup. */
#ifndef RESOLVE_SEEN_H
#define RESOLVE_SEEN_H

#include "resolve/item.h"

/* 16 bytes a question: two hashes of 64 bits. That two questions share both
 * has a chance of one in 10^26 among a million. */
struct resolve_seen {
  struct resolve_print {
    uint64_t a, b; /* both 0: free */
  } * items;
  size_t count, size; /* size: 0 or a power of two */
};

void resolve_seen_done(struct resolve_seen *seen);

/* Returns 1 if the question was there, 0 if it is new, or ASYNC_ENOMEM. */
int resolve_seen_add(struct resolve_seen *seen,
                     const struct resolve_question *question);

#endif
