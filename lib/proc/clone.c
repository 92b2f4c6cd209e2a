/* Linux: as vfork, but on a stack of its own, and with a descriptor of the
 * process.
 *
 * clone3 is asked first, because it can take our signal handlers off the child,
 * which by hand takes a system call for each signal (CLONE_CLEAR_SIGHAND, Linux
 * 5.5). The C library has no function for it: the child has to be called on its
 * stack by hand, where we know how. Else clone, since Linux 5.2. */
#include "proc/launch_priv.h"

#if ASY_PROC_SHARED

#  include <errno.h>
#  include <sched.h>
#  include <stdint.h>
#  include <sys/mman.h>
#  include <sys/syscall.h>
#  include <unistd.h>

enum { STACK = 64 * 1024, GUARD = 64 * 1024 };

char *asy_launch_stack_new(void)
{
  char *stack = mmap(NULL, GUARD + STACK, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED)
    return NULL;
  if (mprotect(stack, GUARD, PROT_NONE) < 0) {
    munmap(stack, GUARD + STACK);
    return NULL;
  }
  return stack;
}

void asy_launch_stack_free(char *stack)
{
  if (stack)
    munmap(stack, GUARD + STACK);
}

/* Source: clone(2). The first version of the structure, 64 bytes. */
struct clone3_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
  uint64_t stack, stack_size, tls;
};

static const uint64_t CLEAR_HANDLERS = 0x100000000u;

#  if !defined SYS_clone3
#    define HAS_CLONE3 0
#  elif defined __x86_64__ && defined __LP64__
#    define HAS_CLONE3 1
/* The child has an empty stack: it can only call, and never return. */
static long clone3_call(struct clone3_args *args, int (*run)(void *), void *arg)
{
  register int (*fn)(void *) __asm__("r8") = run;
  register void *fn_arg __asm__("r9") = arg;
  long rc = SYS_clone3;
  __asm__ volatile("syscall\n\t"
                   "test %%rax, %%rax\n\t"
                   "jnz 1f\n\t"
                   "xor %%ebp, %%ebp\n\t"
                   "mov %%r9, %%rdi\n\t"
                   "call *%%r8\n\t"
                   "hlt\n"
                   "1:"
                   : "+a"(rc)
                   : "D"(args), "S"(sizeof(*args)), "r"(fn), "r"(fn_arg)
                   : "rcx", "r11", "memory", "cc");
  return rc;
}
#  elif defined __aarch64__ && defined __LP64__
#    define HAS_CLONE3 1
static long clone3_call(struct clone3_args *args, int (*run)(void *), void *arg)
{
  register long x8 __asm__("x8") = SYS_clone3;
  register uintptr_t x0 __asm__("x0") = (uintptr_t)args;
  register size_t x1 __asm__("x1") = sizeof(*args);
  register int (*x2)(void *) __asm__("x2") = run;
  register void *x3 __asm__("x3") = arg;
  __asm__ volatile("svc #0\n\t"
                   "cbnz x0, 1f\n\t"
                   "mov x29, xzr\n\t"
                   "mov x30, xzr\n\t"
                   "mov x0, x3\n\t"
                   "blr x2\n\t"
                   "brk #1\n"
                   "1:"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3)
                   : "memory", "cc");
  return (long)x0;
}
#  else
#    define HAS_CLONE3 0
#  endif

static uint64_t flags(const struct asy_child *child)
{
  uint64_t always = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;
  return child->shares_files ? always | CLONE_FILES : always;
}

/* While it becomes a program we wait. If it did that on another processor, each
 * of the two would have to be woken from its sleep for every child, which takes
 * twice as long as all the rest. So it begins on ours; exec finds it another.
 * Source: sched(7); select_task_rq and sched_exec of Linux. */
struct pinned {
  struct asy_child *child;
  cpu_set_t anywhere;
};

ASY_CHILD_CODE static int run_anywhere(void *arg)
{
  struct pinned *pinned = arg;
  sched_setaffinity(0, sizeof(pinned->anywhere), &pinned->anywhere);
  return asy_child_run(pinned->child);
}

/* Returns whether there is more than one processor, and we are on one now. */
static bool pin(struct pinned *pinned)
{
  cpu_set_t here;
  int number = sched_getcpu();
  if (number < 0 || number >= CPU_SETSIZE ||
      sched_getaffinity(0, sizeof(pinned->anywhere), &pinned->anywhere) < 0 ||
      CPU_COUNT(&pinned->anywhere) < 2)
    return false;
  CPU_ZERO(&here);
  CPU_SET((unsigned)number, &here);
  return sched_setaffinity(0, sizeof(here), &here) == 0;
}

static long with_clone3(struct asy_child *child, char *stack, int *pidfd)
{
#  if HAS_CLONE3
  struct clone3_args args = {
    .flags = flags(child) | CLEAR_HANDLERS,
    .pidfd = (uintptr_t)pidfd,
    .exit_signal = SIGCHLD,
    .stack = (uintptr_t)(stack + GUARD),
    .stack_size = STACK,
  };
  child->has_handlers = false;
  struct pinned pinned = { .child = child };
  if (!pin(&pinned))
    return clone3_call(&args, asy_child_run, child);
  long rc = clone3_call(&args, run_anywhere, &pinned);
  sched_setaffinity(0, sizeof(pinned.anywhere), &pinned.anywhere);
  return rc;
#  else
  (void)child, (void)stack, (void)pidfd, (void)CLEAR_HANDLERS;
  return -ENOSYS;
#  endif
}

static long with_clone(struct asy_child *child, char *stack, int *pidfd)
{
  child->has_handlers = true;
  int pid = clone(asy_child_run, stack + GUARD + STACK,
                  (int)flags(child) | SIGCHLD, child, pidfd);
  return pid < 0 ? -errno : pid;
}

/* Kernels that do not know a flag, and filters of system calls. */
static bool is_missing(long rc)
{
  return rc == -ENOSYS || rc == -EPERM || rc == -EINVAL;
}

int asy_launch_shared(struct asy_child *child, char *stack,
                      struct asy_born *born)
{
  born->pidfd = -1;
  long pid = with_clone3(child, stack, &born->pidfd);
  if (is_missing(pid))
    pid = with_clone(child, stack, &born->pidfd);
  if (pid < 0)
    return is_missing(pid) ? -ENOSYS : (int)pid;
  born->pid = (pid_t)pid;
  return 0;
}

#else

char *asy_launch_stack_new(void)
{
  return NULL;
}

void asy_launch_stack_free(char *stack)
{
  (void)stack;
}

#endif
