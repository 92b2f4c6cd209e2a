/* http_bridge BASE [N [JOBS [MODE]]]: what the bridge to libcurl costs.
 *
 * Gets BASE0, BASE1, ... N times (20000), JOBS at once (64), bodies dropped.
 * MODE is "task", a task and a deadline a request (the default), or "worker",
 * JOBS tasks in all. Prints CPU and wall microseconds a request. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <curl/curl.h>

#include "async/error.h"
#include "async/http.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/time.h"

struct bench {
  const char *base;
  long count, spawned, started, failed;
  size_t jobs, idle_count;
  bool workers;
  CURL **idle;
  struct async_http *http;
  struct async_group *group;
};

static size_t drop(char *data, size_t size, size_t count, void *unused)
{
  (void)data;
  (void)unused;
  return size * count;
}

static CURL *easy_new(void)
{
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  return easy;
}

static void get(struct bench *bench, CURL *easy)
{
  char url[512];
  CURLcode code = CURLE_OK;
  int rc;
  long status = 0;
  snprintf(url, sizeof(url), "%s%ld", bench->base, bench->started++);
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  if (bench->workers)
    rc = async_http_perform(bench->http, easy, 1, &code);
  else
    ASYNC_WITHIN(30 * ASYNC_SEC, rc,
                 async_http_perform(bench->http, easy, 1, &code));
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  bench->failed += rc < 0 || code != CURLE_OK || status >= 300;
}

static int request(void *arg)
{
  struct bench *bench = arg;
  CURL *easy = bench->idle[--bench->idle_count];
  get(bench, easy);
  bench->idle[bench->idle_count++] = easy;
  if (bench->spawned == bench->count)
    return 0;
  bench->spawned++;
  return async_spawn(bench->group, request, bench);
}

static int worker(void *arg)
{
  struct bench *bench = arg;
  CURL *easy = bench->idle[--bench->idle_count];
  while (bench->started < bench->count)
    get(bench, easy);
  bench->idle[bench->idle_count++] = easy;
  return 0;
}

static int run(void *arg)
{
  struct bench *bench = arg;
  struct async_group group;
  struct async_http_opts opts = { .transfers = bench->jobs };
  int err = async_http_open(&bench->http, &opts);
  if (err < 0)
    return err;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  bench->group = &group;
  for (; err == 0 && bench->spawned < (long)bench->jobs; bench->spawned++)
    err = async_spawn(&group, bench->workers ? worker : request, bench);
  int rc = async_group_close(&group);
  async_http_close(bench->http);
  return err < 0 ? err : rc;
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
    fprintf(stderr, "usage: %s BASE [N [JOBS [task|worker]]]\n", argv[0]);
    return 2;
  }
  struct bench bench = { .base = argv[1], .count = 20000, .jobs = 64 };
  if (argc > 2)
    bench.count = strtol(argv[2], NULL, 10);
  if (argc > 3)
    bench.jobs = (size_t)strtoul(argv[3], NULL, 10);
  bench.workers = argc > 4 && strcmp(argv[4], "worker") == 0;
  curl_global_init(CURL_GLOBAL_ALL);
  bench.idle = calloc(bench.jobs, sizeof(CURL *));
  if (!bench.idle)
    return 1;
  while (bench.idle_count < bench.jobs)
    bench.idle[bench.idle_count++] = easy_new();
  double cpu = cpu_us();
  int64_t wall_ns = async_clock_ns();
  int rc = async_run(run, &bench, NULL);
  cpu = cpu_us() - cpu;
  wall_ns = async_clock_ns() - wall_ns;
  printf("%ld requests, %ld failed, cpu %.2f us, wall %.2f us%s%s\n",
         bench.started, bench.failed, cpu / (double)bench.count,
         (double)wall_ns / 1e3 / (double)bench.count, rc < 0 ? ": " : "",
         rc < 0 ? async_err_text(rc) : "");
  for (size_t i = 0; i < bench.idle_count; i++)
    curl_easy_cleanup(bench.idle[i]);
  free(bench.idle);
  return rc < 0 || bench.failed;
}
