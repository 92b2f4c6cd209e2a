/* async/lane.h (fan): what one destination is allowed. */
#ifndef ASYNC_LANE_H
#define ASYNC_LANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_lane_opts {
  size_t concurrency;            /* attempts at once; 0: no cap */
  double rate_per_s, rate_burst; /* starts; 0: no limit */
  bool adaptive;                 /* an AIMD limit below the cap */
  int64_t slow_ns;               /* for the adaptive limit; 0: not used */
  unsigned breaker_failures;     /* in a row open the circuit; 0: never */
  int64_t breaker_cooldown_ns;   /* 0: 30 s */
  double retry_budget;           /* retries per 100 requests over time; 0:
                                    no budget */
  size_t data_bytes;             /* the user's own, zeroed, in each lane */
  void (*data_done)(void *data); /* NULL, or called before a lane is dropped */
  size_t idle_lanes;             /* kept when idle; 0: 1024 */
};

struct async_lane;

/* The user's bytes of this lane. */
void *async_lane_data(struct async_lane *lane);

/* The destination's key and its hash. */
const char *async_lane_key(const struct async_lane *lane, size_t *len);
uint64_t async_lane_hash(const struct async_lane *lane);

/* Whether this destination has been asked for more than once, so far as is
 * known: worth keeping a connection for. */
bool async_lane_busy(const struct async_lane *lane);

#ifdef __cplusplus
}
#endif
#endif
