/* failing_alloc.h: fails the n-th allocation.
 *
 *   failing_alloc_start(n);         0 fails none, and counts
 *   ...
 *   count = failing_alloc_stop();   allocations that were tried
 *
 * A test program that includes this is linked with
 * --wrap=malloc,calloc,realloc (see unit.cmake). It reaches the library's own
 * calls, not those of shared libraries. Include it in one file of a program. */
#ifndef FAILING_ALLOC_H
#define FAILING_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Any thread may allocate. */
static bool failing_alloc_on;
static uint64_t failing_alloc_count, failing_alloc_at;

static inline void failing_alloc_start(uint64_t at)
{
  __atomic_store_n(&failing_alloc_count, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&failing_alloc_at, at, __ATOMIC_SEQ_CST);
  __atomic_store_n(&failing_alloc_on, true, __ATOMIC_SEQ_CST);
}

static inline uint64_t failing_alloc_stop(void)
{
  __atomic_store_n(&failing_alloc_on, false, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&failing_alloc_count, __ATOMIC_SEQ_CST);
}

static inline bool failing_alloc_now(void)
{
  if (!__atomic_load_n(&failing_alloc_on, __ATOMIC_SEQ_CST))
    return false;
  uint64_t count =
      __atomic_add_fetch(&failing_alloc_count, 1, __ATOMIC_SEQ_CST);
  return count == __atomic_load_n(&failing_alloc_at, __ATOMIC_SEQ_CST);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
  return failing_alloc_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
  return failing_alloc_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
  return failing_alloc_now() ? NULL : __real_realloc(old, size);
}

#endif
