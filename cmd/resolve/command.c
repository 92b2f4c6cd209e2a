#include "resolve/command.h"

#include "resolve/client.h"
#include "resolve/judge.h"
#include "resolve/options.h"
#include "resolve/record.h"
#include "resolve/system.h"
#include "resolve/text.h"
#include "resolve/work.h"

static const struct command_example examples[] = {
  { "asynctool resolve -t A,AAAA names.txt",
    "Both addresses of every name of a list" },
  { "asynctool resolve -r resolvers.txt --ndjson --failed rest.txt names.txt",
    "Through many resolvers; what got no answer can be fed back" },
  { "asynctool resolve --system names.txt",
    "What other programs would connect to: hosts file, search list" },
  { "asynctool resolve -x 192.0.2.0/24", "The names of a network's addresses" },
  { "asynctool resolve example.com MX @192.0.2.53 +dnssec",
    "One question, in dig's manner" },
  { NULL, NULL },
};

#define USAGE "[OPTIONS] [@RESOLVER] [NAME|FILE|-]... [TYPE]..."

static const char *const entry_fields[] = { "name",  "host", "target", "url",
                                            "input", "key",  NULL };

static const char *const styles[] = { "simple", "short", "full", "zone",
                                      "list",   "wire",  NULL };

#define HOOKS                                                                  \
  .name = "resolve", .usage = USAGE, .entries = "names",                       \
  .item_bytes = sizeof(struct resolve_item), .entry_fields = entry_fields,     \
  .styles = styles, .open = resolve_client_open,                               \
  .close = resolve_client_close, .next = resolve_next, .ended = resolve_ended, \
  .text = resolve_text, .text_of_malformed = true,                             \
  .item_done = resolve_item_done, .status = resolve_status

/* One query an attempt. */
static const struct job_tool tool = {
  HOOKS,
  .prepare = resolve_prepare,
  .fields = resolve_fields,
  .start = resolve_start,
  .judge = resolve_judge,
};

static const struct job_tool detailed_tool = {
  HOOKS,
  .prepare = resolve_prepare,
  .fields = resolve_detailed_fields,
  .start = resolve_start,
  .judge = resolve_judge,
};

/* Several, in a task. */
static const struct job_tool work_tool = {
  HOOKS,
  .prepare = resolve_work_prepare,
  .fields = resolve_work_fields,
  .work = resolve_work,
};

static const struct job_tool detailed_work_tool = {
  HOOKS,
  .prepare = resolve_work_prepare,
  .fields = resolve_detailed_work_fields,
  .work = resolve_work,
};

static const struct job_tool system_tool = {
  HOOKS,
  .prepare = resolve_system_prepare,
  .fields = resolve_fields,
  .work = resolve_system_work,
};

static const struct job_tool *choose(const struct resolve_opts *opts)
{
  if (opts->system)
    return &system_tool;
  if (resolve_needs_work(opts))
    return opts->details ? &detailed_work_tool : &work_tool;
  return opts->details ? &detailed_tool : &tool;
}

static int run(const void *opts, char *const *operands, size_t operand_count)
{
  const struct resolve_opts *resolve = opts;
  return job_run(choose(resolve), &resolve->job, opts, operands, operand_count);
}

const struct command resolve_command = {
  .name = "resolve",
  .summary = "Ask DNS for many names at once",
  .usage = USAGE,
  .description =
      "Asks for every name given: operands, and the lines of files and of "
      "standard input, each with types and a @resolver of its own if it likes. "
      "Each question ends as one record on standard output, whatever happens.",
  .examples = examples,
  .tables = resolve_tables,
  .opts_bytes = sizeof(struct resolve_opts),
  .run = run,
};
