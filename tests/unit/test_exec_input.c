/* What jobs are made of. */
#include <fcntl.h>

#include "async/loop.h"
#include "async/scope.h"
#include "async/timer.h"
#include "command.h"
#include "exec/input.h"
#include "exec_words_world.h"

enum { OPERANDS = 64 };

/* A run: a command line, entries behind it or on a pipe, and the jobs that come
 * of them, each as "a,b;", "!" before one that is malformed. */
struct run {
  struct exec_opts opts;
  struct opt_list inputs;
  struct job_run run;
  struct job_log log;
  char *operands[OPERANDS];
  char *line;
  struct exec_words *words;
  struct exec_input *input;
  int ends[2]; /* of standard input; 0: none */
  struct async_buf jobs;
  size_t count, longest;
  int status, err;
  void (*body)(struct run *run);
};

static struct run new_run(void)
{
  return (struct run){ .opts = { .max_args = 1, .max_chars = 128 * 1024 },
                       .run = { .jobs = 1 } };
}

static void split_line(struct run *run, const char *line)
{
  char *rest = run->line = strdup(line), *word;
  while ((word = strsep(&rest, " ")) != NULL)
    run->operands[run->run.operand_count++] = word;
  run->run.operands = run->operands;
}

static void open_source(struct run *run)
{
  struct job_source_opts opts = { .inputs = &run->inputs,
                                  .format = run->opts.job.input_format,
                                  .stdin_fd = run->ends[0],
                                  .stdin_too = run->ends[0] > 0 };
  CHECK_INT(job_source_new(&run->run.source, &opts, &run->log), 0);
}

static int open_input(struct run *run)
{
  struct async_buf message = ASYNC_BUF_INIT;
  char *const *words = run->run.operands;
  size_t count;
  int status = exec_input_split(&run->run, &count);
  if (status != COMMAND_OK)
    return status;
  CHECK_INT(exec_words_new(&run->words, &run->opts, words, count, &message), 0);
  async_buf_done(&message);
  return exec_input_new(&run->input, &run->run, &run->opts, run->words);
}

static void show(struct run *run, struct exec_item *item)
{
  async_buf_add_str(&run->jobs, item->item.error.kind ? "!" : "");
  async_buf_add_str(&run->jobs, item->item.entry.text);
  for (size_t i = 0; i < item->more_count; i++)
    async_buf_printf(&run->jobs, ",%s", item->more[i].text);
  async_buf_add_char(&run->jobs, ';');
}

static void drop(struct exec_item *item)
{
  for (size_t i = 0; i < item->more_count; i++)
    job_entry_done(&item->more[i]);
  free(item->more);
  exec_argv_done(&item->argv);
  job_item_done(&item->item);
}

/* Takes one job. Returns what exec_input_next does. */
static int take(struct run *run)
{
  struct exec_item item = { .slot = 1 };
  int err = exec_input_next(run->input, run->words, &item);
  if (err == 0) {
    run->count++;
    show(run, &item);
    if (!item.item.error.kind &&
        exec_words_fill(run->words, &item, &item.argv) == 0 &&
        item.argv.bytes > run->longest)
      run->longest = item.argv.bytes;
  }
  drop(&item);
  return err;
}

static void take_all(struct run *run)
{
  while ((run->err = take(run)) == 0)
    ;
}

static int run_task(void *arg)
{
  struct run *run = arg;
  run->log = (struct job_log){ .tool = "exec" };
  run->log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
  run->run.log = &run->log;
  run->run.opts = &run->opts.job;
  run->run.needs_input = true;
  open_source(run);
  run->status = open_input(run);
  if (run->status == COMMAND_OK)
    run->body(run);
  exec_input_free(run->input);
  exec_words_free(run->words);
  job_source_free(run->run.source);
  close(run->log.fd);
  return 0;
}

static const char *jobs_of(struct run *run, const char *line,
                           void (*body)(struct run *run))
{
  split_line(run, line);
  run->body = body;
  CHECK_INT(async_run(run_task, run, NULL), 0);
  const char *text = async_buf_str(&run->jobs);
  CHECK(text);
  return text;
}

static void drop_run(struct run *run)
{
  free(run->line);
  async_buf_done(&run->jobs);
}

static void check_jobs(const struct exec_opts *opts, size_t jobs,
                       const char *line, const char *expected)
{
  struct run run = new_run();
  run.opts = *opts;
  run.run.jobs = jobs;
  CHECK_STR(jobs_of(&run, line, take_all), expected);
  CHECK_INT(run.status, COMMAND_OK);
  CHECK_INT(run.err, ASYNC_EOF);
  drop_run(&run);
}

/* The jobs of what is on standard input. */
static void check_list(const struct exec_opts *opts, const char *line,
                       const char *list, const char *expected)
{
  struct run run = new_run();
  run.opts = *opts;
  CHECK(pipe(run.ends) == 0);
  CHECK(write(run.ends[1], list, strlen(list)) == (ssize_t)strlen(list));
  close(run.ends[1]);
  CHECK_STR(jobs_of(&run, line, take_all), expected);
  CHECK_INT(run.status, COMMAND_OK);
  CHECK_INT(run.err, ASYNC_EOF);
  close(run.ends[0]);
  drop_run(&run);
}

static struct exec_opts several(uint64_t max_args)
{
  return (struct exec_opts){ .max_args = max_args, .max_chars = 128 * 1024 };
}

static struct exec_opts filled(uint64_t max_chars)
{
  return (
      struct exec_opts){ .max_args = 1, .fill = true, .max_chars = max_chars };
}

/* ::: */

static void entries_stand_behind_the_command(void)
{
  struct exec_opts opts = several(1);
  check_jobs(&opts, 1, "echo x ::: a b - /dev/null :::x",
             "a;b;-;/dev/null;"
             ":::x;");
  check_jobs(&opts, 1, "echo :::", "");
}

static void again_crosses_and_the_last_varies_fastest(void)
{
  struct exec_opts opts = several(1);
  check_jobs(&opts, 1, "echo ::: a b ::: 1 2 3", "a 1;a 2;a 3;b 1;b 2;b 3;");
  check_jobs(&opts, 1, "echo ::: a b ::: x ::: 1 2",
             "a x 1;a x 2;b x 1;b x "
             "2;");
  check_jobs(&opts, 1, "echo ::: a b :::", "");
  check_jobs(&opts, 1, "echo ::: ::: a", "");
}

static void with_a_plus_it_goes_along_to_the_shorter_end(void)
{
  struct exec_opts opts = several(1);
  check_jobs(&opts, 1, "echo ::: a b c :::+ 1 2", "a 1;b 2;");
  check_jobs(&opts, 1, "echo ::: a b :::+ 1 2 3 :::+ x y", "a 1 x;b 2 y;");
  check_jobs(&opts, 1, "echo ::: p q ::: a b :::+ 1 2",
             "p a 1;p b 2;q a 1;q b 2;");
  check_jobs(&opts, 1, "echo ::: p q :::+ 1 2 ::: a b",
             "p 1 a;p 1 b;q 2 a;q 2 b;");
}

static int status_of(const struct exec_opts *opts, const char *line)
{
  struct run run = new_run();
  run.opts = *opts;
  jobs_of(&run, line, take_all);
  drop_run(&run);
  return run.status;
}

static void what_cannot_be_is_said_before_anything_is_read(void)
{
  char *names[] = { (char *)"list" };
  struct exec_opts opts = several(1);
  CHECK_INT(status_of(&opts, "echo :::+ a"), COMMAND_USAGE);
  CHECK_INT(status_of(&opts, "echo :::: a"), COMMAND_USAGE);
  CHECK_INT(status_of(&opts, "echo ::: a :::: b"), COMMAND_OK);
  CHECK_INT(status_of(&opts, "awk {print} {} ::: a"), COMMAND_USAGE);
  opts.job.input_format = JOB_INPUT_NUL;
  CHECK_INT(status_of(&opts, "awk {print} {}"), COMMAND_USAGE);
  opts = several(1);
  opts.job.inputs = (struct opt_list){ .items = names, .count = 1 };
  CHECK_INT(status_of(&opts, "echo ::: a"), COMMAND_USAGE);
  opts = several(1);
  opts.header = true;
  CHECK_INT(status_of(&opts, "echo"), COMMAND_USAGE);
  CHECK_INT(status_of(&opts, "echo ::: a"), COMMAND_USAGE);
}

/* Several. */

static void a_job_has_up_to_so_many_entries(void)
{
  struct exec_opts opts = several(2);
  check_jobs(&opts, 4, "echo ::: a b c d e", "a,b;c,d;e;");
  check_list(&opts, "echo", "a\nb\nc\nd\n", "a,b;c,d;");
  opts = several(100);
  check_jobs(&opts, 4, "echo ::: a b c d e", "a,b,c,d,e;");
  check_jobs(&opts, 4, "echo :::", "");
}

static void what_is_malformed_is_a_job_of_its_own(void)
{
  struct exec_opts opts = several(3);
  check_list(&opts, "echo",
             "{\"name\":\"a\"}\n{\"name\":\"b\"}\n{\n{\"name\":\"c\"}\n"
             "{\"name\":\"d\"}\n{\"name\":\"e\"}\n{\"name\":\"f\"}\n[\n",
             "a,b;!{;c,d,e;f;![;");
}

static void filling_stops_at_max_chars(void)
{
  struct exec_opts opts = filled(14);
  /* "echo" and two of four letters are 15 with their NULs. */
  check_jobs(&opts, 1, "echo ::: aaaa bbbb ccc dd e f",
             "aaaa;bbbb,ccc;dd,e,f;");
  opts.max_args = 2;
  check_jobs(&opts, 1, "echo ::: aaaa bbbb ccc dd e f",
             "aaaa;bbbb,ccc;dd,e;f;");
}

static void no_line_is_longer_and_none_much_shorter(void)
{
  struct exec_opts opts = filled(1000);
  struct run run = new_run();
  char list[64 * 1024];
  size_t len = 0;
  for (int i = 0; i < 5000; i++)
    len += (size_t)snprintf(list + len, sizeof(list) - len, "file.%d\n", i);
  run.opts = opts;
  CHECK(pipe(run.ends) == 0);
  CHECK(write(run.ends[1], list, len) == (ssize_t)len);
  close(run.ends[1]);
  char *jobs = strdup(jobs_of(&run, "a-command with {} {.}", take_all));
  CHECK_INT(run.err, ASYNC_EOF);
  CHECK(run.longest <= 1000 && run.longest > 980);
  for (size_t i = 0; jobs[i]; i++)
    if (strchr(",;", jobs[i]))
      jobs[i] = '\n';
  CHECK_STR(jobs, list);
  free(jobs);
  close(run.ends[0]);
  drop_run(&run);
}

static void an_entry_that_is_too_long_alone_fails_alone(void)
{
  struct exec_opts opts = filled(12);
  check_jobs(&opts, 1, "echo ::: a b much-too-long c d",
             "a,b;!much-too-long;"
             "c,d;");
}

static void what_would_fail_takes_no_others_with_it(void)
{
  struct exec_opts opts = filled(1000);
  check_jobs(&opts, 1, "rm ::: a -b -c d e", "a;-b;-c;d,e;");
  check_jobs(&opts, 1, "rm -- ::: a -b c", "a,-b,c;");
  check_list(&opts, "x {n}",
             "{\"name\":\"a\",\"n\":1}\n{\"name\":\"b\"}\n"
             "{\"name\":\"c\",\"n\":1}\n",
             "a;b;c;");
  /* With -n, entries have places. */
  opts = several(2);
  check_jobs(&opts, 1, "mv ::: a -b c d", "a,-b;c,d;");
}

static void the_last_entries_are_spread_over_the_jobs(void)
{
  struct exec_opts opts = filled(1000);
  check_jobs(&opts, 4, "echo ::: 1 2 3 4 5 6 7 8", "1,2;3,4;5,6;7,8;");
  check_jobs(&opts, 4, "echo ::: 1 2 3 4 5", "1,2;3,4;5;");
  check_jobs(&opts, 4, "echo ::: 1 2", "1;2;");
  check_jobs(&opts, 4, "echo ::: 1 2 -3 4 5 6", "1,2;-3;4;5;6;");
  opts.max_chars = 11; /* three */
  check_jobs(&opts, 2, "echo ::: 1 2 3 4 5", "1,2,3;4;5;");
}

/* Reads that are cut off. */

static void give(struct run *run, const char *text)
{
  CHECK(write(run->ends[1], text, strlen(text)) == (ssize_t)strlen(text));
}

static void cut_off_again_and_again(struct run *run)
{
  for (int i = 0; i < 20; i++) {
    char text[32];
    struct async_scope limit;
    snprintf(text, sizeof(text), "a%d\nb%d\nc", i, i);
    give(run, text);
    async_scope_enter(&limit, async_in(ASYNC_MS));
    int err = 0;
    while (err == 0)
      err = take(run);
    CHECK_INT(async_scope_leave(&limit, err), ASYNC_ETIMEDOUT);
    snprintf(text, sizeof(text), "%d\n", i);
    give(run, text);
  }
  close(run->ends[1]);
  take_all(run);
}

/* Whatever the jobs are: all entries, in their order. */
static void check_none_is_lost(struct exec_opts opts)
{
  struct run run = new_run();
  struct async_buf expected = ASYNC_BUF_INIT;
  run.opts = opts;
  CHECK(pipe(run.ends) == 0);
  for (int i = 0; i < 20; i++)
    async_buf_printf(&expected, "a%d;b%d;c%d;", i, i, i);
  char *jobs = strdup(jobs_of(&run, "echo", cut_off_again_and_again));
  CHECK_INT(run.err, ASYNC_EOF);
  for (char *at = strchr(jobs, ','); at; at = strchr(at, ','))
    *at = ';';
  CHECK_STR(jobs, async_buf_str(&expected));
  free(jobs);
  close(run.ends[0]);
  async_buf_done(&expected);
  drop_run(&run);
}

static void no_entry_is_lost_when_a_read_is_cut_off(void)
{
  check_none_is_lost(several(1));
  check_none_is_lost(several(2));
  check_none_is_lost(several(7));
  check_none_is_lost(filled(1000));
  check_none_is_lost(filled(20));
}

static void take_few(struct run *run)
{
  CHECK_INT(take(run), 0);
  CHECK_INT(take(run), 0);
}

static void what_was_not_taken_is_freed(void)
{
  struct run run = new_run();
  run.opts = filled(1000);
  run.run.jobs = 4;
  CHECK_STR(jobs_of(&run, "rm ::: a b c -d e f g h", take_few), "a,b,c;-d;");
  drop_run(&run);
  run = new_run();
  run.opts = filled(1000);
  run.run.jobs = 4;
  CHECK_STR(jobs_of(&run, "rm ::: 1 2 3 4 5 6 7", take_few), "1,2;3,4;");
  drop_run(&run);
}

static const struct tap_test tests[] = {
  TEST(entries_stand_behind_the_command),
  TEST(again_crosses_and_the_last_varies_fastest),
  TEST(with_a_plus_it_goes_along_to_the_shorter_end),
  TEST(what_cannot_be_is_said_before_anything_is_read),
  TEST(a_job_has_up_to_so_many_entries),
  TEST(what_is_malformed_is_a_job_of_its_own),
  TEST(filling_stops_at_max_chars),
  TEST(no_line_is_longer_and_none_much_shorter),
  TEST(an_entry_that_is_too_long_alone_fails_alone),
  TEST(what_would_fail_takes_no_others_with_it),
  TEST(the_last_entries_are_spread_over_the_jobs),
  TEST(no_entry_is_lost_when_a_read_is_cut_off),
  TEST(what_was_not_taken_is_freed),
};

TAP_MAIN(tests)
