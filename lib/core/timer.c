#include "async/timer.h"

#include <limits.h>
#include <stdlib.h>

#include "async/error.h"
#include "core/loop_priv.h"

int64_t async_now(void)
{
  struct async_loop *loop = asy_loop;
  if (loop->now_holds)
    return loop->now_ns;
  return loop->opts.virtual_time ? loop->virtual_ns : asy_loop_clock_ns(loop);
}

int64_t async_now_hold(void)
{
  struct async_loop *loop = asy_loop;
  if (loop->now_holds == 0)
    loop->now_ns = async_now();
  loop->now_holds++;
  return loop->now_ns;
}

void async_now_release(void)
{
  asy_loop->now_holds--;
}

int64_t async_in(int64_t duration_ns)
{
  return async_time_add(async_now(), duration_ns);
}

void async_timer_set(struct async_timer *timer, int64_t when_ns,
                     void (*fire)(struct async_timer *timer))
{
  struct async_loop *loop = asy_loop;
  async_heap_remove(&loop->timers, &timer->node);
  timer->fire = fire;
  if (when_ns == ASYNC_NEVER)
    return;
  if (when_ns < loop->firing_ns)
    when_ns = loop->firing_ns;
  loop->stats.timers_set++;
  /* async_spawn keeps room for several timers a task, so this is an emergency
   * that nobody could handle: a deadline would be lost. */
  if (async_heap_insert(&loop->timers, &timer->node, when_ns) < 0)
    abort();
}

void async_timer_clear(struct async_timer *timer)
{
  async_heap_remove(&asy_loop->timers, &timer->node);
}

/* Timers that are armed by those that fire wait for the next turn, however
 * early they are due: a timer cannot starve the loop. For the past they are
 * armed for `firing_ns`, behind all that are due: nor can it starve another. */
void asy_timers_run(struct async_loop *loop)
{
  int64_t now_ns = async_now();
  uint64_t armed_before = loop->timers.next_order;
  loop->firing_ns = now_ns;
  for (;;) {
    struct async_heap_node *first = async_heap_first(&loop->timers);
    if (!first || first->key > now_ns || first->order >= armed_before)
      break;
    struct async_timer *timer =
        ASYNC_CONTAINER_OF(first, struct async_timer, node);
    async_heap_remove(&loop->timers, first);
    timer->fire(timer);
  }
  loop->firing_ns = INT64_MIN;
}

struct sleep {
  struct async_op op;
  struct async_timer timer;
};

static void sleep_over(struct async_timer *timer)
{
  struct sleep *sleep = ASYNC_CONTAINER_OF(timer, struct sleep, timer);
  async_op_done(&sleep->op, 0);
}

static int sleep_abort(struct async_op *op)
{
  struct sleep *sleep = ASYNC_CONTAINER_OF(op, struct sleep, op);
  async_timer_clear(&sleep->timer);
  return ASYNC_OP_WITHDRAWN;
}

int async_sleep_until(int64_t when_ns)
{
  int err = async_check();
  if (err < 0)
    return err;
  struct sleep sleep = { .timer = ASYNC_TIMER_INIT };
  async_op_start(&sleep.op, "sleep", sleep_abort);
  async_timer_set(&sleep.timer, when_ns, sleep_over);
  return async_await(&sleep.op);
}

int async_sleep(int64_t duration_ns)
{
  return async_sleep_until(async_in(duration_ns > 0 ? duration_ns : 0));
}

void async_ticker_init(struct async_ticker *ticker, int64_t period_ns,
                       int64_t first_ns)
{
  ticker->period_ns = period_ns;
  ticker->next_ns = first_ns;
}

int async_ticker_wait(struct async_ticker *ticker)
{
  int64_t missed = 0;
  int err = async_sleep_until(ticker->next_ns);
  if (err < 0)
    return err;
  int64_t late_ns = async_now() - ticker->next_ns;
  if (late_ns >= ticker->period_ns)
    missed = late_ns / ticker->period_ns;
  ticker->next_ns += (missed + 1) * ticker->period_ns;
  return missed < INT_MAX ? (int)missed : INT_MAX;
}
