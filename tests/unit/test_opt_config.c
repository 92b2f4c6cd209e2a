#include "opt/config.h"

#include <sys/stat.h>

#include "opt_sample.h"

static const struct command sample_command = { .name = "sample" };
static const struct command other_command = { .name = "other" };
static const struct command *const commands[] = { &sample_command,
                                                  &other_command, NULL };

/* What [all] may name although "sample" lacks it. */
static const struct opt_row more_rows[] = {
  { .long_name = "elsewhere",
    .metavar = "N",
    OPT_COUNT(S, count, 0, 9),
    SAMPLE_TEXTS },
  { 0 },
};
static const struct opt_table all_tables[] = { { .rows = more_rows }, { 0 } };

static int read_config(struct sample_fixture *f, const char *text)
{
  struct opt_set all;
  struct opt_settings settings = { 0 };
  char *copy = strdup(text);
  CHECK(copy);
  CHECK_INT(opt_set_init(&all, all_tables), 0);
  struct opt_config config = { "file", "sample", commands, &f->set, &all };
  async_buf_clear(&f->message);
  int err =
      opt_config_read(&config, copy, strlen(copy), &settings, &f->message);
  if (err == 0)
    err = opt_settings_apply(&settings, &f->opts, &f->message);
  opt_settings_done(&settings);
  opt_set_done(&all);
  free(copy);
  return err;
}

static void sections_and_comments_and_spaces(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(read_config(&f, "# hello\n"
                            "\n"
                            "[ all ]\r\n"
                            "  count = 3  \r\n"
                            "string = a # b \n"
                            "\t[sample]\n"
                            "\tduration=2m\n"
                            "list = x = y\n"
                            "list=\n"
                            "tally = 2"),
            0);
  CHECK_INT(f.opts.count, 3);
  CHECK_STR(f.opts.string, "a # b");
  CHECK_INT(f.opts.duration_ns, 120 * ASYNC_SEC);
  CHECK_INT(f.opts.list.count, 2);
  CHECK_STR(f.opts.list.items[0], "x = y");
  CHECK_STR(f.opts.list.items[1], "");
  CHECK_INT(f.opts.tally, 2);
  sample_done(&f);
}

static void flags_stand_alone_or_have_a_truth(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(read_config(&f, "[all]\nflag\nno-on\nset\nquick\n"), 0);
  CHECK(f.opts.flag);
  CHECK(!f.opts.on);
  CHECK_INT(f.opts.set, SAMPLE_FASTEST);
  CHECK_INT(f.opts.mode, SAMPLE_FASTEST);
  CHECK_INT(read_config(&f, "[all]\nflag = false\non = true\nmode\n"), 0);
  CHECK(!f.opts.flag);
  CHECK(f.opts.on);
  CHECK_INT(f.opts.mode, SAMPLE_FASTEST);
  sample_done(&f);
}

static void other_commands_sections_are_skipped(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(read_config(&f, "[other]\nwhatever = 1\ncount = x\n"
                            "[all]\nelsewhere = 3\n[sample]\ncount = 5\n"),
            0);
  CHECK_INT(f.opts.count, 5);
  sample_done(&f);
}

static void check_refused(const char *text, const char *message)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(read_config(&f, text), ASYNC_EINVAL);
  CHECK_MESSAGE(&f, message);
  sample_done(&f);
}

static void a_mistake_is_named_with_its_line(void)
{
  check_refused("[all]\n\ncount = many\n",
                "file:3: option 'count': bad value 'many', expected a whole "
                "number from 1 to 100");
  check_refused("[sample]\nconut = 3\n",
                "file:2: unknown option 'conut' (did you mean 'count'?)");
  check_refused("[sample]\nelsewhere = 3\n",
                "file:2: unknown option 'elsewhere'");
  check_refused("[sampel]\n",
                "file:1: unknown section [sampel] (did you mean 'sample'?)");
  check_refused("[all\n", "file:1: bad section '[all', expected [NAME]");
  check_refused("[all] x\n", "file:1: bad section '[all] x', expected [NAME]");
  check_refused("count = 3\n",
                "file:1: option 'count' comes before any [section]");
  check_refused("[all]\ncount\n", "file:2: option 'count' needs a value: a "
                                  "whole number from 1 to 100");
  check_refused("[all]\nflag = maybe\n", "file:2: option 'flag': bad value "
                                         "'maybe', expected true or false");
  check_refused("[all]\nno-on = true\n",
                "file:2: option 'no-on' takes no value");
  check_refused("[all]\nquick = true\n",
                "file:2: option 'quick' takes no value");
  check_refused("[all]\nhelp\n",
                "file:2: option 'help' is for the command line only");
  check_refused("[all]\n= 3\n", "file:2: unknown option ''");
}

static void a_file_with_a_nul_is_not_text(void)
{
  struct sample_fixture f;
  struct opt_settings settings = { 0 };
  char text[] = "[all]\n\0flag\n";
  sample_init(&f);
  struct opt_config config = { "file", "sample", commands, &f.set, &f.set };
  CHECK_INT(
      opt_config_read(&config, text, sizeof(text) - 1, &settings, &f.message),
      ASYNC_EINVAL);
  CHECK_MESSAGE(&f, "file: not a text file");
  sample_done(&f);
}

static void check_path(struct sample_fixture *f, const char *path, bool must)
{
  struct async_buf out = ASYNC_BUF_INIT;
  bool out_must;
  CHECK_INT(opt_config_path(&f->line.settings, &out, &out_must), 0);
  CHECK_STR(async_buf_str(&out), path);
  CHECK_INT(out_must, must);
  async_buf_done(&out);
}

static void the_place_follows_the_xdg_rules(void)
{
  struct sample_fixture f;
  sample_init(&f);
  setenv("HOME", "/home/me", 1);
  setenv("XDG_CONFIG_HOME", "/xdg", 1);
  check_path(&f, "/xdg/asynctool/config", false);
  setenv("XDG_CONFIG_HOME", "relative", 1);
  check_path(&f, "/home/me/.config/asynctool/config", false);
  unsetenv("XDG_CONFIG_HOME");
  check_path(&f, "/home/me/.config/asynctool/config", false);
  unsetenv("HOME");
  check_path(&f, "", false);
  sample_done(&f);
}

static void the_command_line_may_name_the_file_or_none(void)
{
  static const struct opt_table tables[] = { { .rows = job_rows }, { 0 } };
  struct sample_fixture f = { .message = ASYNC_BUF_INIT };
  char *words[] = { (char[]){ "--config=mine" }, (char[]){ "--no-config" } };
  CHECK_INT(opt_set_init(&f.set, tables), 0);
  CHECK_INT(opt_line_read(&f.line, &f.set, words, 1, false, &f.message), 0);
  check_path(&f, "mine", true);
  opt_line_done(&f.line);
  CHECK_INT(opt_line_read(&f.line, &f.set, words, 2, false, &f.message), 0);
  check_path(&f, "", true);
  opt_line_done(&f.line);
  opt_set_done(&f.set);
}

static void a_file_is_read_whole_but_not_without_end(void)
{
  struct async_buf text = ASYNC_BUF_INIT;
  CHECK_INT(opt_config_load("/nonexistent/config", &text), -ENOENT);
  CHECK_INT(opt_config_load("/", &text), -EISDIR);
  CHECK_INT(opt_config_load("/dev/null", &text), 0);
  CHECK_INT(text.len, 0);
  CHECK_INT(opt_config_load("/dev/zero", &text), ASYNC_ETOOLONG);
  async_buf_done(&text);
}

static const struct tap_test tests[] = {
  TEST(sections_and_comments_and_spaces),
  TEST(flags_stand_alone_or_have_a_truth),
  TEST(other_commands_sections_are_skipped),
  TEST(a_mistake_is_named_with_its_line),
  TEST(a_file_with_a_nul_is_not_text),
  TEST(the_place_follows_the_xdg_rules),
  TEST(the_command_line_may_name_the_file_or_none),
  TEST(a_file_is_read_whole_but_not_without_end),
};

TAP_MAIN(tests)
