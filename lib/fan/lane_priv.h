/* A destination's state, and the table of them. */
#ifndef ASY_LANE_PRIV_H
#define ASY_LANE_PRIV_H

#include "async/breaker.h"
#include "async/bucket.h"
#include "async/budget.h"
#include "async/hash.h"
#include "async/lane.h"
#include "async/limit.h"
#include "async/list.h"
#include "async/timer.h"

/* A timer of the loop comes up to two milliseconds late on a quiet machine. */
#define ASY_LANE_LATE_NS (4 * ASYNC_MS)

/* Where the scheduler has put a lane. */
enum asy_lane_place {
  ASY_LANE_EMPTY = 0, /* nothing queued */
  ASY_LANE_READY,     /* in the scheduler's round */
  ASY_LANE_WAITING,   /* its timer will put it back */
  ASY_LANE_BLOCKED    /* the end of one of its attempts will */
};

struct async_lane {
  struct async_hash_node node;
  struct async_list place_node; /* in the round, or among the idle */
  struct async_list queue;      /* of slots, oldest first */
  struct async_timer timer;
  struct asy_lanes *lanes;
  enum asy_lane_place place;
  bool common; /* of entries without a key: no limits, never dropped */
  size_t queued, running, references;
  uint64_t taken;
  struct async_bucket bucket;
  struct async_breaker breaker;
  struct async_limit limit;
  struct async_budget budget;
  void *data;
  size_t key_len;
  char key[];
};

struct asy_lanes {
  struct async_lane_opts opts;
  size_t jobs; /* the adaptive limit's start and ceiling without a cap */
  struct async_hash table;
  struct async_list idle; /* longest idle first, then verdicts looked at */
  size_t idle_count;
};

void asy_lanes_init(struct asy_lanes *lanes, const struct async_lane_opts *opts,
                    size_t jobs);

/* Drops every lane; none may be in use. */
void asy_lanes_done(struct asy_lanes *lanes);

/* The lane of a key, with one reference more; a new one if need be.
 *
 * key  NULL: a lane of its own without limits, which the caller keeps
 *
 * Returns NULL without memory.
 */
struct async_lane *asy_lane_get(struct asy_lanes *lanes, const char *key,
                                size_t len, int64_t now_ns);

/* Gives one reference back. */
void asy_lane_put(struct async_lane *lane);

/* Frees a lane that is in no table. */
void asy_lane_free(struct async_lane *lane);

enum asy_lane_answer {
  ASY_LANE_START,
  ASY_LANE_LATER, /* ask again at *when_ns */
  ASY_LANE_FULL,  /* ask again when one of its attempts has ended */
  ASY_LANE_OPEN   /* its circuit is open until *when_ns */
};

/* Whether the lane lets an attempt start now; on ASY_LANE_START it has been
 * counted, and asy_lane_ended follows. */
enum asy_lane_answer asy_lane_start(struct async_lane *lane, int64_t now_ns,
                                    int64_t *when_ns);

#endif
