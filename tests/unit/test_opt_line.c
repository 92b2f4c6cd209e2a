#include "opt/line.h"
#include "opt_sample.h"

static void initial_values_go_through_the_parser(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK(f.opts.on);
  CHECK(!f.opts.flag);
  CHECK_INT(f.opts.count, 7);
  CHECK_INT(f.opts.mode, SAMPLE_FAST);
  CHECK_INT(f.opts.duration_ns, 1500 * ASYNC_MS);
  CHECK_INT(f.opts.words.count, 2);
  CHECK_STR(f.opts.words.items[1], "b");
  CHECK(!f.opts.string);
  sample_done(&f);
}

static void four_ways_to_give_a_value(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "-j64"), 0);
  CHECK_INT(f.opts.count, 64);
  CHECK_INT(READ(&f, "-j", "65"), 0);
  CHECK_INT(f.opts.count, 65);
  CHECK_INT(READ(&f, "--count=66"), 0);
  CHECK_INT(f.opts.count, 66);
  CHECK_INT(READ(&f, "--count", "67"), 0);
  CHECK_INT(f.opts.count, 67);
  CHECK_INT(f.line.operand_count, 0);
  sample_done(&f);
}

static void short_options_bundle(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "-fvv6vj8"), 0);
  CHECK(f.opts.flag);
  CHECK_INT(f.opts.tally, 3);
  CHECK_INT(f.opts.set, SAMPLE_FASTEST);
  CHECK_INT(f.opts.count, 8);
  sample_done(&f);
}

static void a_value_may_look_like_an_option(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "-o", "--flag"), 0);
  CHECK_STR(f.opts.string, "--flag");
  CHECK_INT(READ(&f, "--string="), 0);
  CHECK_STR(f.opts.string, "");
  CHECK_INT(READ(&f, "--string=a=b"), 0);
  CHECK_STR(f.opts.string, "a=b");
  CHECK(!f.opts.flag);
  sample_done(&f);
}

static void a_flag_is_undone_by_its_partner(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "--no-on"), 0);
  CHECK(!f.opts.on);
  CHECK_INT(READ(&f, "--no-on", "--on"), 0);
  CHECK(f.opts.on);
  CHECK_INT(READ(&f, "--no-flag"), ASYNC_EINVAL);
  CHECK_MESSAGE(&f, "unknown option '--no-flag' (did you mean '--flag'?)");
  sample_done(&f);
}

static void later_wins_lists_grow_words_are_replaced(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "-j1", "-Ha", "--words", "x,y,z", "-j2", "-Hb", "--words",
                 "q", "-ofirst", "-olast"),
            0);
  CHECK_INT(f.opts.count, 2);
  CHECK_INT(f.opts.list.count, 2);
  CHECK_STR(f.opts.list.items[1], "b");
  CHECK_INT(f.opts.words.count, 1);
  CHECK_STR(f.opts.words.items[0], "q");
  CHECK_STR(f.opts.string, "last");
  CHECK_INT(READ(&f, "--words="), 0);
  CHECK_INT(f.opts.words.count, 0);
  sample_done(&f);
}

static void an_alias_stands_for_an_option_with_its_value(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "--quick"), 0);
  CHECK_INT(f.opts.mode, SAMPLE_FASTEST);
  CHECK_INT(READ(&f, "-0", "--mode=slow"), 0);
  CHECK_INT(f.opts.mode, SAMPLE_SLOW);
  sample_done(&f);
}

static void an_optional_value_is_never_the_next_word(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "--mode", "slow"), 0);
  CHECK_INT(f.opts.mode, SAMPLE_FASTEST);
  CHECK_INT(f.line.operand_count, 1);
  CHECK_INT(READ(&f, "--mode=slow"), 0);
  CHECK_INT(f.opts.mode, SAMPLE_SLOW);
  sample_done(&f);
}

static void options_and_operands_mix_until_the_two_dashes(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "a", "-f", "-", "-j3", "b", "--", "-v", "--"), 0);
  CHECK_INT(f.line.operand_count, 5);
  CHECK_STR(f.line.operands[0], "a");
  CHECK_STR(f.line.operands[1], "-");
  CHECK_STR(f.line.operands[2], "b");
  CHECK_STR(f.line.operands[3], "-v");
  CHECK_STR(f.line.operands[4], "--");
  CHECK_INT(f.opts.tally, 0);
  CHECK(f.opts.flag);
  sample_done(&f);
}

static void a_command_may_stop_at_its_first_operand(void)
{
  static const char *const words[] = { "-f", "ls", "-v", "--", "x", NULL };
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(sample_read(&f, words, true), 0);
  CHECK_INT(f.line.operand_count, 4);
  CHECK_STR(f.line.operands[1], "-v");
  CHECK_STR(f.line.operands[2], "--");
  CHECK_INT(f.opts.tally, 0);
  sample_done(&f);
}

static void help_ends_the_reading_and_knows_its_length(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "-f", "-h", "--nonsense"), 0);
  CHECK_INT(f.line.action, OPT_ACTION_HELP_SHORT);
  CHECK_INT(READ(&f, "-fh6"), 0);
  CHECK_INT(f.line.action, OPT_ACTION_HELP_SHORT);
  CHECK_INT(READ(&f, "--help"), 0);
  CHECK_INT(f.line.action, OPT_ACTION_HELP_LONG);
  CHECK_INT(READ(&f, "-V"), 0);
  CHECK_INT(f.line.action, OPT_ACTION_VERSION);
  sample_done(&f);
}

static void check_refused(const char *a, const char *b, const char *message)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, a, b), ASYNC_EINVAL);
  CHECK_MESSAGE(&f, message);
  sample_done(&f);
}

static void an_unknown_option_names_the_nearest(void)
{
  check_refused("--conut=3", NULL,
                "unknown option '--conut' (did you mean '--count'?)");
  check_refused("--coun", NULL,
                "unknown option '--coun' (did you mean '--count'?)");
  check_refused("--no-no", NULL,
                "unknown option '--no-no' (did you mean '--no-on'?)");
  check_refused("--zebra", NULL, "unknown option '--zebra'");
  check_refused("-z", NULL, "unknown option '-z'");
  check_refused("-fzv", NULL, "unknown option '-z' in '-fzv'");
  check_refused("-size=3", NULL,
                "unknown option '-s' in '-size=3' (did you mean '--size'?)");
}

static void a_bad_value_says_what_would_be_good(void)
{
  check_refused("-j", "0",
                "option '-j': bad value '0', expected a whole number from 1 to "
                "100");
  check_refused("-fj101", NULL,
                "option '-j': bad value '101', expected a whole number from 1 "
                "to 100");
  check_refused("--small=5000000000", NULL,
                "option '--small': bad value '5000000000', expected a whole "
                "number");
  check_refused("-t", "soon",
                "option '-t': bad value 'soon', expected a duration such as "
                "500ms, 10s, 1.5m, 2h or 1d");
  check_refused("--size=big", NULL,
                "option '--size': bad value 'big', expected a size such as "
                "4096, 64k, 1.5M or 1G");
  check_refused("--rate", "x",
                "option '--rate': bad value 'x', expected a rate such as 10, "
                "600/m or 10/s,burst=20");
  check_refused("--quota", "half",
                "option '--quota': bad value 'half', expected a whole number, "
                "or a percentage such as 5%");
  check_refused("--percent=101", NULL,
                "option '--percent': bad value '101', expected a percentage "
                "from 0 to 100");
  check_refused("--even", "3",
                "option '--even': bad value '3', expected an even number");
}

static void a_bad_word_names_the_nearest(void)
{
  check_refused("--mode=fsat", NULL,
                "option '--mode': bad value 'fsat', expected one of slow, "
                "fast, fastest (did you mean 'fast'?)");
  check_refused("--words=a,B", NULL,
                "option '--words': bad value 'a,B', expected a list of "
                "lower-case words");
  check_refused("--words=a,,b", NULL,
                "option '--words': bad value 'a,,b', expected a list of "
                "lower-case words");
}

static void a_missing_or_unwanted_value_is_named(void)
{
  check_refused("--count", NULL,
                "option '--count' needs a value: a whole number from 1 to 100");
  check_refused("-fj", NULL,
                "option '-j' needs a value: a whole number from 1 to 100");
  check_refused("--flag=yes", NULL,
                "option '--flag' takes no value, not 'yes'");
  check_refused("--no-on=no", NULL,
                "option '--no-on' takes no value, not 'no'");
  check_refused("--help=me", NULL, "option '--help' takes no value, not 'me'");
}

static void a_refused_value_leaves_the_old_one(void)
{
  struct sample_fixture f;
  sample_init(&f);
  CHECK_INT(READ(&f, "--words=x,Y"), ASYNC_EINVAL);
  CHECK_INT(f.opts.words.count, 2);
  CHECK_INT(READ(&f, "-j1000"), ASYNC_EINVAL);
  CHECK_INT(f.opts.count, 7);
  sample_done(&f);
}

static const struct tap_test tests[] = {
  TEST(initial_values_go_through_the_parser),
  TEST(four_ways_to_give_a_value),
  TEST(short_options_bundle),
  TEST(a_value_may_look_like_an_option),
  TEST(a_flag_is_undone_by_its_partner),
  TEST(later_wins_lists_grow_words_are_replaced),
  TEST(an_alias_stands_for_an_option_with_its_value),
  TEST(an_optional_value_is_never_the_next_word),
  TEST(options_and_operands_mix_until_the_two_dashes),
  TEST(a_command_may_stop_at_its_first_operand),
  TEST(help_ends_the_reading_and_knows_its_length),
  TEST(an_unknown_option_names_the_nearest),
  TEST(a_bad_value_says_what_would_be_good),
  TEST(a_bad_word_names_the_nearest),
  TEST(a_missing_or_unwanted_value_is_named),
  TEST(a_refused_value_leaves_the_old_one),
};

TAP_MAIN(tests)
