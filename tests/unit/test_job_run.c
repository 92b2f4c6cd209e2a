#include "job/tool.h"
#include "job_world.h"

/* What comes out. */

static void every_entry_has_its_record(void)
{
  struct world world = usual("ok\nfail\nflaky\nretry\nbad\n");
  world.opts.retries = 2;
  world.opts.keep_order = true;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "ok ok 1\nfail failed 1\nflaky ok 2\nretry failed 3\n"
                       "bad failed 0\n");
  CHECK_STR(world.err, "");
  CHECK_INT(closed, 1);
}

static void all_ok_is_0(void)
{
  struct world world = usual("ok\nok\n");
  CHECK_INT(run(&world), COMMAND_OK);
}

static void no_entries_are_0_unless_that_is_an_error(void)
{
  struct world world = usual("\n# nothing\n");
  CHECK_INT(run(&world), COMMAND_OK);
  world.opts.error_on_empty = true;
  CHECK_INT(run(&world), COMMAND_FAILED);
}

static void a_record_tells_the_whole_story(void)
{
  struct world world = usual("flaky\n");
  world.opts.retries = 1;
  world.opts.jitter = JOB_JITTER_NONE;
  world.opts.backoff =
      (struct job_backoff){ 100 * ASYNC_MS, 2, 100 * ASYNC_MS };
  world.opts.format = (char *)"ndjson";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK(strstr(world.out, "{\"v\":1,\"type\":\"result\",\"tool\":\"test\","
                          "\"seq\":0,\"key\":\"flaky\",\"input\":\"flaky\","
                          "\"outcome\":\"ok\",\"attempts\":2,\"start\":\"20"));
  CHECK(strstr(world.out, "\"queue_ms\":0,\"duration_ms\":102,\"error\":null,"
                          "\"mine\":\"flaky\"}\n"));
}

static void a_failure_says_why(void)
{
  struct world world = usual("fail\nbad\n");
  world.opts.keep_order = true;
  world.opts.format = (char *)"{error.kind} {error.code} {error.message}\\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out,
            "http 404 HTTP 404\ninput - standard input:2: this is bad\n");
}

static void records_go_to_a_file_as_well(void)
{
  char path[] = "/tmp/job-records-XXXXXX", text[4096];
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  struct world world = usual("ok\nfail\n");
  world.opts.records_file = path;
  CHECK_INT(run(&world), COMMAND_FAILED);
  collect(fd, text, sizeof(text));
  CHECK_INT(count(text, "{\"v\":1,\"type\":\"result\""), 2);
  CHECK_INT(count(world.out, "\n"), 2);
  close(fd);
  unlink(path);
}

static void a_table_begins_with_its_header(void)
{
  struct world world = usual("");
  char *names[] = { (char *)"key", (char *)"mine" };
  world.opts.fields = (struct opt_list){ names, 2 };
  world.opts.format = (char *)"csv";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_STR(world.out, "key,mine\n");
}

static void keep_order_is_the_order_of_the_input(void)
{
  char *lines = many(200, 7, "retry");
  struct world world = usual(lines);
  world.opts.keep_order = true;
  world.opts.retries = 1;
  world.opts.format = (char *)"{seq}\\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  char *at = world.out;
  for (long i = 0; i < 200; i++) {
    CHECK_INT(strtol(at, &at, 10), i);
    CHECK(*at++ == '\n');
  }
  free(lines);
}

static void no_more_jobs_run_than_were_asked_for(void)
{
  char *lines = many(100, 0, "");
  struct world world = usual(lines);
  world.opts.jobs = 3;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(most_running, 3);
  world.opts.jobs = 30;
  world.opts.per_host = 2;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(most_running, 2);
  free(lines);
}

static void an_attempt_that_takes_too_long_is_a_timeout(void)
{
  struct world world = usual("hang\n{\"name\":\"x\"}\n");
  world.opts.timeout_ns = 5 * ASYNC_SEC;
  world.opts.format = (char *)"{outcome} {duration_ms} {error.kind} "
                              "{error.code} {error.message}\\n";
  world.lines = "hang\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "timeout 5000 timeout ETIMEDOUT no end after 5 s\n");
  world.lines = "{\"name\":\"hang\",\"timeout\":\"250ms\"}\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "timeout 250 timeout ETIMEDOUT no end after 250 ms\n");
}

/* Early stops. */

static void fail_fast_skips_the_rest(void)
{
  char *lines = many(1000, 50, "fail");
  struct world world = usual(lines);
  world.opts.fail_fast = true;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(count(world.out, "\n"), 1000);
  CHECK_INT(count(world.out, " failed "), 1);
  CHECK(count(world.out, " canceled ") > 0);
  CHECK(count(world.out, " skipped ") > 900);
  free(lines);
}

static void a_failure_at_the_very_end_is_no_early_stop(void)
{
  struct world world = usual("ok\nfail\n");
  world.opts.jobs = 1;
  world.opts.fail_fast = true;
  CHECK_INT(run(&world), COMMAND_FAILED);
}

static void max_failures_lets_running_jobs_finish(void)
{
  char *lines = many(1000, 10, "fail");
  struct world world = usual(lines);
  world.opts.max_failures.count = 5;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(count(world.out, "\n"), 1000);
  CHECK_INT(count(world.out, " canceled "), 0);
  free(lines);
}

static void the_first_n_successes_are_a_success(void)
{
  char *lines = many(500, 2, "fail");
  struct world world = usual(lines);
  world.opts.first = 20;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(count(world.out, "\n"), 500);
  CHECK_INT(count(world.out, "ok ok "), 20);
  free(lines);
}

static void too_few_successes_are_a_failure(void)
{
  struct world world = usual("ok\nfail\n");
  world.opts.first = 2;
  CHECK_INT(run(&world), COMMAND_FAILED);
}

static void the_deadline_cancels_and_skips(void)
{
  struct world world = usual("ok\nhang\nhang\nok\nhang\nhang\nhang\nok\n");
  world.opts.deadline_ns = 60 * ASYNC_SEC;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(count(world.out, "\n"), 8);
  CHECK_INT(count(world.out, "hang canceled 1"), 4);
  CHECK_INT(count(world.out, " skipped 0"), 2);
}

static void a_stop_lets_running_jobs_finish_within_the_grace(void)
{
  struct world world = usual("stop\nok\nhang\nok\n");
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_INT(count(world.out, "\n"), 4);
  CHECK_INT(count(world.out, " ok 1"), 3);
  CHECK_INT(count(world.out, "hang canceled 1"), 1);
  CHECK_STR(world.err, "asynctool test: stopping: 3 running, for at most 10 s; "
                       "the same signal again cancels them\n");
}

/* Whatever happens, every entry that was taken has its record. */

static void check_nothing_left(void)
{
  struct async_stats stats;
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.stacks, 0);
  CHECK_INT(stats.timers, 0);
  CHECK_INT(stats.held, 0);
}

static void nothing_is_lost_whenever_it_is_cancelled(void)
{
  struct world world = usual("ok\nfail\nflaky\nhang\nbad\nok\nretry\nok\n");
  struct async_stats stats;
  world.opts.retries = 1;
  world.opts.jobs = 3;
  world.opts.timeout_ns = ASYNC_SEC;
  world.opts.keep_order = true;
  world.opts.format = (char *)"{seq}\\n";
  world.loop.seed = 3;
  CHECK_INT(run(&world), COMMAND_FAILED);
  async_stats_get(&stats);
  for (uint64_t k = 1; k <= stats.checkpoints; k++) {
    world.loop.cancel_at = k;
    run(&world);
    check_nothing_left();
    CHECK_INT(closed, opened);
    char *at = world.out;
    for (long i = 0; *at; i++) {
      CHECK_INT(strtol(at, &at, 10), i);
      CHECK(*at++ == '\n');
    }
  }
}

static void nothing_is_lost_when_a_stack_cannot_be_had(void)
{
  for (uint64_t k = 1; k < 16; k++) {
    struct world world = usual("ok\nfail\nflaky\nbad\nok\n");
    world.loop.fail_alloc = k;
    int status = run(&world);
    CHECK(status == COMMAND_FAILED || status == COMMAND_IO);
    check_nothing_left();
  }
}

/* A long input in little memory: what is between source and sink is bounded. */

static uint64_t endless;
static size_t most_live;

static int next_of_many(void *ctx, struct job_item *item)
{
  (void)ctx;
  if ((size_t)live > most_live)
    most_live = (size_t)live;
  if (endless++ == 20000)
    return ASYNC_EOF;
  return job_entry_set_text(&item->entry, "ok", 2);
}

static void the_window_bounds_what_is_in_memory(void)
{
  struct job_tool many_tool = tool;
  struct world world = usual(NULL);
  many_tool.next = next_of_many;
  world.tool = &many_tool;
  world.out_path = "/dev/null";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK(most_live <= 1024);
}

static int open_small(struct job_run *run, void **ctx)
{
  run->window = 8;
  return open_tool(run, ctx);
}

static void open_may_make_the_window_smaller(void)
{
  struct job_tool many_tool = tool;
  struct world world = usual(NULL);
  many_tool.next = next_of_many;
  many_tool.open = open_small;
  world.tool = &many_tool;
  world.out_path = "/dev/null";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK(most_live <= 8);
}

static void without_destinations_there_is_no_budget_and_no_circuit(void)
{
  char *lines = many(300, 1, "retry");
  struct job_tool no_key_tool = tool;
  struct world world = usual(lines);
  world.opts.retries = 1;
  world.opts.retry_budget_pct = 20;
  world.opts.breaker.failures = 3;
  world.opts.per_host = 1;
  world.opts.jobs = 4;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(count(world.out, "retry failed 2\n") < 300);
  CHECK_INT(most_running, 1);
  no_key_tool.key = NULL;
  world.tool = &no_key_tool;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_INT(count(world.out, "retry failed 2\n"), 300);
  CHECK_INT(most_running, 4);
  free(lines);
}

static enum async_fan_stop stop_seen;

static void look_why(void *ctx, struct job_item *job,
                     struct async_fan_attempt *attempt)
{
  work(ctx, job, attempt);
  if (attempt->rc == ASYNC_ECANCELED)
    stop_seen = *((struct job_run *)ctx)->stop;
}

static void a_tool_can_say_what_cuts_a_job_off(void)
{
  struct job_tool looking_tool = tool;
  struct world world = usual("hang\nfail\n");
  looking_tool.work = look_why;
  world.tool = &looking_tool;
  world.opts.fail_fast = true;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(stop_seen, ASYNC_FAN_STOP_FAILURES);
  world.opts.fail_fast = false;
  world.opts.deadline_ns = ASYNC_SEC;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(stop_seen, ASYNC_FAN_STOP_DEADLINE);
  world.opts.deadline_ns = 0;
  world.opts.timeout_ns = ASYNC_SEC;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_INT(stop_seen, ASYNC_FAN_STOP_NONE);
}

static const struct tap_test tests[] = {
  TEST(every_entry_has_its_record),
  TEST(all_ok_is_0),
  TEST(no_entries_are_0_unless_that_is_an_error),
  TEST(a_record_tells_the_whole_story),
  TEST(a_failure_says_why),
  TEST(records_go_to_a_file_as_well),
  TEST(a_table_begins_with_its_header),
  TEST(keep_order_is_the_order_of_the_input),
  TEST(no_more_jobs_run_than_were_asked_for),
  TEST(an_attempt_that_takes_too_long_is_a_timeout),
  TEST(fail_fast_skips_the_rest),
  TEST(a_failure_at_the_very_end_is_no_early_stop),
  TEST(max_failures_lets_running_jobs_finish),
  TEST(the_first_n_successes_are_a_success),
  TEST(too_few_successes_are_a_failure),
  TEST(the_deadline_cancels_and_skips),
  TEST(a_stop_lets_running_jobs_finish_within_the_grace),
  TEST(nothing_is_lost_whenever_it_is_cancelled),
  TEST(nothing_is_lost_when_a_stack_cannot_be_had),
  TEST(the_window_bounds_what_is_in_memory),
  TEST(open_may_make_the_window_smaller),
  TEST(without_destinations_there_is_no_budget_and_no_circuit),
  TEST(a_tool_can_say_what_cuts_a_job_off),
};

TAP_MAIN(tests)
