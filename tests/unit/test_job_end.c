#include <poll.h>

#include "job/tool.h"
#include "job_world.h"

/* Our own input and output. */

static void a_full_disk_is_4(void)
{
  char *lines = many(10000, 0, "");
  struct world world = usual(lines);
  world.out_path = "/dev/full";
  CHECK_INT(run(&world), COMMAND_IO);
  CHECK_STR(world.err, "asynctool test: cannot write standard output: no space "
                       "left on device\n");
  free(lines);
}

static void a_full_disk_is_4_also_for_the_last_record(void)
{
  struct world world = usual("fail\n");
  world.out_path = "/dev/full";
  CHECK_INT(run(&world), COMMAND_IO);
}

static void a_full_disk_for_the_records_file_is_4(void)
{
  struct world world = usual("ok\n");
  world.opts.records_file = (char *)"/dev/full";
  CHECK_INT(run(&world), COMMAND_IO);
  CHECK_STR(world.out, "ok ok 1\n");
  CHECK_STR(
      world.err,
      "asynctool test: cannot write /dev/full: no space left on device\n");
}

static void a_list_that_cannot_be_read_is_4_and_the_others_go_on(void)
{
  char *names[] = { (char *)"/no/such/list" };
  struct world world = usual(NULL);
  world.opts.inputs = (struct opt_list){ names, 1 };
  world.operands[0] = (char *)"fail";
  world.operand_count = 1;
  CHECK_INT(run(&world), COMMAND_IO);
  CHECK_STR(world.out, "fail failed 1\n");
  CHECK_STR(world.err, "asynctool test: cannot read /no/such/list: no such "
                       "file or directory\n");
}

static int status_of(void (*act)(void))
{
  int status;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    act();
    _exit(0);
  }
  CHECK_INT(waitpid(child, &status, 0), child);
  return status;
}

static void write_to_nobody(void)
{
  int ends[2];
  char *lines = many(10000, 0, "");
  struct world world = usual(lines);
  CHECK_INT(pipe(ends), 0);
  dup2(input(lines), STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[0]);
  close(ends[1]);
  dup2(temporary(), STDERR_FILENO);
  _exit(job_run_with(&tool, &world.opts, NULL, NULL, 0, &world.loop));
}

static void write_to_nobody_ignoring_sigpipe(void)
{
  signal(SIGPIPE, SIG_IGN);
  write_to_nobody();
}

static void a_closed_pipe_is_death_by_sigpipe(void)
{
  int status = status_of(write_to_nobody);
  CHECK(WIFSIGNALED(status));
  CHECK_INT(WTERMSIG(status), SIGPIPE);
  status = status_of(write_to_nobody_ignoring_sigpipe);
  CHECK(WIFEXITED(status));
  CHECK_INT(WEXITSTATUS(status), COMMAND_IO);
}

static void get_a_signal(void)
{
  struct world world = usual(NULL);
  world.opts.jobs = 1;
  world.opts.grace_ns = 0;
  dup2(input("hang\n"), STDIN_FILENO);
  dup2(temporary(), STDOUT_FILENO);
  dup2(temporary(), STDERR_FILENO);
  pid_t self = getpid();
  if (fork() == 0) {
    poll(NULL, 0, 200);
    kill(self, SIGTERM);
    _exit(0);
  }
  _exit(job_run(&tool, &world.opts, NULL, NULL, 0));
}

static void a_signal_is_raised_again_after_the_end(void)
{
  int status = status_of(get_a_signal);
  CHECK(WIFSIGNALED(status));
  CHECK_INT(WTERMSIG(status), SIGTERM);
}

/* Sends SIGUSR1, then what ends the run; what was said is in `text`. */
static void ask_for_the_state(char *text, size_t size, unsigned verbose)
{
  struct world world = usual(NULL);
  int said = temporary(), status;
  world.opts.verbose = verbose;
  world.opts.grace_ns = 0;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    dup2(input("ok\nhang\n"), STDIN_FILENO);
    dup2(temporary(), STDOUT_FILENO);
    dup2(said, STDERR_FILENO);
    _exit(job_run(&tool, &world.opts, NULL, NULL, 0));
  }
  poll(NULL, 0, 200);
  kill(child, SIGUSR1);
  poll(NULL, 0, 100);
  kill(child, SIGTERM);
  CHECK_INT(waitpid(child, &status, 0), child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  collect(said, text, size);
  close(said);
}

static void sigusr1_asks_for_the_state(void)
{
  char text[16384];
  ask_for_the_state(text, sizeof(text), 0);
  CHECK(strstr(text, "asynctool test: 1 of 2 done, 1 running, "));
  CHECK(!strstr(text, "attempt_task"));
  ask_for_the_state(text, sizeof(text), 1);
  CHECK(strstr(text, "asynctool test: 1 of 2 done, 1 running, "));
  CHECK(strstr(text, "1 x attempt_task from "));
}

/* Nobody reads what is written, until a stop was asked for. */
static void be_stuck(void)
{
  int ends[2];
  char *lines = many(20000, 0, "");
  struct world world = usual(lines);
  CHECK_INT(pipe(ends), 0);
  dup2(input(lines), STDIN_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  dup2(temporary(), STDERR_FILENO);
  world.opts.grace_ns = 1;
  pid_t self = getpid();
  if (fork() == 0) {
    poll(NULL, 0, 300);
    kill(self, SIGINT);
    _exit(0);
  }
  _exit(job_run(&tool, &world.opts, NULL, NULL, 0));
}

static void an_output_that_is_stuck_does_not_hold_up_a_stop(void)
{
  int status = status_of(be_stuck);
  CHECK(WIFSIGNALED(status));
  CHECK_INT(WTERMSIG(status), SIGINT);
}

/* Before anything starts. */

static void a_wrong_field_is_2(void)
{
  struct world world = usual("ok\n");
  world.opts.format = (char *)"{ky}\\n";
  CHECK_INT(run(&world), COMMAND_USAGE);
  CHECK(strstr(world.err, "asynctool test: no field is called 'ky' (did you "
                          "mean 'key'?)"));
  CHECK_INT(opened, 0);
}

static void a_tool_that_cannot_open_says_the_status(void)
{
  struct world world = usual("ok\n");
  world.operands[0] = (char *)"no-open";
  world.operand_count = 1;
  CHECK_INT(run(&world), COMMAND_USAGE);
  CHECK_STR(world.out, "");
  CHECK_INT(closed, 0);
}

static void a_dry_run_does_nothing(void)
{
  struct world world = usual("ok\nhang\nfail\n");
  world.opts.dry_run = true;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_STR(world.out, "ok skipped 0\nhang skipped 0\nfail skipped 0\n");
  world.lines = "ok\nbad\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "ok skipped 0\nbad failed 0\n");
}

/* Messages. */

static void progress_as_json_is_a_line_every_second(void)
{
  struct world world = usual("hang\nok\n");
  world.opts.progress = JOB_PROGRESS_JSON;
  world.opts.timeout_ns = 2500 * ASYNC_MS;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_INT(count(world.err, "\n"), 2);
  CHECK(strstr(world.err,
               "{\"v\":1,\"type\":\"progress\",\"tool\":\"test\","
               "\"elapsed_ms\":1000,\"done\":1,\"ok\":1,\"failed\":0,"
               "\"timeout\":0,\"canceled\":0,\"skipped\":0,\"retried\":0,"
               "\"running\":1,\"queued\":0,\"delayed\":0,\"bytes\":1024,"
               "\"per_s\":1.0,"));
}

static void a_bar_is_drawn_and_taken_away(void)
{
  struct world world = usual("hang\nok\n");
  world.opts.progress = JOB_PROGRESS_BAR;
  world.opts.timeout_ns = 250 * ASYNC_MS;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "\r\33[K1 of 2 done, 1 running, 10/s"));
  CHECK_INT(count(world.err, "\n"), 0);
  CHECK_STR(world.err + strlen(world.err) - 4, "\r\33[K");
}

static void the_summary_counts(void)
{
  struct world world = usual("ok\nok\nfail\nflaky\n");
  world.opts.summary = JOB_SUMMARY_JSON;
  world.opts.retries = 1;
  world.opts.jitter = JOB_JITTER_NONE;
  world.opts.backoff = (struct job_backoff){ 3 * ASYNC_MS, 2, 3 * ASYNC_MS };
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "\"type\":\"summary\""));
  CHECK(strstr(world.err, "\"done\":4,\"ok\":3,\"failed\":1,"));
  CHECK(strstr(world.err, "\"retried\":1,"));
  CHECK(strstr(world.err, "\"bytes\":5120,"));
  CHECK(strstr(world.err, "\"max\":11}}\n"));
}

static void verbose_says_what_failed_and_the_summary(void)
{
  struct world world = usual("ok\nfail\n");
  world.opts.verbose = 1;
  world.opts.summary = JOB_SUMMARY_AUTO;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "asynctool test: fail: HTTP 404\n"));
  CHECK(strstr(world.err, "asynctool test: 2 entries in 2.0 ms: 1 ok, 1 failed"
                          "\n  latency  p50 "));
  world.opts.quiet = true;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.err, "");
}

static const struct tap_test tests[] = {
  TEST(a_full_disk_is_4),
  TEST(a_full_disk_is_4_also_for_the_last_record),
  TEST(a_full_disk_for_the_records_file_is_4),
  TEST(a_list_that_cannot_be_read_is_4_and_the_others_go_on),
  TEST(a_closed_pipe_is_death_by_sigpipe),
  TEST(a_signal_is_raised_again_after_the_end),
  TEST(sigusr1_asks_for_the_state),
  TEST(an_output_that_is_stuck_does_not_hold_up_a_stop),
  TEST(a_wrong_field_is_2),
  TEST(a_tool_that_cannot_open_says_the_status),
  TEST(a_dry_run_does_nothing),
  TEST(progress_as_json_is_a_line_every_second),
  TEST(a_bar_is_drawn_and_taken_away),
  TEST(the_summary_counts),
  TEST(verbose_says_what_failed_and_the_summary),
};

TAP_MAIN(tests)
