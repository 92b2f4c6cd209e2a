/* Input of jobs, whichever allocation fails: nothing leaks, and what is read is
 * whole or an error. */
#include <fcntl.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/stream.h"
#include "async/task.h"
#include "command.h"
#include "exec/choices.h"
#include "exec/feed.h"
#include "exec/options.h"
#include "exec/robin.h"
#include "failing_alloc.h"
#include "job/source.h"
#include "tap.h"

enum { LEN = 600000, MOST = 2000 };

struct world {
  const char *pipe; /* NULL: --stdin record */
  const char *text; /* of the input */
  bool round_robin;
  enum async_fan_stop stop;
  struct exec_opts opts;
  struct job_log log;
  struct job_run run;
  struct exec_feed *feed;
  struct exec_pipe_input *input;
  struct exec_robin *robin;
  char *drunk; /* what jobs have read */
  size_t len;
};

static int drink(struct world *world, int fd)
{
  struct async_stream *stream;
  int err = async_stream_open_fd(&stream, fd, ASYNC_STREAM_BORROW);
  if (err < 0)
    return err;
  for (;;) {
    ssize_t got = async_stream_read(stream, world->drunk + world->len,
                                    LEN + 1 - world->len);
    if (got > 0)
      world->len += (size_t)got;
    if (got <= 0) {
      async_stream_close(stream);
      return (int)got;
    }
  }
}

static int give(struct world *world, struct exec_item *item)
{
  struct async_group writers;
  int fd = -1;
  async_group_open(&writers, ASYNC_GROUP_COLLECT);
  int err = exec_feed_begin(world->feed, item, &fd, &writers);
  if (err == 0) {
    err = drink(world, fd);
    exec_feed_given(world->feed, fd);
  } else {
    CHECK(item->item.error.kind == JOB_ERROR_INTERNAL);
  }
  exec_robin_leave(item->robin);
  CHECK(err < 0 || item->given.unread == 0);
  async_group_cancel(&writers);
  async_group_close(&writers);
  return err;
}

static int take(struct world *world, struct exec_item *item)
{
  if (world->robin)
    return exec_robin_next(world->robin, item);
  if (world->input)
    return exec_pipe_next(world->input, item);
  return world->len > 0
             ? ASYNC_EOF
             : job_entry_set_text(&item->item.entry, world->text, LEN - 1);
}

static int run_jobs(struct world *world)
{
  int err = 0;
  while (err == 0) {
    struct exec_item item = { .slot = 0 };
    err = take(world, &item);
    if (err == 0)
      err = give(world, &item);
    exec_block_free(item.block);
    exec_robin_job_free(item.robin);
    job_item_done(&item.item);
  }
  return err;
}

static int open_parts(struct world *world)
{
  struct job_source_opts source = { .inputs = &world->opts.job.inputs };
  int err = job_source_new(&world->run.source, &source, &world->log);
  if (err < 0)
    return COMMAND_IO;
  int status = exec_feed_open(&world->feed, &world->run, &world->opts);
  if (status == COMMAND_OK && world->pipe)
    status = exec_pipe_open(&world->input, &world->run, &world->opts);
  if (status == COMMAND_OK && world->round_robin)
    status =
        exec_robin_open(&world->robin, &world->run, &world->opts, world->input);
  return status;
}

static int world_task(void *arg)
{
  struct world *world = arg;
  world->run = (struct job_run){ .opts = &world->opts.job,
                                 .log = &world->log,
                                 .stop = &world->stop,
                                 .jobs = 2 };
  int status = open_parts(world), err = ASYNC_ENOMEM;
  if (status == COMMAND_OK)
    err = run_jobs(world);
  else
    CHECK_INT(status, COMMAND_IO);
  exec_robin_close(world->robin);
  exec_pipe_close(world->input);
  exec_feed_close(world->feed);
  job_source_free(world->run.source);
  return err;
}

/* Returns whether all came through. */
static bool run_once(const char *pipe, bool round_robin, const char *text,
                     char *drunk, uint64_t fail_at)
{
  struct world world = {
    .pipe = pipe, .round_robin = round_robin, .text = text, .drunk = drunk
  };
  world.log = (struct job_log){ .tool = "exec", .fd = -1 };
  world.opts.max_args = 1;
  if (pipe)
    CHECK_INT(exec_read_pipe(pipe, &world.opts.pipe), 0);
  else
    world.opts.stdin_choice.from = EXEC_STDIN_RECORD;
  CHECK_INT(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
  failing_alloc_start(fail_at);
  int rc = async_run(world_task, &world, NULL);
  failing_alloc_stop();
  CHECK(world.len <= LEN);
  CHECK(memcmp(drunk, text, world.len) == 0);
  if (rc == ASYNC_EOF)
    CHECK_INT(world.len, LEN);
  return rc == ASYNC_EOF;
}

static char *make_text(void)
{
  char path[] = "/tmp/exec-feed-memory-XXXXXX";
  char *text = malloc(LEN);
  int fd = mkostemp(path, O_CLOEXEC);
  CHECK(text && fd >= 0);
  for (size_t i = 0; i < LEN; i++)
    text[i] = i % 61 == 60 || i == LEN - 1 ? '\n' : (char)('0' + i % 43);
  CHECK_INT(write(fd, text, LEN), LEN);
  CHECK_INT(dup2(fd, STDIN_FILENO), STDIN_FILENO);
  unlink(path);
  return text;
}

/* A failure that does not matter (of a cache) lets all through. */
static void fail_each(const char *pipe, bool round_robin)
{
  char *text = make_text(), *drunk = malloc(LEN + 1);
  CHECK(drunk);
  signal(SIGPIPE, SIG_IGN);
  CHECK(run_once(pipe, round_robin, text, drunk, 0));
  uint64_t count = 0;
  for (uint64_t n = 1; n <= MOST; n++) {
    run_once(pipe, round_robin, text, drunk, n);
    count = failing_alloc_stop();
    if (count < n)
      break;
  }
  CHECK(count > 5 && count < MOST);
  free(drunk);
  free(text);
}

static void blocks_of_a_size(void)
{
  fail_each("size=150k", false);
}

static void blocks_of_lines(void)
{
  fail_each("lines=3000", false);
}

static void blocks_at_a_separator(void)
{
  fail_each("sep=^0123", false);
}

static void records(void)
{
  fail_each(NULL, false);
}

static void blocks_for_one_job_after_the_other(void)
{
  fail_each("size=150k", true);
  fail_each("lines=300", true);
}

static const struct tap_test tests[] = {
  TEST(blocks_of_a_size),
  TEST(blocks_of_lines),
  TEST(blocks_at_a_separator),
  TEST(records),
  TEST(blocks_for_one_job_after_the_other),
};

TAP_MAIN(tests)
