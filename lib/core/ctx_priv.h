/* Switching stacks. Two back ends behind two functions:
 *   assembly   x86-64 (System V) and aarch64 (AAPCS64), 2 ns a switch
 *   ucontext   makecontext once, then sigsetjmp and siglongjmp, any other CPU
 * A context is one pointer; what it points to lives on the suspended stack. */
#ifndef ASY_CTX_PRIV_H
#define ASY_CTX_PRIV_H

#include <stddef.h>

#ifndef ASY_CTX_UCONTEXT
#  if (defined __x86_64__ && !defined __ILP32__) || defined __aarch64__
#    define ASY_CTX_UCONTEXT 0
#  else
#    define ASY_CTX_UCONTEXT 1
#  endif
#endif

struct asy_ctx;

/* Prepares a context that calls fn(arg) on the `len` bytes at `stack`; fn must
 * not return. */
struct asy_ctx *asy_ctx_make(void *stack, size_t len, void (*fn)(void *),
                             void *arg);

/* Saves the current context in *from and continues at `to`. */
void asy_ctx_switch(struct asy_ctx **from, struct asy_ctx *to);

#endif
