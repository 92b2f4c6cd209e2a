/* async/heap.h (base): a priority queue of intrusive nodes, smallest key first.
 *
 * Four children a node; equal keys come out in the order they went in. */
#ifndef ASYNC_HEAP_H
#define ASYNC_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_heap_node {
  int64_t key;
  uint64_t order; /* owned by the heap */
  size_t place;   /* owned by the heap: index + 1, 0 outside */
};

struct async_heap {
  struct async_heap_node **nodes;
  size_t count, capacity;
  uint64_t next_order;
};

#define ASYNC_HEAP_INIT                                                        \
  {                                                                            \
    NULL, 0, 0, 0                                                              \
  }

/* Frees the array; the nodes are the caller's. Leaves the heap empty. */
void async_heap_done(struct async_heap *heap);

/* Makes room for `count` nodes, so that inserting up to it cannot fail.
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int async_heap_reserve(struct async_heap *heap, size_t count);

/* Inserts a node that is in no heap.
 *
 * node  kept until it is removed; a zeroed node is in no heap
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int async_heap_insert(struct async_heap *heap, struct async_heap_node *node,
                      int64_t key);

/* Removes the node, if it is in the heap. */
void async_heap_remove(struct async_heap *heap, struct async_heap_node *node);

/* Whether the node is in a heap. */
static inline bool async_heap_has(const struct async_heap_node *node)
{
  return node->place != 0;
}

/* The node with the smallest key, or NULL. */
static inline struct async_heap_node *async_heap_first(
    const struct async_heap *heap)
{
  return heap->count ? heap->nodes[0] : NULL;
}

#ifdef __cplusplus
}
#endif
#endif
