/* dns_fleet RESOLVER[,RESOLVER...] [N [FLIGHTS [ROTATE [RAMP]]]]: what a fleet costs.
 *
 * Asks for the A records of N names (200000), FLIGHTS asks at once (1000), each
 * up to five times. Prints CPU and wall microseconds a name, and what each of
 * the first resolvers was sent. RESOLVER is `udp://127.0.0.1:5300 jobs=100`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "async/dns_fleet.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/rng.h"
#include "async/task.h"
#include "async/time.h"

enum { MESSAGE = 300, TRIES = 5, RESOLVERS = 20000, SHOWN = 4 };

struct bench {
  struct async_dns_resolver *resolvers;
  struct async_dns_fleet_opts opts;
  struct async_dns_fleet *fleet;
  long count, started, ended, failed, retried;
  size_t flights;
  struct async_rng rng;
  struct async_op all;
};

struct flight {
  struct bench *bench;
  struct async_dns_ask ask;
  struct async_dns_tried tried;
  struct async_op op;
  int tries;
  unsigned char message[MESSAGE];
};

static void put_label(unsigned char **at, const char *text)
{
  size_t len = strlen(text);
  *(*at)++ = (unsigned char)len;
  memcpy(*at, text, len);
  *at += len;
}

/* "n123.bench.test", A, IN */
static size_t write_query(struct bench *bench, unsigned char *message)
{
  static const unsigned char HEAD[] = { 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
  static const unsigned char TAIL[] = { 0, 0, 1, 0, 1 };
  unsigned char *at = message + sizeof(HEAD);
  uint16_t id = (uint16_t)async_rng_next(&bench->rng);
  char label[24];
  memcpy(message, HEAD, sizeof(HEAD));
  memcpy(message, &id, sizeof(id));
  snprintf(label, sizeof(label), "n%ld", bench->started++);
  put_label(&at, label);
  put_label(&at, "bench");
  put_label(&at, "test");
  memcpy(at, TAIL, sizeof(TAIL));
  return (size_t)(at - message) + sizeof(TAIL);
}

static void on_done(struct async_op *op);

static void start(struct flight *flight)
{
  struct bench *bench = flight->bench;
  async_dns_ask_start(bench->fleet, &flight->ask, &flight->op);
  flight->op.done = on_done;
}

static void start_name(struct flight *flight)
{
  flight->ask.message = flight->message;
  flight->ask.message_bytes = write_query(flight->bench, flight->message);
  flight->ask.want = ASYNC_DNS_ANY;
  flight->ask.tried = &flight->tried;
  flight->tried.count = 0;
  flight->tries = 0;
  start(flight);
}

static void on_done(struct async_op *op)
{
  struct flight *flight = ASYNC_CONTAINER_OF(op, struct flight, op);
  struct bench *bench = flight->bench;
  if (op->rc < 0 && ++flight->tries < TRIES) {
    bench->retried++;
    start(flight);
    return;
  }
  bench->failed += op->rc < 0;
  if (bench->started < bench->count)
    start_name(flight);
  if (++bench->ended == bench->count)
    async_op_done(&bench->all, 0);
}

static void show(const struct bench *bench)
{
  struct async_dns_resolver_stats stats;
  for (size_t i = 0; i < async_dns_fleet_count(bench->fleet) && i < SHOWN;
       i++) {
    async_dns_fleet_stats(bench->fleet, i, &stats);
    printf("  %s: sent %llu, timeouts %llu, strays %llu, rtt %.2f ms, window"
           " %u\n",
           async_dns_fleet_text(bench->fleet, i),
           (unsigned long long)stats.sent, (unsigned long long)stats.timeouts,
           (unsigned long long)stats.strays, (double)stats.rtt_ns / 1e6,
           stats.window);
  }
}

static int run(void *arg)
{
  struct bench *bench = arg;
  int rc = async_dns_fleet_open(&bench->fleet, &bench->opts);
  if (rc < 0)
    return rc;
  struct flight *flights = calloc(bench->flights, sizeof(*flights));
  if (!flights)
    return ASYNC_ENOMEM;
  async_op_start(&bench->all, "asks", NULL);
  for (size_t i = 0; i < bench->flights && bench->started < bench->count; i++) {
    flights[i].bench = bench;
    start_name(&flights[i]);
  }
  rc = async_await(&bench->all);
  show(bench);
  async_dns_fleet_close(bench->fleet);
  free(flights);
  return rc;
}

static int parse(struct bench *bench, char *list)
{
  char *place = NULL;
  bench->resolvers = calloc(RESOLVERS, sizeof(*bench->resolvers));
  if (!bench->resolvers)
    return ASYNC_ENOMEM;
  bench->opts.resolvers = bench->resolvers;
  for (char *word = strtok_r(list, ",", &place); word;
       word = strtok_r(NULL, ",", &place)) {
    const char *why = NULL;
    size_t count = bench->opts.count;
    if (count == RESOLVERS ||
        async_dns_resolver_parse(&bench->resolvers[count], word, &why) < 0) {
      fprintf(stderr, "%s: %s\n", word, why ? why : "too many");
      return ASYNC_EINVAL;
    }
    bench->opts.count++;
  }
  return 0;
}

static double cpu_us(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static long peak_kib(void)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int main(int argc, char **argv)
{
  struct bench bench = { .count = 200000, .flights = 1000 };
  async_rng_init(&bench.rng, (uint64_t)async_clock_ns());
  if (argc < 2 || parse(&bench, argv[1]) < 0) {
    fprintf(stderr, "usage: %s RESOLVER[,...] [N [FLIGHTS [ROTATE [RAMP]]]]\n",
            argv[0]);
    return 2;
  }
  if (argc > 2)
    bench.count = strtol(argv[2], NULL, 10);
  if (argc > 3)
    bench.flights = (size_t)strtoul(argv[3], NULL, 10);
  if (argc > 4)
    bench.opts.rotate = (enum async_dns_rotate)strtol(argv[4], NULL, 10);
  if (argc > 5)
    bench.opts.ramp = (unsigned)strtoul(argv[5], NULL, 10);
  double cpu = cpu_us();
  int64_t wall_ns = async_clock_ns();
  int rc = async_run(run, &bench, NULL);
  cpu = cpu_us() - cpu;
  wall_ns = async_clock_ns() - wall_ns;
  printf("%ld names, %ld failed, %ld retried, cpu %.2f us, wall %.2f us, peak"
         " %ld KiB%s%s\n",
         bench.ended, bench.failed, bench.retried, cpu / (double)bench.count,
         (double)wall_ns / 1e3 / (double)bench.count, peak_kib(),
         rc < 0 ? ": " : "", rc < 0 ? async_err_text(rc) : "");
  free(bench.resolvers);
  return rc < 0 || bench.failed;
}
