#include "exec_output_world.h"

#include <dirent.h>
#include <sys/resource.h>

#include "async/timer.h"
#include "exec/options.h"

static char dir[64];

static void make_dir(void)
{
  snprintf(dir, sizeof(dir), "/tmp/exec-results-XXXXXX");
  CHECK(mkdtemp(dir));
}

static char path_text[256];

static const char *path(const char *name)
{
  snprintf(path_text, sizeof(path_text), "%s/%s", dir, name);
  return path_text;
}

static void check_file(const char *name, const char *expected)
{
  size_t len;
  int fd = open(path(name), O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0);
  char *text = read_back(fd, &len);
  CHECK_STR(text, expected);
  free(text);
  close(fd);
}

static size_t count_entries(const char *name)
{
  size_t found = 0;
  struct dirent *entry;
  DIR *listing = opendir(path(name));
  CHECK(listing);
  while ((entry = readdir(listing)) != NULL)
    found += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..");
  closedir(listing);
  return found;
}

static void remove_file(const char *name)
{
  CHECK_INT(remove(path(name)), 0);
}

static void remove_results(void)
{
  remove_file("1/stdout");
  remove_file("1/stderr");
  remove_file("1");
  remove_file("");
}

static struct world with_results(const char *results)
{
  static char template[128];
  struct world world = usual();
  make_dir();
  snprintf(template, sizeof(template), "%s%s", dir, results);
  world.opts.results = template;
  return world;
}

static void write_both(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "out");
  say(a.err, "err\n");
  CHECK_INT(child_end(&a, 0), 0);
  CHECK(access(path("1/stdout"), F_OK) < 0);
  CHECK_INT(child_show(&a, true), 0);
  check_file("1/stdout", "out");
  struct exec_captured got;
  exec_output_captured(a.item.output, 1, &got);
  CHECK_STR(got.file, path("1/stdout"));
  CHECK_INT(got.bytes, 3);
  if (got.text)
    CHECK(got.len == 3 && memcmp(got.text, "out", 3) == 0);
  child_done(&a);
}

static void results_appear_when_the_job_is_shown(void)
{
  struct world world = with_results("");
  world_run(&world, write_both);
  CHECK_STR(world.out_text, "out");
  check_file("1/stderr", "err\n");
  CHECK_INT(count_entries("1"), 2);
  remove_results();
  world_done(&world);
}

static void with_files_the_child_writes_them_itself(void)
{
  struct world world = with_results("/{#}");
  world.opts.output = EXEC_OUTPUT_FILES;
  world.opts.capture = EXEC_CAPTURE_BOTH;
  world_run(&world, write_both);
  CHECK_STR(world.out_text, "");
  CHECK_STR(world.err_text, "");
  check_file("1/stderr", "err\n");
  CHECK_INT(count_entries("1"), 2);
  remove_results();
  world_done(&world);
}

static void drop_both(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  say(a.out, "out");
  CHECK_INT(count_entries("1"), 2);
  CHECK_INT(child_end(&a, 0), 0);
  child_done(&a);
}

static void an_attempt_that_is_not_shown_leaves_no_file(void)
{
  struct world world = with_results("");
  world_run(&world, drop_both);
  CHECK_INT(count_entries("1"), 0);
  remove_file("1");
  remove_file("");
  world_done(&world);
}

static void check_refused(struct world *world, const char *text,
                          enum job_error_kind kind)
{
  struct child a;
  child_init(&a, world, 0, text);
  CHECK_INT(child_start(&a), -1);
  CHECK_INT(a.item.item.error.kind, kind);
  child_done(&a);
}

static void lead_out(struct world *world)
{
  static const char *const bad[] = {
    "..", "../x", "a/..", "a/../b", ".", "a/./b", "", "/", "a//b", "/etc"
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    check_refused(world, bad[i], JOB_ERROR_INPUT);
  check_refused(world, "in/the/way/x", JOB_ERROR_IO);
}

static void no_value_leads_out_of_the_directory(void)
{
  struct world world = with_results("/{}");
  CHECK_INT(mkdir(path("in"), 0700), 0);
  CHECK_INT(mkdir(path("in/the"), 0700), 0);
  close(open(path("in/the/way"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  world_run(&world, lead_out);
  CHECK_INT(count_entries(""), 1);
  remove_file("in/the/way");
  remove_file("in/the");
  remove_file("in");
  remove_file("");
  world_done(&world);
}

static void not_reached(struct world *world)
{
  (void)world;
  CHECK(!"reached");
}

static void a_directory_that_cannot_be_made_is_said_before(void)
{
  struct world world = usual();
  world.opts.results = (char *)"/dev/null/x";
  world_run(&world, not_reached);
  CHECK_INT(world.status, COMMAND_IO);
  CHECK(strstr(world.err_text, "/dev/null/x"));
  world_done(&world);
}

/* Files may be no larger than this, as on a disk that is full. */
static void limit_files(size_t bytes)
{
  struct rlimit limit;
  CHECK_INT(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes;
  CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void pour_results(struct world *world)
{
  struct child a;
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  limit_files(100000);
  pour(a.out, 'x', 300000);
  CHECK_INT(child_end(&a, 0), -1);
  CHECK_INT(a.item.item.error.kind, JOB_ERROR_IO);
  CHECK_INT(child_show(&a, false), -1);
  child_done(&a);
}

static void results_that_cannot_be_written_fail_the_job(void)
{
  struct world world = with_results("");
  world.opts.capture = EXEC_CAPTURE_STDOUT;
  world.out_path = "/dev/null";
  world_run(&world, pour_results);
  CHECK_INT(count_entries("1"), 0);
  remove_file("1");
  remove_file("");
  world_done(&world);
}

static size_t counted;

static int count_all(void *arg)
{
  char piece[65536];
  int fd = *(int *)arg;
  ssize_t n;
  while ((n = read(fd, piece, sizeof(piece))) != 0) {
    if (n > 0)
      counted += is_all(piece, (size_t)n, 'x') ? (size_t)n : 0;
    else
      async_sleep(ASYNC_MS);
  }
  return 0;
}

/* What went into a file comes out, what did not, too: through a pipe, which has
 * no limit. */
static void pour_over_the_limit(struct world *world)
{
  struct async_group group;
  struct child a;
  int ends[2];
  counted = 0;
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  async_stream_close(world->out.stream);
  CHECK_INT(async_stream_open_fd(&world->out.stream, ends[1], ASYNC_STREAM_OWN),
            0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn(&group, count_all, &ends[0]), 0);
  child_init(&a, world, 0, "a");
  CHECK_INT(child_start(&a), 0);
  limit_files(300000);
  pour(a.out, 'x', 5000000);
  CHECK_INT(child_end(&a, 0), 0);
  CHECK_INT(child_show(&a, true), 0);
  child_done(&a);
  CHECK_INT(job_out_close(&world->out), 0);
  async_group_close(&group);
  close(ends[0]);
}

static void a_full_disk_loses_nothing(void)
{
  struct world world = usual();
  world.opts.buffer_bytes = 100000;
  world_run(&world, pour_over_the_limit);
  CHECK_INT(counted, 5000000);
  CHECK(strstr(world.err_text, "wait for room"));
  world_done(&world);
}

static const struct tap_test tests[] = {
  TEST(results_appear_when_the_job_is_shown),
  TEST(with_files_the_child_writes_them_itself),
  TEST(an_attempt_that_is_not_shown_leaves_no_file),
  TEST(no_value_leads_out_of_the_directory),
  TEST(a_directory_that_cannot_be_made_is_said_before),
  TEST(results_that_cannot_be_written_fail_the_job),
  TEST(a_full_disk_loses_nothing),
};

TAP_MAIN(tests)
