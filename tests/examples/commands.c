#include <async/async.h>
#include <stdio.h>
#include <sys/wait.h>

/* Runs a command, for at most a second, then ends its whole group. */
static int run_command(void *arg)
{
  char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, arg, NULL };
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct async_proc proc;
  int rc;
  opts.file = "/bin/sh";
  opts.argv = argv;
  if ((rc = async_proc_start(&proc, &opts)) < 0)
    return rc;
  ASYNC_WITHIN(1 * ASYNC_SEC, rc, async_proc_wait(&proc));
  if (rc == ASYNC_ETIMEDOUT)
    printf("%s: no end\n", (char *)arg);
  else
    printf("%s: status %d\n", (char *)arg, WEXITSTATUS(proc.status));
  async_proc_close(&proc); /* kills what still runs */
  return 0;
}

static int start(void *arg)
{
  char quick[] = "exit 3", slow[] = "sleep 1000";
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, run_command, quick);
  async_spawn(&group, run_command, slow);
  return async_group_close(&group);
}

int main(void)
{
  return async_run(start, NULL, NULL) < 0;
}
