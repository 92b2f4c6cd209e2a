/* Items that stand for several entries. */
#include "job/tool.h"
#include "job_world.h"

enum { GATHERED = 4 };

struct batch {
  struct item item;
  struct job_entry more[GATHERED - 1];
  size_t more_count;
};

static struct job_run *this_run;
static struct job_item held; /* malformed: an item of its own, the next one */
static bool holds;

static int open_batches(struct job_run *run, void **ctx)
{
  this_run = run;
  holds = false;
  return open_tool(run, ctx);
}

static int64_t reading_ns; /* before each entry */

/* One further entry. Returns 0, ASYNC_EOF (that was all for this item), or an
 * error. */
static int gather(struct batch *batch)
{
  struct job_item one = { .seq = 0 };
  int err = async_sleep(reading_ns);
  if (err == 0)
    err = job_source_next(this_run->source, &one);
  if (err < 0) {
    job_item_done(&one);
  } else if (one.error.kind) {
    held = one;
    holds = true;
    err = ASYNC_EOF;
  } else {
    one.entry.taken_ns = async_now();
    batch->more[batch->more_count++] = one.entry;
  }
  return err;
}

static int next_batch(void *ctx, struct job_item *first)
{
  struct batch *batch = (struct batch *)first;
  (void)ctx;
  if (holds) {
    first->entry = held.entry;
    first->error = held.error;
    holds = false;
    return 0;
  }
  int err = async_sleep(reading_ns);
  if (err == 0)
    err = job_source_next(this_run->source, first);
  if (err < 0 || first->error.kind)
    return err;
  first->entry.taken_ns = async_now();
  while (err == 0 && batch->more_count < GATHERED - 1)
    err = gather(batch);
  return err == ASYNC_EOF ? 0 : err;
}

static size_t more(const struct job_item *item, struct job_entry **entries)
{
  struct batch *batch = (struct batch *)(uintptr_t)item;
  *entries = batch->more;
  return batch->more_count;
}

static void batch_done(struct job_item *item)
{
  struct batch *batch = (struct batch *)item;
  for (size_t i = 0; i < batch->more_count; i++)
    job_entry_done(&batch->more[i]);
  item_done(item);
}

static struct job_tool batches(void)
{
  struct job_tool batch_tool = tool;
  batch_tool.item_bytes = sizeof(struct batch);
  batch_tool.open = open_batches;
  batch_tool.next = next_batch;
  batch_tool.more = more;
  batch_tool.item_done = batch_done;
  batch_tool.fields = fields;
  return batch_tool;
}

static void each_entry_has_a_record_with_its_own_seq_key_and_input(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\n"
                             "fail\nf\n");
  world.tool = &batch_tool;
  world.opts.keep_order = true;
  world.opts.format = (char *)"{seq} {key} {input} {outcome} {error.kind} "
                              "{mine}\\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "0 ok ok ok - ok\n1 b b ok - ok\n2 c c ok - ok\n"
                       "3 d d ok - ok\n4 fail fail failed http fail\n"
                       "5 f f failed http fail\n");
}

static void the_records_file_has_them_too(void)
{
  char path[] = "/tmp/job-more-XXXXXX", text[8192];
  int fd = mkstemp(path);
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\ne\n");
  CHECK(fd >= 0);
  world.tool = &batch_tool;
  world.opts.records_file = path;
  CHECK_INT(run(&world), COMMAND_OK);
  collect(fd, text, sizeof(text));
  CHECK_INT(count(text, "\"type\":\"result\""), 5);
  CHECK_INT(count(text, "\"seq\":4,\"key\":\"e\""), 1);
  close(fd);
  unlink(path);
}

static void the_summary_and_messages_count_entries(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\nfail\nf\ng\n");
  world.tool = &batch_tool;
  world.opts.summary = JOB_SUMMARY_JSON;
  world.opts.verbose = 1;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "\"done\":7,\"ok\":4,\"failed\":3,\"timeout\":0,"));
  CHECK(strstr(world.err, "asynctool test: fail and 2 more: HTTP 404\n"));
}

static void progress_counts_entries_and_says_that_jobs_run(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\nhang\nf\n");
  world.tool = &batch_tool;
  world.opts.timeout_ns = ASYNC_SEC;
  world.opts.progress = JOB_PROGRESS_BAR;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK(strstr(world.err, "4 of 6 done, 1 job running, "));
}

static void a_malformed_entry_is_alone_and_in_its_place(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("{\"name\":\"ok\"}\n{\"name\":\"b\"}\n{\n"
                             "{\"name\":\"ok\"}\n{\"name\":\"e\"}\n");
  world.tool = &batch_tool;
  world.opts.keep_order = true;
  world.opts.input_format = JOB_INPUT_NDJSON;
  world.opts.format = (char *)"{seq} {input} {outcome} {error.kind}\\n";
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "0 ok ok -\n1 b ok -\n2 { failed input\n3 ok ok -\n"
                       "4 e ok -\n");
}

static void what_prepare_refuses_it_refuses_for_all(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("bad\nb\n");
  world.tool = &batch_tool;
  CHECK_INT(run(&world), COMMAND_FAILED);
  CHECK_STR(world.out, "bad failed 0\nb failed 0\n");
}

static void a_dry_run_shows_all_of_them(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\nhang\n");
  world.tool = &batch_tool;
  world.opts.dry_run = true;
  world.opts.format = (char *)"{seq} {key} {outcome}\\n";
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_STR(world.out, "0 ok skipped\n1 b skipped\n2 c skipped\n3 d skipped\n"
                       "4 hang skipped\n");
}

static void an_early_stop_accounts_for_every_entry(void)
{
  struct job_tool batch_tool = batches();
  char *lines = many(1000, 25, "fail"); /* the 25th is the first of its job */
  struct world world = usual(lines);
  world.tool = &batch_tool;
  world.opts.jobs = 1;
  world.opts.fail_fast = true;
  CHECK_INT(run(&world), COMMAND_EARLY);
  CHECK_INT(count(world.out, "\n"), 1000);
  CHECK_INT(count(world.out, " failed 1"), GATHERED);
  CHECK_INT(count(world.out, " ok 1"), 24);
  CHECK_INT(count(world.out, " skipped 0"), 1000 - 24 - GATHERED);
  free(lines);
}

static void limits_of_the_engine_count_jobs(void)
{
  struct job_tool batch_tool = batches();
  char *lines = many(100, 0, "");
  struct world world = usual(lines);
  world.tool = &batch_tool;
  world.opts.jobs = 1;
  world.opts.first = 2;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(count(world.out, "\n"), 100);
  CHECK_INT(count(world.out, " ok 1"), 2 * GATHERED);
  free(lines);
}

static void queue_time_begins_when_an_entry_was_read(void)
{
  struct job_tool batch_tool = batches();
  struct world world = usual("ok\nb\nc\nd\n");
  world.tool = &batch_tool;
  world.opts.format = (char *)"{key} {queue_ms}\n";
  reading_ns = 10 * ASYNC_MS;
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_STR(world.out, "ok 30\nb 20\nc 10\nd 0\n");
}

static const struct tap_test tests[] = {
  TEST(each_entry_has_a_record_with_its_own_seq_key_and_input),
  TEST(the_records_file_has_them_too),
  TEST(the_summary_and_messages_count_entries),
  TEST(progress_counts_entries_and_says_that_jobs_run),
  TEST(a_malformed_entry_is_alone_and_in_its_place),
  TEST(what_prepare_refuses_it_refuses_for_all),
  TEST(a_dry_run_shows_all_of_them),
  TEST(an_early_stop_accounts_for_every_entry),
  TEST(limits_of_the_engine_count_jobs),
  TEST(queue_time_begins_when_an_entry_was_read),
};

TAP_MAIN(tests)
