#include "command.h"
#include "job/count.h"
#include "job/status.h"
#include "tap.h"

enum { OK, FAILED, TIMEOUT, CANCELED, SKIPPED };

static int status(enum async_fan_stop stop, int outcome)
{
  struct job_end end = { .stop = stop };
  end.outcomes[OK] = 5;
  end.outcomes[outcome]++;
  return job_end_status(&end);
}

static void every_entry_ok_is_0(void)
{
  CHECK_INT(status(ASYNC_FAN_STOP_NONE, OK), COMMAND_OK);
}

static void any_entry_that_is_not_ok_is_1(void)
{
  CHECK_INT(status(ASYNC_FAN_STOP_NONE, FAILED), COMMAND_FAILED);
  CHECK_INT(status(ASYNC_FAN_STOP_NONE, TIMEOUT), COMMAND_FAILED);
  CHECK_INT(status(ASYNC_FAN_STOP_SIGNAL, CANCELED), COMMAND_FAILED);
  CHECK_INT(status(ASYNC_FAN_STOP_SIGNAL, SKIPPED), COMMAND_FAILED);
}

static void an_early_stop_is_3_if_something_was_left_undone(void)
{
  CHECK_INT(status(ASYNC_FAN_STOP_DEADLINE, SKIPPED), COMMAND_EARLY);
  CHECK_INT(status(ASYNC_FAN_STOP_DEADLINE, CANCELED), COMMAND_EARLY);
  CHECK_INT(status(ASYNC_FAN_STOP_FAILURES, SKIPPED), COMMAND_EARLY);
  CHECK_INT(status(ASYNC_FAN_STOP_FAILURES, FAILED), COMMAND_FAILED);
  CHECK_INT(status(ASYNC_FAN_STOP_DEADLINE, OK), COMMAND_OK);
}

static void as_many_successes_as_were_wanted_are_0(void)
{
  CHECK_INT(status(ASYNC_FAN_STOP_SUCCESSES, SKIPPED), COMMAND_OK);
  CHECK_INT(status(ASYNC_FAN_STOP_SUCCESSES, FAILED), COMMAND_OK);
}

static void four_comes_before_three_before_one(void)
{
  struct job_end end = { .stop = ASYNC_FAN_STOP_DEADLINE };
  end.outcomes[FAILED] = end.outcomes[SKIPPED] = 1;
  CHECK_INT(job_end_status(&end), COMMAND_EARLY);
  end.own_failure = true;
  CHECK_INT(job_end_status(&end), COMMAND_IO);
}

static void an_empty_input_is_0_unless_that_is_an_error(void)
{
  struct job_end end = { .stop = ASYNC_FAN_STOP_NONE };
  CHECK_INT(job_end_status(&end), COMMAND_OK);
  end.error_on_empty = true;
  CHECK_INT(job_end_status(&end), COMMAND_FAILED);
}

static void in_a_dry_run_skipped_is_fine(void)
{
  struct job_end end = { .dry_run = true };
  end.outcomes[SKIPPED] = 3;
  CHECK_INT(job_end_status(&end), COMMAND_OK);
  end.outcomes[FAILED] = 1;
  CHECK_INT(job_end_status(&end), COMMAND_FAILED);
}

static void death_by_a_signal_is_seen_even_if_it_was_blocked(void)
{
  int ended;
  pid_t child = fork();
  if (child == 0) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    signal(SIGTERM, SIG_IGN);
    job_die_of(SIGTERM);
    _exit(0);
  }
  CHECK_INT(waitpid(child, &ended, 0), child);
  CHECK(WIFSIGNALED(ended));
  CHECK_INT(WTERMSIG(ended), SIGTERM);
}

static void check_duration(int64_t duration_ns, const char *expected)
{
  struct async_buf text = ASYNC_BUF_INIT;
  job_add_duration(&text, duration_ns);
  CHECK_STR(async_buf_str(&text), expected);
  async_buf_done(&text);
}

static void durations_are_as_precise_as_people_want_them(void)
{
  check_duration(0, "0 ms");
  check_duration(123456, "0.12 ms");
  check_duration(1500 * ASYNC_US, "1.5 ms");
  check_duration(812400 * ASYNC_US, "812 ms");
  check_duration(12345 * ASYNC_MS, "12.3 s");
  check_duration(59999 * ASYNC_MS, "1 min 0 s");
  check_duration(123 * ASYNC_SEC, "2 min 3 s");
  check_duration(7325 * ASYNC_SEC, "2 h 2 min");
}

static void sizes_have_binary_units(void)
{
  static const struct {
    double bytes;
    const char *text;
  } sizes[] = { { 0, "0 B" },
                { 1023, "1023 B" },
                { 1536, "1.5 KiB" },
                { 12.3 * 1024 * 1024, "12.3 MiB" },
                { 500e9, "466 GiB" } };
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    struct async_buf text = ASYNC_BUF_INIT;
    job_add_size(&text, sizes[i].bytes);
    CHECK_STR(async_buf_str(&text), sizes[i].text);
    async_buf_done(&text);
  }
}

static const struct tap_test tests[] = {
  TEST(every_entry_ok_is_0),
  TEST(any_entry_that_is_not_ok_is_1),
  TEST(an_early_stop_is_3_if_something_was_left_undone),
  TEST(as_many_successes_as_were_wanted_are_0),
  TEST(four_comes_before_three_before_one),
  TEST(an_empty_input_is_0_unless_that_is_an_error),
  TEST(in_a_dry_run_skipped_is_fine),
  TEST(death_by_a_signal_is_seen_even_if_it_was_blocked),
  TEST(durations_are_as_precise_as_people_want_them),
  TEST(sizes_have_binary_units),
};

TAP_MAIN(tests)
