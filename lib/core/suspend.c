/* Being stopped, and a clock that does not count it. */
#include <signal.h>

#include "core/loop_priv.h"

int64_t asy_loop_clock_ns(const struct async_loop *loop)
{
  return async_clock_ns() - loop->paused_ns;
}

/* With its default action, and not blocked: the process stops inside raise, as
 * far as this thread can tell. */
static void stop_by(int signal_number)
{
  struct sigaction standard = { .sa_handler = SIG_DFL }, action;
  sigset_t one, blocked;
  sigemptyset(&one);
  sigaddset(&one, signal_number);
  sigaction(signal_number, &standard, &action);
  pthread_sigmask(SIG_UNBLOCK, &one, &blocked);
  raise(signal_number);
  pthread_sigmask(SIG_SETMASK, &blocked, NULL);
  sigaction(signal_number, &action, NULL);
}

/* A timer of libuv's that is armed fires early afterwards, and the loop arms it
 * again. */
int64_t async_loop_suspend(int signal_number)
{
  struct async_loop *loop = asy_loop;
  int64_t begin_ns = async_clock_ns();
  stop_by(signal_number);
  int64_t pause_ns = async_clock_ns() - begin_ns;
  loop->paused_ns += pause_ns;
  uv_update_time(&loop->uv);
  return pause_ns;
}
