/* dns_bridge SERVER [N [FLIGHTS [MODE]]]: what the bridge to c-ares costs.
 *
 * Asks SERVER (address:port) for the A records of N names (200000), FLIGHTS at
 * once (1000). MODE is "op", no task a query (the default), or "task", as many
 * tasks as flights. Prints CPU and wall microseconds a query. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "async/dns.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/time.h"

enum { CLASS_IN = 1, TYPE_A = 1 };

struct bench {
  const char *server;
  long count, started, ended, failed;
  size_t flights;
  bool tasks;
  struct async_dns *dns;
  struct async_op all;
};

static void next_name(struct bench *bench, char *name, size_t size)
{
  snprintf(name, size, "n%ld.bench.test", bench->started++);
}

static void on_reply(struct async_op *op);

static void start(struct bench *bench, struct async_dns_query *query)
{
  char name[64];
  next_name(bench, name, sizeof(name));
  async_dns_query_start(bench->dns, query, name, CLASS_IN, TYPE_A);
  query->op.done = on_reply;
  query->op.ctx = bench;
}

static void on_reply(struct async_op *op)
{
  struct bench *bench = op->ctx;
  struct async_dns_query *query = (struct async_dns_query *)op;
  bench->failed += op->rc < 0;
  async_dns_query_done(query);
  if (bench->started < bench->count)
    start(bench, query);
  if (++bench->ended == bench->count)
    async_op_done(&bench->all, 0);
}

static int with_ops(struct bench *bench)
{
  struct async_dns_query *queries = calloc(bench->flights, sizeof(*queries));
  if (!queries)
    return ASYNC_ENOMEM;
  async_op_start(&bench->all, "queries", NULL);
  for (size_t i = 0; i < bench->flights && bench->started < bench->count; i++)
    start(bench, &queries[i]);
  int rc = async_await(&bench->all);
  free(queries);
  return rc;
}

static int worker(void *arg)
{
  struct bench *bench = arg;
  while (bench->started < bench->count) {
    struct async_dns_query query;
    char name[64];
    next_name(bench, name, sizeof(name));
    bench->failed +=
        async_dns_query_run(bench->dns, &query, name, CLASS_IN, TYPE_A) < 0;
    async_dns_query_done(&query);
  }
  return 0;
}

static int with_tasks(struct bench *bench)
{
  struct async_group group;
  int err = 0;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (size_t i = 0; err == 0 && i < bench->flights; i++)
    err = async_spawn(&group, worker, bench);
  int rc = async_group_close(&group);
  return err < 0 ? err : rc;
}

static int run(void *arg)
{
  struct bench *bench = arg;
  struct async_dns_opts opts = { .servers = bench->server,
                                 .channels = bench->flights / 256 + 1 };
  int rc = async_dns_open(&bench->dns, &opts);
  if (rc < 0)
    return rc;
  rc = bench->tasks ? with_tasks(bench) : with_ops(bench);
  async_dns_close(bench->dns);
  return rc;
}

static double cpu_us(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

int main(int argc, char **argv)
{
  if (argc < 2) {
    fprintf(stderr, "usage: %s SERVER [N [FLIGHTS [op|task]]]\n", argv[0]);
    return 2;
  }
  struct bench bench = { .server = argv[1], .count = 200000, .flights = 1000 };
  if (argc > 2)
    bench.count = strtol(argv[2], NULL, 10);
  if (argc > 3)
    bench.flights = (size_t)strtoul(argv[3], NULL, 10);
  bench.tasks = argc > 4 && strcmp(argv[4], "task") == 0;
  double cpu = cpu_us();
  int64_t wall_ns = async_clock_ns();
  int rc = async_run(run, &bench, NULL);
  cpu = cpu_us() - cpu;
  wall_ns = async_clock_ns() - wall_ns;
  printf("%ld queries, %ld failed, cpu %.2f us, wall %.2f us%s%s\n",
         bench.started, bench.failed, cpu / (double)bench.count,
         (double)wall_ns / 1e3 / (double)bench.count, rc < 0 ? ": " : "",
         rc < 0 ? async_err_text(rc) : "");
  return rc < 0 || bench.failed;
}
