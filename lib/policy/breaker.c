#include "async/breaker.h"

#include <stdbool.h>

#include "async/error.h"

enum { MIN_CALLS = 20, COOLDOWNS_MOST = 8 };
#define WINDOW_NS   (10 * ASYNC_SEC)
#define COOLDOWN_NS (30 * ASYNC_SEC)

void async_breaker_init(struct async_breaker *breaker,
                        const struct async_breaker_opts *opts)
{
  *breaker = (struct async_breaker){ .since_ns = INT64_MIN };
  if (!opts)
    return;
  struct async_breaker_opts *o = &breaker->opts;
  *o = *opts;
  if (!o->min_calls)
    o->min_calls = MIN_CALLS;
  if (o->window_ns <= 0)
    o->window_ns = WINDOW_NS;
  if (o->cooldown_ns <= 0)
    o->cooldown_ns = COOLDOWN_NS;
  if (o->cooldown_max_ns <= 0)
    o->cooldown_max_ns = o->cooldown_ns > ASYNC_NEVER / COOLDOWNS_MOST
                             ? ASYNC_NEVER
                             : o->cooldown_ns * COOLDOWNS_MOST;
  if (o->cooldown_max_ns < o->cooldown_ns)
    o->cooldown_max_ns = o->cooldown_ns;
  if (!o->probes)
    o->probes = 1;
}

/* Every state begins with its counters at zero. */
static void become(struct async_breaker *breaker,
                   enum async_breaker_state state, int64_t now_ns)
{
  breaker->state = state;
  breaker->since_ns = now_ns;
  breaker->in_a_row = 0;
  breaker->probing = 0;
  breaker->probed = 0;
  breaker->half[0] = (struct async_breaker_count){ 0, 0 };
  breaker->half[1] = (struct async_breaker_count){ 0, 0 };
  breaker->half_since_ns = now_ns;
}

static void open_for(struct async_breaker *breaker, int64_t cooldown_ns,
                     int64_t now_ns)
{
  become(breaker, ASYNC_BREAKER_OPEN, now_ns);
  breaker->cooldown_ns = cooldown_ns;
  breaker->open_until_ns = async_time_add(now_ns, cooldown_ns);
}

int async_breaker_enter(struct async_breaker *breaker, int64_t now_ns,
                        int64_t *retry_at_ns)
{
  int64_t retry_at = 0;

  if (breaker->state == ASYNC_BREAKER_CLOSED)
    return 0;
  if (breaker->state == ASYNC_BREAKER_OPEN && now_ns >= breaker->open_until_ns)
    become(breaker, ASYNC_BREAKER_HALF_OPEN, now_ns);
  if (breaker->state == ASYNC_BREAKER_OPEN) {
    retry_at = breaker->open_until_ns;
  } else if (breaker->probing + breaker->probed < breaker->opts.probes) {
    breaker->probing++;
    return 0;
  } else {
    retry_at = async_time_add(now_ns, breaker->cooldown_ns);
  }
  if (retry_at_ns)
    *retry_at_ns = retry_at;
  return ASYNC_EOPEN;
}

/* Two halves stand for a window that slides: after half a window the older one
 * is forgotten. */
static void slide(struct async_breaker *breaker, int64_t now_ns)
{
  int64_t length = breaker->opts.window_ns / 2;
  int64_t end = async_time_add(breaker->half_since_ns, length);
  if (now_ns < end)
    return;
  bool gap = now_ns >= async_time_add(end, length);
  breaker->half[1] =
      gap ? (struct async_breaker_count){ 0, 0 } : breaker->half[0];
  breaker->half[0] = (struct async_breaker_count){ 0, 0 };
  breaker->half_since_ns = gap ? now_ns : end;
}

static bool too_many_failures(const struct async_breaker *breaker)
{
  const struct async_breaker_opts *opts = &breaker->opts;
  const struct async_breaker_count *half = breaker->half;
  double calls = (double)half[0].calls + half[1].calls;
  double failures = (double)half[0].failures + half[1].failures;

  if (opts->failures && breaker->in_a_row >= opts->failures)
    return true;
  return opts->failure_ratio > 0 && calls >= opts->min_calls &&
         failures >= opts->failure_ratio * calls;
}

static void leave_closed(struct async_breaker *breaker, bool failed,
                         int64_t now_ns)
{
  slide(breaker, now_ns);
  breaker->half[0].calls++;
  breaker->half[0].failures += failed;
  breaker->in_a_row = failed ? breaker->in_a_row + 1 : 0;
  if (failed && too_many_failures(breaker))
    open_for(breaker, breaker->opts.cooldown_ns, now_ns);
}

static void leave_half_open(struct async_breaker *breaker,
                            enum async_breaker_result result, int64_t now_ns)
{
  int64_t most = breaker->opts.cooldown_max_ns;
  int64_t doubled =
      breaker->cooldown_ns > most / 2 ? most : breaker->cooldown_ns * 2;

  if (breaker->probing == 0)
    return; /* not a probe: the caller is mistaken about entered_ns */
  breaker->probing--;
  if (result == ASYNC_BREAKER_FAILURE)
    open_for(breaker, doubled, now_ns);
  else if (result == ASYNC_BREAKER_OK &&
           ++breaker->probed >= breaker->opts.probes)
    become(breaker, ASYNC_BREAKER_CLOSED, now_ns);
}

void async_breaker_leave(struct async_breaker *breaker,
                         enum async_breaker_result result, int64_t entered_ns,
                         int64_t now_ns)
{
  if (entered_ns < breaker->since_ns)
    return;
  if (breaker->state == ASYNC_BREAKER_HALF_OPEN)
    leave_half_open(breaker, result, now_ns);
  else if (breaker->state == ASYNC_BREAKER_CLOSED &&
           result != ASYNC_BREAKER_NEUTRAL)
    leave_closed(breaker, result == ASYNC_BREAKER_FAILURE, now_ns);
}
