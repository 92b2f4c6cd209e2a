/* What jobs read. */
#include <fcntl.h>
#include <sys/stat.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/proc.h"
#include "async/scope.h"
#include "async/stream.h"
#include "async/timer.h"
#include "command.h"
#include "exec/block.h"
#include "exec/feed.h"
#include "exec/options.h"
#include "job/source_priv.h"
#include "tap.h"

struct world {
  struct exec_opts opts;
  struct job_run run;
  struct job_log log;
  struct exec_feed *feed;
  struct exec_item item;
  struct async_group writers;
  int status;
  void (*body)(struct world *world);
};

static int world_task(void *arg)
{
  struct world *world = arg;
  world->opts.job.jobs = 1;
  world->log = (struct job_log){ .tool = "exec", .fd = STDERR_FILENO };
  world->run.opts = &world->opts.job;
  world->run.tool_opts = &world->opts;
  world->run.log = &world->log;
  world->run.jobs = 2;
  world->status = exec_feed_open(&world->feed, &world->run, &world->opts);
  if (world->status != COMMAND_OK)
    return 0;
  async_group_open(&world->writers, ASYNC_GROUP_COLLECT);
  world->body(world);
  async_group_cancel(&world->writers);
  async_group_close(&world->writers);
  exec_feed_close(world->feed);
  job_item_done(&world->item.item);
  return 0;
}

static void world_run(struct world *world, void (*body)(struct world *world))
{
  world->body = body;
  signal(SIGPIPE, SIG_IGN);
  CHECK_INT(async_run(world_task, world, NULL), 0);
}

static struct world world_of(enum exec_stdin from)
{
  return (struct world){ .opts = { .stdin_choice = { .from = from } } };
}

static int begin(struct world *world)
{
  int fd = -7;
  CHECK_INT(exec_feed_begin(world->feed, &world->item, &fd, &world->writers),
            0);
  return fd;
}

static void set_text(struct job_entry *entry, const char *text)
{
  CHECK_INT(job_entry_set_text(entry, text, strlen(text)), 0);
}

/* Reads to the end. */
static size_t drink(int fd, char *out, size_t size)
{
  struct async_stream *stream;
  size_t len = 0;
  CHECK_INT(async_stream_open_fd(&stream, fd, ASYNC_STREAM_BORROW), 0);
  for (;;) {
    ssize_t got = async_stream_read(stream, out + len, size - len);
    CHECK(got >= 0);
    if (got == 0)
      break;
    len += (size_t)got;
    CHECK(len < size);
  }
  async_stream_close(stream);
  return len;
}

static void check_drink(struct world *world, int fd, const char *text)
{
  char out[1024];
  size_t len = drink(fd, out, sizeof(out));
  CHECK_INT(len, strlen(text));
  CHECK(memcmp(out, text, len) == 0);
  exec_feed_given(world->feed, fd);
}

/* Words. */

static void has_none(struct world *world)
{
  CHECK_INT(begin(world), ASYNC_PROC_NULL);
  exec_feed_given(world->feed, ASYNC_PROC_NULL);
}

static void has_ours(struct world *world)
{
  CHECK_INT(begin(world), ASYNC_PROC_SAME);
  exec_feed_given(world->feed, ASYNC_PROC_SAME);
}

static void null_and_inherit_make_nothing(void)
{
  struct world world = world_of(EXEC_STDIN_NULL);
  world_run(&world, has_none);
  world = world_of(EXEC_STDIN_INHERIT);
  world.run.operand_count = 1;
  world_run(&world, has_ours);
}

static void inherit_does_not_go_with_a_list_on_standard_input(void)
{
  char *names[] = { (char *)"-", (char *)"list" };
  struct world world = world_of(EXEC_STDIN_INHERIT);
  world_run(&world, has_ours);
  CHECK_INT(world.status, COMMAND_USAGE);
  world.opts.job.inputs = (struct opt_list){ .items = names, .count = 2 };
  world.run.operand_count = 1;
  world_run(&world, has_ours);
  CHECK_INT(world.status, COMMAND_USAGE);
  world.opts.job.inputs = (struct opt_list){ .items = names + 1, .count = 1 };
  world_run(&world, has_ours);
  CHECK_INT(world.status, COMMAND_OK);
}

/* Records. */

static void reads_text(struct world *world)
{
  set_text(&world->item.item.entry, "a b");
  check_drink(world, begin(world), "a b\n");
  check_drink(world, begin(world), "a b\n"); /* a retry */
}

static void a_record_is_the_text_and_an_end_of_line(void)
{
  struct world world = world_of(EXEC_STDIN_RECORD);
  world_run(&world, reads_text);
}

static void reads_several(struct world *world)
{
  struct job_entry more[2] = { { .text = NULL }, { .text = NULL } };
  set_text(&world->item.item.entry, "a");
  set_text(&more[0], "b");
  set_text(&more[1], "c");
  world->item.more = more;
  world->item.more_count = 2;
  int fd = begin(world);
  char out[16];
  CHECK_INT(drink(fd, out, sizeof(out)), 6);
  CHECK(memcmp(out, "a\0b\0c", 6) == 0);
  exec_feed_given(world->feed, fd);
  job_entry_done(&more[0]);
  job_entry_done(&more[1]);
}

static void records_of_several_entries_follow_each_other(void)
{
  struct world world = world_of(EXEC_STDIN_RECORD);
  world.opts.job.input_format = JOB_INPUT_NUL;
  world_run(&world, reads_several);
}

/* Reads an entry as lists do. */
static void take(struct world *world, enum job_input_format format,
                 const char *text)
{
  struct job_list list = { .format = format, .entry_fields = job_usual_fields };
  struct async_stream *ends[2];
  CHECK_INT(async_stream_open_pair(ends, 4096), 0);
  CHECK_INT(async_stream_write(ends[0], text, strlen(text)), 0);
  CHECK_INT(async_stream_shutdown(ends[0]), 0);
  CHECK_INT(job_list_open(&list, "list", ends[1]), 0);
  job_item_done(&world->item.item);
  world->item.item = (struct job_item){ .seq = 0 };
  CHECK_INT(job_list_next(&list, &world->item.item), 0);
  job_list_close(&list);
  async_stream_close(ends[0]);
}

static void reads_fields(struct world *world)
{
  take(world, JOB_INPUT_AUTO, "{\"name\": \"x\", \"n\" : [1]}\n");
  check_drink(world, begin(world), "{\"name\":\"x\",\"n\":[1]}\n");
  take(world, JOB_INPUT_CSV, "name,size\nx,\"1\"\n");
  check_drink(world, begin(world), "{\"name\":\"x\",\"size\":\"1\"}\n");
  take(world, JOB_INPUT_AUTO, "text\tsize=1\tb=\tc=d e\n");
  check_drink(world, begin(world), "text\tsize=1\tb=\tc=d e\n");
}

static void rows_are_objects_and_lines_keep_their_columns(void)
{
  struct world world = world_of(EXEC_STDIN_RECORD);
  world_run(&world, reads_fields);
}

/* Large ones. */

enum { MUCH = 3 * 1024 * 1024 };

static struct exec_block *much(struct exec_slabs *slabs)
{
  struct exec_slab *slab = exec_slab_new(slabs, MUCH);
  CHECK(slab);
  for (size_t i = 0; i < MUCH; i++)
    slab->bytes[i] = (char)(i * 7 >> 3);
  struct exec_block *block = exec_block_new(slab, 1, MUCH - 1);
  CHECK(block);
  exec_slab_unref(slab);
  return block;
}

static void reads_much(struct world *world)
{
  struct exec_slabs slabs = { .cap = MUCH };
  char *out = malloc(MUCH);
  CHECK(out);
  world->item.block = much(&slabs);
  for (int i = 0; i < 2; i++) {
    int fd = begin(world);
    CHECK_INT(drink(fd, out, MUCH), MUCH - 1);
    CHECK(memcmp(out, world->item.block->bytes, MUCH - 1) == 0);
    exec_feed_given(world->feed, fd);
  }
  free(out);
  exec_block_free(world->item.block);
  exec_slabs_trim(&slabs);
}

static void a_block_that_no_pipe_holds_is_written_meanwhile(void)
{
  struct world world = world_of(EXEC_STDIN_NULL);
  world_run(&world, reads_much);
}

static void reads_little(struct world *world)
{
  struct exec_slabs slabs = { .cap = MUCH };
  char out[10];
  world->item.block = much(&slabs);
  int fd = begin(world);
  CHECK_INT(read(fd, out, sizeof(out)), sizeof(out));
  exec_feed_given(world->feed, fd);
  /* Nobody reads: without a cancel the writer ends. */
  async_group_close(&world->writers);
  async_group_open(&world->writers, ASYNC_GROUP_COLLECT);
  exec_block_free(world->item.block);
  exec_slabs_trim(&slabs);
}

static void a_job_that_does_not_read_is_no_error(void)
{
  struct world world = world_of(EXEC_STDIN_NULL);
  world_run(&world, reads_little);
}

static void holds_it_open(struct world *world)
{
  struct exec_slabs slabs = { .cap = MUCH };
  world->item.block = much(&slabs);
  int fd = begin(world), orphan = dup(fd);
  exec_feed_given(world->feed, fd);
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  async_group_cancel(&world->writers);
  async_group_close(&world->writers);
  async_group_open(&world->writers, ASYNC_GROUP_COLLECT);
  close(orphan);
  exec_block_free(world->item.block);
  exec_slabs_trim(&slabs);
}

static void who_holds_the_pipe_and_does_not_read_is_not_waited_for(void)
{
  struct world world = world_of(EXEC_STDIN_NULL);
  world_run(&world, holds_it_open);
}

/* Files. */

static struct world file_world(const char *name)
{
  struct world world = world_of(EXEC_STDIN_FILE);
  snprintf(world.opts.stdin_choice.file, sizeof(world.opts.stdin_choice.file),
           "%s", name);
  return world;
}

static void reads_file(struct world *world)
{
  char stem[64], path[80];
  snprintf(stem, sizeof(stem), "/tmp/exec-feed-%ld", (long)getpid());
  snprintf(path, sizeof(path), "%s.in", stem);
  set_text(&world->item.item.entry, stem);
  FILE *file = fopen(path, "we");
  CHECK(file && fputs("text\n", file) >= 0);
  fclose(file);
  int fd = begin(world);
  unlink(path);
  check_drink(world, fd, "text\n");
}

static void a_file_is_named_by_a_template(void)
{
  struct world world = file_world("{}.in");
  world_run(&world, reads_file);
}

static void lacks_file(struct world *world)
{
  int fd = -7;
  set_text(&world->item.item.entry, "x");
  CHECK_INT(exec_feed_begin(world->feed, &world->item, &fd, &world->writers),
            -1);
  CHECK_INT(world->item.item.error.kind, JOB_ERROR_IO);
  CHECK_INT(world->item.item.error.code, -ENOENT);
  CHECK(strstr(world->item.item.error.message, "/nowhere/x"));
}

static void a_file_that_is_not_there_is_an_error_of_the_entry(void)
{
  struct world world = file_world("/nowhere/{}");
  world_run(&world, lacks_file);
}

static int write_fifo(void *arg)
{
  const char *path = arg;
  int fd = -1;
  while (fd < 0 && async_sleep(ASYNC_MS) == 0)
    fd = open(path, O_WRONLY | O_NONBLOCK);
  CHECK_INT(write(fd, "late\n", 5), 5);
  close(fd);
  return 0;
}

static void waits_for_writer(struct world *world)
{
  char path[] = "/tmp/exec-feed-fifo-XXXXXX";
  CHECK(mkdtemp(path));
  char name[64];
  snprintf(name, sizeof(name), "%s/fifo", path);
  CHECK_INT(mkfifo(name, 0600), 0);
  set_text(&world->item.item.entry, name);
  CHECK_INT(async_spawn(&world->writers, write_fifo, name), 0);
  int fd = begin(world);
  CHECK_INT(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  check_drink(world, fd, "late\n");
  unlink(name);
  rmdir(path);
}

static void a_named_pipe_waits_for_its_writer_and_stops_nobody(void)
{
  struct world world = file_world("{}");
  world_run(&world, waits_for_writer);
}

static const struct tap_test tests[] = {
  TEST(null_and_inherit_make_nothing),
  TEST(inherit_does_not_go_with_a_list_on_standard_input),
  TEST(a_record_is_the_text_and_an_end_of_line),
  TEST(records_of_several_entries_follow_each_other),
  TEST(rows_are_objects_and_lines_keep_their_columns),
  TEST(a_block_that_no_pipe_holds_is_written_meanwhile),
  TEST(a_job_that_does_not_read_is_no_error),
  TEST(who_holds_the_pipe_and_does_not_read_is_not_waited_for),
  TEST(a_file_is_named_by_a_template),
  TEST(a_file_that_is_not_there_is_an_error_of_the_entry),
  TEST(a_named_pipe_waits_for_its_writer_and_stops_nobody),
};

TAP_MAIN(tests)
