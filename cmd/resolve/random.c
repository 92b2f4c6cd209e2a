#include "resolve/random.h"

#include <string.h>

#include <uv.h>

#include "async/rng.h"
#include "async/time.h"

/* Without a source of the system's there is still the clock. */
static void refill(struct resolve_random *random)
{
  random->left = sizeof(random->pool);
  if (uv_random(NULL, NULL, random->pool, sizeof(random->pool), 0, NULL) == 0)
    return;
  struct async_rng rng;
  async_rng_init(&rng, (uint64_t)async_clock_wall_ns());
  for (size_t i = 0; i < sizeof(random->pool); i++)
    random->pool[i] = (unsigned char)async_rng_next(&rng);
}

void resolve_random_fill(struct resolve_random *random, void *out, size_t len)
{
  unsigned char *at = out;
  while (len > 0) {
    if (random->left == 0)
      refill(random);
    size_t part = len < random->left ? len : random->left;
    memcpy(at, random->pool + sizeof(random->pool) - random->left, part);
    random->left -= part;
    at += part;
    len -= part;
  }
}
