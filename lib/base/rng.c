#include "async/rng.h"

static uint64_t rotate(uint64_t x, int by)
{
  return (x << by) | (x >> (64 - by));
}

void async_rng_init(struct async_rng *rng, uint64_t seed)
{
  for (int i = 0; i < 4; i++) {
    seed += 0x9e3779b97f4a7c15;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    rng->state[i] = z ^ (z >> 31);
  }
}

uint64_t async_rng_next(struct async_rng *rng)
{
  uint64_t *s = rng->state;
  uint64_t result = rotate(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

uint64_t async_rng_below(struct async_rng *rng, uint64_t bound)
{
  if (bound == 0)
    return 0;
  /* Draws below this threshold would make small remainders likelier. */
  uint64_t threshold = (0 - bound) % bound, draw;
  do
    draw = async_rng_next(rng);
  while (draw < threshold);
  return draw % bound;
}

double async_rng_unit(struct async_rng *rng)
{
  return (double)(async_rng_next(rng) >> 11) * 0x1p-53;
}
