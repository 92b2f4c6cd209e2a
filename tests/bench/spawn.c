/* spawn [-n N] [-p P] [-r MIB] [-l LIVE] PROGRAM [ARG...]: what a child costs.
 *
 * Starts PROGRAM, which should be a small static one, N times (10000), P at
 * once (8), with MIB of touched memory in this process and beside LIVE others
 * that only sleep. Prints CPU microseconds a child, its own included, of which
 * ours, and wall microseconds. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/proc.h"
#include "async/task.h"
#include "async/time.h"

struct bench {
  long count, started, failed;
  size_t at_once, live, ballast;
  char *const *argv;
  char *bytes;
  int err;
  struct async_proc *sleepers;
  int64_t wall_ns;
  double ours_us, theirs_us;
};

static double cpu_us(int who)
{
  struct rusage usage;
  getrusage(who, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int run_one(char *const *argv)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct async_proc proc;
  opts.file = argv[0];
  opts.argv = argv;
  opts.out = opts.error = ASYNC_PROC_NULL;
  int err = async_proc_start(&proc, &opts);
  if (err == 0)
    err = async_proc_wait(&proc);
  if (err == 0 && proc.status != 0)
    err = ASYNC_EFAIL;
  async_proc_close(&proc);
  return err;
}

static int worker(void *arg)
{
  struct bench *bench = arg;
  while (bench->started < bench->count) {
    bench->started++;
    int err = run_one(bench->argv);
    if (err < 0) {
      bench->failed++;
      bench->err = err;
    }
  }
  return 0;
}

static int start_sleepers(struct bench *bench)
{
  const char *argv[] = { "/bin/sleep", "1000", NULL };
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  bench->sleepers = calloc(bench->live + 1, sizeof(*bench->sleepers));
  if (!bench->sleepers)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < bench->live; i++) {
    int err = async_proc_start(&bench->sleepers[i], &opts);
    if (err < 0)
      return err;
  }
  return 0;
}

static void stop_sleepers(struct bench *bench)
{
  async_proc_signal_all(SIGKILL);
  for (size_t i = 0; bench->sleepers && i < bench->live; i++)
    async_proc_close(&bench->sleepers[i]);
  free(bench->sleepers);
}

static int measure(struct bench *bench)
{
  struct async_group group;
  int err = 0;
  bench->ours_us = cpu_us(RUSAGE_SELF);
  bench->theirs_us = cpu_us(RUSAGE_CHILDREN);
  bench->wall_ns = async_clock_ns();
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (size_t i = 0; err == 0 && i < bench->at_once; i++)
    err = async_spawn(&group, worker, bench);
  int rc = async_group_close(&group);
  bench->wall_ns = async_clock_ns() - bench->wall_ns;
  bench->ours_us = cpu_us(RUSAGE_SELF) - bench->ours_us;
  bench->theirs_us = cpu_us(RUSAGE_CHILDREN) - bench->theirs_us;
  return err < 0 ? err : rc;
}

static int run(void *arg)
{
  struct bench *bench = arg;
  int rc = start_sleepers(bench);
  if (rc == 0)
    rc = measure(bench);
  stop_sleepers(bench);
  return rc;
}

static int read_options(struct bench *bench, int argc, char **argv)
{
  int option;
  while ((option = getopt(argc, argv, "+n:p:r:l:")) != -1) {
    long value = optarg ? strtol(optarg, NULL, 10) : 0;
    if (option == 'n')
      bench->count = value;
    else if (option == 'p')
      bench->at_once = (size_t)value;
    else if (option == 'r')
      bench->ballast = (size_t)value << 20;
    else if (option == 'l')
      bench->live = (size_t)value;
    else
      return -1;
  }
  bench->argv = argv + optind;
  return bench->argv[0] ? 0 : -1;
}

static void print(const struct bench *bench)
{
  double count = (double)bench->count;
  printf("%ld children, %ld failed, cpu %.1f us, ours %.1f us, wall %.1f us",
         bench->count, bench->failed,
         (bench->ours_us + bench->theirs_us) / count, bench->ours_us / count,
         (double)bench->wall_ns / 1e3 / count);
  printf("%s%s\n", bench->err < 0 ? ": " : "",
         bench->err < 0 ? async_err_text(bench->err) : "");
}

int main(int argc, char **argv)
{
  struct bench bench = { .count = 10000, .at_once = 8 };
  if (read_options(&bench, argc, argv) < 0) {
    fprintf(stderr,
            "usage: %s [-n N] [-p P] [-r MIB] [-l LIVE] PROGRAM [ARG...]\n",
            argv[0]);
    return 2;
  }
  bench.bytes = malloc(bench.ballast + 1);
  if (!bench.bytes)
    return 1;
  memset(bench.bytes, 1, bench.ballast + 1);
  int rc = async_run(run, &bench, NULL);
  if (rc < 0)
    bench.err = rc;
  print(&bench);
  free(bench.bytes);
  return rc < 0 || bench.failed;
}
