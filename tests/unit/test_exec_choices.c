/* The shapes of exec's options, and what the machine leaves to us. */
#include <sys/resource.h>

#include "async/error.h"
#include "exec/choices.h"
#include "exec/options.h"
#include "exec/processors.h"
#include "exec/signals.h"
#include "fake_root.h"

static void jobs_are_a_number_a_share_or_auto(void)
{
  size_t jobs = 7, all = exec_processors();
  CHECK(all >= 1);
  CHECK_INT(exec_read_jobs("12", &jobs), 0);
  CHECK_INT(jobs, 12);
  CHECK_INT(exec_read_jobs("auto", &jobs), 0);
  CHECK_INT(jobs, all);
  CHECK_INT(exec_read_jobs("300%", &jobs), 0);
  CHECK_INT(jobs, 3 * all);
  CHECK_INT(exec_read_jobs("0.001%", &jobs), 0);
  CHECK_INT(jobs, 1);
  static const char *const wrong[] = { "0",  "0%", "-1",    "%",   "x",
                                       "1x", "",   "65536", "+1%", "1%%" };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    CHECK_INT(exec_read_jobs(wrong[i], &jobs), ASYNC_EINVAL);
  CHECK_INT(jobs, 1);
}

static void signals_have_names_and_numbers(void)
{
  int number = 0;
  char name[EXEC_SIGNAL_BYTES];
  static const char *const terms[] = { "TERM", "SIGTERM", "15", "term" };
  for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
    number = 0;
    CHECK_INT(exec_read_signal(terms[i], &number), 0);
    CHECK_INT(number, SIGTERM);
  }
  CHECK_STR(exec_signal_name(SIGKILL, name), "SIGKILL");
  CHECK_STR(exec_signal_name(40, name), "SIG40");
  static const char *const wrong[] = { "0", "65", "NOSUCH", "", "SIG", "-9" };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    CHECK_INT(exec_read_signal(wrong[i], &number), ASYNC_EINVAL);
}

static void niceness_has_bounds(void)
{
  int64_t nice = 5;
  CHECK_INT(exec_read_nice("-20", &nice), 0);
  CHECK_INT(nice, -20);
  CHECK_INT(exec_read_nice("19", &nice), 0);
  CHECK_INT(nice, 19);
  CHECK_INT(exec_read_nice("20", &nice), ASYNC_EINVAL);
  CHECK_INT(exec_read_nice("-21", &nice), ASYNC_EINVAL);
  CHECK_INT(exec_read_nice("--1", &nice), ASYNC_EINVAL);
}

static void limits_are_a_list(void)
{
  struct exec_limits limits = { .count = 0 };
  CHECK_INT(
      exec_read_limits("as=2G,cpu=60,nofile=1024,core=unlimited", &limits), 0);
  CHECK_INT(limits.count, 4);
  CHECK_INT(limits.items[0].resource, RLIMIT_AS);
  CHECK_INT(limits.items[0].value, UINT64_C(2) << 30);
  CHECK_INT(limits.items[1].resource, RLIMIT_CPU);
  CHECK_INT(limits.items[1].value, 60);
  CHECK_INT(limits.items[2].value, 1024);
  CHECK(limits.items[3].value == UINT64_MAX);
  static const char *const wrong[] = { "",       "as",     "as=",  "as=1,",
                                       "none=1", "as=1=2", "=1",   "nofile=1k",
                                       "cpu=1s", "as=-1",  ",as=1" };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    CHECK_INT(exec_read_limits(wrong[i], &limits), ASYNC_EINVAL);
  CHECK_INT(limits.count, 4);
}

static void loads_and_memory_may_be_shares(void)
{
  struct exec_load load;
  struct exec_free least;
  CHECK_INT(exec_read_load("2.5", &load), 0);
  CHECK(load.runnable == 2.5);
  CHECK_INT(exec_read_load("100%", &load), 0);
  CHECK(load.runnable == exec_processors());
  CHECK_INT(exec_read_load("x", &load), ASYNC_EINVAL);
  CHECK_INT(exec_read_free("2G", &least), 0);
  CHECK(least.bytes == UINT64_C(2) << 30 && least.share == 0);
  CHECK_INT(exec_read_free("10%", &least), 0);
  CHECK(least.bytes == 0 && least.share > 0.099 && least.share < 0.101);
  CHECK_INT(exec_read_free("101%", &least), ASYNC_EINVAL);
  CHECK_INT(exec_read_free("%", &least), ASYNC_EINVAL);
}

static void standard_input_is_a_word_or_a_file(void)
{
  struct exec_stdin_choice choice;
  CHECK_INT(exec_read_stdin("record", &choice), 0);
  CHECK_INT(choice.from, EXEC_STDIN_RECORD);
  CHECK_INT(exec_read_stdin("inherit", &choice), 0);
  CHECK_INT(choice.from, EXEC_STDIN_INHERIT);
  CHECK_INT(exec_read_stdin("file:{.}.in", &choice), 0);
  CHECK_INT(choice.from, EXEC_STDIN_FILE);
  CHECK_STR(choice.file, "{.}.in");
  CHECK_INT(exec_read_stdin("file:", &choice), ASYNC_EINVAL);
  CHECK_INT(exec_read_stdin("nothing", &choice), ASYNC_EINVAL);
}

static void blocks_have_three_shapes(void)
{
  struct exec_pipe_choice pipe;
  CHECK_INT(exec_read_pipe("lines=4", &pipe), 0);
  CHECK(pipe.by == EXEC_PIPE_LINES && pipe.lines == 4);
  CHECK_INT(exec_read_pipe("size=1M", &pipe), 0);
  CHECK(pipe.by == EXEC_PIPE_SIZE && pipe.bytes == 1024 * 1024);
  CHECK_INT(exec_read_pipe("sep=^From =", &pipe), 0);
  CHECK(pipe.by == EXEC_PIPE_SEP);
  CHECK_STR(pipe.separator, "^From =");
  static const char *const wrong[] = { "lines=0", "size=0",  "sep=", "lines",
                                       "words=4", "lines=k", "" };
  for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
    CHECK_INT(exec_read_pipe(wrong[i], &pipe), ASYNC_EINVAL);
}

static void captures_are_of_the_head_or_the_tail(void)
{
  struct exec_capture_max most;
  CHECK_INT(exec_read_capture_max("64k", &most), 0);
  CHECK(most.bytes == 65536 && !most.tail);
  CHECK_INT(exec_read_capture_max("1k,tail", &most), 0);
  CHECK(most.bytes == 1024 && most.tail);
  CHECK_INT(exec_read_capture_max("1k,middle", &most), ASYNC_EINVAL);
  CHECK_INT(exec_read_capture_max(",tail", &most), ASYNC_EINVAL);
}

static void words_of_lists_are_checked(void)
{
  CHECK(exec_is_code_word("0") && exec_is_code_word("1-125"));
  CHECK(!exec_is_code_word("256") && !exec_is_code_word("3-1") &&
        !exec_is_code_word("any") && !exec_is_code_word("-1"));
  CHECK(exec_is_retry_word("any") && exec_is_retry_word("75"));
  CHECK(!exec_is_retry_word("sometimes"));
  CHECK(exec_is_variable("A=1") && exec_is_variable("_a1="));
  CHECK(!exec_is_variable("A") && !exec_is_variable("=1") &&
        !exec_is_variable("1A=1") && !exec_is_variable("A-B=1"));
}

/* Processors. */

#define MOUNT2                                                                 \
  "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n"

static void a_quota_is_rounded_up_and_the_least_counts(void)
{
  fake_root_begin();
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_file("/proc/self/cgroup", "0::/a/b\n");
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_file("/proc/self/mountinfo", MOUNT2);
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_file("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_file("/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  CHECK_INT(exec_processor_quota(fake_root), 3);
  fake_file("/sys/fs/cgroup/a/b/cpu.max", "10000 100000\n");
  CHECK_INT(exec_processor_quota(fake_root), 1);
  fake_file("/sys/fs/cgroup/a/b/cpu.max", "nonsense\n");
  CHECK_INT(exec_processor_quota(fake_root), 3);
  fake_root_done();
}

static void a_part_of_the_hierarchy_may_be_mounted(void)
{
  fake_root_begin();
  fake_file("/proc/self/cgroup", "0::/box/1/job\n");
  fake_file("/proc/self/mountinfo",
            "22 1 0:20 / /proc rw - proc proc rw\n"
            "29 23 0:26 /box/2 /other rw - cgroup2 c rw\n"
            "30 23 0:26 /box/1 /cg rw,nosuid shared:4 - cgroup2 c rw\n");
  fake_file("/cg/job/cpu.max", "400000 100000\n");
  CHECK_INT(exec_processor_quota(fake_root), 4);
  fake_file("/proc/self/cgroup", "0::/../outside\n");
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_root_done();
}

static void version_1_has_quotas_as_well(void)
{
  fake_root_begin();
  fake_file("/proc/self/cgroup", "3:cpu,cpuacct:/x\n2:memory:/y\n0::/\n");
  fake_file("/proc/self/mountinfo",
            "31 23 0:27 / /cg/memory rw - cgroup cgroup rw,memory\n"
            "32 23 0:28 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
            "33 23 0:29 / /cg/unified rw - cgroup2 cgroup2 rw\n");
  fake_file("/cg/unified/cgroup.procs", "");
  fake_file("/cg/cpu/x/cpu.cfs_quota_us", "-1\n");
  fake_file("/cg/cpu/x/cpu.cfs_period_us", "100000\n");
  CHECK_INT(exec_processor_quota(fake_root), 0);
  fake_file("/cg/cpu/x/cpu.cfs_quota_us", "150000\n");
  CHECK_INT(exec_processor_quota(fake_root), 2);
  fake_root_done();
}

static const struct tap_test tests[] = {
  TEST(jobs_are_a_number_a_share_or_auto),
  TEST(signals_have_names_and_numbers),
  TEST(niceness_has_bounds),
  TEST(limits_are_a_list),
  TEST(loads_and_memory_may_be_shares),
  TEST(standard_input_is_a_word_or_a_file),
  TEST(blocks_have_three_shapes),
  TEST(captures_are_of_the_head_or_the_tail),
  TEST(words_of_lists_are_checked),
  TEST(a_quota_is_rounded_up_and_the_least_counts),
  TEST(a_part_of_the_hierarchy_may_be_mounted),
  TEST(version_1_has_quotas_as_well),
};

TAP_MAIN(tests)
