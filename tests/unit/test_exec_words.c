/* Command lines as templates. */
#include <errno.h>
#include <sys/resource.h>

#include "exec/words.h"
#include "exec_words_world.h"
#include "failing_alloc.h"

static void the_entry_is_the_last_word_of_a_command_without_placeholders(void)
{
  check_one(NULL, "echo|x", "a b", "[echo][x][a b]");
  check_one(NULL, "echo", "", "[echo][]");
  check_one(NULL, "echo|", "a", "[echo][][a]");
}

static void but_not_if_jobs_read_their_entries(void)
{
  struct exec_opts opts = { .max_args = 1,
                            .stdin_choice = { .from = EXEC_STDIN_RECORD } };
  check_one(&opts, "cat|x", "a", "[cat][x]");
  check_one(&opts, "cat|{}", "a", "[cat][a]");
  opts = (struct exec_opts){ .max_args = 1, .pipe = { .by = EXEC_PIPE_LINES } };
  check_one(&opts, "cat", "a", "[cat]");
}

static void a_value_is_one_argument_and_no_template(void)
{
  check_one(NULL, "x|{}|a{}b{}", "{} {1} $x \n'\"",
            "[x][{} {1} $x \n'\"][a{} {1} $x \n'\"b{} {1} $x \n'\"]");
}

static void parts_are_those_of_basename_and_dirname(void)
{
  static const struct {
    const char *entry, *expected;
  } paths[] = {
    { "dir/a.b.jpg", "[dir/a.b][a.b.jpg][dir][a.b]" },
    { "a.b/c", "[a.b/c][c][a.b][c]" },
    { "file", "[file][file][.][file]" },
    { ".bashrc", "[.bashrc][.bashrc][.][.bashrc]" },
    { "d/.a.b", "[d/.a][.a.b][d][.a]" },
    { "..", "[..][..][.][..]" },
    { "../x.y", "[../x][x.y][..][x]" },
    { "a.", "[a][a.][.][a]" },
    { "/top.x", "[/top][top.x][/][top]" },
    { "a.b//c.d", "[a.b//c][c.d][a.b][c]" },
    { "a/dir.d/", "[a/dir.d/][dir.d][a][dir]" },
    { "/", "[/][/][/][/]" },
    { "//", "[//][/][/][/]" },
    { "", "[][][.][]" },
  };
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    char expected[128];
    snprintf(expected, sizeof(expected), "[x]%s", paths[i].expected);
    check_one(NULL, "x|{.}|{/}|{//}|{/.}", paths[i].entry, expected);
  }
}

static void other_braces_are_the_command_s_own(void)
{
  static const char *const words[] = {
    "{ print $1 }", "{a,b}",      "{1..9}",    "{a..e}",
    "{0}",          "{1000}",     "{01}",      "{-1}",
    "{a b}",        "{",          "}",         "{\"a\":1}",
    "{1.5}",        "${HOME}x{",  "a${1}${#}", "{./}",
    "{{.Name}}",    "{{json .}}", "{{name}}",  "{{ x }} {{y}}",
  };
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    struct world world = new_world();
    char expected[128];
    set_entry(&world, "V");
    CHECK_INT(read_line(&world, words[i]), 0);
    snprintf(expected, sizeof(expected), "[%s][V]", words[i]);
    CHECK_STR(shown(&world), expected);
    drop_world(&world);
  }
  check_one(NULL, "x|{\"a\":\"{}\",\"b\":{\"c\":\"{/}\"}}", "d/e",
            "[x][{\"a\":\"d/e\",\"b\":{\"c\":\"e\"}}]");
}

static void two_braces_are_one(void)
{
  check_one(NULL, "x|{{}|{{1}|a{{|{{print}|{{{}}}|{}", "v",
            "[x][{}][{1}][a{][{print}][{v}}][v]");
}

static void replace_is_the_only_placeholder(void)
{
  struct exec_opts opts = { .max_args = 1, .replace = (char *)"@@" };
  check_one(&opts, "x|@@|a@@b|{}|{{}|{.}", "v", "[x][v][avb][{}][{{}][{.}]");
  check_one(&opts, "x|{}", "v", "[x][{}][v]");
}

static void numbers_count_from_one(void)
{
  struct world world = new_world();
  world.item.item.seq = 41;
  world.item.item.attempts = 3;
  world.item.slot = 7;
  set_entry(&world, "e");
  CHECK_INT(job_entry_set_key(&world.item.item.entry, "K", 1), 0);
  CHECK_INT(read_line(&world, "x|{#}|{%}|{try}|{key}"), 0);
  CHECK_STR(shown(&world), "[x][42][7][3][K]");
  world.item.item.seq = UINT64_MAX - 1;
  CHECK_STR(shown(&world), "[x][18446744073709551615][7][3][K]");
  drop_world(&world);
}

static void fields_are_texts_numbers_and_truth_values(void)
{
  struct world world = new_world();
  set_entry(&world, "e");
  set_fields(&world, "{\"name\":\"a b\",\"n\":-12,\"x\":0.1,\"y\":4.0,"
                     "\"t\":true,\"f\":false,\"a-b.c\":\"\",\"l\":[1],"
                     "\"z\":null}");
  CHECK_INT(read_line(&world, "x|{name}|N{n}|{x}|{y}|{t}{f}|{a-b.c}"), 0);
  CHECK_STR(shown(&world), "[x][a b][N-12][0.1][4.0][truefalse][]");
  for (const char *const *line =
           (const char *const[]){ "x|{l}", "x|{z}", "x|{none}", NULL };
       *line; line++) {
    CHECK_INT(read_line(&world, *line), 0);
    CHECK(*shown(&world) == '!');
    CHECK_INT(world.item.item.error.kind, JOB_ERROR_INPUT);
    CHECK(!world.item.argv.items);
  }
  drop_world(&world);
}

static void a_field_that_is_not_there_says_how_to_write_braces(void)
{
  check_one(NULL, "awk|{print}|{}", "file",
            "!{print}: the entry has no fields (for these letters write "
            "{{print})");
}

static void columns_are_counted_and_have_parts(void)
{
  struct world world = new_world();
  set_entry(&world, "d/a.b");
  CHECK_INT(read_line(&world, "x|{1}|{1/.}|{1//}"), 0);
  CHECK_STR(shown(&world), "[x][d/a.b][a][d]");
  set_fields(&world, "{\"1\":\"p/q.r\",\"2\":\"s\"}");
  CHECK_INT(read_line(&world, "x|{1}|{1.}|{1/}|{1//}|{1/.}|{2}"), 0);
  CHECK_STR(shown(&world), "[x][p/q.r][p/q][q.r][p][q][s]");
  CHECK_INT(read_line(&world, "x|{3}"), 0);
  CHECK_STR(shown(&world), "!{3}: the entry has no such column");
  drop_world(&world);
}

/* Options. */

static void a_value_does_not_become_an_option(void)
{
  static const struct {
    const char *line, *entry;
    bool fails;
  } lines[] = {
    { "rm|{}", "-rf", true },     { "rm", "-rf", true },
    { "rm", "-", true },          { "rm", "a-b", false },
    { "rm|{/}", "d/-rf", true },  { "rm|{/}", "-d/rf", false },
    { "rm|{//}", "-d/rf", true }, { "rm|{key}", "-rf", true },
    { "rm|{#}{}", "-rf", false }, { "rm|{.}-x", ".", false },
    { "rm|{}-x", "", true },      { "rm|--|{}", "-rf", false },
    { "rm|--|x", "-rf", false },  { "rm|{}|--", "-rf", true },
    { "rm|---|{}", "-rf", true }, { "rm|--f={}|x{}|./{}", "-rf", false },
    { "{}|x", "-rf", false },     { "--|{}", "-rf", true },
  };
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    struct world world = new_world();
    set_entry(&world, lines[i].entry);
    CHECK_INT(read_line(&world, lines[i].line), 0);
    const char *text = shown(&world);
    if ((*text == '!') != lines[i].fails)
      CHECK_STR(text, lines[i].line);
    CHECK_INT(exec_words_take(world.words, &world.item.item.entry),
              !lines[i].fails);
    if (lines[i].fails) {
      CHECK(strstr(text, "--dash-values"));
      CHECK_INT(world.item.item.error.kind, JOB_ERROR_INPUT);
    }
    world.opts.dash_values = true;
    CHECK_INT(read_line(&world, lines[i].line), 0);
    CHECK(*shown(&world) == '[');
    drop_world(&world);
  }
}

/* Several. */

static void words_with_the_entry_are_repeated(void)
{
  struct world world = new_world();
  world.opts.max_args = 3;
  set_entry(&world, "a.x");
  add_entry(&world, "b.y");
  add_entry(&world, "c.z");
  CHECK_INT(read_line(&world, "x|-f{.}|y|{#}|{3}{1.}|{}"), 0);
  CHECK_STR(shown(&world), "[x][-fa][-fb][-fc][y][1][c.za][a.x][b.y][c.z]");
  CHECK_INT(read_line(&world, "x|{4}"), 0);
  CHECK_STR(shown(&world), "!{4}: the command gets 3 entries");
  drop_world(&world);
}

static void of_several_1_is_the_first_even_if_it_has_columns(void)
{
  struct world world = new_world();
  world.opts.max_args = 2;
  set_entry(&world, "a");
  set_fields(&world, "{\"1\":\"p\",\"2\":\"q\"}");
  add_entry(&world, "b");
  CHECK_INT(read_line(&world, "x|{1}|{2}"), 0);
  CHECK_STR(shown(&world), "[x][a][b]");
  drop_world(&world);
}

static void what_is_measured_is_what_is_filled(void)
{
  struct world world = new_world();
  world.opts.fill = true;
  set_entry(&world, "d/abc.d");
  set_fields(&world, "{\"n\":123456789,\"s\":\"much longer than the entry\"}");
  add_entry(&world, "x");
  world.more[0].fields = json_incref(world.item.item.entry.fields);
  CHECK_INT(read_line(&world, "cmd|{}|{n}-{s}|-{/.}|fixed"), 0);
  CHECK(*shown(&world) == '[');
  CHECK_INT(exec_words_bytes(world.words, &world.item.item.entry, true) +
                exec_words_bytes(world.words, &world.more[0], false),
            world.item.argv.bytes);
  drop_world(&world);
}

static void filling_needs_a_word_that_is_repeated(void)
{
  struct exec_opts opts = { .max_args = 1, .fill = true };
  check_wrong(&opts, "x|{1}", "--fill");
}

/* Limits. */

static char *long_text(size_t len)
{
  char *text = malloc(len + 1);
  CHECK(text);
  memset(text, 'x', len);
  text[len] = '\0';
  return text;
}

static void an_argument_that_the_system_does_not_take_fails_its_entry(void)
{
  struct world world = new_world();
  char *text = long_text(128 * 1024);
  CHECK_INT(read_line(&world, "echo"), 0);
  set_entry(&world, text);
  CHECK(*shown(&world) == '!');
  CHECK_INT(world.item.item.error.kind, JOB_ERROR_INPUT);
  CHECK_INT(world.item.item.error.code, -E2BIG);
  CHECK(!exec_words_take(world.words, &world.item.item.entry));
  set_entry(&world, text + 1);
  CHECK(*shown(&world) == '[');
  CHECK(exec_words_take(world.words, &world.item.item.entry));
  free(text);
  drop_world(&world);
}

static void so_does_a_command_line(void)
{
  struct world world = new_world();
  struct rlimit limit = { .rlim_cur = 2 * 1024 * 1024 };
  char *text = long_text(100 * 1024);
  world.opts.max_args = 8;
  world.opts.rlimits.count = 1;
  world.opts.rlimits.items[0].resource = RLIMIT_STACK;
  world.opts.rlimits.items[0].value = limit.rlim_cur;
  set_entry(&world, text);
  for (int i = 0; i < 2; i++)
    add_entry(&world, text);
  CHECK_INT(read_line(&world, "echo"), 0);
  CHECK(*shown(&world) == '[');
  for (int i = 0; i < 4; i++)
    add_entry(&world, text);
  CHECK(*shown(&world) == '!');
  CHECK_INT(world.item.item.error.code, -E2BIG);
  free(text);
  drop_world(&world);
}

/* What is wrong. */

static void a_command_is_needed_but_for_commands(void)
{
  struct exec_opts opts = { .max_args = 1, .commands = true };
  check_wrong(NULL, "", "--commands");
  check_wrong(&opts, "echo", "--commands takes no command");
  check_one(&opts, "", "echo {} | cat", "[/bin/sh][-c][echo {} | cat]");
  opts.shell = (char *)"bash";
  check_one(&opts, "", "-x", "[bash][-c][-x]");
  opts.max_args = 2;
  check_wrong(&opts, "", "one entry at a time");
}

static void the_program_and_fields_are_known_before_there_are_entries(void)
{
  struct world world = new_world();
  CHECK_INT(read_line(&world, "prog|{}|{name}"), 0);
  CHECK_STR(exec_words_program(world.words), "prog");
  CHECK_STR(exec_words_field(world.words), "name");
  CHECK_INT(read_line(&world, "{}|x"), 0);
  CHECK(!exec_words_program(world.words));
  CHECK(!exec_words_field(world.words));
  drop_world(&world);
}

/* Texts. */

static void check_text(struct world *world, const char *text,
                       const char *expected, bool is_plain)
{
  struct exec_text *made;
  bool plain = !is_plain;
  async_buf_clear(&world->message);
  CHECK_INT(exec_text_new(&made, &world->opts, text, &plain, &world->message),
            0);
  CHECK_INT(plain, is_plain);
  int rc = exec_text_add(made, &world->item, &world->message);
  CHECK_STR(rc < 0 ? "!" : async_buf_str(&world->message), expected);
  exec_text_free(made);
}

static void texts_are_filled_the_same_way(void)
{
  struct world world = new_world();
  set_entry(&world, "-d/a.b");
  check_text(&world, "out/{/.}-{#} {{}", "out/a-1 {}", false);
  check_text(&world, "plain {{}", "plain {}", true);
  check_text(&world, "{}", "-d/a.b", false);
  check_text(&world, "{name}", "!", false);
  drop_world(&world);
}

static void of_several_a_placeholder_of_a_text_is_all(void)
{
  struct world world = new_world();
  world.opts.max_args = 2;
  set_entry(&world, "a.x");
  add_entry(&world, "b.y");
  check_text(&world, "<{.}> {2} {#}", "<a b> b.y 1", false);
  drop_world(&world);
}

static void texts_know_both_braces_and_replace(void)
{
  struct world world = new_world();
  world.opts.replace = (char *)"%";
  set_entry(&world, "v");
  check_text(&world, "%:{}:{#}", "v:v:1", false);
  drop_world(&world);
}

/* Memory. */

static void filling_takes_one_allocation(void)
{
  struct world world = new_world();
  set_entry(&world, "some/where/file.txt");
  CHECK_INT(read_line(&world, "convert|{}|-o|out/{/.}.png|{#}|{%}"), 0);
  failing_alloc_start(0);
  int rc = exec_words_fill(world.words, &world.item, &world.item.argv);
  CHECK_INT(failing_alloc_stop(), 1);
  CHECK_INT(rc, 0);
  drop_world(&world);
}

/* Returns whether all was well. */
static bool try_all(struct world *world, const char *line)
{
  if (read_line(world, line) < 0)
    return false;
  exec_argv_done(&world->item.argv);
  return exec_words_fill(world->words, &world->item, &world->item.argv) == 0;
}

static void any_allocation_may_fail(void)
{
  struct world world = new_world();
  char *text = long_text(300);
  set_entry(&world, "a");
  set_fields(&world, "{\"x\":\"\"}");
  json_object_set_new(world.item.item.entry.fields, "x", json_string(text));
  for (int scripts = 0; scripts < 2; scripts++) {
    const char *line = scripts ? "echo {#} {x} {.} $1" : "x|a{x}{#}b|{{|{.}";
    world.opts.shell = scripts ? (char *)"/bin/sh" : NULL;
    failing_alloc_start(0);
    CHECK(try_all(&world, line));
    uint64_t count = failing_alloc_stop();
    CHECK(count > 5);
    for (uint64_t n = 1; n <= count; n++) {
      failing_alloc_start(n);
      try_all(&world, line);
      failing_alloc_stop();
      job_error_clear(&world.item.item.error);
    }
  }
  free(text);
  drop_world(&world);
}

static const struct tap_test tests[] = {
  TEST(the_entry_is_the_last_word_of_a_command_without_placeholders),
  TEST(but_not_if_jobs_read_their_entries),
  TEST(a_value_is_one_argument_and_no_template),
  TEST(parts_are_those_of_basename_and_dirname),
  TEST(other_braces_are_the_command_s_own),
  TEST(two_braces_are_one),
  TEST(replace_is_the_only_placeholder),
  TEST(numbers_count_from_one),
  TEST(fields_are_texts_numbers_and_truth_values),
  TEST(a_field_that_is_not_there_says_how_to_write_braces),
  TEST(columns_are_counted_and_have_parts),
  TEST(a_value_does_not_become_an_option),
  TEST(words_with_the_entry_are_repeated),
  TEST(of_several_1_is_the_first_even_if_it_has_columns),
  TEST(what_is_measured_is_what_is_filled),
  TEST(filling_needs_a_word_that_is_repeated),
  TEST(an_argument_that_the_system_does_not_take_fails_its_entry),
  TEST(so_does_a_command_line),
  TEST(a_command_is_needed_but_for_commands),
  TEST(the_program_and_fields_are_known_before_there_are_entries),
  TEST(texts_are_filled_the_same_way),
  TEST(of_several_a_placeholder_of_a_text_is_all),
  TEST(texts_know_both_braces_and_replace),
  TEST(filling_takes_one_allocation),
  TEST(any_allocation_may_fail),
};

TAP_MAIN(tests)
