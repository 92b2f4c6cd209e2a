#include "async/http.h"

#include "async/loop.h"
#include "async/rng.h"
#include "failing_alloc.h"
#include "http_world.h"

static int times_out(void *arg)
{
  struct world *world = arg;
  int rc;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  ASYNC_WITHIN(20 * ASYNC_MS, rc, get(world, "/slow", NULL, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_http_connections(world->http), 0);
  ASYNC_WITHIN(20 * ASYNC_MS, rc, get(world, "/drip", NULL, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  wait_for(&world->origin->gone, 2);
  check_ok(world);
  async_http_close(world->http);
  return 0;
}

static void a_timeout_closes_the_connection(void)
{
  run_test(times_out);
}

static int cancels(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  struct async_task *task;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&group, one_of_many, world, &task), 0);
  wait_for(&world->origin->requests, 1);
  CHECK_INT(world->done, 0);
  async_task_cancel(task);
  CHECK_INT(async_join(task), ASYNC_ECANCELED);
  CHECK_INT(async_group_close(&group), 0);
  wait_for(&world->origin->gone, 1);
  async_http_close(world->http);
  return 0;
}

static void a_cancel_in_the_middle_closes_the_connection(void)
{
  struct world world = { .path = "/drip" };
  CHECK_INT(with_world(cancels, &world, NULL), 0);
}

static size_t cancel_scope(char *data, size_t size, size_t count, void *scope)
{
  (void)data;
  async_scope_cancel(scope);
  return size * count;
}

static int cancels_inside(void *arg)
{
  struct world *world = arg;
  struct async_scope scope;
  size_t bytes;
  CURLcode code;
  CURL *easy = easy_to(world, "/drip", &bytes);
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  async_scope_enter(&scope, ASYNC_NEVER);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, cancel_scope);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &scope);
  int rc = async_http_perform(world->http, easy, 1, &code);
  CHECK_INT(async_scope_leave(&scope, rc), ASYNC_ECANCELED);
  curl_easy_cleanup(easy);
  wait_for(&world->origin->gone, 1);
  async_http_close(world->http);
  return 0;
}

static void a_callback_of_libcurl_may_cancel_its_transfer(void)
{
  run_test(cancels_inside);
}

static int scenario(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  int rc = async_http_open(&world->http, &world->opts);
  if (rc < 0)
    return rc;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; rc == 0 && i < 6; i++)
    rc = async_spawn(&group, one_of_many, world);
  if (rc == 0)
    rc = get(world, "/ok", NULL, NULL);
  if (rc == 0)
    rc = get(world, "/bye", NULL, NULL);
  int group_rc = async_group_close(&group);
  if (rc == 0)
    rc = get(world, "/ok", NULL, NULL);
  async_http_close(world->http);
  return group_rc < 0 ? group_rc : rc;
}

static void survives_a_cancel_at_every_checkpoint(void)
{
  struct async_stats stats;
  uint64_t last = 1;
  for (uint64_t k = 0; k <= last; k++) {
    struct world world = { .path = "/ok",
                           .opts = { .transfers = 6, .per_multi = 2 } };
    struct async_run_opts opts = { .cancel_at = k, .seed = k };
    int rc = with_world(scenario, &world, &opts);
    async_stats_get(&stats);
    if (k == 0) {
      CHECK_INT(rc, 0);
      last = stats.checkpoints;
    } else {
      CHECK_INT(rc == 0 || rc == ASYNC_ECANCELED, 1);
    }
  }
  CHECK(last > 5);
}

static void survives_the_failure_of_every_allocation(void)
{
  uint64_t last = 1;
  for (uint64_t k = 0; k <= last; k++) {
    struct world world = { .path = "/ok",
                           .opts = { .transfers = 6, .per_multi = 2 } };
    curl_global_init(CURL_GLOBAL_ALL);
    world.origin = origin_start();
    failing_alloc_start(k);
    int rc = async_run(scenario, &world, NULL);
    uint64_t count = failing_alloc_stop();
    CHECK_INT(rc == 0 || (k > 0 && rc == ASYNC_ENOMEM), 1);
    if (k == 0)
      last = count;
    origin_stop(world.origin);
    curl_global_cleanup();
  }
  CHECK(last > 10);
}

enum { STORM_TASKS = 40, STORM_TRANSFERS = 30 };

/* Everything that can go wrong, in any mixture, with timeouts of 0 to 4 ms. */
static int storm_task(void *arg)
{
  static const char *const paths[] = { "/ok",  "/ok",    "/big",  "/bye",
                                       "/rst", "/reset", "/drip", "/slow" };
  struct world *world = arg;
  struct async_rng rng;
  async_rng_init(&rng, (uint64_t)++world->started);
  for (int i = 0; i < STORM_TRANSFERS; i++) {
    const char *path = paths[async_rng_below(&rng, 8)];
    int64_t timeout_ns = (int64_t)async_rng_below(&rng, 5) * ASYNC_MS;
    CURLcode code;
    int rc;
    ASYNC_WITHIN(timeout_ns, rc, get(world, path, &code, NULL));
    CHECK(rc == 0 || rc == ASYNC_ETIMEDOUT);
  }
  return 0;
}

static int storm(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  CHECK_INT(async_http_open(&world->http, &world->opts), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < STORM_TASKS; i++)
    CHECK_INT(async_spawn(&group, storm_task, world), 0);
  CHECK_INT(async_group_close(&group), 0);
  check_ok(world);
  async_http_close(world->http);
  wait_for(&world->origin->open, 0);
  return 0;
}

static void a_storm_of_failures_and_timeouts_leaves_nothing_behind(void)
{
  struct world world = { .opts = { .transfers = 40, .per_multi = 8 } };
  CHECK_INT(with_world(storm, &world, NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(a_timeout_closes_the_connection),
  TEST(a_cancel_in_the_middle_closes_the_connection),
  TEST(a_callback_of_libcurl_may_cancel_its_transfer),
  TEST(survives_a_cancel_at_every_checkpoint),
  TEST(survives_the_failure_of_every_allocation),
  TEST(a_storm_of_failures_and_timeouts_leaves_nothing_behind),
};

TAP_MAIN(tests)
