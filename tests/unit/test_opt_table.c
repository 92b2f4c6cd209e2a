/* The tables themselves, and all that is made of them. The commands are those
 * of main.c, included here so that none is forgotten. */
int asynctool_main(int argc, char **argv);
#define main asynctool_main
#include "../../cmd/main.c"
#undef main

#include <jansson.h>

#include "fetch/options.h"
#include "opt/generate.h"
#include "opt_sample.h"

static void each_command_s_table_is_sound(void)
{
  for (const struct command *const *c = commands; *c; c++) {
    struct opt_set set;
    struct async_buf message = ASYNC_BUF_INIT;
    CHECK_INT(opt_set_init(&set, (*c)->tables), 0);
    int err = opt_set_check(&set, (*c)->opts_bytes, &message);
    if (err < 0)
      fprintf(stderr, "# %s: %s", (*c)->name, async_buf_str(&message));
    CHECK_INT(err, 0);
    opt_set_done(&set);
    async_buf_done(&message);
  }
}

static void the_sample_is_sound_too(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(opt_set_check(&f.set, sizeof(struct sample), &f.message), 0);
  sample_done(&f);
}

static bool no_text(const char *text)
{
  return text != NULL;
}

static void mistakes_in_a_table_are_found(void)
{
  static const struct opt_row rows[] = {
    { .short_name = 'a', .long_name = "a", OPT_FLAG(S, flag), SAMPLE_TEXTS },
    { .short_name = 'a', .long_name = "a", OPT_FLAG(S, flag), SAMPLE_TEXTS },
    { .long_name = "b", .metavar = "X", OPT_FLAG(S, flag), SAMPLE_TEXTS },
    { .long_name = "c", OPT_COUNT(S, count, 0, 9), SAMPLE_TEXTS },
    { .long_name = "d", OPT_FLAG(S, flag), .group = "G" },
    { .long_name = "e", OPT_FLAG(S, flag), .group = "G", .help = "Stop." },
    { .long_name = "f",
      .metavar = "N",
      OPT_COUNT(S, count, 0, 9),
      .initial = "10",
      SAMPLE_TEXTS },
    { .long_name = "g", OPT_ALIAS("nothing=1"), SAMPLE_TEXTS },
    { .long_name = "h", OPT_ALIAS("f=11"), SAMPLE_TEXTS },
    { .long_name = "i",
      .metavar = "X",
      OPT_STRING(S, string),
      .check = no_text,
      SAMPLE_TEXTS },
    { 0 },
  };
  static const struct opt_table tables[] = { { .rows = rows }, { 0 } };
  struct opt_set set;
  struct async_buf message = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, tables), 0);
  CHECK_INT(opt_set_check(&set, sizeof(struct sample), &message), ASYNC_EINVAL);
  CHECK_STR(async_buf_str(&message), "--a: the name is given twice\n"
                                     "--a: the letter is given twice\n"
                                     "--b: metavar and kind do not agree\n"
                                     "--c: metavar and kind do not agree\n"
                                     "--d: help or group is missing\n"
                                     "--e: help ends in a full stop\n"
                                     "--f: the initial value does not parse\n"
                                     "--g: an alias for nothing\n"
                                     "--h: an alias for a bad value\n"
                                     "--i: accepts is missing\n");
  opt_set_done(&set);
  async_buf_done(&message);
}

static void a_command_may_change_and_leave_out_shared_rows(void)
{
  static const struct opt_change changes[] = {
    { .long_name = "count", .initial = "9", .help = "Other help" },
    { .long_name = "flag", .omit = true },
    { 0 },
  };
  struct wide {
    char other[24];
    struct sample sample;
  } wide = { 0 };
  static const struct opt_table tables[] = {
    { .rows = sample_rows,
      .base = offsetof(struct wide, sample),
      .changes = changes },
    { 0 },
  };
  struct opt_set set;
  bool on;
  CHECK_INT(opt_set_init(&set, tables), 0);
  CHECK(!opt_set_find(&set, "flag", 4, &on));
  CHECK_STR(opt_set_find(&set, "count", 5, &on)->help, "Other help");
  CHECK_STR(sample_rows[4].help, "Some help");
  CHECK_INT(opt_values_init(&set, &wide), 0);
  CHECK_INT(wide.sample.count, 9);
  opt_values_done(&set, &wide);
  opt_set_done(&set);
}

/* A command that counts its jobs in words. */

struct words_opts {
  bool other;
  struct job_opts job;
};

static int read_words(const char *text, void *field)
{
  uint64_t value = 3;
  if (strcmp(text, "three") != 0 && opt_read_count(text, &value) < 0)
    return ASYNC_EINVAL;
  *(size_t *)field = value;
  return 0;
}

#define W struct words_opts

static const struct opt_row words_rows[] = {
  { .short_name = 'j',
    .long_name = "jobs",
    .metavar = "N|three",
    OPT_CALL(W, job.jobs, size_t, read_words),
    .accepts = "a number, or three",
    .initial = "three",
    SAMPLE_TEXTS },
  { .short_name = 'x', .long_name = "other", OPT_FLAG(W, other), SAMPLE_TEXTS },
  { 0 },
};

static const struct opt_change words_changes[] = {
  { .long_name = "jobs", .omit = true },
  { .long_name = "keep-order", .short_name = 'k' },
  { 0 },
};

static const struct opt_table words_tables[] = {
  { .rows = words_rows },
  { .rows = job_rows, .base = offsetof(W, job), .changes = words_changes },
  { .rows = action_rows },
  { 0 },
};

static void a_command_may_write_a_shared_field_in_its_own_way(void)
{
  char *line[] = { (char *)"-j8", (char *)"-k" };
  struct opt_set set;
  struct words_opts opts = { 0 };
  struct opt_line read = { 0 };
  struct async_buf message = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, words_tables), 0);
  CHECK_INT(opt_set_check(&set, sizeof(opts), &message), 0);
  CHECK_INT(opt_values_init(&set, &opts), 0);
  CHECK_INT(opts.job.jobs, 3);
  CHECK(!opts.job.keep_order);
  CHECK_INT(opt_line_read(&read, &set, line, 2, false, &message), 0);
  CHECK_INT(opt_settings_apply(&read.settings, &opts, &message), 0);
  CHECK_INT(opts.job.jobs, 8);
  CHECK(opts.job.keep_order);
  opt_line_done(&read);
  opt_values_done(&set, &opts);
  opt_set_done(&set);
}

static void a_letter_that_is_taken_is_still_found(void)
{
  static const struct opt_change changes[] = {
    { .long_name = "keep-order", .short_name = 'v' }, { 0 }
  };
  static const struct opt_table tables[] = {
    { .rows = job_rows, .changes = changes }, { 0 }
  };
  struct opt_set set;
  struct async_buf message = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, tables), 0);
  CHECK_INT(opt_set_check(&set, sizeof(struct job_opts), &message),
            ASYNC_EINVAL);
  CHECK_STR(async_buf_str(&message), "--verbose: the letter is given twice\n");
  opt_set_done(&set);
  async_buf_done(&message);
}

static void check_lines(const char *text, size_t width)
{
  for (const char *line = text; *line;) {
    size_t len = strcspn(line, "\n");
    if (len > width)
      fprintf(stderr, "# too long: %.*s\n", (int)len, line);
    CHECK(len <= width);
    CHECK(len == 0 || line[len - 1] != ' ');
    line += len + (line[len] == '\n');
  }
}

typedef void help_fn(struct async_buf *, const struct opt_style *,
                     const struct command *, const struct opt_set *);

static void check_help(const struct command *command, help_fn *print)
{
  struct opt_style style = { .width = 80 };
  struct opt_set set;
  struct async_buf text = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, command->tables), 0);
  print(&text, &style, command, &set);
  CHECK(async_buf_str(&text));
  check_lines(text.data, style.width);
  for (size_t i = 0; i < set.count; i++) {
    char name[80];
    const struct opt_row *row = &set.rows[i];
    snprintf(name, sizeof(name), "--%s%s", row->negatable ? "[no-]" : "",
             row->long_name);
    CHECK((strstr(text.data, name) != NULL) == !row->hidden);
  }
  async_buf_done(&text);
  opt_set_done(&set);
}

static void help_names_each_option_within_80_columns(void)
{
  for (const struct command *const *c = commands; *c; c++) {
    check_help(*c, opt_help_short);
    check_help(*c, opt_help_long);
  }
}

static void help_shows_each_group_once(void)
{
  struct opt_style style = { .width = 80 };
  struct opt_set set;
  struct async_buf text = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, fetch_tables), 0);
  opt_help_short(&text, &style, &fetch_command, &set);
  CHECK(async_buf_str(&text));
  const char *first = strstr(text.data, "\nRetries\n");
  CHECK(first);
  CHECK(!strstr(first + 1, "\nRetries\n"));
  CHECK(strstr(first, "--retry-unsafe") < strstr(first, "--retries"));
  async_buf_done(&text);
  opt_set_done(&set);
}

static void short_help_reads_like_this(void)
{
  static const struct command command = { .name = "sample",
                                          .summary = "Show",
                                          .usage = "[X]" };
  static const struct opt_row rows[] = {
    { .short_name = 'j',
      .long_name = "jobs",
      .metavar = "N",
      OPT_COUNT(S, count, 1, 9),
      .initial = "7",
      .group = "One",
      .help = "So many" },
    { .long_name = "on",
      OPT_FLAG(S, on),
      .negatable = true,
      .initial = "true",
      .group = "Two",
      .help = "Do it" },
    { .long_name = "a-very-long-name-of-option",
      OPT_CHOICE(S, mode, sample_modes),
      .implied = "slow",
      .group = "One",
      .help = "How" },
    { 0 },
  };
  static const struct opt_table tables[] = { { .rows = rows }, { 0 } };
  struct opt_style style = { .width = 80 };
  struct opt_set set;
  struct async_buf text = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, tables), 0);
  opt_help_short(&text, &style, &command, &set);
  CHECK_STR(async_buf_str(&text),
            "Usage: asynctool sample [X]\n"
            "Show.\n"
            "\n"
            "One\n"
            "  -j, --jobs N                  So many [7]\n"
            "      --a-very-long-name-of-option[=slow|fast|fastest]\n"
            "                                How\n"
            "\n"
            "Two\n"
            "      --[no-]on                 Do it [on]\n"
            "\n"
            "D is a duration: 500ms, 10s, 1.5m, 2h, 1d; a bare number is "
            "seconds.\n"
            "More: asynctool sample --help\n");
  async_buf_done(&text);
  opt_set_done(&set);
}

static void a_command_s_own_exit_statuses_follow_the_common_ones(void)
{
  static const struct command_status statuses[] = {
    { "126", "the command cannot be run" },
    { "", "With --exit-with max" },
    { "N", "the highest of all" },
    { NULL, NULL },
  };
  struct command command = {
    .name = "sample", .summary = "Show", .usage = "[X]", .statuses = statuses
  };
  static const struct opt_table tables[] = { { .rows = sample_rows }, { 0 } };
  struct opt_style style = { .width = 80 };
  struct opt_set set;
  struct async_buf text = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, tables), 0);
  opt_help_long(&text, &style, &command, &set);
  CHECK(async_buf_str(&text));
  CHECK_STR(strstr(text.data, "\nExit status\n"),
            "\nExit status\n"
            "  0    every entry is ok\n"
            "  1    some entry failed\n"
            "  2    usage or configuration; nothing was started\n"
            "  3    stopped early; some entries were skipped\n"
            "  4    reading the input or writing the output failed\n"
            "  126  the command cannot be run\n"
            "  With --exit-with max:\n"
            "  N    the highest of all\n");
  async_buf_clear(&text);
  command.statuses = NULL;
  opt_help_long(&text, &style, &command, &set);
  CHECK(async_buf_str(&text));
  CHECK(strstr(text.data, "\nExit status\n  0  every entry is ok\n"));
  async_buf_done(&text);
  opt_set_done(&set);
}

static void color_is_bold_and_nothing_else(void)
{
  struct opt_style plain = { .width = 80 }, bold = { 80, true };
  struct opt_set set;
  struct async_buf a = ASYNC_BUF_INIT, b = ASYNC_BUF_INIT;
  CHECK_INT(opt_set_init(&set, fetch_tables), 0);
  opt_help_long(&a, &plain, &fetch_command, &set);
  opt_help_long(&b, &bold, &fetch_command, &set);
  CHECK(async_buf_str(&a) && async_buf_str(&b));
  char *out = b.data;
  for (const char *p = b.data; *p;) {
    if (*p == '\033')
      p += strcspn(p, "m") + 1;
    else
      *out++ = *p++;
  }
  *out = '\0';
  CHECK_STR(b.data, a.data);
  async_buf_done(&a);
  async_buf_done(&b);
  opt_set_done(&set);
}

static void introspection_is_json_with_every_option(void)
{
  struct async_buf text = ASYNC_BUF_INIT;
  opt_generate_json(&text, commands);
  CHECK(async_buf_str(&text));
  json_t *root = json_loads(text.data, 0, NULL);
  CHECK(root);
  json_t *first = json_array_get(json_object_get(root, "commands"), 0);
  CHECK_STR(json_string_value(json_object_get(first, "name")), "fetch");
  json_t *options = json_object_get(first, "options"), *option;
  size_t i, found = 0;
  json_array_foreach(options, i, option)
  {
    const char *name = json_string_value(json_object_get(option, "long"));
    if (strcmp(name, "jobs") != 0)
      continue;
    found++;
    CHECK_STR(json_string_value(json_object_get(option, "short")), "j");
    CHECK_STR(json_string_value(json_object_get(option, "initial")), "50");
    CHECK_INT(json_integer_value(json_object_get(option, "max")), 65535);
  }
  CHECK_INT(found, 1);
  json_decref(root);
  async_buf_done(&text);
}

static void fetch_s_initial_values_are_as_documented(void)
{
  struct opt_set set;
  struct fetch_opts opts = { 0 };
  CHECK_INT(opt_set_init(&set, fetch_tables), 0);
  CHECK_INT(opt_values_init(&set, &opts), 0);
  CHECK_INT(opts.job.jobs, 50);
  CHECK_INT(opts.job.per_host, 0);
  CHECK(opts.job.adaptive);
  CHECK_INT(opts.job.retries, 3);
  CHECK_INT(opts.job.retry_on.count, 12);
  CHECK_INT(opts.job.backoff.base_ns, 500 * ASYNC_MS);
  CHECK_INT((int)opts.job.backoff.factor, 2);
  CHECK_INT(opts.job.backoff.max_ns, 30 * ASYNC_SEC);
  CHECK_INT(opts.job.jitter, JOB_JITTER_FULL);
  CHECK_INT((int)opts.job.retry_budget_pct, 20);
  CHECK_INT(opts.job.breaker.failures, 0);
  CHECK_INT(opts.job.grace_ns, 10 * ASYNC_SEC);
  CHECK_INT(opts.job.timeout_ns, 0);
  CHECK_STR(opts.job.format, "text");
  CHECK_INT(opts.connect_timeout_ns, 10 * ASYNC_SEC);
  CHECK_INT(opts.first_byte_timeout_ns, 30 * ASYNC_SEC);
  CHECK_INT(opts.max_redirs, 10);
  CHECK(opts.location && opts.compressed && !opts.insecure);
  opt_values_done(&set, &opts);
  opt_set_done(&set);
}

static const struct tap_test tests[] = {
  TEST(each_command_s_table_is_sound),
  TEST(the_sample_is_sound_too),
  TEST(mistakes_in_a_table_are_found),
  TEST(a_command_may_change_and_leave_out_shared_rows),
  TEST(a_command_may_write_a_shared_field_in_its_own_way),
  TEST(a_letter_that_is_taken_is_still_found),
  TEST(help_names_each_option_within_80_columns),
  TEST(help_shows_each_group_once),
  TEST(short_help_reads_like_this),
  TEST(a_command_s_own_exit_statuses_follow_the_common_ones),
  TEST(color_is_bold_and_nothing_else),
  TEST(introspection_is_json_with_every_option),
  TEST(fetch_s_initial_values_are_as_documented),
};

TAP_MAIN(tests)
