#include "core/stack_priv.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/sanitize_priv.h"

/* Linux 6.13: a guard without a mapping of its own. With mprotect, two mappings
 * a stack end at vm.max_map_count, that is about 32,000 tasks. */
#if defined __linux__ && !defined MADV_GUARD_INSTALL
#  define MADV_GUARD_INSTALL 102
#endif

enum { POOLED_MOST = 1024, COLOURS = 16, CACHE_LINE = 64 };

static const size_t LEAST = 16 * 1024, MOST = SIZE_MAX / 16;

struct asy_stack_free {
  struct asy_stack_free *next;
};

void asy_stacks_init(struct asy_stacks *stacks, size_t stack_bytes)
{
  *stacks = (struct asy_stacks){ .page_bytes = (size_t)sysconf(_SC_PAGESIZE) };
  stacks->stack_bytes = asy_stack_round(stacks, stack_bytes);
}

size_t asy_stack_round(const struct asy_stacks *stacks, size_t len)
{
  if (len < LEAST)
    len = LEAST;
  if (len > MOST)
    len = MOST; /* more than there is: asy_stack_get will say so */
  if (ASY_ASAN || ASY_TSAN)
    len *= 4; /* their frames are larger */
  return (len + stacks->page_bytes - 1) / stacks->page_bytes *
         stacks->page_bytes;
}

static void unmap(struct asy_stacks *stacks, char *stack, size_t len)
{
  munmap(stack - stacks->page_bytes, len + stacks->page_bytes);
}

static struct asy_stack_free *link_of(void *stack, size_t len)
{
  return (struct asy_stack_free *)(void *)((char *)stack + len) - 1;
}

void asy_stacks_done(struct asy_stacks *stacks)
{
  while (stacks->free) {
    struct asy_stack_free *top = stacks->free;
    stacks->free = top->next;
    unmap(stacks, (char *)(top + 1) - stacks->stack_bytes, stacks->stack_bytes);
  }
  stacks->pooled = 0;
}

static bool guard(struct asy_stacks *stacks, void *page)
{
#ifdef MADV_GUARD_INSTALL
  if (!stacks->no_light_guard &&
      madvise(page, stacks->page_bytes, MADV_GUARD_INSTALL) == 0)
    return true;
  stacks->no_light_guard = true;
#endif
  return mprotect(page, stacks->page_bytes, PROT_NONE) == 0;
}

static void *map(struct asy_stacks *stacks, size_t len)
{
  size_t total = len + stacks->page_bytes;
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
#ifdef MAP_STACK
  flags |= MAP_STACK;
#endif
  char *page = mmap(NULL, total, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (page == MAP_FAILED)
    return NULL;
#ifdef MADV_NOHUGEPAGE
  /* Where huge pages are always on, a parked task would cost 2 MiB. */
  madvise(page, total, MADV_NOHUGEPAGE);
#endif
  if (!guard(stacks, page)) {
    munmap(page, total);
    return NULL;
  }
  return page + stacks->page_bytes;
}

void *asy_stack_get(struct asy_stacks *stacks, size_t len)
{
  void *stack;
  if (len == stacks->stack_bytes && stacks->free) {
    struct asy_stack_free *top = stacks->free;
    stacks->free = top->next;
    stacks->pooled--;
    stack = (char *)(top + 1) - len;
  } else {
    stack = map(stacks, len);
  }
  if (stack && ++stacks->in_use > stacks->most)
    stacks->most = stacks->in_use;
  return stack;
}

void asy_stack_put(struct asy_stacks *stacks, void *stack, size_t len)
{
  stacks->in_use--;
  asy_stack_unpoison(stack, len);
  if (len != stacks->stack_bytes || stacks->pooled >= POOLED_MOST) {
    unmap(stacks, stack, len);
    return;
  }
  struct asy_stack_free *top = link_of(stack, len);
  top->next = stacks->free;
  stacks->free = top;
  stacks->pooled++;
}

size_t asy_stack_colour(const struct asy_stacks *stacks, const void *stack,
                        size_t len)
{
  size_t index = (uintptr_t)stack / (len + stacks->page_bytes);
  return index % COLOURS * CACHE_LINE;
}
