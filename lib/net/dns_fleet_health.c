/* A resolver's state: what it bears, how fast it is, whether it is ill. */
#include <stdlib.h>

#include "async/error.h"
#include "net/dns_fleet_priv.h"

enum { HISTOGRAMS = 64 };
#define TIMEOUT_LEAST_NS ASYNC_SEC
#define TIMEOUT_MOST_NS  (4 * ASYNC_SEC)
#define USUAL_LEAST_NS   (50 * ASYNC_MS)

/* Able or not. */

static void become_able(struct asy_fleet_resolver *resolver, bool able)
{
  struct async_dns_fleet *fleet = resolver->fleet;
  if (resolver->able == able)
    return;
  resolver->able = able;
  if (resolver->extra)
    return;
  if (able) {
    fleet->able[fleet->able_count++] = resolver;
    resolver->place = fleet->able_count;
    return;
  }
  struct asy_fleet_resolver *last = fleet->able[--fleet->able_count];
  fleet->able[resolver->place - 1] = last;
  last->place = resolver->place;
  resolver->place = 0;
}

static void on_wake(struct async_timer *timer)
{
  struct async_dns_fleet *fleet =
      ASYNC_CONTAINER_OF(timer, struct async_dns_fleet, wake);
  struct async_heap_node *first;
  asy_fleet_enter(fleet);
  while ((first = async_heap_first(&fleet->wakes)) != NULL &&
         first->key <= async_now()) {
    async_heap_remove(&fleet->wakes, first);
    asy_fleet_refresh(
        ASYNC_CONTAINER_OF(first, struct asy_fleet_resolver, wake),
        async_now());
  }
  first = async_heap_first(&fleet->wakes);
  if (first)
    async_timer_set(&fleet->wake, first->key, on_wake);
  asy_fleet_leave(fleet);
}

/* Room for all of them was made when they were added. */
static void wake_at(struct asy_fleet_resolver *resolver, int64_t when_ns)
{
  struct async_dns_fleet *fleet = resolver->fleet;
  if (async_heap_has(&resolver->wake)) {
    if (resolver->wake.key == when_ns)
      return;
    async_heap_remove(&fleet->wakes, &resolver->wake);
  }
  if (when_ns == ASYNC_NEVER || fleet->closing)
    return;
  async_heap_insert(&fleet->wakes, &resolver->wake, when_ns);
  if (async_heap_first(&fleet->wakes) == &resolver->wake)
    async_timer_set(&fleet->wake, when_ns, on_wake);
}

/* Those who talk may be asked, however ill, or not any more. */
static void refresh_talking(struct async_dns_fleet *fleet, int64_t now_ns)
{
  for (size_t i = 0; i < fleet->own && fleet->talking > 0; i++)
    if (fleet->resolvers[i]->talks)
      asy_fleet_refresh(fleet->resolvers[i], now_ns);
}

static void note_illness(struct asy_fleet_resolver *resolver, int64_t now_ns)
{
  struct async_dns_fleet *fleet = resolver->fleet;
  size_t before = fleet->healthy;
  bool ill = resolver->breaker.state != ASYNC_BREAKER_CLOSED;
  if (ill == (resolver->ill_ns != 0))
    return;
  resolver->ill_ns = ill ? (now_ns ? now_ns : 1) : 0;
  if (resolver->extra)
    return;
  fleet->healthy += ill ? (size_t)-1 : 1;
  if (fleet->healthy == 0)
    fleet->ill_ns = resolver->ill_ns;
  if (before == 0 || fleet->healthy == 0)
    refresh_talking(fleet, now_ns);
}

/* When its breaker lets it be asked; ASYNC_NEVER: once a probe has ended. */
static int64_t breaker_opens(const struct async_breaker *breaker)
{
  switch (breaker->state) {
  case ASYNC_BREAKER_OPEN:
    return breaker->open_until_ns;
  case ASYNC_BREAKER_HALF_OPEN:
    return breaker->probing + breaker->probed < breaker->opts.probes
               ? INT64_MIN
               : ASYNC_NEVER;
  default:
    return INT64_MIN;
  }
}

/* Little is risked with one that may be dead, while there are others. */
unsigned asy_fleet_trust(const struct asy_fleet_resolver *resolver)
{
  unsigned size = resolver->window.size;
  bool bounded = !resolver->proven && size > resolver->unproven_jobs;
  return bounded ? resolver->unproven_jobs : size;
}

static int64_t later(int64_t a_ns, int64_t b_ns)
{
  return a_ns > b_ns ? a_ns : b_ns;
}

/* When it has room for one more; ASYNC_NEVER: once there is an answer. */
static int64_t has_room(const struct asy_fleet_resolver *resolver,
                        int64_t now_ns)
{
  if (resolver->in_flight - resolver->doubted >= asy_fleet_trust(resolver) ||
      resolver->in_flight >= resolver->window.most)
    return ASYNC_NEVER;
  if (resolver->rate.per_s > 0)
    return later(resolver->hold_ns,
                 async_bucket_peek(&resolver->rate.bucket, now_ns));
  return resolver->hold_ns;
}

/* One that answers, if only that it refuses, is asked by those who want it, and
 * by all while nobody is better: what it says is more than nothing. */
void asy_fleet_refresh(struct asy_fleet_resolver *resolver, int64_t now_ns)
{
  int64_t room_ns = has_room(resolver, now_ns);
  int64_t well_ns = later(room_ns, breaker_opens(&resolver->breaker));
  note_illness(resolver, now_ns);
  int64_t ready_ns = resolver->talks ? room_ns : well_ns;
  bool is_last = resolver->extra || resolver->fleet->healthy == 0;
  int64_t able_ns = is_last ? ready_ns : well_ns;
  resolver->ready = ready_ns <= now_ns;
  become_able(resolver, able_ns <= now_ns);
  if (!resolver->ready)
    wake_at(resolver, ready_ns);
  else
    wake_at(resolver, resolver->able ? ASYNC_NEVER : able_ns);
}

void asy_fleet_hold(struct asy_fleet_resolver *resolver, int64_t until_ns)
{
  int64_t now_ns = async_now();
  resolver->hold_ns = until_ns;
  asy_fleet_window_full(&resolver->window, resolver->in_flight, now_ns);
  asy_fleet_refresh(resolver, now_ns);
}

/* What happened. */

void asy_fleet_took(struct asy_fleet_resolver *resolver, int64_t now_ns)
{
  resolver->in_flight++;
  resolver->count.sent++;
  async_breaker_enter(&resolver->breaker, now_ns, NULL);
  if (resolver->rate.per_s > 0)
    async_bucket_reserve(&resolver->rate.bucket, 1, now_ns, NULL);
  asy_fleet_refresh(resolver, now_ns);
}

/* Source: RFC 6298 for the smoothing. */
static void learn_rtt(struct asy_fleet_resolver *resolver, int64_t rtt_ns)
{
  if (rtt_ns < 1)
    rtt_ns = 1;
  if (resolver->rtt_ns == 0) {
    resolver->rtt_ns = rtt_ns;
    resolver->rtt_var_ns = rtt_ns / 2;
  } else {
    int64_t off_ns = rtt_ns - resolver->rtt_ns;
    resolver->rtt_ns += off_ns / 8;
    resolver->rtt_var_ns +=
        ((off_ns < 0 ? -off_ns : off_ns) - resolver->rtt_var_ns) / 4;
    if (resolver->rtt_ns < 1)
      resolver->rtt_ns = 1;
  }
  if (!resolver->rtt && resolver->fleet->own <= HISTOGRAMS)
    resolver->rtt = calloc(1, sizeof(*resolver->rtt));
  if (resolver->rtt && resolver->rtt->total == 0)
    async_histogram_init(resolver->rtt);
  if (resolver->rtt)
    async_histogram_add(resolver->rtt, rtt_ns);
}

static void answered(struct asy_fleet_resolver *resolver, int64_t sent_ns,
                     int64_t now_ns)
{
  resolver->count.answered++;
  resolver->answer_ns = now_ns;
  learn_rtt(resolver, now_ns - sent_ns);
  asy_fleet_window_answered(&resolver->window,
                            resolver->in_flight - resolver->doubted,
                            resolver->rtt_ns, now_ns);
}

static void count_end(struct asy_fleet_resolver *resolver,
                      enum asy_fleet_end end, int64_t sent_ns, int64_t now_ns)
{
  switch (end) {
  case ASY_FLEET_ANSWERED:
  case ASY_FLEET_FAILING:
    answered(resolver, sent_ns, now_ns);
    break;
  case ASY_FLEET_MALFORMED:
    resolver->count.malformed++;
    break;
  case ASY_FLEET_TIMEOUT:
    resolver->count.timeouts++;
    asy_fleet_window_lost(&resolver->window, sent_ns, now_ns);
    break;
  case ASY_FLEET_ERROR:
    resolver->count.errors++;
    break;
  case ASY_FLEET_ABANDONED:
    resolver->count.abandoned++;
    break;
  }
}

/* No answer to one, while others are answered, is a lost packet: the resolver
 * is not ill for that. */
static enum async_breaker_result result_of(
    const struct asy_fleet_resolver *resolver, enum asy_fleet_end end,
    int64_t sent_ns)
{
  switch (end) {
  case ASY_FLEET_ANSWERED:
    return ASYNC_BREAKER_OK;
  case ASY_FLEET_TIMEOUT:
    return resolver->answer_ns >= sent_ns ? ASYNC_BREAKER_NEUTRAL
                                          : ASYNC_BREAKER_FAILURE;
  case ASY_FLEET_ABANDONED:
    return ASYNC_BREAKER_NEUTRAL;
  default:
    return ASYNC_BREAKER_FAILURE;
  }
}

static void note_talk(struct asy_fleet_resolver *resolver,
                      enum asy_fleet_end end, enum async_breaker_result result)
{
  bool replied = end == ASY_FLEET_ANSWERED || end == ASY_FLEET_FAILING ||
                 end == ASY_FLEET_MALFORMED;
  if (result == ASYNC_BREAKER_NEUTRAL || resolver->talks == replied)
    return;
  resolver->talks = replied;
  if (!resolver->extra)
    resolver->fleet->talking += replied ? 1 : (size_t)-1;
}

static void prove(struct asy_fleet_resolver *resolver)
{
  resolver->proven = true;
  resolver->fleet->proven += !resolver->extra;
  resolver->breaker.opts.failures = asy_fleet_failures(resolver);
}

void asy_fleet_gave(struct asy_fleet_resolver *resolver, enum asy_fleet_end end,
                    int64_t sent_ns, int64_t now_ns)
{
  bool was_open = resolver->breaker.state == ASYNC_BREAKER_OPEN;
  enum async_breaker_result result = result_of(resolver, end, sent_ns);
  count_end(resolver, end, sent_ns, now_ns);
  if (end != ASY_FLEET_ABANDONED)
    resolver->fleet->short_ns = 0;
  note_talk(resolver, end, result);
  if (!resolver->proven && result == ASYNC_BREAKER_OK)
    prove(resolver);
  async_breaker_leave(&resolver->breaker, result, sent_ns, now_ns);
  resolver->count.opened +=
      !was_open && resolver->breaker.state == ASYNC_BREAKER_OPEN;
  if (end != ASY_FLEET_ABANDONED)
    asy_fleet_rate_learn(&resolver->rate,
                         end == ASY_FLEET_TIMEOUT || end == ASY_FLEET_FAILING,
                         now_ns);
  resolver->in_flight--;
  asy_fleet_refresh(resolver, now_ns);
}

int64_t asy_fleet_usual(const struct asy_fleet_resolver *resolver)
{
  int64_t usual_ns = resolver->rtt_ns + 4 * resolver->rtt_var_ns;
  if (!resolver->rtt_ns)
    return 0;
  return usual_ns > USUAL_LEAST_NS ? usual_ns : USUAL_LEAST_NS;
}

int64_t asy_fleet_timeout(const struct asy_fleet_resolver *resolver)
{
  if (resolver->fleet->opts.timeout_ns)
    return resolver->fleet->opts.timeout_ns;
  if (!resolver->rtt_ns)
    return ASY_FLEET_PATIENCE_NS;
  int64_t wait_ns = 2 * resolver->rtt_ns + 4 * resolver->rtt_var_ns;
  if (wait_ns < TIMEOUT_LEAST_NS)
    return TIMEOUT_LEAST_NS;
  return wait_ns < TIMEOUT_MOST_NS ? wait_ns : TIMEOUT_MOST_NS;
}
