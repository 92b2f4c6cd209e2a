/* Every allocation fails once: what comes of it is an error that is said, or
 * nothing at all; never a crash, a leak, or output that is not whole without
 * anybody saying so. */
#include "exec_output_world.h"

#include "async/timer.h"
#include "exec/options.h"
#include "failing_alloc.h"

enum { MUCH = 200000 };

static uint64_t fail_at, tried;
static bool failed;

static void one_job(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  failing_alloc_start(fail_at);
  failed = child_start(&a) < 0;
  if (!failed) {
    pour(a.out, 'x', MUCH);
    say(a.err, "error\n");
    failed = child_end(&a, 0) < 0;
    failed = child_show(&a, true) < 0 || failed;
  }
  if (world->out.err || exec_screen_failed(world->screen))
    failed = true;
  tried = failing_alloc_stop();
  if (a.item.output)
    child_close(&a);
  child_done(&a);
}

static void fail_each(struct world (*make)(void))
{
  fail_at = 0;
  struct world world = make();
  world_run(&world, one_job);
  CHECK(!failed);
  CHECK_INT(world.out_len, MUCH);
  world_done(&world);
  uint64_t count = tried, faults = 0;
  for (fail_at = 1; fail_at <= count; fail_at++) {
    world = make();
    world_run(&world, one_job);
    faults += failed;
    CHECK(failed || (world.out_len == MUCH && world.err_len >= 6));
    world_done(&world);
  }
  CHECK(faults > 0);
}

static struct world captured(void)
{
  struct world world = usual();
  world.opts.capture = EXEC_CAPTURE_BOTH;
  return world;
}

static void grouped_output(void)
{
  fail_each(captured);
}

static struct world spilled(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  return world;
}

static void output_that_goes_to_a_file(void)
{
  fail_each(spilled);
}

static struct world in_lines(void)
{
  struct world world = usual();
  world.opts.output = EXEC_OUTPUT_LINE;
  world.opts.tag = (char *)"";
  return world;
}

static void open_and_close(struct world *world)
{
  exec_screen_close(world->screen);
  failing_alloc_start(fail_at);
  int status = exec_screen_open(&world->screen, &world->run, &world->opts);
  tried = failing_alloc_stop();
  failed = status != 0;
  CHECK(status == 0 || status == COMMAND_IO);
  if (failed)
    CHECK_INT(exec_screen_open(&world->screen, &world->run, &world->opts), 0);
}

static void opening(void)
{
  uint64_t count = 1;
  for (fail_at = 0; fail_at <= count; fail_at++) {
    struct world world = in_lines();
    world_run(&world, open_and_close);
    if (fail_at == 0)
      count = tried;
    CHECK(failed == (fail_at > 0));
    world_done(&world);
  }
}

static const struct tap_test tests[] = {
  TEST(grouped_output),
  TEST(output_that_goes_to_a_file),
  TEST(opening),
};

TAP_MAIN(tests)
