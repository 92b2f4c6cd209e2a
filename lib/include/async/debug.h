/* async/debug.h (core): what the loop is doing. */
#ifndef ASYNC_DEBUG_H
#define ASYNC_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_buf;

struct async_stats {
  uint64_t spawned, switches, checkpoints, polls, timers_set, slow_steps;
  uint64_t trace; /* hash of the order in which tasks ran */
  int64_t longest_step_ns;
  size_t tasks, tasks_peak;
  size_t stacks, stacks_peak, stacks_pooled; /* in use, most, kept for reuse */
  size_t timers, held; /* armed now; async_loop_hold minus release */
};

/* The counters of this thread's loop; after async_run, those of the run that
 * ended last on this thread. */
void async_stats_get(struct async_stats *out);

/* Appends a report: every task, grouped by where it was spawned and what it
 * waits for, the oldest first.
 *
 * stacks  also one backtrace a group; only from the loop's own stack
 */
void async_dump(struct async_buf *out, bool stacks);

#ifdef __cplusplus
}
#endif
#endif
