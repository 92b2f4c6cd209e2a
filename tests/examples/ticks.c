#include <async/async.h>
#include <stdio.h>

static int tick(void *arg)
{
  for (int i = 0; i < 3; i++)
    if (async_sleep(100 * ASYNC_MS) < 0)
      return ASYNC_ECANCELED;
  puts(arg);
  return 0;
}

static int wait_long(void *arg)
{
  int rc;
  (void)arg;
  ASYNC_WITHIN(1 * ASYNC_SEC, rc, async_sleep(60 * ASYNC_SEC));
  puts(async_err_name(rc)); /* ETIMEDOUT */
  return 0;
}

static int start(void *arg)
{
  struct async_group group;
  char text[] = "three ticks";
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, tick, text);
  async_spawn(&group, wait_long, NULL);
  return async_group_close(&group);
}

int main(void)
{
  return async_run(start, NULL, NULL) < 0;
}
