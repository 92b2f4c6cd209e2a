/* async/rng.h (base): a small random number generator that replays.
 *
 * For jitter, schedules and tests; never for secrets.
 * Source: Blackman and Vigna, xoshiro256** 1.0 and SplitMix64. */
#ifndef ASYNC_RNG_H
#define ASYNC_RNG_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_rng {
  uint64_t state[4];
};

/* Starts the sequence of that seed; any number is a good seed. */
void async_rng_init(struct async_rng *rng, uint64_t seed);

/* 64 random bits. */
uint64_t async_rng_next(struct async_rng *rng);

/* A number in [0, bound), uniform; 0 when bound is 0. */
uint64_t async_rng_below(struct async_rng *rng, uint64_t bound);

/* A number in [0, 1), uniform. */
double async_rng_unit(struct async_rng *rng);

#ifdef __cplusplus
}
#endif
#endif
