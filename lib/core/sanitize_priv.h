/* What the sanitizers must be told when stacks are switched. Nothing at all in
 * builds without them. */
#ifndef ASY_SANITIZE_PRIV_H
#define ASY_SANITIZE_PRIV_H

#include <stddef.h>

#ifndef __has_feature
#  define __has_feature(x) 0
#endif

#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#  define ASY_ASAN 1
#  include <sanitizer/asan_interface.h>
#  include <sanitizer/common_interface_defs.h>
#else
#  define ASY_ASAN 0
#endif

#if defined __SANITIZE_THREAD__ || __has_feature(thread_sanitizer)
#  define ASY_TSAN 1
#  include <sanitizer/tsan_interface.h>
#else
#  define ASY_TSAN 0
#endif

/* One side of a switch: a task, or the loop. */
struct asy_side {
#if ASY_ASAN
  void *fake_stack;
  const void *bottom;
  size_t len;
#endif
#if ASY_TSAN
  void *fiber;
#endif
  char unused; /* so that the struct is never empty */
};

/* Functions that are entered on one stack and left on another must not be
 * functions to ThreadSanitizer, which counts the two. */
#if defined __GNUC__
#  define ASY_INLINE static inline __attribute__((always_inline))
#else
#  define ASY_INLINE static inline
#endif

/* Before leaving `from` for `to`; `last`: from will not run again. */
ASY_INLINE void asy_side_leave(struct asy_side *from, const struct asy_side *to,
                               int last)
{
  (void)from, (void)to, (void)last;
#if ASY_ASAN
  __sanitizer_start_switch_fiber(last ? NULL : &from->fake_stack, to->bottom,
                                 to->len);
#endif
#if ASY_TSAN
  __tsan_switch_to_fiber(to->fiber, 0);
#endif
}

/* After arriving on `self`; `came_from`, if not NULL, learns its bounds. */
ASY_INLINE void asy_side_arrive(struct asy_side *self,
                                struct asy_side *came_from)
{
  (void)self, (void)came_from;
#if ASY_ASAN
  __sanitizer_finish_switch_fiber(self->fake_stack,
                                  came_from ? &came_from->bottom : NULL,
                                  came_from ? &came_from->len : NULL);
#endif
}

static inline void asy_side_init_loop(struct asy_side *side)
{
  (void)side;
#if ASY_TSAN
  side->fiber = __tsan_get_current_fiber();
#endif
}

static inline void asy_side_init_task(struct asy_side *side, void *stack,
                                      size_t len)
{
  (void)side, (void)stack, (void)len;
#if ASY_ASAN
  side->fake_stack = NULL;
  side->bottom = stack;
  side->len = len;
#endif
#if ASY_TSAN
  side->fiber = __tsan_create_fiber(0);
#endif
}

static inline void asy_side_done_task(struct asy_side *side)
{
  (void)side;
#if ASY_TSAN
  __tsan_destroy_fiber(side->fiber);
#endif
}

/* A stack goes back to the pool, or to the system, which may map it anew for
 * anything: what frames poisoned is clean again. */
static inline void asy_stack_unpoison(void *stack, size_t len)
{
  (void)stack, (void)len;
#if ASY_ASAN
  __asan_unpoison_memory_region(stack, len);
#endif
}

#endif
