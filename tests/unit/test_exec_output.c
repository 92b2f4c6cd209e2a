#include "exec_output_world.h"

#include "async/shutdown.h"
#include "async/timer.h"
#include "exec/options.h"

/* Group. */

static void two_jobs(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  say(a.out, "a1\n");
  say(b.out, "b1\n");
  say(a.err, "A1\n");
  say(b.err, "B1\n");
  say(a.out, "a2");
  say(b.out, "b2\n");
  CHECK_INT(child_end(&b, 0), 0);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  CHECK_INT(child_show(&b, true), 0);
  child_done(&b);
  child_done(&a);
}

static void each_job_is_shown_in_one_piece(void)
{
  struct world world = usual();
  world_run(&world, two_jobs);
  CHECK_STR(world.out_text, "a1\na2b1\nb2\n");
  CHECK_STR(world.err_text, "A1\nB1\n");
  world_done(&world);
}

static void a_tag_begins_each_line_and_the_last_one_is_completed(void)
{
  struct world world = usual();
  world.opts.tag = (char *)"{key}: ";
  world_run(&world, two_jobs);
  CHECK_STR(world.out_text, "a: a1\na: a2\nb: b1\nb: b2\n");
  CHECK_STR(world.err_text, "a: A1\nb: B1\n");
  world_done(&world);
}

static void merged_streams_keep_their_order(void)
{
  struct world world = usual();
  world.opts.stderr_choice = EXEC_STDERR_MERGE;
  world_run(&world, two_jobs);
  CHECK_STR(world.out_text, "a1\nA1\na2b1\nB1\nb2\n");
  CHECK_STR(world.err_text, "");
  world_done(&world);
}

static void one_failed_one_not(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  say(a.out, "fine\n");
  say(b.out, "sad\n");
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_end(&b, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  CHECK_INT(child_show(&b, false), 0);
  child_done(&b);
  child_done(&a);
}

static void quiet_ok_shows_failures_only(void)
{
  struct world world = usual();
  world.opts.quiet_ok = true;
  world_run(&world, one_failed_one_not);
  CHECK_STR(world.out_text, "sad\n");
  world_done(&world);
}

static void unshown(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "of an attempt that is tried again\n");
  CHECK_INT(child_end(&a, 0), 0);
  child_done(&a);
}

static void what_is_not_shown_is_dropped(void)
{
  struct world world = usual();
  world_run(&world, unshown);
  CHECK_STR(world.out_text, "");
  world_done(&world);
}

/* Large output. */

static void pour_one(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  pour(a.out, 'x', 3000000);
  pour(a.err, 'e', 300000);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  child_done(&a);
}

static void check_poured(struct world *world)
{
  CHECK_INT(world->out_len, 3000000);
  CHECK_INT(world->err_len, 300000);
  CHECK(is_all(world->out_text, world->out_len, 'x'));
  CHECK(is_all(world->err_text, world->err_len, 'e'));
  world_done(world);
}

static void large_output_is_kept_in_memory(void)
{
  struct world world = usual();
  world_run(&world, pour_one);
  check_poured(&world);
}

static void more_than_the_buffer_goes_to_a_file(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  world_run(&world, pour_one);
  check_poured(&world);
}

static void a_job_alone_is_shown_early_if_there_is_no_other_room(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  world.opts.spill = false;
  world_run(&world, pour_one);
  check_poured(&world);
}

static void the_same_if_files_cannot_be_made_which_is_said_once(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  world.opts.tmpdir = (char *)"/proc";
  world_run(&world, pour_one);
  CHECK_INT(world.out_len, 3000000);
  char *first = strstr(world.err_text, "/proc");
  CHECK(first && !strstr(first + 1, "/proc"));
  world_done(&world);
}

static void pour_and_fail(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  pour(a.out, 'x', 3000000);
  CHECK_INT(child_end(&a, 0), -1);
  CHECK_INT(a.item.item.error.kind, JOB_ERROR_LIMIT);
  CHECK_INT(child_show(&a, false), 0);
  child_done(&a);
}

static void a_job_that_can_never_have_room_fails_and_says_so(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  world.opts.spill = false;
  world.opts.quiet_ok = true;
  world_run(&world, pour_and_fail);
  CHECK(world.out_len >= 100000 && world.out_len < 3000000);
  world_done(&world);
}

static void later_fills_first(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  size_t later = pour_until_full(b.out, 'b');
  CHECK(later < 1500000);
  pour(a.out, 'a', 1000000);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  pour(b.out, 'b', 2000000 - later);
  CHECK_INT(child_end(&b, 0), 0);
  CHECK_INT(child_show(&b, true), 0);
  child_done(&b);
  child_done(&a);
}

static void check_later(struct world *world)
{
  CHECK_INT(world->out_len, 3000000);
  CHECK(is_all(world->out_text, 1000000, 'a'));
  CHECK(is_all(world->out_text + 1000000, 2000000, 'b'));
  world_done(world);
}

static void with_keep_order_the_first_gets_through_and_the_others_wait(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 200000;
  world.opts.spill = false;
  world.opts.job.keep_order = true;
  world_run(&world, later_fills_first);
  check_later(&world);
}

static void first_gets_through(struct world *world)
{
  struct child a, b;
  child_init(&a, world, 0, "a");
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(child_start(&b), 0);
  pour_until_full(b.out, 'b');
  pour(a.out, 'a', 1000000);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  CHECK_INT(child_end(&b, 0), -1);
  child_done(&b);
  child_done(&a);
}

static void also_if_it_cannot_be_shown_early(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 1200000;
  world.opts.spill = false;
  world.opts.job.keep_order = true;
  world.opts.job.retries = 1;
  world_run(&world, first_gets_through);
  CHECK_INT(world.out_len, 1000000);
  CHECK(is_all(world.out_text, 1000000, 'a'));
  world_done(&world);
}

/* The first waits to be tried again, and gets no slot. */
static void later_ones_have_all_slots(struct world *world)
{
  struct child b;
  world->run.jobs = 1;
  child_init(&b, world, 1, "b");
  CHECK_INT(child_start(&b), 0);
  pour(b.out, 'b', 2500000);
  CHECK_INT(child_end(&b, 0), -1);
  CHECK_INT(b.item.item.error.kind, JOB_ERROR_LIMIT);
  child_done(&b);
}

static void jobs_that_wait_for_one_that_waits_for_them_do_not_hang(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 200000;
  world.opts.spill = false;
  world.opts.job.keep_order = true;
  world_run(&world, later_ones_have_all_slots);
  world_done(&world);
}

/* Records. */

static struct exec_captured captured(struct child *child, int fd)
{
  struct exec_captured got;
  exec_output_captured(child->item.output, fd, &got);
  return got;
}

static void digits(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "0123456789");
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  struct exec_captured out = captured(&a, 1), err = captured(&a, 2);
  CHECK(out.known && err.known);
  CHECK_INT(out.bytes, 10);
  CHECK_INT(err.bytes, 0);
  CHECK_INT(err.len, 0);
  CHECK(err.text);
  if (world->opts.capture_max.bytes == 4) {
    CHECK_INT(out.len, 4);
    CHECK(memcmp(out.text, world->opts.capture_max.tail ? "6789" : "0123", 4) ==
          0);
  } else {
    CHECK_INT(out.len, 10);
  }
  CHECK_INT(out.truncated, out.len == 4);
  child_done(&a);
}

static struct world recorded(uint64_t most, bool tail)
{
  struct world world = usual();
  world.opts.output = EXEC_OUTPUT_AUTO;
  world.opts.job.format = (char *)"ndjson";
  world.opts.capture_max = (struct exec_capture_max){ most, tail };
  return world;
}

static void a_record_has_all_of_it_or_the_head_or_the_tail(void)
{
  struct world worlds[] = { recorded(10, false), recorded(10, true),
                            recorded(4, false), recorded(4, true) };
  for (size_t i = 0; i < 4; i++) {
    world_run(&worlds[i], digits);
    CHECK_STR(worlds[i].out_text, "");
    world_done(&worlds[i]);
  }
}

static void pour_the_tail(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  pour(a.out, 'x', 1000000);
  pour(a.out, 'y', 500);
  CHECK_INT(child_end(&a, 0), 0);
  struct exec_captured out = captured(&a, 1);
  CHECK_INT(out.bytes, 1000500);
  CHECK_INT(out.len, 1000);
  CHECK(is_all(out.text, 500, 'x') && is_all(out.text + 500, 500, 'y'));
  child_done(&a);
}

static void the_tail_of_much_is_its_tail(void)
{
  struct world world = recorded(1000, true);
  world_run(&world, pour_the_tail);
  world_done(&world);
}

static void no_pipes(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  CHECK(a.out < 0 && a.err < 0);
  CHECK_INT(child_end(&a, 0), 0);
  struct exec_captured out = captured(&a, 1);
  CHECK(!out.known && !out.text);
  CHECK_INT(child_show(&a, true), 0);
  child_done(&a);
}

static void output_that_nobody_wants_has_no_pipe(void)
{
  struct world world = recorded(10, false);
  world.opts.capture = EXEC_CAPTURE_NONE;
  world_run(&world, no_pipes);
  world_done(&world);
  world = usual();
  world.opts.output = EXEC_OUTPUT_LIVE;
  world_run(&world, no_pipes);
  world_done(&world);
}

/* The end of a job. */

static void open_end(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "before\n");
  int64_t began_ns = async_now();
  CHECK_INT(exec_output_drain(a.item.output, 20 * ASYNC_MS), 0);
  CHECK(async_now() - began_ns >= 20 * ASYNC_MS);
  CHECK(async_now() - began_ns < 20 * ASYNC_SEC);
  CHECK_INT(write(a.out, "late", 4), -1);
  CHECK_INT(errno, EPIPE);
  CHECK_INT(child_show(&a, true), 0);
  child_close(&a);
  child_done(&a);
}

static void who_holds_a_pipe_open_is_waited_for_so_long(void)
{
  struct world world = usual();
  world_run(&world, open_end);
  CHECK_STR(world.out_text, "before\n");
  world_done(&world);
}

static int never_stop(void *arg)
{
  const struct child *child = arg;
  char piece[8192] = { 0 };
  fcntl(child->out, F_SETFL, O_NONBLOCK);
  for (;;) {
    ssize_t n = write(child->out, piece, sizeof(piece));
    if (n < 0 && errno != EAGAIN)
      return 0;
    async_yield();
  }
}

static void endless(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  CHECK_INT(async_spawn(&a.readers, never_stop, &a), 0);
  CHECK_INT(async_sleep(5 * ASYNC_MS), 0);
  CHECK_INT(exec_output_drain(a.item.output, 5 * ASYNC_MS), 0);
  child_show(&a, true);
  async_group_close(&a.readers);
  async_group_open(&a.readers, ASYNC_GROUP_COLLECT);
  child_close(&a);
  child_done(&a);
}

static void also_if_it_never_stops_writing(void)
{
  struct world world = usual();
  world_run(&world, endless);
  CHECK(world.out_len > 0);
  world_done(&world);
}

static void never_started(struct world *world)
{
  struct child a;
  int fds[2];
  child_init(&a, world, 0, "a");
  async_group_open(&a.readers, ASYNC_GROUP_COLLECT);
  CHECK_INT(exec_output_new(&a.item.output, world->screen, &a.item, fds), 0);
  CHECK_INT(child_show(&a, false), 0);
  child_done(&a);
}

static void a_child_that_did_not_start_leaves_nothing(void)
{
  struct world world = usual();
  world_run(&world, never_started);
  world_done(&world);
}

/* Our own errors. */

static void an_error_of_standard_error_is_known(struct world *world)
{
  two_jobs(world);
  CHECK(exec_screen_failed(world->screen));
}

static void full_outputs_are_errors_of_the_run(void)
{
  struct world world = usual();
  world.out_path = "/dev/full";
  world.err_path = "/dev/full";
  world_run(&world, an_error_of_standard_error_is_known);
  CHECK_INT(world.out.err, -ENOSPC);
  world_done(&world);
}

static int stop_soon(void *arg)
{
  (void)arg;
  async_sleep(5 * ASYNC_MS);
  async_shutdown(ASYNC_NEVER);
  return 0;
}

/* The last descriptor of a pipe that is full and that nobody reads. */
static void stuck(struct world *world)
{
  struct async_group group;
  int ends[2];
  struct child a;
  char piece[4096] = { 0 };
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  while (write(ends[1], piece, sizeof(piece)) > 0)
    ;
  fcntl(ends[1], F_SETFL, 0);
  exec_screen_close(world->screen);
  CHECK_INT(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
  CHECK_INT(exec_screen_open(&world->screen, &world->run, &world->opts), 0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn(&group, stop_soon, NULL), 0);
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.err, "nobody reads this");
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  CHECK(exec_screen_failed(world->screen));
  child_done(&a);
  async_group_close(&group);
  close(ends[0]);
  close(ends[1]);
}

static void a_standard_error_that_nobody_reads_does_not_hang_a_stop(void)
{
  struct world world = usual();
  world_run(&world, stuck);
  world_done(&world);
}

static void nothing(struct world *world)
{
  (void)world;
}

static int status_of(struct world world)
{
  world_run(&world, nothing);
  CHECK(world.status == 0 || world.err_len > 20);
  world_done(&world);
  return world.status;
}

static void options_that_do_not_go_together_are_refused(void)
{
  struct world world = usual();
  world.opts.job.format = (char *)"ndjson";
  CHECK_INT(status_of(world), COMMAND_USAGE);
  world.opts.output = EXEC_OUTPUT_LINE;
  CHECK_INT(status_of(world), 0);
  world.opts.tag = (char *)"x";
  CHECK_INT(status_of(world), COMMAND_USAGE);
  world = usual();
  world.opts.output = EXEC_OUTPUT_FILES;
  CHECK_INT(status_of(world), COMMAND_USAGE);
  world = usual();
  world.opts.output = EXEC_OUTPUT_LINE;
  world.opts.quiet_ok = true;
  CHECK_INT(status_of(world), COMMAND_USAGE);
  world = usual();
  world.opts.output = EXEC_OUTPUT_LIVE;
  CHECK_INT(status_of(world), 0);
  world.opts.capture = EXEC_CAPTURE_BOTH;
  CHECK_INT(status_of(world), COMMAND_USAGE);
  world.opts.capture = EXEC_CAPTURE_AUTO;
  world.opts.results = (char *)"/tmp";
  CHECK_INT(status_of(world), COMMAND_USAGE);
}

static const struct tap_test tests[] = {
  TEST(each_job_is_shown_in_one_piece),
  TEST(a_tag_begins_each_line_and_the_last_one_is_completed),
  TEST(merged_streams_keep_their_order),
  TEST(quiet_ok_shows_failures_only),
  TEST(what_is_not_shown_is_dropped),
  TEST(large_output_is_kept_in_memory),
  TEST(more_than_the_buffer_goes_to_a_file),
  TEST(a_job_alone_is_shown_early_if_there_is_no_other_room),
  TEST(the_same_if_files_cannot_be_made_which_is_said_once),
  TEST(a_job_that_can_never_have_room_fails_and_says_so),
  TEST(with_keep_order_the_first_gets_through_and_the_others_wait),
  TEST(also_if_it_cannot_be_shown_early),
  TEST(jobs_that_wait_for_one_that_waits_for_them_do_not_hang),
  TEST(a_record_has_all_of_it_or_the_head_or_the_tail),
  TEST(the_tail_of_much_is_its_tail),
  TEST(output_that_nobody_wants_has_no_pipe),
  TEST(who_holds_a_pipe_open_is_waited_for_so_long),
  TEST(also_if_it_never_stops_writing),
  TEST(a_child_that_did_not_start_leaves_nothing),
  TEST(full_outputs_are_errors_of_the_run),
  TEST(a_standard_error_that_nobody_reads_does_not_hang_a_stop),
  TEST(options_that_do_not_go_together_are_refused),
};

TAP_MAIN(tests)
