#include "fetch/watchdog.h"

#include "async/error.h"
#include "async/list.h"

static void look(struct async_timer *timer);

static void sleep_on(struct fetch_watchdog *dog)
{
  int64_t limit_ns = dog->limits_ns[dog->phase];
  if (limit_ns > 0)
    async_timer_set(&dog->timer, async_time_add(dog->since_ns, limit_ns), look);
}

static void look(struct async_timer *timer)
{
  struct fetch_watchdog *dog =
      ASYNC_CONTAINER_OF(timer, struct fetch_watchdog, timer);
  int64_t limit_ns = dog->limits_ns[dog->phase];
  if (limit_ns > 0 && async_now() - dog->since_ns < limit_ns) {
    sleep_on(dog);
  } else if (limit_ns > 0) {
    dog->barked = true;
    async_scope_cancel(&dog->scope);
  }
}

void fetch_watchdog_start(struct fetch_watchdog *dog, const int64_t *limits_ns)
{
  dog->timer = (struct async_timer)ASYNC_TIMER_INIT;
  dog->limits_ns = limits_ns;
  dog->phase = FETCH_PHASE_CONNECT;
  dog->since_ns = async_now();
  dog->barked = false;
  async_scope_enter(&dog->scope, ASYNC_NEVER);
  sleep_on(dog);
}

void fetch_watchdog_enter(struct fetch_watchdog *dog, enum fetch_phase phase)
{
  dog->phase = phase;
  dog->since_ns = async_now();
  int64_t limit_ns = dog->limits_ns[phase];
  /* Armed for an earlier instant it fires, looks, and goes on; only if it is
   * armed for a later one, or not at all, it has to be moved. */
  if (limit_ns > 0 &&
      (!async_timer_armed(&dog->timer) ||
       dog->timer.node.key > async_time_add(dog->since_ns, limit_ns)))
    sleep_on(dog);
}

int fetch_watchdog_stop(struct fetch_watchdog *dog, int rc)
{
  async_timer_clear(&dog->timer);
  rc = async_scope_leave(&dog->scope, rc);
  return rc == ASYNC_ECANCELED && dog->barked ? ASYNC_ETIMEDOUT : rc;
}
