#include <async/async.h>
#include <stdio.h>

static int ping(void *arg)
{
  int rc;
  ASYNC_WITHIN(2 * ASYNC_SEC, rc, async_sleep(*(int64_t *)arg));
  printf("%s\n", async_err_name(rc)); /* OK, then ETIMEDOUT */
  return 0;
}

static int start(void *arg)
{
  int64_t waits[] = { 1 * ASYNC_SEC, 3 * ASYNC_SEC };
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < 2; i++)
    async_spawn(&group, ping, &waits[i]);
  return async_group_close(&group);
}

int main(void)
{
  return async_run(start, NULL, NULL) < 0;
}
