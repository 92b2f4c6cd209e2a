#include "exec_output_world.h"

#include "async/timer.h"
#include "exec/options.h"

static struct world in_lines(void)
{
  struct world world = usual();
  world.opts.output = EXEC_OUTPUT_LINE;
  return world;
}

/* Waits until so much was shown on standard output. */
static void until_shown(struct world *world, off_t bytes)
{
  struct stat info;
  for (int i = 0; i < 20000; i++) {
    job_out_flush(&world->out);
    CHECK_INT(fstat(STDOUT_FILENO, &info), 0);
    if (info.st_size >= bytes)
      return;
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  }
  CHECK(!"shown");
}

static void halves(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  say(a.out, "a1\na2 begins");
  until_shown(world, 3);
  say(b.out, "b1\nb2 begins");
  until_shown(world, 6);
  say(a.out, " and ends\na3");
  until_shown(world, 24);
  say(b.out, "\n");
  CHECK_INT(child_end(&b, 0), 0);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  CHECK_INT(child_show(&b, true), 0);
  child_done(&b);
  child_done(&a);
}

static void lines_are_shown_whole_as_they_come(void)
{
  struct world world = in_lines();
  world_run(&world, halves);
  CHECK_STR(world.out_text, "a1\nb1\na2 begins and ends\nb2 begins\na3\n");
  world_done(&world);
}

static void tags_begin_lines(void)
{
  struct world world = in_lines();
  world.opts.tag = (char *)"{key}|";
  world_run(&world, halves);
  CHECK_STR(world.out_text,
            "a|a1\nb|b1\na|a2 begins and ends\nb|b2 begins\na|a3\n");
  world_done(&world);
}

static void long_line(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  say(a.out, "short\n");
  pour(a.out, 'a', 2000000);
  say(b.out, "between\n");
  CHECK_INT(child_end(&b, 0), 0);
  pour(a.out, 'a', 2000000);
  say(a.out, "\nrest");
  CHECK_INT(child_end(&a, 0), 0);
  child_done(&b);
  child_done(&a);
}

static void check_long(struct world *world)
{
  CHECK_INT(world->out_len, 6 + 8 + 4000001 + 5);
  CHECK(memcmp(world->out_text, "short\nbetween\n", 14) == 0);
  CHECK(is_all(world->out_text + 14, 4000000, 'a'));
  CHECK_STR(world->out_text + 14 + 4000000, "\nrest\n");
  world_done(world);
}

static void a_long_line_is_not_torn(void)
{
  struct world world = in_lines();
  world_run(&world, long_line);
  check_long(&world);
}

static void nor_one_that_memory_has_no_room_for(void)
{
  struct world world = in_lines();
  world.opts.buffer_bytes = 100000;
  world_run(&world, long_line);
  check_long(&world);
}

static int end_b(void *arg)
{
  return child_end(arg, 0);
}

static void long_line_alone(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  pour(a.out, 'a', 2000000);
  say(b.out, "between\n");
  close(b.out);
  b.out = -1;
  CHECK_INT(async_spawn(&b.readers, end_b, &b), 0);
  pour(a.out, 'a', 2000000);
  say(a.out, "\nrest");
  CHECK_INT(child_end(&a, 0), 0);
  child_done(&b);
  child_done(&a);
}

static void one_that_has_no_room_at_all_keeps_the_turn(void)
{
  struct world world = in_lines();
  world.opts.buffer_bytes = 100000;
  world.opts.spill = false;
  world_run(&world, long_line_alone);
  CHECK_INT(world.out_len, 4000001 + 5 + 8);
  CHECK(is_all(world.out_text, 4000000, 'a'));
  CHECK(world.out_text[4000000] == '\n');
  CHECK(strstr(world.out_text, "\nbetween\n"));
  CHECK(strstr(world.out_text, "\nrest\n"));
  world_done(&world);
}

static void events(struct world *world)
{
  struct child a;
  child_init(&a, world, 6, "k\"ey");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "one\ntw");
  CHECK_INT(async_sleep(5 * ASYNC_MS), 0);
  say(a.out, "o\n\n\xff");
  say(a.err, "e\n");
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  child_done(&a);
}

static void with_ndjson_lines_are_json(void)
{
  struct world world = in_lines();
  world.opts.job.format = (char *)"ndjson";
  world_run(&world, events);
  static const char *const expected[] = {
    "\"seq\":6,\"key\":\"k\\\"ey\",\"stream\":\"stdout\",\"n\":1,\"line\":"
    "\"one\"}\n",
    "\"n\":2,\"line\":\"two\"}\n", "\"n\":3,\"line\":\"\"}\n",
    "\"n\":4,\"line\":{\"bytes\":\"/w==\"}}\n",
    "\"stream\":\"stderr\",\"n\":1,\"line\":\"e\"}\n"
  };
  for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
    if (!strstr(world.out_text, expected[i])) {
      fprintf(stderr, "# no %s# in %s", expected[i], world.out_text);
      CHECK(!"found");
    }
  CHECK(strncmp(world.out_text, "{\"v\":1,\"type\":\"output\",", 23) == 0);
  CHECK_STR(world.err_text, "");
  world_done(&world);
}

static void empty(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  child_done(&a);
}

static void nothing_is_shown_of_nothing(void)
{
  struct world world = in_lines();
  world.opts.tag = (char *)"tag ";
  world_run(&world, empty);
  CHECK_STR(world.out_text, "");
  world_done(&world);
}

static const struct tap_test tests[] = {
  TEST(lines_are_shown_whole_as_they_come),
  TEST(tags_begin_lines),
  TEST(a_long_line_is_not_torn),
  TEST(nor_one_that_memory_has_no_room_for),
  TEST(one_that_has_no_room_at_all_keeps_the_turn),
  TEST(with_ndjson_lines_are_json),
  TEST(nothing_is_shown_of_nothing),
};

TAP_MAIN(tests)
