#include "exec/command.h"

#include "exec/client.h"
#include "exec/item.h"
#include "exec/job.h"
#include "exec/options.h"
#include "exec/record.h"

static const struct command_example examples[] = {
  { "asynctool exec -j 8 convert {} {.}.png <images.txt",
    "Convert every file of a list, eight at once" },
  { "asynctool exec --shell 'gzip -c {} >{}.gz' ::: *.log",
    "A shell script for each file; values stay single words" },
  { "asynctool exec --timeout 30s --retries 3 --ndjson ./check {} <hosts",
    "With a time limit, retries, and a JSON record for each host" },
  { NULL, NULL },
};

static const struct command_status statuses[] = {
  { "126", "the command is there, but cannot be run" },
  { "127", "there is no such command" },
  { NULL, NULL },
};

#define USAGE "[OPTIONS] [--] COMMAND [ARG]... [::: ENTRY...]"

/* The entry of a row or an object. */
static const char *const entry_fields[] = { "arg", "file",  "path", "name",
                                            "url", "input", "key",  NULL };

static const struct job_tool tool = {
  .name = "exec",
  .usage = USAGE,
  .entries = "entries",
  .item_bytes = sizeof(struct exec_item),
  .fields = exec_fields,
  .entry_fields = entry_fields,
  .descriptors_per_job = 5, /* the process, its outputs, its input, a file */
  .open = exec_client_open,
  .close = exec_client_close,
  .next = exec_next,
  .prepare = exec_prepare,
  .more = exec_more,
  .work = exec_work,
  .ended = exec_ended,
  .text = exec_text_of,
  .item_done = exec_item_done,
  .status = exec_status,
  .stopping = exec_stopping,
  .continued = exec_continued,
};

static int run(const void *opts, char *const *operands, size_t operand_count)
{
  const struct exec_opts *exec = opts;
  return job_run(&tool, &exec->job, opts, operands, operand_count);
}

const struct command exec_command = {
  .name = "exec",
  .summary = "Run a command for every entry",
  .usage = USAGE,
  .description =
      "Runs COMMAND once for each entry: the lines of standard input, of "
      "--input files, or the words behind :::. {} in an argument stands for "
      "the entry; without any, it becomes the last argument. No shell reads "
      "the command. What the jobs write comes out job by job.",
  .examples = examples,
  .statuses = statuses,
  .tables = exec_tables,
  .opts_bytes = sizeof(struct exec_opts),
  .stop_at_operand = true,
  .run = run,
};
