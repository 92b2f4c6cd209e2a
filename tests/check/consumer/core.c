#include <async/loop.h>
#include <async/timer.h>

static int nap(void *arg)
{
  (void)arg;
  return async_sleep(1000000);
}

int main(void)
{
  return async_run(nap, NULL, NULL) == 0 ? 0 : 1;
}
