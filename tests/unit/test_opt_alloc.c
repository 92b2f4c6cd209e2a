/* Each allocation fails once; the sanitizer looks for what was left behind. */
#include "failing_alloc.h"
#include "fetch/command.h"
#include "fetch/options.h"
#include "opt/config.h"
#include "opt/generate.h"
#include "opt_sample.h"

static const struct command *const commands[] = { &fetch_command, NULL };

/* Calls `step` with each of its allocations failing in turn, until it comes
 * through: then none failed any more. */
static void fail_each_allocation(int (*step)(void))
{
  for (uint64_t n = 1;; n++) {
    failing_alloc_start(n);
    int err = step();
    if (failing_alloc_stop() < n) {
      CHECK_INT(err, 0);
      CHECK(n > 1);
      return;
    }
    CHECK_INT(err, ASYNC_ENOMEM);
  }
}

static int read_everything(struct opt_set *set, struct fetch_opts *opts,
                           struct opt_line *line, struct async_buf *message)
{
  char *words[] = { (char[]){ "-qj3" }, (char[]){ "-Hx: y" }, (char[]){ "a" },
                    (char[]){ "--retry-on=dns,503" } };
  char text[] = "[all]\nheader = x\njobs = 5\nok-status = 200,404\n";
  struct opt_config config = { "file", "fetch", commands, set, set };
  struct opt_settings settings = { 0 };
  int err = opt_values_init(set, opts);
  if (err == 0)
    err = opt_config_read(&config, text, strlen(text), &settings, message);
  if (err == 0)
    err = opt_settings_apply(&settings, opts, message);
  if (err == 0)
    err = opt_line_read(line, set, words, 4, false, message);
  if (err == 0)
    err = opt_settings_apply(&line->settings, opts, message);
  opt_settings_done(&settings);
  return err;
}

static int read_options(void)
{
  struct opt_set set;
  struct opt_line line = { 0 };
  struct fetch_opts opts = { 0 };
  struct async_buf message = ASYNC_BUF_INIT;
  int err = opt_set_init(&set, fetch_tables);
  if (err == 0)
    err = read_everything(&set, &opts, &line, &message);
  opt_line_done(&line);
  opt_values_done(&set, &opts);
  opt_set_done(&set);
  async_buf_done(&message);
  return err;
}

static void reading_options_survives_want_of_memory(void)
{
  fail_each_allocation(read_options);
}

static int print_help(void)
{
  struct opt_style style = { .width = 80 };
  struct async_buf text = ASYNC_BUF_INIT;
  struct opt_set set;
  int err = opt_set_init(&set, fetch_tables);
  if (err == 0)
    opt_help_short(&text, &style, &fetch_command, &set);
  if (err == 0)
    opt_help_long(&text, &style, &fetch_command, &set);
  if (err == 0)
    err = text.err;
  opt_set_done(&set);
  async_buf_done(&text);
  return err;
}

static void help_survives_want_of_memory(void)
{
  fail_each_allocation(print_help);
}

static int generate(void)
{
  struct async_buf text = ASYNC_BUF_INIT;
  opt_generate_man(&text, &fetch_command);
  opt_generate_bash(&text, commands);
  opt_generate_zsh(&text, commands);
  opt_generate_fish(&text, commands);
  int err = text.err;
  async_buf_done(&text);
  return err;
}

static void generators_survive_want_of_memory(void)
{
  fail_each_allocation(generate);
}

static const struct tap_test tests[] = {
  TEST(reading_options_survives_want_of_memory),
  TEST(help_survives_want_of_memory),
  TEST(generators_survive_want_of_memory),
};

TAP_MAIN(tests)
