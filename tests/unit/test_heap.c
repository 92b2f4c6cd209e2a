#include "async/heap.h"

#include "async/error.h"
#include "async/list.h"
#include "async/rng.h"
#include "tap.h"

enum { MEMBERS = 3000 };

struct item {
  struct async_heap_node node;
  int64_t key;
  unsigned serial;
};

static struct item items[MEMBERS];

static struct item *pop(struct async_heap *heap)
{
  struct async_heap_node *node = async_heap_first(heap);
  if (!node)
    return NULL;
  async_heap_remove(heap, node);
  CHECK(!async_heap_has(node));
  return ASYNC_CONTAINER_OF(node, struct item, node);
}

static int by_key_then_serial(const void *a, const void *b)
{
  const struct item *x = *(struct item *const *)a;
  const struct item *y = *(struct item *const *)b;
  if (x->key != y->key)
    return x->key < y->key ? -1 : 1;
  return x->serial < y->serial ? -1 : x->serial > y->serial;
}

/* Inserts all items with keys below `keys`: few keys, many ties. */
static void fill(struct async_heap *heap, struct async_rng *rng, uint64_t keys)
{
  memset(items, 0, sizeof(items));
  for (unsigned i = 0; i < MEMBERS; i++) {
    items[i].key = (int64_t)async_rng_below(rng, keys) - (int64_t)keys / 2;
    items[i].serial = i;
    CHECK_INT(async_heap_insert(heap, &items[i].node, items[i].key), 0);
  }
}

static void check_against_sorting(uint64_t keys, bool remove_some)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct item *sorted[MEMBERS];
  struct async_rng rng;
  size_t count = 0;
  async_rng_init(&rng, keys);
  fill(&heap, &rng, keys);
  for (size_t i = 0; i < MEMBERS; i++) {
    if (remove_some && async_rng_below(&rng, 3) == 0)
      async_heap_remove(&heap, &items[i].node);
    else
      sorted[count++] = &items[i];
  }
  CHECK_INT(heap.count, count);
  qsort(sorted, count, sizeof(*sorted), by_key_then_serial);
  for (size_t i = 0; i < count; i++)
    CHECK(pop(&heap) == sorted[i]);
  CHECK(!pop(&heap));
  async_heap_done(&heap);
}

static void nodes_come_out_as_sorting_would_order_them(void)
{
  check_against_sorting(UINT64_C(1) << 62, false);
  check_against_sorting(1000, false);
}

static void equal_keys_come_out_in_the_order_they_went_in(void)
{
  check_against_sorting(3, false);
  check_against_sorting(1, false);
}

static void any_node_can_be_removed(void)
{
  check_against_sorting(UINT64_C(1) << 62, true);
  check_against_sorting(10, true);
}

static void removing_a_node_that_is_not_in_it_is_harmless(void)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct item in = { 0 }, out = { 0 };
  async_heap_insert(&heap, &in.node, 1);
  CHECK(async_heap_has(&in.node) && !async_heap_has(&out.node));
  async_heap_remove(&heap, &out.node);
  CHECK_INT(heap.count, 1);
  async_heap_remove(&heap, &in.node);
  async_heap_remove(&heap, &in.node);
  CHECK_INT(heap.count, 0);
  async_heap_done(&heap);
}

static void the_ends_of_the_range_are_keys_like_others(void)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct item last = { 0 }, middle = { 0 }, first = { 0 };
  async_heap_insert(&heap, &last.node, INT64_MAX);
  async_heap_insert(&heap, &middle.node, 0);
  async_heap_insert(&heap, &first.node, INT64_MIN);
  CHECK(pop(&heap) == &first);
  CHECK(pop(&heap) == &middle);
  CHECK(pop(&heap) == &last);
  async_heap_done(&heap);
}

/* As timers do: the clock goes on, new ones lie ahead, some are cancelled. */
static void a_running_clock_sees_no_key_go_back(void)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct async_rng rng;
  int64_t now = 0;
  async_rng_init(&rng, 8);
  fill(&heap, &rng, 1000);
  while (heap.count > 0)
    pop(&heap);
  for (int step = 0; step < 30000; step++) {
    struct item *item = &items[async_rng_below(&rng, MEMBERS)];
    if (async_heap_has(&item->node))
      async_heap_remove(&heap, &item->node);
    else
      async_heap_insert(&heap, &item->node,
                        now + (int64_t)async_rng_below(&rng, 500));
    if (step % 2 == 0 && heap.count > 0) {
      int64_t key = pop(&heap)->node.key;
      CHECK(key >= now);
      now = key;
    }
  }
  async_heap_done(&heap);
}

static void reserved_room_is_kept(void)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct async_rng rng;
  async_rng_init(&rng, 1);
  CHECK_INT(async_heap_reserve(&heap, MEMBERS), 0);
  struct async_heap_node **nodes = heap.nodes;
  fill(&heap, &rng, 9);
  CHECK(heap.nodes == nodes);
  async_heap_done(&heap);
  CHECK(!heap.nodes && !heap.count && !heap.capacity);
}

static void too_much_room_is_refused_and_changes_nothing(void)
{
  struct async_heap heap = ASYNC_HEAP_INIT;
  struct item item = { 0 };
  async_heap_insert(&heap, &item.node, 1);
  CHECK_INT(async_heap_reserve(&heap, SIZE_MAX), ASYNC_ENOMEM);
  CHECK(pop(&heap) == &item);
  async_heap_done(&heap);
}

static const struct tap_test tests[] = {
  TEST(nodes_come_out_as_sorting_would_order_them),
  TEST(equal_keys_come_out_in_the_order_they_went_in),
  TEST(any_node_can_be_removed),
  TEST(removing_a_node_that_is_not_in_it_is_harmless),
  TEST(the_ends_of_the_range_are_keys_like_others),
  TEST(a_running_clock_sees_no_key_go_back),
  TEST(reserved_room_is_kept),
  TEST(too_much_room_is_refused_and_changes_nothing),
};

TAP_MAIN(tests)
