/* One coarse timer for all: what may take seconds need not end to the
 * millisecond, and a wheel costs nothing for the many that end in time. */
#include "async/error.h"
#include "net/dns_fleet_priv.h"

static void on_tick(struct async_timer *timer);

static int64_t tick_of(int64_t when_ns)
{
  return when_ns / ASY_FLEET_TICK_NS;
}

void asy_fleet_time_init(struct async_dns_fleet *fleet)
{
  for (size_t i = 0; i < ASY_FLEET_SLOTS; i++)
    async_list_init(&fleet->wheel.slots[i]);
  fleet->wheel.tick = tick_of(async_now());
}

void asy_fleet_tick_start(struct async_dns_fleet *fleet)
{
  if (async_timer_armed(&fleet->tick))
    return;
  int64_t now_ns = async_now();
  if (fleet->wheel.count == 0)
    fleet->wheel.tick = tick_of(now_ns);
  async_timer_set(&fleet->tick, now_ns + ASY_FLEET_TICK_NS, on_tick);
}

void asy_fleet_expect(struct async_dns_fleet *fleet, struct async_dns_ask *ask)
{
  struct asy_fleet_wheel *wheel = &fleet->wheel;
  asy_fleet_tick_start(fleet);
  int64_t ahead = tick_of(ask->look_ns) + 1 - wheel->tick;
  if (ahead < 1)
    ahead = 1;
  else if (ahead > ASY_FLEET_SLOTS - 1)
    ahead = ASY_FLEET_SLOTS - 1;
  size_t slot = (size_t)(wheel->tick + ahead) % ASY_FLEET_SLOTS;
  async_list_push(&wheel->slots[slot], &ask->timer);
  wheel->count++;
}

void asy_fleet_expect_no_more(struct async_dns_fleet *fleet,
                              struct async_dns_ask *ask)
{
  if (async_list_empty(&ask->timer))
    return;
  async_list_remove(&ask->timer);
  fleet->wheel.count--;
}

static void look_at(struct async_dns_fleet *fleet, struct async_list *slot)
{
  struct async_list due;
  async_list_init(&due);
  async_list_splice(&due, slot);
  while (!async_list_empty(&due)) {
    struct async_dns_ask *ask =
        ASYNC_CONTAINER_OF(due.next, struct async_dns_ask, timer);
    asy_fleet_expect_no_more(fleet, ask);
    if (ask->look_ns > async_now())
      asy_fleet_expect(fleet, ask);
    else if (ask->expires_ns > async_now())
      asy_fleet_doubt(ask);
    else
      asy_fleet_expired(ask);
  }
}

static void turn(struct async_dns_fleet *fleet)
{
  struct asy_fleet_wheel *wheel = &fleet->wheel;
  int64_t last = tick_of(async_now());
  if (last - wheel->tick > ASY_FLEET_SLOTS)
    wheel->tick = last - ASY_FLEET_SLOTS;
  while (wheel->tick < last && wheel->count > 0) {
    wheel->tick++;
    look_at(fleet, &wheel->slots[(size_t)wheel->tick % ASY_FLEET_SLOTS]);
  }
  wheel->tick = last;
}

/* While nobody who could answer works, an ask that waits is as good as one that
 * was sent to the dead: it ends after as long. */
static void give_up(struct async_dns_fleet *fleet, struct async_list *queue)
{
  int64_t patience_ns = fleet->opts.timeout_ns;
  if (!patience_ns)
    patience_ns = ASY_FLEET_PATIENCE_NS;
  while (!async_list_empty(queue)) {
    struct async_dns_ask *ask = asy_fleet_ask(queue->next);
    int64_t since_ns;
    if (!asy_fleet_hopeless(fleet, ask, &since_ns))
      return;
    if (since_ns < ask->queued_ns)
      since_ns = ask->queued_ns;
    if (async_now() - since_ns < patience_ns)
      return;
    asy_fleet_expired(ask);
  }
}

static void on_tick(struct async_timer *timer)
{
  struct async_dns_fleet *fleet =
      ASYNC_CONTAINER_OF(timer, struct async_dns_fleet, tick);
  asy_fleet_enter(fleet);
  turn(fleet);
  give_up(fleet, &fleet->queue);
  for (size_t i = 0; !async_list_empty(&fleet->wanted) && i < fleet->count; i++)
    give_up(fleet, &fleet->resolvers[i]->queue);
  if (fleet->wheel.count > 0 || fleet->queued > 0)
    asy_fleet_tick_start(fleet);
  asy_fleet_leave(fleet);
}

/* Ends all that is in the wheel: every ask that was sent. */
void asy_fleet_time_done(struct async_dns_fleet *fleet)
{
  for (size_t i = 0; i < ASY_FLEET_SLOTS; i++) {
    struct async_list *slot = &fleet->wheel.slots[i];
    while (!async_list_empty(slot)) {
      struct async_dns_ask *ask =
          ASYNC_CONTAINER_OF(slot->next, struct async_dns_ask, timer);
      asy_fleet_expect_no_more(fleet, ask);
      asy_fleet_cut_off(ask, ASYNC_ECANCELED);
    }
  }
}
