#include "proc/inherited_priv.h"

#include <pthread.h>
#include <stdlib.h>

static struct asy_inherited inherited = {
  .signals = { { SIGPIPE, false }, { SIGXFSZ, false }, { SIGCHLD, false } },
};

static bool is_ignored(int number)
{
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 &&
         !(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN;
}

static void look(void)
{
  struct rlimit limit;
  pthread_sigmask(SIG_BLOCK, NULL, &inherited.mask);
  for (size_t i = 0; i < ASY_INHERITED_SIGNALS; i++)
    inherited.signals[i].ignored = is_ignored(inherited.signals[i].number);
  inherited.files =
      getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
  inherited.pool_threads = getenv("UV_THREADPOOL_SIZE") != NULL;
}

/* Before main, where constructors are known, else at the first use. */
#if defined __GNUC__
__attribute__((constructor)) static void look_early(void)
{
  asy_inherited();
}
#endif

const struct asy_inherited *asy_inherited(void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, look);
  return &inherited;
}
