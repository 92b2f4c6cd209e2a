/* The stack switch alone, without a loop. Built for each back end; see
 * ASY_CTX_UCONTEXT. */
#include <execinfo.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/ctx_priv.h"
#include "core/sanitize_priv.h"
#include "tap.h"

enum {
  STACK = (ASY_ASAN || ASY_TSAN ? 64 : 16) * 1024,
  MANY = ASY_TSAN ? 5000 : 10000 /* TSan knows 8,128 at most */
};

/* One side of a switch. A zeroed one is whoever runs now. */
struct fiber {
  struct asy_ctx *ctx;
  struct asy_side side;
  struct fiber *back; /* whoever resumed it */
  void (*fn)(struct fiber *self);
  int64_t number, sum;
  bool ended;
};

static char *map_stacks(size_t count)
{
  char *stacks = mmap(NULL, count * STACK, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(stacks != MAP_FAILED);
  return stacks;
}

static void fiber_switch(struct fiber *from, struct fiber *to, int last)
{
  asy_side_leave(&from->side, &to->side, last);
  asy_ctx_switch(&from->ctx, to->ctx);
  asy_side_arrive(&from->side, NULL);
}

static void fiber_main(void *arg)
{
  struct fiber *self = arg;
  asy_side_arrive(&self->side, &self->back->side);
  self->fn(self);
  self->ended = true;
  fiber_switch(self, self->back, 1);
}

static void fiber_init(struct fiber *fiber, char *stack,
                       void (*fn)(struct fiber *self))
{
  *fiber = (struct fiber){ .fn = fn };
  asy_side_init_task(&fiber->side, stack, STACK);
  fiber->ctx = asy_ctx_make(stack, STACK, fiber_main, fiber);
}

static void resume(struct fiber *self, struct fiber *fiber)
{
  fiber->back = self;
  fiber_switch(self, fiber, 0);
}

static void pause_fiber(struct fiber *self)
{
  fiber_switch(self, self->back, 0);
}

static void fiber_done(struct fiber *fiber)
{
  CHECK(fiber->ended);
  asy_side_done_task(&fiber->side);
}

static void this_thread(struct fiber *self)
{
  *self = (struct fiber){ .number = 0 };
  asy_side_init_loop(&self->side);
}

/* Runs one function on a stack of its own until it ends. */
static int64_t run_alone(void (*fn)(struct fiber *self))
{
  struct fiber self, fiber;
  char *stack = map_stacks(1);
  this_thread(&self);
  fiber_init(&fiber, stack, fn);
  while (!fiber.ended)
    resume(&self, &fiber);
  fiber_done(&fiber);
  munmap(stack, STACK);
  return fiber.sum;
}

static void say_hello(struct fiber *self)
{
  self->sum = 42;
}

static void a_function_runs_on_its_own_stack_and_ends(void)
{
  CHECK_INT(run_alone(say_hello), 42);
}

static void count_to_ten(struct fiber *self)
{
  for (int i = 1; i <= 10; i++) {
    self->sum += i;
    pause_fiber(self);
  }
}

static void its_locals_live_from_one_switch_to_the_next(void)
{
  CHECK_INT(run_alone(count_to_ten), 55);
}

/* More values than there are registers, all alive across a switch. */

__attribute__((noinline)) static void mix_integers(struct fiber *self)
{
  uint64_t a = (uint64_t)self->number, b = a * 3, c = a * 5, d = a * 7;
  uint64_t e = a * 11, f = a * 13, g = a * 17, h = a * 19, i = a * 23;
  for (int round = 0; round < 100; round++) {
    pause_fiber(self);
    a += b ^ i, b += c, c += d, d += e, e += f, f += g, g += h, h += i, i += a;
  }
  self->sum = (int64_t)((a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i) >> 1);
}

__attribute__((noinline)) static void mix_doubles(struct fiber *self)
{
  double a = (double)self->number + 0.5, b = a / 3, c = a / 5, d = a / 7;
  double e = a / 11, f = a / 13, g = a / 17, h = a / 19, i = a / 23;
  for (int round = 0; round < 100; round++) {
    pause_fiber(self);
    a += b - i, b += c, c -= d, d += e, e -= f, f += g, g -= h, h += i, i -= a;
  }
  double all = a + b + c + d + e + f + g + h + i;
  memcpy(&self->sum, &all, sizeof(all));
}

enum { MIXERS = 20 };

/* Each of them one after the other, then all of them in turn. */
static void check_mixing(void (*mix)(struct fiber *self))
{
  struct fiber self, alone[MIXERS], together[MIXERS];
  char *stacks = map_stacks(2 * MIXERS);
  this_thread(&self);
  for (int i = 0; i < MIXERS; i++) {
    fiber_init(&alone[i], stacks + i * STACK, mix);
    fiber_init(&together[i], stacks + (MIXERS + i) * STACK, mix);
    alone[i].number = together[i].number = i + 1;
    while (!alone[i].ended)
      resume(&self, &alone[i]);
  }
  for (int round = 0; round <= 100; round++)
    for (int i = 0; i < MIXERS; i++)
      resume(&self, &together[(i * 7 + round) % MIXERS]);
  for (int i = 0; i < MIXERS; i++) {
    CHECK_INT(together[i].sum, alone[i].sum);
    CHECK(i == 0 || alone[i].sum != alone[i - 1].sum);
    fiber_done(&alone[i]);
    fiber_done(&together[i]);
  }
  munmap(stacks, 2 * MIXERS * STACK);
}

static void integer_registers_survive(void)
{
  check_mixing(mix_integers);
}

static void floating_point_registers_survive(void)
{
  check_mixing(mix_doubles);
}

/* What the system's calling convention promises a function. */

__attribute__((format(printf, 3, 4))) static int format(char *out, size_t len,
                                                        const char *pattern,
                                                        ...)
{
  va_list args;
  va_start(args, pattern);
  int written = vsnprintf(out, len, pattern, args);
  va_end(args);
  return written;
}

static void call_the_library(struct fiber *self)
{
  alignas(64) char local[64];
  char text[64];
  jmp_buf here;
  volatile int jumps = 0;
  CHECK_INT((uintptr_t)local % 64, 0);
  format(text, sizeof(text), "%.3f %d %Lg %s", 2.5, 7, 1.5L, "x");
  CHECK_STR(text, "2.500 7 1.5 x");
  setjmp(here);
  pause_fiber(self);
  if (++jumps < 3)
    longjmp(here, 1);
  self->sum = jumps;
}

static void a_stack_is_aligned_and_longjmp_works_on_it(void)
{
  CHECK_INT(run_alone(call_the_library), 3);
}

static void look_back(struct fiber *self)
{
  void *frames[64];
  self->sum = backtrace(frames, 64);
}

static void a_backtrace_ends_where_the_stack_does(void)
{
  int64_t frames = run_alone(look_back);
  CHECK(frames > 1 && frames < 16);
}

/* Each starts the next and waits for it to end. */

enum { LEVELS = 1000 };

static char *nested_stacks;
static struct fiber nested[LEVELS];

static void start_the_next(struct fiber *self)
{
  int64_t level = self->number;
  if (level + 1 < LEVELS) {
    struct fiber *next = &nested[level + 1];
    fiber_init(next, nested_stacks + (level + 1) * STACK, start_the_next);
    next->number = level + 1;
    resume(self, next);
    CHECK(next->ended);
    self->sum = next->sum;
    fiber_done(next);
  }
  CHECK_INT(self->number, level);
  self->sum++;
}

static void a_thousand_nested_ones_come_back_in_order(void)
{
  struct fiber self;
  nested_stacks = map_stacks(LEVELS);
  this_thread(&self);
  fiber_init(&nested[0], nested_stacks, start_the_next);
  resume(&self, &nested[0]);
  fiber_done(&nested[0]);
  CHECK_INT(nested[0].sum, LEVELS);
  munmap(nested_stacks, (size_t)LEVELS * STACK);
}

static void add_own_number(struct fiber *self)
{
  for (int i = 0; i < 3; i++) {
    self->sum += self->number;
    pause_fiber(self);
  }
}

static void ten_thousand_are_alive_at_once(void)
{
  struct fiber self;
  char *stacks = map_stacks(MANY);
  struct fiber *fibers = calloc(MANY, sizeof(*fibers));
  CHECK(fibers);
  this_thread(&self);
  for (int i = 0; i < MANY; i++) {
    fiber_init(&fibers[i], stacks + (size_t)i * STACK, add_own_number);
    fibers[i].number = i;
  }
  for (int round = 0; round < 4; round++)
    for (int i = 0; i < MANY; i++)
      resume(&self, &fibers[i]);
  for (int i = 0; i < MANY; i++) {
    CHECK_INT(fibers[i].sum, 3 * i);
    fiber_done(&fibers[i]);
  }
  free(fibers);
  munmap(stacks, (size_t)MANY * STACK);
}

static const struct tap_test tests[] = {
  TEST(a_function_runs_on_its_own_stack_and_ends),
  TEST(its_locals_live_from_one_switch_to_the_next),
  TEST(integer_registers_survive),
  TEST(floating_point_registers_survive),
  TEST(a_stack_is_aligned_and_longjmp_works_on_it),
  TEST(a_backtrace_ends_where_the_stack_does),
  TEST(a_thousand_nested_ones_come_back_in_order),
  TEST(ten_thousand_are_alive_at_once),
};

TAP_MAIN(tests)
