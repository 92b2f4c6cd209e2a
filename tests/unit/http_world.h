/* http_world.h: a server, a bridge and some transfers, for tests of http. */
#ifndef HTTP_WORLD_H
#define HTTP_WORLD_H

#include "async/http.h"

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/time.h"
#include "tap.h"

#include "origin.h"

/* What a test's tasks share. */
struct world {
  struct origin *origin;
  struct async_http *http;
  struct async_http_opts opts;
  const char *path;
  int started, done, failed;
};

static inline size_t count_bytes(char *data, size_t size, size_t count,
                                 void *bytes)
{
  (void)data;
  *(size_t *)bytes += size * count;
  return size * count;
}

static inline CURL *easy_to(const struct world *world, const char *path,
                            size_t *bytes)
{
  char url[128];
  CURL *easy = curl_easy_init();
  snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", world->origin->port,
           path);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, bytes);
  *bytes = 0;
  return easy;
}

/* One transfer. `code` gets libcurl's result, `bytes` the body's length. */
static inline int get(const struct world *world, const char *path,
                      CURLcode *code, size_t *bytes)
{
  size_t unused;
  CURLcode unused_code;
  CURL *easy = easy_to(world, path, bytes ? bytes : &unused);
  int rc = async_http_perform(world->http, easy, 1, code ? code : &unused_code);
  curl_easy_cleanup(easy);
  return rc;
}

static inline void check_ok(const struct world *world)
{
  CURLcode code = CURLE_FAILED_INIT;
  size_t bytes;
  CHECK_INT(get(world, "/ok", &code, &bytes), 0);
  CHECK_INT(code, CURLE_OK);
  CHECK_INT(bytes, 3);
}

/* The server's thread sees things a little later. */
static inline void wait_for(atomic_int *number, int expected)
{
  for (int i = 0; i < 5000 && atomic_load(number) != expected; i++)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(atomic_load(number), expected);
}

static inline int with_world(async_task_fn *fn, struct world *world,
                             const struct async_run_opts *opts)
{
  struct async_stats stats;
  curl_global_init(CURL_GLOBAL_ALL);
  world->origin = origin_start();
  int rc = async_run(fn, world, opts);
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.held, 0);
  CHECK_INT(stats.timers, 0);
  origin_stop(world->origin);
  curl_global_cleanup();
  return rc;
}

static inline void run_test(async_task_fn *fn)
{
  struct world world = { .path = "/ok" };
  CHECK_INT(with_world(fn, &world, NULL), 0);
}

static inline int one_of_many(void *arg)
{
  struct world *world = arg;
  size_t bytes;
  CURLcode code;
  CURL *easy = easy_to(world, world->path, &bytes);
  int rc = async_http_perform(world->http, easy, 1, &code);
  world->failed += rc != 0 || code != CURLE_OK;
  world->done++;
  curl_easy_cleanup(easy);
  return rc;
}

static inline void run_many(struct world *world, int count)
{
  struct async_group group;
  int before = world->done;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < count; i++)
    CHECK_INT(async_spawn(&group, one_of_many, world), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(world->done - before, count);
  CHECK_INT(world->failed, 0);
}

#endif
