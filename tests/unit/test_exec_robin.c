/* --round-robin: which job gets which block. Jobs are pipes that the test reads
 * from, so that it is known what each has read. */
#include <fcntl.h>
#include <poll.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/task.h"
#include "async/timer.h"
#include "command.h"
#include "exec/choices.h"
#include "exec/feed.h"
#include "exec/options.h"
#include "exec/robin.h"
#include "job/source.h"
#include "tap.h"

enum { JOBS = 4, PAGE = 4096 };

struct world {
  const char *text; /* each line is a block */
  void (*body)(struct world *world);

  struct exec_opts opts;
  struct job_log log;
  struct job_run run;
  enum async_fan_stop stop;
  struct exec_pipe_input *input;
  struct exec_robin *robin;
  char path[64];
  char *names[1];
  struct async_group group; /* of what feeds the jobs */
  struct exec_item items[JOBS];
  int fds[JOBS]; /* what they read from */
};

/* Jobs. */

static int next(struct world *world, int i)
{
  memset(&world->items[i], 0, sizeof(world->items[i]));
  return exec_robin_next(world->robin, &world->items[i]);
}

static void begin(struct world *world, int i)
{
  CHECK_INT(next(world, i), 0);
  CHECK_INT(
      exec_robin_begin(world->items[i].robin, &world->group, &world->fds[i]),
      0);
}

/* No job is needed. */
static void check_none_needed(struct world *world, int i)
{
  struct async_scope limit;
  async_scope_enter(&limit, async_in(5 * ASYNC_MS));
  int rc = next(world, i);
  CHECK_INT(async_scope_leave(&limit, rc), ASYNC_ETIMEDOUT);
}

/* The job reads so many bytes, which are these. */
static void check_read(struct world *world, int i, const char *bytes)
{
  char got[64];
  size_t len = 0, wanted = strlen(bytes);
  fcntl(world->fds[i], F_SETFL, O_NONBLOCK);
  while (len < wanted) {
    ssize_t one = read(world->fds[i], got + len, wanted - len);
    if (one > 0)
      len += (size_t)one;
    else
      CHECK_INT(async_sleep(ASYNC_MS), 0);
  }
  got[len] = '\0';
  CHECK_STR(got, bytes);
}

static void check_at_end(struct world *world, int i)
{
  char byte;
  ssize_t got;
  while ((got = read(world->fds[i], &byte, 1)) < 0)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(got, 0);
}

static void leave(struct world *world, int i)
{
  struct exec_item *item = &world->items[i];
  close(world->fds[i]);
  exec_robin_leave(item->robin);
}

static void check_given(struct world *world, int i, uint64_t blocks,
                        uint64_t bytes, uint64_t unread)
{
  struct exec_item *item = &world->items[i];
  CHECK_INT(item->given.blocks, blocks);
  CHECK_INT(item->given.bytes, bytes);
  CHECK_INT(item->given.unread, unread);
  exec_robin_job_free(item->robin);
  job_item_done(&item->item);
}

/* The world. */

static void write_input(struct world *world)
{
  snprintf(world->path, sizeof(world->path), "/tmp/exec-robin-%ld",
           (long)getpid());
  int fd = open(world->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  CHECK_INT(write(fd, world->text, strlen(world->text)), strlen(world->text));
  close(fd);
  world->names[0] = world->path;
  world->opts.job.inputs =
      (struct opt_list){ .items = world->names, .count = 1 };
}

static void open_parts(struct world *world)
{
  struct job_source_opts source = { .inputs = &world->opts.job.inputs };
  world->opts.max_args = 1;
  CHECK_INT(exec_read_pipe("lines=1", &world->opts.pipe), 0);
  world->log = (struct job_log){ .tool = "exec", .fd = STDERR_FILENO };
  world->run = (struct job_run){ .opts = &world->opts.job,
                                 .log = &world->log,
                                 .stop = &world->stop,
                                 .jobs = JOBS };
  CHECK_INT(job_source_new(&world->run.source, &source, &world->log), 0);
  CHECK_INT(exec_pipe_open(&world->input, &world->run, &world->opts),
            COMMAND_OK);
  CHECK_INT(
      exec_robin_open(&world->robin, &world->run, &world->opts, world->input),
      COMMAND_OK);
}

static int world_task(void *arg)
{
  struct world *world = arg;
  open_parts(world);
  async_group_open(&world->group, ASYNC_GROUP_COLLECT);
  world->body(world);
  async_group_cancel(&world->group);
  async_group_close(&world->group);
  exec_robin_close(world->robin);
  exec_pipe_close(world->input);
  job_source_free(world->run.source);
  return 0;
}

static void world_run(const char *text, void (*body)(struct world *world))
{
  struct world world = { .text = text, .body = body };
  signal(SIGPIPE, SIG_IGN);
  write_input(&world);
  CHECK_INT(async_run(world_task, &world, NULL), 0);
  unlink(world.path);
}

/* Claims. */

static void feed_the_second(struct world *world)
{
  begin(world, 0);
  begin(world, 1);
  CHECK_STR(world->items[0].item.entry.text, "job 1");
  CHECK_STR(world->items[1].item.entry.key, "job 2");
  check_read(world, 1, "b\nc\nd\ne\n");
  check_at_end(world, 1);
  check_read(world, 0, "a\n");
  check_at_end(world, 0);
  leave(world, 0);
  leave(world, 1);
  CHECK_INT(next(world, 2), ASYNC_EOF);
  check_given(world, 0, 1, 2, 0);
  check_given(world, 1, 4, 8, 0);
}

static void who_reads_gets_the_next_block(void)
{
#ifndef __linux__
  SKIP("a small pipe is Linux's");
#endif
  world_run("a\nb\nc\nd\ne\n", feed_the_second);
}

static void need_no_second(struct world *world)
{
  begin(world, 0);
  check_read(world, 0, "a\n");
  check_at_end(world, 0);
  check_none_needed(world, 1); /* but the first might give its block back */
  leave(world, 0);
  CHECK_INT(next(world, 1), ASYNC_EOF);
  check_given(world, 0, 1, 2, 0);
}

static void one_block_needs_one_job(void)
{
  world_run("a\n", need_no_second);
}

static void leave_early(struct world *world)
{
  begin(world, 0);
  check_read(world, 0, "a\n");
  CHECK_INT(async_sleep(20 * ASYNC_MS), 0); /* "b" is in its pipe, or soon */
  leave(world, 0);
  begin(world, 1);
  check_read(world, 1, "b\nc\n");
  check_at_end(world, 1);
  leave(world, 1);
  CHECK_INT(next(world, 2), ASYNC_EOF);
  check_given(world, 0, 1, 2, 0);
  check_given(world, 1, 2, 4, 0);
}

static void a_block_that_was_not_begun_goes_to_the_next_job(void)
{
  world_run("a\nb\nc\n", leave_early);
}

static void read_nothing(struct world *world)
{
  for (int i = 0; i < 3; i++) {
    begin(world, i);
    leave(world, i);
    check_given(world, i, 1, 3, 3);
  }
  CHECK_INT(next(world, 3), ASYNC_EOF);
}

static void each_job_answers_for_its_first_block(void)
{
  world_run("aa\nbb\ncc\n", read_nothing);
}

static void read_a_part(struct world *world)
{
  begin(world, 0);
  check_read(world, 0, "12");
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  leave(world, 0);
  check_given(world, 0, 1, 10, 8);
  CHECK_INT(next(world, 1), ASYNC_EOF);
}

static void what_is_left_of_a_block_is_counted(void)
{
  world_run("123456789\n", read_a_part);
}

/* As soon as there is room for a block that does not come, the writing end is
 * closed, which can be seen. */
static void read_a_page(struct world *world)
{
  struct pollfd one = { .events = POLLIN };
  char bytes[PAGE];
  begin(world, 0);
  one.fd = world->fds[0];
  while (poll(&one, 1, 0) == 0)
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(read(world->fds[0], bytes, PAGE), PAGE);
  while (poll(&one, 1, 0) >= 0 && !(one.revents & POLLHUP))
    CHECK_INT(async_sleep(ASYNC_MS), 0);
  leave(world, 0);
  check_given(world, 0, 1, 2 * PAGE, PAGE);
}

static void so_is_what_is_left_at_the_end_of_the_input(void)
{
#ifndef __linux__
  SKIP("pipes can be looked into on Linux");
#endif
  if (sysconf(_SC_PAGESIZE) != PAGE)
    SKIP("another size of pages");
  static char text[2 * PAGE + 1];
  memset(text, '1', 2 * PAGE);
  text[2 * PAGE - 1] = '\n';
  world_run(text, read_a_page);
}

static void stop_early(struct world *world)
{
  begin(world, 0);
  check_read(world, 0, "a\n");
  world->stop = ASYNC_FAN_STOP_FAILURES;
  leave(world, 0);
  uint64_t given = world->items[0].given.blocks;
  CHECK_INT(next(world, 1), 0);
  CHECK(world->items[1].robin == NULL);
  CHECK_INT(given + world->items[1].given.blocks, 5);
  CHECK_INT(world->items[1].given.unread, world->items[1].given.bytes);
  job_item_done(&world->items[1].item);
  exec_robin_job_free(world->items[0].robin);
  job_item_done(&world->items[0].item);
  CHECK_INT(next(world, 2), ASYNC_EOF);
}

static void after_a_stop_one_item_stands_for_the_rest(void)
{
  world_run("a\nb\nc\nd\ne\n", stop_early);
}

static const struct tap_test tests[] = {
  TEST(who_reads_gets_the_next_block),
  TEST(one_block_needs_one_job),
  TEST(a_block_that_was_not_begun_goes_to_the_next_job),
  TEST(each_job_answers_for_its_first_block),
  TEST(what_is_left_of_a_block_is_counted),
  TEST(so_is_what_is_left_at_the_end_of_the_input),
  TEST(after_a_stop_one_item_stands_for_the_rest),
};

TAP_MAIN(tests)
