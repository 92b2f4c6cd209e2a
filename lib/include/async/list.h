/* async/list.h (base): doubly linked intrusive lists.
 *
 * The node sits inside the element; the head is a node of its own. A node that
 * is in no list points at itself, so removing it twice is harmless. */
#ifndef ASYNC_LIST_H
#define ASYNC_LIST_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The element that contains `member`, from a pointer to the member. */
#define ASYNC_CONTAINER_OF(pointer, type, member)                              \
  ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct async_list {
  struct async_list *prev, *next;
};

/* Walks the list; the current node may be removed in the body. */
#define ASYNC_LIST_EACH(node, head)                                            \
  for (struct async_list *node = (head)->next, *node##_next = node->next;      \
       node != (head); node = node##_next, node##_next = node->next)

/* Makes a head empty, or a node a member of no list. */
static inline void async_list_init(struct async_list *node)
{
  node->prev = node;
  node->next = node;
}

/* Whether the head has no elements, or the node is in no list. */
static inline bool async_list_empty(const struct async_list *node)
{
  return node->next == node;
}

/* Puts a node, which is in no list, at the end. */
static inline void async_list_push(struct async_list *head,
                                   struct async_list *node)
{
  node->prev = head->prev;
  node->next = head;
  head->prev->next = node;
  head->prev = node;
}

/* Puts a node, which is in no list, at the front. */
static inline void async_list_push_front(struct async_list *head,
                                         struct async_list *node)
{
  async_list_push(head->next, node);
}

/* Takes a node out of its list, if it is in one. */
static inline void async_list_remove(struct async_list *node)
{
  node->prev->next = node->next;
  node->next->prev = node->prev;
  async_list_init(node);
}

/* Takes the first node out. Returns it, or NULL when the list is empty. */
static inline struct async_list *async_list_shift(struct async_list *head)
{
  struct async_list *node = head->next;
  if (node == head)
    return NULL;
  async_list_remove(node);
  return node;
}

/* Moves all elements of `from` to the end of `to`. */
static inline void async_list_splice(struct async_list *to,
                                     struct async_list *from)
{
  if (async_list_empty(from))
    return;
  from->next->prev = to->prev;
  to->prev->next = from->next;
  from->prev->next = to;
  to->prev = from->prev;
  async_list_init(from);
}

#ifdef __cplusplus
}
#endif
#endif
