#include "fetch/command.h"

#include "fetch/options.h"

static const struct command_example examples[] = {
  { "asynctool fetch -j 64 --dir pages urls.txt",
    "Download every URL of a list, 64 at once" },
  { "asynctool fetch --discard --ndjson - <urls.txt >records.ndjson",
    "Only look: one JSON record for each URL, no files" },
  { "asynctool fetch --rate 10/s --per-host 4 --retries 5 urls.txt",
    "Be gentle: ten starts a second, four at once to a host" },
  { NULL, NULL },
};

static int run(const void *opts, char *const *operands, size_t operand_count)
{
  (void)opts;
  (void)operands;
  (void)operand_count;
  return command_error(&fetch_command, COMMAND_IO, "not built yet");
}

const struct command fetch_command = {
  .name = "fetch",
  .summary = "Fetch many URLs at once",
  .usage = "[OPTIONS] [URL|FILE|-]...",
  .description =
      "Fetches every URL given: operands with a scheme, and the lines of "
      "files and of standard input. Bodies go to files named after the URLs; "
      "each URL ends as one record on standard output.",
  .examples = examples,
  .tables = fetch_tables,
  .opts_bytes = sizeof(struct fetch_opts),
  .run = run,
};
