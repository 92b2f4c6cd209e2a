/* cmd/resolve/random.h: numbers that nobody can guess, in bulk. */
#ifndef RESOLVE_RANDOM_H
#define RESOLVE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct resolve_random {
  size_t left; /* bytes of the pool that were not given out */
  unsigned char pool[1024];
};

/* Fills `out`. The system's random numbers do not end. */
void resolve_random_fill(struct resolve_random *random, void *out, size_t len);

#endif
