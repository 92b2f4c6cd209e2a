/* From the options that all commands share to those of the engine. */
#include "job/run_priv.h"

#include "async/timer.h"

/* 0 is "the default" to the policies, but "none" to people. */
static int64_t or_least(int64_t duration_ns)
{
  return duration_ns > 0 ? duration_ns : 1;
}

static enum async_jitter jitter(enum job_jitter choice)
{
  static const enum async_jitter jitters[] = {
    [JOB_JITTER_FULL] = ASYNC_JITTER_FULL,
    [JOB_JITTER_EQUAL] = ASYNC_JITTER_EQUAL,
    [JOB_JITTER_DECORRELATED] = ASYNC_JITTER_DECORRELATED,
    [JOB_JITTER_NONE] = ASYNC_JITTER_NONE,
  };
  return jitters[choice];
}

static struct async_retry_policy retry_policy(const struct job_run *run)
{
  const struct job_opts *opts = run->opts;
  return (struct async_retry_policy){
    .max_attempts = opts->retries + 1,
    .backoff = { .base_ns = or_least(opts->backoff.base_ns),
                 .factor = opts->backoff.factor,
                 .max_ns = or_least(opts->backoff.max_ns),
                 .jitter = jitter(opts->jitter) },
    .retry_after_max_ns = run->retry_after_max_ns,
  };
}

/* An answer that takes a third of the timeout says that the server is slow. */
static struct async_lane_opts lane_opts(const struct job_run *run)
{
  const struct job_opts *opts = run->opts;
  return (struct async_lane_opts){
    .concurrency = opts->per_host,
    .rate_per_s = opts->rate_per_host.per_s,
    .rate_burst = opts->rate_per_host.burst,
    .adaptive = opts->adaptive,
    .slow_ns = opts->timeout_ns / 3,
    .breaker_failures = opts->breaker.failures,
    .breaker_cooldown_ns = or_least(opts->breaker.cooldown_ns),
    .retry_budget = opts->retry_budget_pct,
    .data_bytes = run->tool->lane_bytes,
    .data_done = run->tool->lane_done,
  };
}

struct async_fan_opts job_fan_opts(const struct job_run *run)
{
  const struct job_opts *opts = run->opts;
  return (struct async_fan_opts){
    .jobs = run->jobs,
    .window = run->window,
    .ordered = opts->keep_order,
    .retry = retry_policy(run),
    .lane = lane_opts(run),
    .rate_per_s = opts->rate.per_s,
    .rate_burst = opts->rate.burst,
    .seed = opts->seed,
    .deadline_ns = opts->deadline_ns ? async_in(opts->deadline_ns) : 0,
    .stop_after_failed = opts->fail_fast ? 1 : opts->max_failures.count,
    .stop_after_failed_share = opts->max_failures.share,
    .cancel_on_failed = opts->fail_fast,
    .stop_after_ok = opts->first,
    .skip_rest = true,
  };
}
