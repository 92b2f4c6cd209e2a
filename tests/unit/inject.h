/* inject.h: runs a scenario, the main task of a loop in simulated time, with a
 * fault at every place where one can happen. After each run nothing may be
 * left (sim.h); what else has to hold, the scenario checks itself. */
#ifndef INJECT_H
#define INJECT_H

#include "async/error.h"
#include "sim.h"

struct inject_count {
  uint64_t runs, faults; /* faults: runs that did not end with 0 */
};

static inline struct async_stats inject_stats(void)
{
  struct async_stats stats;
  async_stats_get(&stats);
  return stats;
}

static inline void inject_one(async_task_fn *scenario,
                              struct async_run_opts opts, int fault,
                              struct inject_count *count)
{
  int rc = sim_run_opts(scenario, NULL, opts);
  if (rc != 0 && rc != fault)
    fprintf(stderr, "# seed %llu, checkpoint %llu, stack %llu: rc %d\n",
            (unsigned long long)opts.seed, (unsigned long long)opts.cancel_at,
            (unsigned long long)opts.fail_alloc, rc);
  CHECK(rc == 0 || rc == fault);
  count->runs++;
  count->faults += rc != 0;
}

/* Cancels everything at each checkpoint, in several orders of tasks. */
static inline struct inject_count inject_cancels(async_task_fn *scenario,
                                                 uint64_t seeds)
{
  struct inject_count count = { 0, 0 };
  for (uint64_t seed = 0; seed <= seeds; seed++) {
    CHECK_INT(sim_run(scenario, NULL, seed), 0);
    uint64_t checkpoints = inject_stats().checkpoints;
    for (uint64_t at = 1; at <= checkpoints; at++)
      inject_one(scenario,
                 (struct async_run_opts){ .seed = seed, .cancel_at = at },
                 ASYNC_ECANCELED, &count);
  }
  return count;
}

/* Fails each allocation of a stack. */
static inline struct inject_count inject_stacks(async_task_fn *scenario,
                                                uint64_t seeds)
{
  struct inject_count count = { 0, 0 };
  for (uint64_t seed = 0; seed <= seeds; seed++) {
    CHECK_INT(sim_run(scenario, NULL, seed), 0);
    uint64_t spawned = inject_stats().spawned;
    for (uint64_t at = 1; at <= spawned; at++)
      inject_one(scenario,
                 (struct async_run_opts){ .seed = seed, .fail_alloc = at },
                 ASYNC_ENOMEM, &count);
  }
  return count;
}

/* Invariant 11: a seed is an order. Returns how many different ones there
 * were. */
static inline size_t inject_replays(async_task_fn *scenario, uint64_t seeds)
{
  uint64_t traces[64];
  size_t distinct = 0;
  CHECK(seeds <= 64);
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    size_t i = 0;
    CHECK_INT(sim_run(scenario, NULL, seed), 0);
    uint64_t trace = inject_stats().trace;
    CHECK_INT(sim_run(scenario, NULL, seed), 0);
    CHECK(inject_stats().trace == trace);
    while (i < distinct && traces[i] != trace)
      i++;
    if (i == distinct)
      traces[distinct++] = trace;
  }
  return distinct;
}

#endif
