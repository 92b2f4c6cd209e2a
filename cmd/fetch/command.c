#include "fetch/command.h"

#include "fetch/client.h"
#include "fetch/item.h"
#include "fetch/job.h"
#include "fetch/options.h"
#include "fetch/record.h"

static const struct command_example examples[] = {
  { "asynctool fetch -j 64 --dir pages urls.txt",
    "Download every URL of a list, 64 at once" },
  { "asynctool fetch --discard --ndjson - <urls.txt >records.ndjson",
    "Only look: one JSON record for each URL, no files" },
  { "asynctool fetch --rate 10/s --per-host 4 --retries 5 urls.txt",
    "Be gentle: ten starts a second, four at once to a host" },
  { NULL, NULL },
};

#define USAGE "[OPTIONS] [URL|FILE|-]..."

static const struct job_tool tool = {
  .name = "fetch",
  .usage = USAGE,
  .entries = "URLs",
  .item_bytes = sizeof(struct fetch_item),
  .fields = fetch_fields,
  .counts_bytes = true,
  .descriptors_per_job = 2, /* the connection, the file */
  .open = fetch_client_open,
  .close = fetch_client_close,
  .prepare = fetch_prepare,
  .key = fetch_key,
  .work = fetch_work,
  .ended = fetch_ended,
  .text = fetch_text,
  .item_done = fetch_item_done,
  .status = fetch_status,
};

static int run(const void *opts, char *const *operands, size_t operand_count)
{
  const struct fetch_opts *fetch = opts;
  return job_run(&tool, &fetch->job, opts, operands, operand_count);
}

const struct command fetch_command = {
  .name = "fetch",
  .summary = "Fetch many URLs at once",
  .usage = USAGE,
  .description =
      "Fetches every URL given: operands with a scheme, and the lines of "
      "files and of standard input. Bodies go to files named after the URLs; "
      "each URL ends as one record on standard output.",
  .examples = examples,
  .tables = fetch_tables,
  .opts_bytes = sizeof(struct fetch_opts),
  .run = run,
};
