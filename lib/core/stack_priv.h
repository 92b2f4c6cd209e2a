/* Stacks of tasks: mapped with a guard page below, kept for reuse. */
#ifndef ASY_STACK_PRIV_H
#define ASY_STACK_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct asy_stacks {
  size_t stack_bytes, page_bytes; /* stack_bytes: of the pooled ones */
  struct asy_stack_free *free;    /* a list through their top words */
  size_t pooled, in_use, most;
  bool no_light_guard;
};

/* stack_bytes  asked for, for those that are pooled */
void asy_stacks_init(struct asy_stacks *stacks, size_t stack_bytes);
void asy_stacks_done(struct asy_stacks *stacks);

/* The size to take when `len` is asked for: whole pages, 16 KiB or more, and
 * four times as much under sanitizers. */
size_t asy_stack_round(const struct asy_stacks *stacks, size_t len);

/* A stack of `len` bytes, which asy_stack_round gave. Returns its lowest usable
 * byte, or NULL. */
void *asy_stack_get(struct asy_stacks *stacks, size_t len);
void asy_stack_put(struct asy_stacks *stacks, void *stack, size_t len);

/* The distance of the first frame from the top: stacks that all began at the
 * same offset in a page would compete for the same cache sets (measured: half
 * the cost of a yield over 1,000 tasks). */
size_t asy_stack_colour(const struct asy_stacks *stacks, const void *stack,
                        size_t len);

#endif
