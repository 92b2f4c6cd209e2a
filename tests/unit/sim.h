/* sim.h: tests that run in a task, in simulated time.
 *
 *   SIM(waits_until_there_is_a_permit)
 *   {
 *     ...
 *   }
 *
 * is a test for TEST(): the body is the main task of a loop, and runs once in
 * the order of arrival and then in several drawn orders, so what it claims has
 * to hold in every order. After each run nothing may be left (I1). */
#ifndef SIM_H
#define SIM_H

#include "async/debug.h"
#include "async/loop.h"
#include "tap.h"

enum { SIM_SEEDS = 20 };

#define SIM(claim)                                                             \
  static void claim##_body(void);                                              \
  static void claim(void)                                                      \
  {                                                                            \
    sim_run_body(claim##_body);                                                \
  }                                                                            \
  static void claim##_body(void)

/* Invariant 1, after async_run. */
static inline void sim_check_nothing_left(void)
{
  struct async_stats stats;
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.stacks, 0);
  CHECK_INT(stats.timers, 0);
  CHECK_INT(stats.held, 0);
}

/* async_run in simulated time. */
static inline int sim_run_opts(async_task_fn *fn, void *arg,
                               struct async_run_opts opts)
{
  opts.virtual_time = true;
  int rc = async_run(fn, arg, &opts);
  sim_check_nothing_left();
  return rc;
}

static inline int sim_run(async_task_fn *fn, void *arg, uint64_t seed)
{
  return sim_run_opts(fn, arg, (struct async_run_opts){ .seed = seed });
}

struct sim_body {
  void (*run)(void);
};

static inline int sim_body_task(void *arg)
{
  const struct sim_body *body = arg;
  body->run();
  return 0;
}

static inline void sim_run_body(void (*run)(void))
{
  for (uint64_t seed = 0; seed <= SIM_SEEDS; seed++)
    CHECK_INT(sim_run(sim_body_task, &(struct sim_body){ run }, seed), 0);
}

/* Lets every ready task run until it parks, whatever the order. */
static inline void sim_settle(void)
{
  for (int i = 0; i < 8; i++)
    CHECK_INT(async_yield(), 0);
}

#endif
