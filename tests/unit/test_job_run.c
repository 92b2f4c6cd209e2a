#include <fcntl.h>
#include <sys/stat.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "command.h"
#include "job/run_priv.h"
#include "tap.h"

/* A tool whose entries say what becomes of them: "ok", "fail", "retry" (until
 * the last attempt), "flaky" (fails once), "hang", "stop" (asks for a stop),
 * "bad" (refused by prepare). Each takes 1 to 5 ms; all in simulated time. */

struct item {
  struct job_item job;
  char *mine;
};

static int live; /* items with something of their own */
static int running, most_running;
static int opened, closed;

static int open_tool(struct job_run *run, void **ctx)
{
  *ctx = run;
  opened++;
  return run->operand_count && strcmp(run->operands[0], "no-open") == 0
             ? COMMAND_USAGE
             : 0;
}

static void close_tool(void *ctx)
{
  (void)ctx;
  closed++;
}

static int prepare(void *ctx, struct job_item *job)
{
  struct item *item = (struct item *)job;
  (void)ctx;
  item->mine = strdup(job->entry.text);
  live++;
  if (strcmp(job->entry.text, "bad") == 0)
    return job_error_set(job, JOB_ERROR_INPUT, 0, "this is bad");
  return 0;
}

static void item_done(struct job_item *job)
{
  struct item *item = (struct item *)job;
  live -= item->mine != NULL;
  free(item->mine);
}

static void judge(struct job_item *job, struct async_fan_attempt *attempt)
{
  const char *text = job->entry.text;
  bool flaky = strcmp(text, "flaky") == 0 && attempt->number == 1;
  job->bytes += 1024;
  if (strcmp(text, "fail") == 0) {
    attempt->outcome = ASYNC_FAN_FAILED;
    attempt->rc = ASYNC_EFAIL;
    job_error_set(job, JOB_ERROR_HTTP, 404, "HTTP 404");
  } else if (flaky || strcmp(text, "retry") == 0) {
    attempt->outcome = ASYNC_FAN_RETRY;
    attempt->rc = -ECONNREFUSED;
    job_error_set(job, JOB_ERROR_CONNECT, -ECONNREFUSED, "nobody there");
  } else if (strcmp(text, "stop") == 0) {
    async_shutdown(10 * ASYNC_SEC);
  }
}

static void work(void *ctx, struct job_item *job,
                 struct async_fan_attempt *attempt)
{
  bool hangs = strcmp(job->entry.text, "hang") == 0;
  (void)ctx;
  if (++running > most_running)
    most_running = running;
  attempt->rc = async_sleep(hangs ? 1000 * ASYNC_SEC
                                  : (int64_t)(1 + job->seq % 5) * ASYNC_MS);
  running--;
  if (attempt->rc == 0)
    judge(job, attempt);
}

static const char *key(void *ctx, struct job_item *job, size_t *len)
{
  (void)ctx;
  *len = job->entry.text_len;
  return job->entry.text;
}

static void get_mine(const struct job_item *job, struct job_value *out)
{
  job_value_string(out, ((const struct item *)job)->mine);
}

static const struct job_field fields[] = { { .name = "mine", .get = get_mine },
                                           { 0 } };

static const struct job_tool tool = {
  .name = "test",
  .usage = "[NAME]...",
  .entries = "names",
  .item_bytes = sizeof(struct item),
  .fields = fields,
  .counts_bytes = true,
  .open = open_tool,
  .close = close_tool,
  .prepare = prepare,
  .key = key,
  .work = work,
  .item_done = item_done,
};

/* A run: its input is `lines`, its output and messages are collected. */
struct world {
  struct job_opts opts;
  const struct job_tool *tool;
  struct async_run_opts loop;
  const char *lines;
  char *operands[4];
  size_t operand_count;
  const char *out_path; /* NULL: a file of ours */
  char out[65536], err[8192];
};

static struct world usual(const char *lines)
{
  return (struct world){
    .tool = &tool,
    .lines = lines,
    .opts = { .jobs = 4,
              .format = (char *)"{key} {outcome} {attempts}\\n",
              .backoff = { .base_ns = ASYNC_SEC,
                           .factor = 2,
                           .max_ns = 30 * ASYNC_SEC },
              .jitter = JOB_JITTER_NONE,
              .grace_ns = 10 * ASYNC_SEC,
              .progress = JOB_PROGRESS_NONE,
              .summary = JOB_SUMMARY_NONE },
    .loop = { .virtual_time = true, .seed = 1 },
  };
}

static int temporary(void)
{
  char path[] = "/tmp/job-run-XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

static int input(const char *text)
{
  int fd = temporary();
  size_t len = text ? strlen(text) : 0;
  CHECK_INT(write(fd, text ? text : "", len), len);
  CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
  return fd;
}

static void collect(int fd, char *out, size_t size)
{
  ssize_t len = pread(fd, out, size - 1, 0);
  out[len > 0 ? len : 0] = '\0';
}

static int run(struct world *world)
{
  int fds[3] = { input(world->lines),
                 world->out_path ? open(world->out_path, O_WRONLY)
                                 : temporary(),
                 temporary() };
  int saved[3];
  for (int i = 0; i < 3; i++) {
    saved[i] = dup(i);
    CHECK_INT(dup2(fds[i], i), i);
  }
  live = running = most_running = opened = closed = 0;
  int status = job_run_with(world->tool, &world->opts, NULL, world->operands,
                            world->operand_count, &world->loop);
  for (int i = 0; i < 3; i++) {
    dup2(saved[i], i);
    close(saved[i]);
  }
  if (!world->out_path)
    collect(fds[1], world->out, sizeof(world->out));
  collect(fds[2], world->err, sizeof(world->err));
  for (int i = 0; i < 3; i++)
    close(fds[i]);
  CHECK_INT(live, 0);
  CHECK_INT(running, 0);
  return status;
}

static size_t count(const char *text, const char *part)
{
  size_t found = 0;
  while ((text = strstr(text, part)) != NULL) {
    found++;
    text += strlen(part);
  }
  return found;
}

/* "ok" and so on, `n` times, a line each; every `each`-th is `other`. */
static char *many(int n, int each, const char *other)
{
  struct async_buf text = ASYNC_BUF_INIT;
  for (int i = 1; i <= n; i++)
    async_buf_printf(&text, "%s\n", each && i % each == 0 ? other : "ok");
  CHECK(async_buf_str(&text));
  return text.data;
}

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
  world.opts.format = (char *)"ndjson";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK(strstr(world.out, "{\"v\":1,\"type\":\"result\",\"tool\":\"test\","
                          "\"seq\":0,\"key\":\"flaky\",\"input\":\"flaky\","
                          "\"outcome\":\"ok\",\"attempts\":2,\"start\":\"20"));
  CHECK(strstr(world.out, "\"queue_ms\":0,\"duration_ms\":1,\"error\":null,"
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
    usleep(200 * 1000);
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
    usleep(300 * 1000);
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
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "\"type\":\"summary\""));
  CHECK(strstr(world.err, "\"done\":4,\"ok\":3,\"failed\":1,"));
  CHECK(strstr(world.err, "\"retried\":1,"));
  CHECK(strstr(world.err, "\"bytes\":5120,"));
  CHECK(strstr(world.err, "\"max\":4}}\n"));
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
  TEST(a_full_disk_is_4),
  TEST(a_full_disk_is_4_also_for_the_last_record),
  TEST(a_full_disk_for_the_records_file_is_4),
  TEST(a_list_that_cannot_be_read_is_4_and_the_others_go_on),
  TEST(a_closed_pipe_is_death_by_sigpipe),
  TEST(a_signal_is_raised_again_after_the_end),
  TEST(an_output_that_is_stuck_does_not_hold_up_a_stop),
  TEST(a_wrong_field_is_2),
  TEST(a_tool_that_cannot_open_says_the_status),
  TEST(a_dry_run_does_nothing),
  TEST(progress_as_json_is_a_line_every_second),
  TEST(a_bar_is_drawn_and_taken_away),
  TEST(the_summary_counts),
  TEST(verbose_says_what_failed_and_the_summary),
  TEST(nothing_is_lost_whenever_it_is_cancelled),
  TEST(nothing_is_lost_when_a_stack_cannot_be_had),
  TEST(the_window_bounds_what_is_in_memory),
};

TAP_MAIN(tests)
