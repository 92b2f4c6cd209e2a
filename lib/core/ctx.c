/* glibc's checked longjmp refuses to jump "up" a stack, which is what switching
 * is. */
#ifdef _FORTIFY_SOURCE
#  undef _FORTIFY_SOURCE
#endif

#include "core/ctx_priv.h"

#include <stdint.h>

#if !ASY_CTX_UCONTEXT

/* Both switches push the registers that a callee must keep, store the stack
 * pointer in *from, load `to`, pop, and return into the other context. A new
 * context is a hand-made frame that "returns" into the entry stub, which finds
 * fn and arg in two of those registers. */

#  ifdef __APPLE__
#    define SYMBOL(name) "_" #    name
#    define TYPE(name)   ""
#  else
#    define SYMBOL(name) #    name
#    define TYPE(name)   ".type " #    name ", %function\n"
#  endif

void asy_ctx_entry(void);

#  if defined __x86_64__

/* clang-format off */
__asm__(".text\n"
        ".globl " SYMBOL(asy_ctx_switch) "\n"
        TYPE(asy_ctx_switch)
        ".p2align 4\n"
        SYMBOL(asy_ctx_switch) ":\n"
        ".cfi_startproc\n"
        "  pushq %rbp\n"
        "  pushq %rbx\n"
        "  pushq %r12\n"
        "  pushq %r13\n"
        "  pushq %r14\n"
        "  pushq %r15\n"
        "  movq %rsp, (%rdi)\n"
        "  movq %rsi, %rsp\n"
        "  popq %r15\n"
        "  popq %r14\n"
        "  popq %r13\n"
        "  popq %r12\n"
        "  popq %rbx\n"
        "  popq %rbp\n"
        "  popq %rcx\n"
        "  jmpq *%rcx\n"
        ".cfi_endproc\n"

        ".globl " SYMBOL(asy_ctx_entry) "\n"
        TYPE(asy_ctx_entry)
        SYMBOL(asy_ctx_entry) ":\n"
        ".cfi_startproc\n"
        ".cfi_undefined rip\n"
        "  movq %r12, %rdi\n"
        "  callq *%r13\n"
        "  ud2\n"
        ".cfi_endproc\n");
/* clang-format on */

struct asy_ctx *asy_ctx_make(void *stack, size_t len, void (*fn)(void *),
                             void *arg)
{
  uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + len) & ~(uintptr_t)15);
  *--top = 0; /* two words, so that rsp is 16-aligned at the call */
  *--top = 0;
  *--top = (uintptr_t)asy_ctx_entry; /* the return address */
  *--top = 0;                        /* rbp: ends the chain of frames */
  *--top = 0;                        /* rbx */
  *--top = (uintptr_t)arg;           /* r12 */
  *--top = (uintptr_t)fn;            /* r13 */
  *--top = 0;                        /* r14 */
  *--top = 0;                        /* r15 */
  return (struct asy_ctx *)(void *)top;
}

#  elif defined __aarch64__

/* clang-format off */
__asm__(".text\n"
        ".globl " SYMBOL(asy_ctx_switch) "\n"
        TYPE(asy_ctx_switch)
        ".p2align 4\n"
        SYMBOL(asy_ctx_switch) ":\n"
        ".cfi_startproc\n"
        "  sub sp, sp, #0xa0\n"
        "  stp d8, d9, [sp, #0x00]\n"
        "  stp d10, d11, [sp, #0x10]\n"
        "  stp d12, d13, [sp, #0x20]\n"
        "  stp d14, d15, [sp, #0x30]\n"
        "  stp x19, x20, [sp, #0x40]\n"
        "  stp x21, x22, [sp, #0x50]\n"
        "  stp x23, x24, [sp, #0x60]\n"
        "  stp x25, x26, [sp, #0x70]\n"
        "  stp x27, x28, [sp, #0x80]\n"
        "  stp x29, x30, [sp, #0x90]\n"
        "  mov x9, sp\n"
        "  str x9, [x0]\n"
        "  mov sp, x1\n"
        "  ldp d8, d9, [sp, #0x00]\n"
        "  ldp d10, d11, [sp, #0x10]\n"
        "  ldp d12, d13, [sp, #0x20]\n"
        "  ldp d14, d15, [sp, #0x30]\n"
        "  ldp x19, x20, [sp, #0x40]\n"
        "  ldp x21, x22, [sp, #0x50]\n"
        "  ldp x23, x24, [sp, #0x60]\n"
        "  ldp x25, x26, [sp, #0x70]\n"
        "  ldp x27, x28, [sp, #0x80]\n"
        "  ldp x29, x30, [sp, #0x90]\n"
        "  add sp, sp, #0xa0\n"
        "  ret\n"
        ".cfi_endproc\n"

        ".globl " SYMBOL(asy_ctx_entry) "\n"
        TYPE(asy_ctx_entry)
        SYMBOL(asy_ctx_entry) ":\n"
        ".cfi_startproc\n"
        ".cfi_undefined x30\n"
        "  mov x0, x19\n"
        "  blr x20\n"
        "  brk #0\n"
        ".cfi_endproc\n");
/* clang-format on */

enum { FRAME_WORDS = 20, AT_X19 = 8, AT_X20 = 9, AT_X30 = 19 };

struct asy_ctx *asy_ctx_make(void *stack, size_t len, void (*fn)(void *),
                             void *arg)
{
  uintptr_t *top = (uintptr_t *)(((uintptr_t)stack + len) & ~(uintptr_t)15);
  top -= FRAME_WORDS;
  for (int i = 0; i < FRAME_WORDS; i++)
    top[i] = 0;
  top[AT_X19] = (uintptr_t)arg;
  top[AT_X20] = (uintptr_t)fn;
  top[AT_X30] = (uintptr_t)asy_ctx_entry;
  return (struct asy_ctx *)(void *)top;
}

#  else
#    error "no assembly for this CPU: build with ASYNCTOOL_UCONTEXT"
#  endif

#else /* ASY_CTX_UCONTEXT */

#  include <setjmp.h>
#  include <stdlib.h>
#  include <ucontext.h>

/* swapcontext makes two system calls a switch, so it is used only to get onto
 * a new stack once; from then on sigsetjmp and siglongjmp without the signal
 * mask do the work. Source: QEMU, util/coroutine-ucontext.c (the method).
 * ThreadSanitizer refuses such jumps: it needs the assembly. */

struct asy_ctx {
  sigjmp_buf registers;
};

struct boot {
  ucontext_t back;
  void (*fn)(void *);
  void *arg;
  struct asy_ctx *self;
};

/* makecontext passes ints; a pointer travels in two. */
static void boot_entry(unsigned high, unsigned low)
{
  struct boot *boot = (struct boot *)(((uintptr_t)high << 16 << 16) | low);
  void (*fn)(void *) = boot->fn;
  void *arg = boot->arg;
  if (sigsetjmp(boot->self->registers, 0) == 0)
    setcontext(&boot->back);
  fn(arg);
  abort();
}

struct asy_ctx *asy_ctx_make(void *stack, size_t len, void (*fn)(void *),
                             void *arg)
{
  uintptr_t top = (uintptr_t)stack + len - sizeof(struct asy_ctx);
  top &= ~(uintptr_t)63;
  struct boot boot = { .fn = fn, .arg = arg, .self = (struct asy_ctx *)top };
  uintptr_t address = (uintptr_t)&boot;
  ucontext_t context;
  getcontext(&context);
  context.uc_stack.ss_sp = stack;
  context.uc_stack.ss_size = top - (uintptr_t)stack;
  context.uc_link = NULL;
  makecontext(&context, (void (*)(void))boot_entry, 2,
              (unsigned)(address >> 16 >> 16), (unsigned)address);
  swapcontext(&boot.back, &context);
  return boot.self;
}

__attribute__((noinline)) void asy_ctx_switch(struct asy_ctx **from,
                                              struct asy_ctx *to)
{
  struct asy_ctx here; /* lives on the suspended stack */
  *from = &here;
  if (sigsetjmp(here.registers, 0) == 0)
    siglongjmp(to->registers, 1);
}

#endif
