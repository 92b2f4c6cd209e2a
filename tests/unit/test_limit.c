#include "async/limit.h"

#include <limits.h>

#include "async/heap.h"
#include "async/list.h"
#include "async/rng.h"
#include "async/time.h"
#include "tap.h"

static void acquire_many(struct async_limit *limit, unsigned count)
{
  while (count-- > 0)
    async_limit_acquire(limit);
}

static void as_many_as_the_limit_may_start(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 5, 100, 0);
  for (int i = 0; i < 5; i++) {
    CHECK(async_limit_allow(&limit));
    async_limit_acquire(&limit);
  }
  CHECK(!async_limit_allow(&limit));
  async_limit_release(&limit, ASYNC_LIMIT_IGNORE, 0, 1);
  CHECK(async_limit_allow(&limit));
}

static void a_round_of_successes_adds_about_one(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 10, 100, 0);
  acquire_many(&limit, 10);
  for (int i = 0; i < 10; i++) {
    async_limit_release(&limit, ASYNC_LIMIT_OK, 0, 1);
    async_limit_acquire(&limit);
  }
  CHECK(limit.limit > 10.9 && limit.limit < 11);
}

static void a_limit_that_is_not_used_does_not_grow(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 10, 100, 0);
  acquire_many(&limit, 4);
  for (int i = 0; i < 1000; i++) {
    async_limit_acquire(&limit);
    async_limit_release(&limit, ASYNC_LIMIT_OK, i, i + 1);
  }
  CHECK(limit.limit == 10);
}

static void overload_cuts_to_seven_tenths_once_a_round_trip(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 100, 200, 0);
  acquire_many(&limit, 100);
  for (int i = 0; i < 50; i++)
    async_limit_release(&limit, ASYNC_LIMIT_OVERLOAD, 10, 20 + i);
  CHECK(limit.limit == 70);
  acquire_many(&limit, 1);
  async_limit_release(&limit, ASYNC_LIMIT_OVERLOAD, 21, 90);
  CHECK(limit.limit == 49);
}

static void slow_answers_cut_to_nine_tenths(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 100, 200, 1000);
  acquire_many(&limit, 100);
  async_limit_release(&limit, ASYNC_LIMIT_OK, 0, 1000);
  CHECK(limit.limit > 100);
  async_limit_init(&limit, 1, 100, 200, 1000);
  acquire_many(&limit, 100);
  async_limit_release(&limit, ASYNC_LIMIT_OK, 0, 1001);
  async_limit_release(&limit, ASYNC_LIMIT_OK, 0, 1002);
  CHECK(limit.limit == 90);
}

static void ignored_results_change_nothing(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 1, 10, 100, 1);
  acquire_many(&limit, 10);
  for (int i = 0; i < 10; i++)
    async_limit_release(&limit, ASYNC_LIMIT_IGNORE, 0, ASYNC_SEC);
  CHECK(limit.limit == 10);
  CHECK_INT(limit.in_flight, 0);
}

static void zeroed_it_only_counts(void)
{
  struct async_limit limit = { 0 };
  for (int i = 0; i < 1000; i++) {
    CHECK(async_limit_allow(&limit));
    async_limit_acquire(&limit);
  }
  for (int i = 0; i < 1000; i++)
    async_limit_release(&limit, ASYNC_LIMIT_OVERLOAD, 0, i);
  CHECK(async_limit_allow(&limit));
}

static void the_start_is_kept_within_the_bounds(void)
{
  struct async_limit limit;
  async_limit_init(&limit, 0, 0, 0, 0);
  CHECK(limit.limit == 1 && limit.max == UINT_MAX);
  async_limit_init(&limit, 4, 1000, 50, 0);
  CHECK(limit.limit == 50);
  async_limit_init(&limit, 4, 1, 50, 0);
  CHECK(limit.limit == 4);
  async_limit_init(&limit, 9, 5, 3, 0);
  CHECK(limit.limit == 9);
}

/* I9: random results, some very late. */
static void it_stays_between_its_bounds_and_drains_to_the_limit(void)
{
  for (uint64_t seed = 0; seed < 100; seed++) {
    struct async_limit limit;
    struct async_rng rng;
    int64_t now = 0;
    async_rng_init(&rng, seed);
    unsigned min = 1 + (unsigned)async_rng_below(&rng, 5);
    unsigned max = min + (unsigned)async_rng_below(&rng, 60);
    unsigned weight = 1 + (unsigned)async_rng_below(&rng, 8);
    async_limit_init(&limit, min, 10, max, 500);
    for (int i = 0; i < 2000; i++) {
      now += 1 + (int64_t)async_rng_below(&rng, 20);
      unsigned before = limit.in_flight;
      while (async_limit_allow(&limit))
        async_limit_acquire(&limit);
      CHECK(limit.in_flight < limit.limit + 1 || limit.in_flight == before);
      uint64_t draw = async_rng_below(&rng, 2 + weight);
      enum async_limit_result result = draw == 0   ? ASYNC_LIMIT_OVERLOAD
                                       : draw == 1 ? ASYNC_LIMIT_IGNORE
                                                   : ASYNC_LIMIT_OK;
      async_limit_release(&limit, result,
                          now - (int64_t)async_rng_below(&rng, 600), now);
      CHECK(limit.limit >= min && limit.limit <= max);
    }
  }
}

/* ---- A server that loses three quarters of its capacity for a while ------
 *
 * `slots` requests are served at once, the others queue; service takes 10 ms
 * on average, exponentially distributed. The client starts all it may and
 * gives up after 300 ms. 20 s with 20 slots, 20 s with 5, 20 s with 20. */

enum { REQUESTS = 512, PHASES = 3 };

static const int64_t service_ns = 10 * ASYNC_MS, timeout_ns = 300 * ASYNC_MS,
                     phase_ns = 20 * ASYNC_SEC;
static const unsigned phase_slots[PHASES] = { 20, 5, 20 };

struct request {
  struct async_heap_node event; /* it is served, or it gives up */
  struct async_list place;      /* in the queue or among the free */
  int64_t started_ns;
  bool serving;
};

struct world {
  struct async_limit limit;
  struct async_rng rng;
  struct async_heap events;
  struct async_list queue, free;
  struct request requests[REQUESTS];
  unsigned slots, serving;
  int64_t now_ns;
  unsigned served[PHASES], timeouts;
};

/* Exponential with mean 1, without a logarithm.
 * Source: von Neumann, "Various techniques used in connection with random
 * digits" (1951). */
static double exponential(struct async_rng *rng)
{
  for (double whole = 0;; whole += 1) {
    double first = async_rng_unit(rng), last = first, next;
    unsigned run = 1;
    for (; (next = async_rng_unit(rng)) < last; run++)
      last = next;
    if (run % 2)
      return whole + first;
  }
}

static struct request *request_at(struct async_list *place)
{
  return ASYNC_CONTAINER_OF(place, struct request, place);
}

static void serve_who_waits(struct world *world)
{
  while (world->serving < world->slots && !async_list_empty(&world->queue)) {
    struct request *request = request_at(async_list_shift(&world->queue));
    int64_t takes = (int64_t)(exponential(&world->rng) * (double)service_ns);
    int64_t served = world->now_ns + takes;
    int64_t gives_up = request->started_ns + timeout_ns;
    request->serving = true;
    world->serving++;
    async_heap_remove(&world->events, &request->event);
    CHECK_INT(async_heap_insert(&world->events, &request->event,
                                served < gives_up ? served : gives_up),
              0);
  }
}

static void start_all_that_may(struct world *world)
{
  while (async_limit_allow(&world->limit) && !async_list_empty(&world->free)) {
    struct request *request = request_at(async_list_shift(&world->free));
    async_limit_acquire(&world->limit);
    request->started_ns = world->now_ns;
    request->serving = false;
    async_list_push(&world->queue, &request->place);
    CHECK_INT(async_heap_insert(&world->events, &request->event,
                                world->now_ns + timeout_ns),
              0);
  }
  serve_who_waits(world);
}

static void end_next(struct world *world)
{
  struct async_heap_node *node = async_heap_first(&world->events);
  struct request *request = ASYNC_CONTAINER_OF(node, struct request, event);
  world->now_ns = node->key;
  async_heap_remove(&world->events, node);
  async_list_remove(&request->place);
  async_list_push(&world->free, &request->place);
  world->serving -= request->serving;
  bool late = world->now_ns - request->started_ns >= timeout_ns;
  world->timeouts += late;
  if (!late && world->now_ns < PHASES * phase_ns)
    world->served[world->now_ns / phase_ns]++;
  async_limit_release(&world->limit,
                      late ? ASYNC_LIMIT_OVERLOAD : ASYNC_LIMIT_OK,
                      request->started_ns, world->now_ns);
}

static void simulate(struct world *world, int64_t slow_ns, uint64_t seed)
{
  *world = (struct world){ .events = ASYNC_HEAP_INIT };
  async_rng_init(&world->rng, seed);
  async_limit_init(&world->limit, 1, 10, 500, slow_ns);
  async_list_init(&world->queue);
  async_list_init(&world->free);
  for (int i = 0; i < REQUESTS; i++)
    async_list_push(&world->free, &world->requests[i].place);
  while (world->now_ns < PHASES * phase_ns) {
    world->slots = phase_slots[world->now_ns / phase_ns];
    start_all_that_may(world);
    end_next(world);
  }
  async_heap_done(&world->events);
}

static void it_follows_a_server_down_and_up_without_timeouts(void)
{
  static struct world world;
  for (uint64_t seed = 1; seed <= 5; seed++) {
    simulate(&world, timeout_ns / 3, seed);
    for (int i = 0; i < PHASES; i++) {
      unsigned capacity = (unsigned)(phase_slots[i] * (phase_ns / service_ns));
      CHECK(world.served[i] >= capacity * 95 / 100);
    }
    CHECK_INT(world.timeouts, 0);
  }
}

static void without_the_early_sign_there_are_timeouts(void)
{
  static struct world world;
  simulate(&world, 0, 1);
  CHECK(world.timeouts > 50);
}

static const struct tap_test tests[] = {
  TEST(as_many_as_the_limit_may_start),
  TEST(a_round_of_successes_adds_about_one),
  TEST(a_limit_that_is_not_used_does_not_grow),
  TEST(overload_cuts_to_seven_tenths_once_a_round_trip),
  TEST(slow_answers_cut_to_nine_tenths),
  TEST(ignored_results_change_nothing),
  TEST(zeroed_it_only_counts),
  TEST(the_start_is_kept_within_the_bounds),
  TEST(it_stays_between_its_bounds_and_drains_to_the_limit),
  TEST(it_follows_a_server_down_and_up_without_timeouts),
  TEST(without_the_early_sign_there_are_timeouts),
};

TAP_MAIN(tests)
