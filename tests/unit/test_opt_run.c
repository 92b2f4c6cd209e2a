/* A whole start, from argv to the command's run. */
#include "command.h"

#include <sys/stat.h>

#include "opt_sample.h"

enum { RUN_STATUS = 42 };

static struct sample seen; /* what run was given, without what it owns */
static size_t seen_operands;

static int run(const void *opts, char *const *operands, size_t operand_count)
{
  const struct sample *sample = opts;
  CHECK(operand_count == 0 || operands[0]);
  seen = *sample;
  seen_operands = operand_count;
  return RUN_STATUS;
}

static const struct opt_table tables[] = {
  { .rows = sample_rows },
  { .rows = action_rows },
  { 0 },
};

/* Room for a struct job_opts behind the sample, for --config. */
struct whole {
  struct sample sample;
  struct job_opts job;
};

static const struct opt_change job_changes[] = {
  { .long_name = "verbose", .omit = true },
  { .long_name = "jobs", .omit = true },
  { .long_name = "rate", .omit = true },
  { .long_name = "null", .omit = true },
  { 0 },
};

static const struct opt_table whole_tables[] = {
  { .rows = sample_rows },
  { .rows = job_rows,
    .base = offsetof(struct whole, job),
    .changes = job_changes },
  { .rows = action_rows },
  { 0 },
};

static const struct command sample_command = {
  .name = "sample",
  .summary = "Show",
  .usage = "[X]...",
  .tables = whole_tables,
  .opts_bytes = sizeof(struct whole),
  .run = run,
};

static const struct command plain_command = {
  .name = "plain",
  .summary = "Show",
  .usage = "[X]...",
  .tables = tables,
  .opts_bytes = sizeof(struct sample),
  .stop_at_operand = true,
  .run = run,
};

static const struct command *const commands[] = { &sample_command,
                                                  &plain_command, NULL };

/* Starts the program with these words; NULL ends them. */
static int start(const char *const *words)
{
  char *argv[16];
  int argc = 0;
  for (; words[argc]; argc++)
    argv[argc] = (char *)(uintptr_t)words[argc];
  argv[argc] = NULL;
  return command_main(commands, argc, argv);
}

#define START(...) start((const char *const[]){ __VA_ARGS__, NULL })

static void write_config(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  CHECK(file);
  CHECK(fputs(text, file) >= 0);
  CHECK_INT(fclose(file), 0);
}

/* An empty folder to be in, which is also the configuration's. */
static void enter_folder(void)
{
  char folder[] = "/tmp/asynctool-test.XXXXXX";
  CHECK(mkdtemp(folder));
  CHECK_INT(chdir(folder), 0);
  setenv("XDG_CONFIG_HOME", folder, 1);
  CHECK_INT(mkdir("asynctool", 0700), 0);
}

static void leave_folder(void)
{
  unlink("asynctool/config");
  unlink("mine");
  rmdir("asynctool");
  CHECK_INT(rmdir(getenv("XDG_CONFIG_HOME")), 0);
}

static void the_command_s_status_is_the_program_s(void)
{
  unsetenv("HOME");
  unsetenv("XDG_CONFIG_HOME");
  CHECK_INT(START("asynctool", "sample", "-j3", "x", "y"), RUN_STATUS);
  CHECK_INT(seen.count, 3);
  CHECK_INT(seen_operands, 2);
}

static void the_program_s_name_may_be_the_command(void)
{
  unsetenv("HOME");
  unsetenv("XDG_CONFIG_HOME");
  CHECK_INT(START("/usr/bin/asynctool-plain", "-j3", "x", "-f"), RUN_STATUS);
  CHECK_INT(seen.count, 3);
  CHECK(!seen.flag);
  CHECK_INT(seen_operands, 2);
}

static void a_short_name_is_enough(void)
{
  unsetenv("HOME");
  unsetenv("XDG_CONFIG_HOME");
  CHECK_INT(START("plain", "-f"), RUN_STATUS);
  CHECK(seen.flag);
}

static void the_file_lies_below_the_command_line(void)
{
  enter_folder();
  write_config("asynctool/config", "[sample]\ncount = 5\nduration = 5s\n"
                                   "[all]\nduration = 6s\nadaptive\n");
  CHECK_INT(START("asynctool", "sample", "-j8"), RUN_STATUS);
  CHECK_INT(seen.count, 8);
  CHECK_INT(seen.duration_ns, 6 * ASYNC_SEC);
  leave_folder();
}

static void a_command_takes_what_it_has_of_all(void)
{
  enter_folder();
  write_config("asynctool/config", "[all]\nretries = 9\ncount = 4\n");
  CHECK_INT(START("asynctool", "plain"), RUN_STATUS);
  CHECK_INT(seen.count, 4);
  leave_folder();
}

static void a_named_file_replaces_the_usual_one(void)
{
  enter_folder();
  write_config("asynctool/config", "[all]\ncount = 5\nduration = 5s\n");
  write_config("mine", "[all]\ncount = 6\n");
  CHECK_INT(START("asynctool", "sample", "--config", "mine"), RUN_STATUS);
  CHECK_INT(seen.count, 6);
  CHECK_INT(seen.duration_ns, 1500 * ASYNC_MS);
  leave_folder();
}

static void no_config_means_none(void)
{
  enter_folder();
  write_config("asynctool/config", "nonsense");
  CHECK_INT(START("asynctool", "sample", "--no-config"), RUN_STATUS);
  CHECK_INT(seen.count, 7);
  leave_folder();
}

static void a_bad_file_is_a_usage_error(void)
{
  enter_folder();
  write_config("asynctool/config", "nonsense");
  CHECK_INT(START("asynctool", "sample"), COMMAND_USAGE);
  leave_folder();
}

static void a_named_file_has_to_be_there(void)
{
  enter_folder();
  CHECK_INT(START("asynctool", "sample", "--config=mine"), COMMAND_USAGE);
  leave_folder();
}

static void an_unreadable_file_is_a_usage_error(void)
{
  enter_folder();
  CHECK_INT(mkdir("asynctool/config", 0700), 0);
  CHECK_INT(START("asynctool", "sample"), COMMAND_USAGE);
  rmdir("asynctool/config");
  leave_folder();
}

static void wrong_words_are_usage_errors(void)
{
  static const char *const words[][4] = {
    { "asynctool" },
    { "asynctool", "smaple" },
    { "asynctool", "--sample" },
    { "asynctool", "sample", "--conut" },
    { "asynctool", "sample", "-j" },
    { "asynctool", "help", "nothing" },
    { "asynctool", "__man", "nothing" },
    { "asynctool", "__complete", "csh" },
    { "asynctool", "__man" },
  };
  unsetenv("HOME");
  unsetenv("XDG_CONFIG_HOME");
  for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
    pid_t child = fork();
    int status;
    if (child == 0)
      exit(start((const char *const[]){ words[i][0], words[i][1], words[i][2],
                                        words[i][3], NULL }));
    CHECK_INT(waitpid(child, &status, 0), child);
    CHECK_INT(WEXITSTATUS(status), COMMAND_USAGE);
  }
}

static const struct tap_test tests[] = {
  TEST(the_command_s_status_is_the_program_s),
  TEST(the_program_s_name_may_be_the_command),
  TEST(a_short_name_is_enough),
  TEST(the_file_lies_below_the_command_line),
  TEST(a_command_takes_what_it_has_of_all),
  TEST(a_named_file_replaces_the_usual_one),
  TEST(no_config_means_none),
  TEST(a_bad_file_is_a_usage_error),
  TEST(a_named_file_has_to_be_there),
  TEST(an_unreadable_file_is_a_usage_error),
  TEST(wrong_words_are_usage_errors),
};

TAP_MAIN(tests)
