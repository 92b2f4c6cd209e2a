/* Scripts with placeholders; commands as one would type them. */
#include <errno.h>

#include "exec/words.h"
#include "exec_words_world.h"

/* Runs a command. Returns its output, for free(). */
static char *output_of(char *const *argv, size_t *len)
{
  int ends[2];
  size_t size = 64 * 1024, used = 0;
  char *text = malloc(size + 1);
  CHECK(text && pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execvp(argv[0], argv);
    _exit(127);
  }
  close(ends[1]);
  for (;;) {
    ssize_t n = read(ends[0], text + used, size - used);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      break;
    used += (size_t)n;
  }
  close(ends[0]);
  CHECK(waitpid(pid, NULL, 0) == pid);
  text[used] = '\0';
  *len = used;
  return text;
}

static struct exec_opts shell_opts(void)
{
  return (struct exec_opts){ .max_args = 1, .shell = (char *)"/bin/sh" };
}

/* What becomes of a script, or what is wrong with it. */
static const char *read_script(struct world *world, const char *script)
{
  char *word = strdup(script);
  exec_words_free(world->words);
  world->words = NULL;
  async_buf_clear(&world->message);
  int err =
      exec_words_new(&world->words, &world->opts, &word, 1, &world->message);
  free(word);
  if (err < 0)
    return async_buf_str(&world->message);
  CHECK_INT(exec_words_fill(world->words, &world->item, &world->item.argv), 0);
  CHECK_STR(world->item.argv.items[1], "-c");
  return world->item.argv.items[2];
}

static void placeholders_become_quoted_parameters(void)
{
  static const struct {
    const char *script, *expected;
  } scripts[] = {
    { "echo {}", "echo \"${1}\"" },
    { "echo a{}b {}", "echo a\"${1}\"b \"${1}\"" },
    { "echo {.} {} {.} {#}", "echo \"${2}\" \"${1}\" \"${2}\" \"${3}\"" },
    { "echo $1", "echo $1" },
    { "$(echo {})", "$(echo \"${1}\")" },
    { "(cd {//} && ls)", "(cd \"${2}\" && ls)" },
    { "{ echo {}; }", "{ echo \"${1}\"; }" },
    { "f() { :; }; f {}", "f() { :; }; f \"${1}\"" },
    { "echo 'x' \"y\" {}", "echo 'x' \"y\" \"${1}\"" },
    { "echo \"a \"{}\" b\"", "echo \"a \"\"${1}\"\" b\"" },
    { "echo \\{} {}", "echo \\{} \"${1}\"" },
    { "echo \\\" {} \\' {}", "echo \\\" \"${1}\" \\' \"${1}\"" },
    { "echo \"\\\"\" {}", "echo \"\\\"\" \"${1}\"" },
    { "# {} 'x\necho {}", "# {} 'x\necho \"${1}\"" },
    { "echo a#{}", "echo a#\"${1}\"" },
    { "echo ${#x} $# {}", "echo ${#x} $# \"${1}\"" },
    { "echo ${name} ${1} {}", "echo ${name} ${1} \"${1}\"" },
    { "echo $'it\\'s' {}", "echo $'it\\'s' \"${1}\"" },
    { "cat <<E\n'\nE\n{}", "cat <<E\n'\nE\n\"${1}\"" },
    { "cat <<'E F' {}\nE\nE F\n{}", "cat <<'E F' \"${1}\"\nE\nE F\n\"${1}\"" },
    { "cat <<-E\n\tE\n{}", "cat <<-E\n\tE\n\"${1}\"" },
    { "cat <<A <<\\B\nA\nB\n{}", "cat <<A <<\\B\nA\nB\n\"${1}\"" },
    { "cat <<<x {}", "cat <<<x \"${1}\"" },
    { "\"a $(echo \"b\") c\" {}", "\"a $(echo \"b\") c\" \"${1}\"" },
    { "\"${x:-it's}\" {}", "\"${x:-it's}\" \"${1}\"" },
    { "${x:-'}'} {}", "${x:-'}'} \"${1}\"" },
    { "`echo x` {}", "`echo x` \"${1}\"" },
    { "`echo # x` {}", "`echo # x` \"${1}\"" },
    { "$((1<<2)) {}", "$((1<<2)) \"${1}\"" },
    { "$(( (1) )) {}", "$(( (1) )) \"${1}\"" },
    { "$((echo x) | cat) {}", "$((echo x) | cat) \"${1}\"" },
    { "case x in a) {};; esac", "case x in a) \"${1}\";; esac" },
    { "$(case x in a) echo \"b\";; esac) {}",
      "$(case x in a) echo \"b\";; esac) \"${1}\"" },
    { "echo {{} '{{print}'", "echo {} '{print}'" },
    { "x '{{.Name}}' {{\"}}\" {}", "x '{{.Name}}' {{\"}}\" \"${1}\"" },
    { "echo {1..3} {a,b}", "echo {1..3} {a,b}" },
  };
  for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
    struct world world = new_world();
    world.opts = shell_opts();
    set_entry(&world, "v");
    const char *text = read_script(&world, scripts[i].script);
    CHECK_STR(text, scripts[i].expected);
    drop_world(&world);
  }
}

static void placeholders_are_refused_where_quotation_marks_are_no_help(void)
{
  static const struct {
    const char *script, *part;
  } scripts[] = {
    { "echo \"{}\"", "{} is between quotation marks, at byte 7" },
    { "echo '{}'", "as in 'a '{}' b'" },
    { "echo \"a {.} b\"", "as in \"a \"{.}\" b\"" },
    { "echo $'{}'", "quotation" },
    { "x=\"{1}\"", "{1}" },
    { "awk '{print}'", "for these letters write {{print}" },
    { "echo \"$(echo {})\"", "quotation" },
    { "echo \"$(echo \"x {}\")\"", "quotation" },
    { "echo \"`echo \"x {}\"`\"", "quotation" },
    { "echo `echo {}`", "$(...)" },
    { "echo $(echo `echo {}`)", "$(...)" },
    { "echo ${x:-{}}", "${...}" },
    { "echo $(({} + 1))", "runs code" },
    { "echo $(( ({}) ))", "runs code" },
    { "(( {} > 1 ))", "runs code" },
    { "cat <<E\n{}\nE", "here-document" },
    { "cat <<E\n E\n{}", "here-document" },
    { "cat <<A <<B\nA\n{}\nB", "here-document" },
    { "cat <<-'E'\nx\n\tEE\n{}", "here-document" },
  };
  for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
    struct world world = new_world();
    char *word = strdup(scripts[i].script);
    world.opts = shell_opts();
    CHECK_INT(
        exec_words_new(&world.words, &world.opts, &word, 1, &world.message),
        ASYNC_EINVAL);
    const char *message = async_buf_str(&world.message);
    if (!strstr(message, scripts[i].part))
      CHECK_STR(message, scripts[i].part);
    free(word);
    drop_world(&world);
  }
}

static void levels_without_end_are_no_problem(void)
{
  struct world world = new_world();
  char script[4096], *word = script;
  world.opts = shell_opts();
  memset(script, '(', sizeof(script));
  memcpy(script + sizeof(script) - 4, " {}", 4);
  for (size_t i = 1; i < sizeof(script) - 4; i += 2)
    script[i] = ' ';
  CHECK_INT(exec_words_new(&world.words, &world.opts, &word, 1, &world.message),
            ASYNC_EINVAL);
  CHECK(strstr(async_buf_str(&world.message), "deep"));
  drop_world(&world);
}

static void a_script_is_one_word(void)
{
  struct exec_opts opts = shell_opts();
  check_wrong(&opts, "echo|{}|>|{}.x", "--shell 'echo {} > {}.x'");
  check_wrong(&opts, "", "no script");
}

static void several_entries_are_all_parameters(void)
{
  struct world world = new_world();
  world.opts = shell_opts();
  world.opts.max_args = 2;
  set_entry(&world, "-a");
  add_entry(&world, "b");
  CHECK_INT(read_line(&world, "f {} {#} {%} {try} {2}"), 0);
  CHECK_STR(shown(&world),
            "[/bin/sh][-c][f \"$@\" \"$ASYNCTOOL_SEQ\" \"$ASYNCTOOL_SLOT\" "
            "\"$ASYNCTOOL_TRY\" \"${2}\"][/bin/sh][-a][b]");
  drop_world(&world);
  world.opts = shell_opts();
  world.opts.fill = true;
  check_wrong(&world.opts, "f {.}", "several entries");
}

static const char *const values[] = {
  "plain",
  "a b  c",
  "it's",
  "\"x\"",
  "$HOME $(id) `id`",
  "*",
  "a\\b\\",
  "; exit 9",
  "'; x '",
  "-n",
  "\xc3\xbc\xff",
  " lead trail ",
  "a\nb\n\nc",
  "\t",
  "",
  "!x",
  "~",
  "#",
  "{}",
  "\x1b[0m\a\r\x7f\x01",
  "a=b",
  "%1",
  "time",
  "%s\\n",
  "$'\\n'",
};

enum { VALUES = sizeof(values) / sizeof(values[0]) };

static void no_value_is_read_as_code(void)
{
  static const char *const scripts[] = {
    "printf '<%s>' {}",
    "printf '<%s>' $(:) \"$1\"",
    "v={}; printf '<%s>' \"$v\"",
    "$(printf printf) '<%s>' {}",
    "printf '<%s>' \"$(printf '%s%s' '' '')\"{}",
    "cat <<E >/dev/null\n'\nE\n{ printf '<%s>' {}; } # '{}",
    "case {} in {}) printf '<%s>' {};; esac",
  };
  for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
    for (size_t k = 0; k < VALUES; k++) {
      struct world world = new_world();
      char expected[128];
      size_t len;
      world.opts = shell_opts();
      set_entry(&world, values[k]);
      read_script(&world, scripts[i]);
      char *text = output_of(world.item.argv.items, &len);
      snprintf(expected, sizeof(expected), "<%s>", values[k]);
      CHECK_STR(text, expected);
      free(text);
      drop_world(&world);
    }
  }
}

/* Quoting. */

static void a_quoted_command_is_the_same_words_for_a_shell(void)
{
  struct async_buf line = ASYNC_BUF_INIT, expected = ASYNC_BUF_INIT;
  char *argv[VALUES + 3] = { (char *)"printf", (char *)"%s\\0" };
  for (size_t i = 0; i < VALUES; i++) {
    argv[2 + i] = (char *)(uintptr_t)values[i];
    async_buf_add(&expected, values[i], strlen(values[i]) + 1);
  }
  struct exec_argv command = { .items = argv, .count = VALUES + 2 };
  exec_argv_quote(&command, &line);
  char *shell[] = { (char *)"/bin/sh", (char *)"-c",
                    (char *)(uintptr_t)async_buf_str(&line), NULL };
  size_t len;
  char *text = output_of(shell, &len);
  CHECK_INT(len, expected.len);
  CHECK(memcmp(text, expected.data, len) == 0);
  free(text);
  async_buf_done(&line);
  async_buf_done(&expected);
}

static void check_quoted(const char *line, const char *expected)
{
  struct world world = new_world();
  set_entry(&world, "x");
  CHECK_INT(read_line(&world, line), 0);
  CHECK_INT(exec_words_fill(world.words, &world.item, &world.item.argv), 0);
  async_buf_clear(&world.message);
  exec_argv_quote(&world.item.argv, &world.message);
  CHECK_STR(async_buf_str(&world.message), expected);
  drop_world(&world);
}

static void only_what_needs_it_is_quoted(void)
{
  check_quoted("cp|-a=b|x/y.z|A_1,2:3@4%5^6+7|{}",
               "cp -a=b x/y.z A_1,2:3@4%5^6+7 x");
  check_quoted("cp|a b||it's|~|*|#", "cp 'a b' '' 'it'\\''s' '~' '*' '#' x");
  check_quoted("a=b|x", "'a=b' x x");
  check_quoted("time|time", "'time' time x");
  check_quoted("%1|%1", "'%1' %1 x");
  check_quoted("x|\x1b[m", "x ''\"$(printf '\\033')\"'[m' x");
}

static const struct tap_test tests[] = {
  TEST(placeholders_become_quoted_parameters),
  TEST(placeholders_are_refused_where_quotation_marks_are_no_help),
  TEST(levels_without_end_are_no_problem),
  TEST(a_script_is_one_word),
  TEST(several_entries_are_all_parameters),
  TEST(no_value_is_read_as_code),
  TEST(a_quoted_command_is_the_same_words_for_a_shell),
  TEST(only_what_needs_it_is_quoted),
};

TAP_MAIN(tests)
