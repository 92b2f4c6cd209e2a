/* --pipe: cutting the input into blocks. */
#include <fcntl.h>
#include <sys/stat.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/task.h"
#include "async/timer.h"
#include "command.h"
#include "exec/block.h"
#include "exec/choices.h"
#include "exec/cut.h"
#include "exec/feed.h"
#include "exec/options.h"
#include "job/source.h"
#include "tap.h"

/* A run with one list, which is a pipe that a task writes or a file. */
struct world {
  const char *choice; /* "lines=4" */
  const char *bytes;  /* of the input */
  size_t len, step;   /* written at once; 0: all */
  void (*body)(struct world *world);

  struct exec_opts opts;
  struct job_run run;
  struct job_log log;
  struct exec_pipe_input *input;
  char path[64];
  char *names[2];
  int status;
};

static void make_fifo(struct world *world)
{
  snprintf(world->path, sizeof(world->path), "/tmp/exec-pipe-%ld",
           (long)getpid());
  unlink(world->path);
  CHECK_INT(mkfifo(world->path, 0600), 0);
}

static int write_input(void *arg)
{
  struct world *world = arg;
  int fd = open(world->path, O_WRONLY | O_NONBLOCK);
  while (fd < 0 && errno == ENXIO && async_sleep(ASYNC_MS) == 0)
    fd = open(world->path, O_WRONLY | O_NONBLOCK);
  for (size_t at = 0; at < world->len;) {
    size_t rest = world->len - at;
    ssize_t put = write(fd, world->bytes + at,
                        world->step && world->step < rest ? world->step : rest);
    if (put > 0)
      at += (size_t)put;
    if (async_sleep(world->step || put < 0 ? ASYNC_MS : 0) < 0)
      break;
  }
  close(fd);
  return 0;
}

static void open_world(struct world *world)
{
  struct job_source_opts source = { .inputs = &world->opts.job.inputs };
  world->names[0] = world->path;
  world->opts.job.inputs =
      (struct opt_list){ .items = world->names, .count = 1 };
  world->opts.max_args = 1;
  CHECK_INT(exec_read_pipe(world->choice, &world->opts.pipe), 0);
  world->log = (struct job_log){ .tool = "exec", .fd = STDERR_FILENO };
  world->run = (struct job_run){ .opts = &world->opts.job,
                                 .tool_opts = &world->opts,
                                 .log = &world->log,
                                 .jobs = 3 };
  CHECK_INT(job_source_new(&world->run.source, &source, &world->log), 0);
  world->status = exec_pipe_open(&world->input, &world->run, &world->opts);
}

static int world_task(void *arg)
{
  struct world *world = arg;
  struct async_group writer;
  open_world(world);
  async_group_open(&writer, ASYNC_GROUP_COLLECT);
  if (world->status == COMMAND_OK) {
    if (world->bytes)
      CHECK_INT(async_spawn(&writer, write_input, world), 0);
    world->body(world);
    exec_pipe_close(world->input);
  }
  async_group_cancel(&writer);
  async_group_close(&writer);
  job_source_free(world->run.source);
  return 0;
}

static void world_run(struct world *world, void (*body)(struct world *world))
{
  world->body = body;
  signal(SIGPIPE, SIG_IGN);
  if (world->bytes)
    make_fifo(world);
  CHECK_INT(async_run(world_task, world, NULL), 0);
  if (world->bytes) /* else it is none of ours, such as /dev/null */
    unlink(world->path);
}

static int next(struct world *world, struct exec_item *item)
{
  memset(item, 0, sizeof(*item));
  return exec_pipe_next(world->input, item);
}

static void drop(struct exec_item *item)
{
  exec_block_free(item->block);
  job_item_done(&item->item);
}

/* The next block is this. */
static void check_next(struct world *world, const char *bytes)
{
  struct exec_item item;
  CHECK_INT(next(world, &item), 0);
  CHECK_INT(item.block->len, strlen(bytes));
  CHECK(memcmp(item.block->bytes, bytes, item.block->len) == 0);
  drop(&item);
}

static void check_end(struct world *world)
{
  struct exec_item item;
  CHECK_INT(next(world, &item), ASYNC_EOF);
  CHECK_INT(next(world, &item), ASYNC_EOF);
}

/* Lines. */

static void cut_by_two(struct world *world)
{
  check_next(world, "a\nb\n");
  check_next(world, "\nccc\n");
  check_next(world, "d");
  check_end(world);
}

static void lines_are_counted_however_they_come(void)
{
  static const char text[] = "a\nb\n\nccc\nd";
  for (size_t step = 0; step < 4; step++) {
    struct world world = {
      .choice = "lines=2", .bytes = text, .len = sizeof(text) - 1, .step = step
    };
    world_run(&world, cut_by_two);
    CHECK_INT(world.status, COMMAND_OK);
    CHECK_INT(world.run.window, 5);
  }
}

static void name_blocks(struct world *world)
{
  for (int i = 1; i <= 2; i++) {
    struct exec_item item;
    char name[32];
    snprintf(name, sizeof(name), "block %d", i);
    CHECK_INT(next(world, &item), 0);
    CHECK_STR(item.item.entry.text, name);
    CHECK_STR(item.item.entry.key, name);
    CHECK_INT(item.item.bytes, 2);
    drop(&item);
  }
  check_end(world);
}

static void blocks_have_numbers(void)
{
  struct world world = { .choice = "lines=1", .bytes = "a\nb\n", .len = 4 };
  world_run(&world, name_blocks);
}

static void an_empty_input_has_no_blocks(void)
{
  static const char *const choices[] = { "lines=1", "size=1k", "sep=x" };
  for (size_t i = 0; i < 3; i++) {
    struct world world = { .choice = choices[i], .bytes = "", .len = 0 };
    world_run(&world, check_end);
  }
}

/* Sizes. */

static void cut_small(struct world *world)
{
  check_next(world, "123\n567\n");
  check_next(world, "9\n");
  check_next(world, "11111111111111111\n");
  check_next(world, "\n");
  check_end(world);
}

static void a_size_ends_with_a_line_and_longer_lines_are_whole(void)
{
  static const char text[] = "123\n567\n9\n11111111111111111\n\n";
  for (size_t step = 0; step < 3; step++) {
    struct world world = {
      .choice = "size=9", .bytes = text, .len = sizeof(text) - 1, .step = step
    };
    world_run(&world, cut_small);
  }
}

/* Separators. */

static void cut_mails(struct world *world)
{
  check_next(world, "head\n");
  check_next(world, "From a\n1\n");
  check_next(world, "From b\n");
  check_next(world, "From c");
  check_end(world);
}

static void a_block_begins_at_a_line_that_matches(void)
{
  static const char text[] = "head\nFrom a\n1\nFrom b\nFrom c";
  for (size_t step = 0; step < 3; step++) {
    struct world world = { .choice = "sep=^From [[:alpha:]]",
                           .bytes = text,
                           .len = sizeof(text) - 1,
                           .step = step };
    world_run(&world, cut_mails);
  }
}

static void cut_at_nul(struct world *world)
{
  struct exec_item item;
  CHECK_INT(next(world, &item), 0);
  CHECK_INT(item.block->len, 4);
  CHECK(memcmp(item.block->bytes, "a\0b\n", 4) == 0);
  drop(&item);
  CHECK_INT(next(world, &item), 0);
  CHECK_INT(item.block->len, 4);
  CHECK(memcmp(item.block->bytes, "c\0X\n", 4) == 0);
  drop(&item);
  check_end(world);
}

static void a_line_with_nuls_is_matched_whole(void)
{
#ifndef REG_STARTEND
  SKIP("no REG_STARTEND");
#endif
  struct world world = { .choice = "sep=X$",
                         .bytes = "a\0b\nc\0X\n",
                         .len = 8 };
  world_run(&world, cut_at_nul);
}

static void refuse(struct world *world)
{
  (void)world;
  CHECK(false);
}

static void what_is_no_regular_expression_is_refused(void)
{
  static char deep[240] = "sep=";
  static const char *const choices[] = { "sep=(", "sep=(a)\\1", "sep=[", deep };
  memset(deep + 4, '(', sizeof(deep) - 5);
  for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
    struct world world = { .choice = choices[i], .bytes = "", .len = 0 };
    world_run(&world, refuse);
    CHECK_INT(world.status, COMMAND_USAGE);
  }
}

static void cut_much(struct world *world)
{
  struct exec_item item;
  CHECK_INT(next(world, &item), 0);
  CHECK_INT(item.block->len, world->len / 2);
  drop(&item);
  CHECK_INT(next(world, &item), 0);
  CHECK_INT(item.block->len, world->len / 2);
  drop(&item);
  check_end(world);
}

/* The stack of a task is small. */
static void matching_long_lines_needs_little_stack(void)
{
  enum { HALF = 100000 };
  char *text = malloc(2 * HALF);
  CHECK(text);
  memset(text, 'a', 2 * HALF);
  text[HALF - 1] = text[2 * HALF - 1] = '\n';
  text[HALF] = 'x';
  struct world world = {
    .choice = "sep=^(x|y)((a|b|cd)*|[[:alpha:]]+[a-f]{1,9}){1,4}(a|aa)+$",
    .bytes = text,
    .len = 2 * HALF
  };
  world_run(&world, cut_much);
  free(text);
}

/* Memory. */

/* Every byte comes, in order, and blocks that are held stay as they were. */
static void hold_blocks(struct world *world)
{
  struct exec_item held[5];
  size_t at[5], total = 0, count = 0;
  for (;;) {
    size_t i = count % 5;
    if (count >= 5) {
      const struct exec_block *block = held[i].block;
      CHECK(memcmp(block->bytes, world->bytes + at[i], block->len) == 0);
      drop(&held[i]);
    }
    if (next(world, &held[i]) == ASYNC_EOF)
      break;
    at[i] = total;
    total += held[i].block->len;
    count++;
  }
  CHECK_INT(total, world->len);
  CHECK(count >= 5);
  for (size_t i = count + 1; i < count + 5; i++) {
    const struct exec_block *block = held[i % 5].block;
    CHECK(memcmp(block->bytes, world->bytes + at[i % 5], block->len) == 0);
    drop(&held[i % 5]);
  }
}

static void any_bytes_come_through_and_blocks_stay(void)
{
  static const char *const choices[] = { "lines=7",   "size=1k",   "size=300k",
                                         "size=512k", "size=1000", "sep=^7" };
  enum { LEN = 3000001 };
  char *text = malloc(LEN);
  uint64_t state = 42;
  CHECK(text);
  for (size_t i = 0; i < LEN; i++) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    text[i] = (char)(state >> 56);
  }
  for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
    struct world world = { .choice = choices[i], .bytes = text, .len = LEN };
    world_run(&world, hold_blocks);
  }
  free(text);
}

static void take_late(struct world *world)
{
  struct exec_item item;
  struct async_scope limit;
  int ends[2];
  CHECK_INT(pipe(ends), 0);
  CHECK_INT(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  CHECK_INT(write(ends[1], "a\nb", 3), 3);
  async_scope_enter(&limit, async_in(5 * ASYNC_MS));
  int rc = next(world, &item);
  CHECK_INT(async_scope_leave(&limit, rc), ASYNC_ETIMEDOUT);
  job_item_done(&item.item);
  CHECK_INT(write(ends[1], "\n", 1), 1);
  close(ends[1]);
  check_next(world, "a\nb\n");
  check_end(world);
  close(ends[0]);
}

static void a_read_that_is_cut_off_loses_nothing(void)
{
  struct world world = { .choice = "lines=2", .path = "-" };
  world_run(&world, take_late);
}

/* Files. */

static void take_none(struct world *world)
{
  check_end(world);
  CHECK(job_source_failed(world->run.source));
}

static void a_file_that_cannot_be_read_fails_the_run_at_its_end(void)
{
  struct world world = { .choice = "lines=2", .path = "/nowhere/list" };
  world_run(&world, take_none);
  CHECK_INT(world.status, COMMAND_OK);
}

static void options_that_do_not_fit_are_refused(void)
{
  struct world world = { .choice = "lines=2", .path = "/dev/null" };
  world.opts.stdin_choice.from = EXEC_STDIN_RECORD;
  world_run(&world, refuse);
  CHECK_INT(world.status, COMMAND_USAGE);
  world.opts.stdin_choice.from = EXEC_STDIN_NULL;
  world.opts.fill = true;
  world_run(&world, refuse);
  CHECK_INT(world.status, COMMAND_USAGE);
}

static const struct tap_test tests[] = {
  TEST(lines_are_counted_however_they_come),
  TEST(blocks_have_numbers),
  TEST(an_empty_input_has_no_blocks),
  TEST(a_size_ends_with_a_line_and_longer_lines_are_whole),
  TEST(a_block_begins_at_a_line_that_matches),
  TEST(a_line_with_nuls_is_matched_whole),
  TEST(what_is_no_regular_expression_is_refused),
  TEST(matching_long_lines_needs_little_stack),
  TEST(any_bytes_come_through_and_blocks_stay),
  TEST(a_read_that_is_cut_off_loses_nothing),
  TEST(a_file_that_cannot_be_read_fails_the_run_at_its_end),
  TEST(options_that_do_not_fit_are_refused),
};

TAP_MAIN(tests)
