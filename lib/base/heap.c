#include "async/heap.h"

#include <stdlib.h>

#include "async/error.h"

enum { FAN_OUT = 4 };

static bool before(const struct async_heap_node *a,
                   const struct async_heap_node *b)
{
  return a->key < b->key || (a->key == b->key && a->order < b->order);
}

static void put(struct async_heap *heap, size_t index,
                struct async_heap_node *node)
{
  heap->nodes[index] = node;
  node->place = index + 1;
}

static void sift_up(struct async_heap *heap, size_t index,
                    struct async_heap_node *node)
{
  while (index > 0) {
    size_t parent = (index - 1) / FAN_OUT;
    if (!before(node, heap->nodes[parent]))
      break;
    put(heap, index, heap->nodes[parent]);
    index = parent;
  }
  put(heap, index, node);
}

static size_t smallest_child(const struct async_heap *heap, size_t first)
{
  size_t best = first;
  for (size_t i = first + 1; i < first + FAN_OUT && i < heap->count; i++)
    if (before(heap->nodes[i], heap->nodes[best]))
      best = i;
  return best;
}

static void sift_down(struct async_heap *heap, size_t index,
                      struct async_heap_node *node)
{
  for (;;) {
    size_t first = index * FAN_OUT + 1;
    if (first >= heap->count)
      break;
    size_t child = smallest_child(heap, first);
    if (!before(heap->nodes[child], node))
      break;
    put(heap, index, heap->nodes[child]);
    index = child;
  }
  put(heap, index, node);
}

void async_heap_done(struct async_heap *heap)
{
  free(heap->nodes);
  *heap = (struct async_heap)ASYNC_HEAP_INIT;
}

int async_heap_reserve(struct async_heap *heap, size_t count)
{
  size_t capacity = heap->capacity ? heap->capacity : 64;
  if (count <= heap->capacity)
    return 0;
  if (count > SIZE_MAX / 2 / sizeof(*heap->nodes))
    return ASYNC_ENOMEM;
  while (capacity < count)
    capacity *= 2;
  struct async_heap_node **nodes =
      realloc(heap->nodes, capacity * sizeof(*nodes));
  if (!nodes)
    return ASYNC_ENOMEM;
  heap->nodes = nodes;
  heap->capacity = capacity;
  return 0;
}

int async_heap_insert(struct async_heap *heap, struct async_heap_node *node,
                      int64_t key)
{
  int err = async_heap_reserve(heap, heap->count + 1);
  if (err < 0)
    return err;
  node->key = key;
  node->order = heap->next_order++;
  heap->count++;
  sift_up(heap, heap->count - 1, node);
  return 0;
}

void async_heap_remove(struct async_heap *heap, struct async_heap_node *node)
{
  if (!node->place)
    return;
  size_t index = node->place - 1;
  struct async_heap_node *last = heap->nodes[--heap->count];
  node->place = 0;
  if (last == node)
    return;
  if (index > 0 && before(last, heap->nodes[(index - 1) / FAN_OUT]))
    sift_up(heap, index, last);
  else
    sift_down(heap, index, last);
}
