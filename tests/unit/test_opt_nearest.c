#include "opt/nearest.h"
#include "tap.h"

static void distance_counts_edits_and_swaps(void)
{
  CHECK_INT(opt_edit_distance("", ""), 0);
  CHECK_INT(opt_edit_distance("jobs", "jobs"), 0);
  CHECK_INT(opt_edit_distance("", "jobs"), 4);
  CHECK_INT(opt_edit_distance("jobs", "job"), 1);
  CHECK_INT(opt_edit_distance("jobs", "jabs"), 1);
  CHECK_INT(opt_edit_distance("jbos", "jobs"), 1);
  CHECK_INT(opt_edit_distance("ca", "abc"), 3);
  CHECK_INT(opt_edit_distance("kitten", "sitting"), 3);
}

static void distance_is_the_same_both_ways(void)
{
  static const char *const words[] = { "",     "a",    "retries",    "retry-on",
                                       "rate", "tare", "--no-color", "color" };
  for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
    for (size_t k = 0; k < i; k++)
      CHECK_INT(opt_edit_distance(words[i], words[k]),
                opt_edit_distance(words[k], words[i]));
}

static void words_of_any_length_are_safe(void)
{
  char long_word[1000];
  memset(long_word, 'x', sizeof(long_word));
  long_word[sizeof(long_word) - 1] = '\0';
  CHECK_INT(opt_edit_distance(long_word, long_word), 0);
  CHECK_INT(opt_edit_distance(long_word, ""), 63);
}

static const char *best_of(const char *typed, const char *const *names)
{
  struct opt_nearest nearest = { .word = typed };
  for (; *names; names++)
    opt_nearest_add(&nearest, "--", *names);
  return nearest.name ? nearest.name : "";
}

static void the_nearest_is_found_or_nothing(void)
{
  static const char *const names[] = { "netrc", "retry-unsafe", "retries",
                                       "rate",  "color",        NULL };
  CHECK_STR(best_of("--colour", names), "color");
  CHECK_STR(best_of("--raet", names), "rate");
  CHECK_STR(best_of("--retr", names), "retries");
  CHECK_STR(best_of("--netcr", names), "netrc");
  CHECK_STR(best_of("--something", names), "");
  CHECK_STR(best_of("--", names), "");
}

static const struct tap_test tests[] = {
  TEST(distance_counts_edits_and_swaps),
  TEST(distance_is_the_same_both_ways),
  TEST(words_of_any_length_are_safe),
  TEST(the_nearest_is_found_or_nothing),
};

TAP_MAIN(tests)
