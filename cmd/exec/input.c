/* What a job is made of. Entries that were read for a batch are never lost: what
 * is at hand when the input pauses, fails or is cut off is a job all the same,
 * or waits here for the next call. */
#include "exec/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/timer.h"
#include "command.h"
#include "exec/crossing.h"

struct exec_input {
  struct job_run *run;
  const struct exec_opts *opts;
  struct exec_crossing *crossing; /* of :::, or NULL */
  int err; /* of the source, to be told after what was read before it */

  /* The entry that did not fit into the job before. */
  bool waiting;
  struct job_entry entry;
  struct job_error error;

  /* The last entries of -X, for the jobs that would have none. */
  struct job_entry *rest;
  size_t rest_count, rest_at, share;
};

/* Opening. */

static int say(const struct job_run *run, const char *text)
{
  job_say_error(run->log, "%s", text);
  return COMMAND_USAGE;
}

static int say_no_memory(const struct job_run *run)
{
  job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
  return COMMAND_IO;
}

int exec_input_split(struct job_run *run, size_t *command_words)
{
  size_t count = 0;
  while (count < run->operand_count &&
         !exec_crossing_is_mark(run->operands[count])) {
    if (strncmp(run->operands[count], "::::", 4) == 0)
      return say(run, ":::: is not known: files of entries are given with "
                      "--arg-file, before the command");
    count++;
  }
  *command_words = count;
  run->operands += count;
  run->operand_count -= count;
  return COMMAND_OK;
}

/* What can be known to be wrong before anything is read. */
static int check(const struct job_run *run, const struct exec_opts *opts,
                 const struct exec_words *words)
{
  const char *field = words ? exec_words_field(words) : NULL;
  enum job_input_format format = opts->job.input_format;
  bool listed = run->operand_count > 0;
  if (listed && opts->job.inputs.count > 0)
    return say(run, "entries come from ::: or from --input, not from both");
  if (opts->header &&
      (listed || (format != JOB_INPUT_CSV && format != JOB_INPUT_TSV)))
    return say(run, "--header is for --input-format csv and tsv");
  if (!field || !(listed || format == JOB_INPUT_NUL))
    return COMMAND_OK;
  job_say_error(run->log,
                "{%s}: entries of %s have no fields (for these letters write "
                "{{%s})",
                field, listed ? ":::" : "--null", field);
  return COMMAND_USAGE;
}

static int open_crossing(struct exec_input *input, struct job_run *run)
{
  int status = exec_crossing_new(&input->crossing, run);
  run->operand_count = 0;
  run->needs_input = false;
  return status;
}

int exec_input_new(struct exec_input **out, struct job_run *run,
                   const struct exec_opts *opts, const struct exec_words *words)
{
  int status = check(run, opts, words);
  if (status != COMMAND_OK)
    return status;
  struct exec_input *input = calloc(1, sizeof(*input));
  if (!input)
    return say_no_memory(run);
  input->run = run;
  input->opts = opts;
  if (run->operand_count > 0)
    status = open_crossing(input, run);
  if (status == COMMAND_OK)
    *out = input;
  else
    exec_input_free(input);
  return status;
}

void exec_input_free(struct exec_input *input)
{
  if (!input)
    return;
  exec_crossing_free(input->crossing);
  if (input->waiting) {
    job_entry_done(&input->entry);
    job_error_clear(&input->error);
  }
  while (input->rest_at < input->rest_count)
    job_entry_done(&input->rest[input->rest_at++]);
  free(input->rest);
  free(input);
}

/* One entry, into the item. */

static int read_one(struct exec_input *input, struct job_item *item)
{
  return input->crossing ? exec_crossing_next(input->crossing, item)
                         : job_source_next(input->run->source, item);
}

static int take_one(struct exec_input *input, struct job_item *item)
{
  if (input->waiting) {
    item->entry = input->entry;
    item->error = input->error;
    input->waiting = false;
    return 0;
  }
  if (input->rest_at < input->rest_count) {
    item->entry = input->rest[input->rest_at++];
    return 0;
  }
  if (input->err)
    return input->err;
  return read_one(input, item);
}

/* Keeps an entry that was read too much. */
static void put_back(struct exec_input *input, struct job_item *item)
{
  input->entry = item->entry;
  input->error = item->error;
  input->waiting = true;
}

/* Several. */

static bool is_batch(const struct exec_opts *opts)
{
  return opts->max_args > 1 || opts->fill;
}

/* Whether the job may have another entry, whatever it is. */
static bool is_open(const struct exec_input *input,
                    const struct exec_item *item)
{
  const struct exec_opts *opts = input->opts;
  size_t count = item->more_count + 1;
  if (input->share > 0 && count >= input->share)
    return false;
  return count < opts->max_args || (opts->fill && opts->max_args == 1);
}

/* A malformed entry is a job of its own. So is, with -X, one that would make the
 * command fail; with -n the others would go together in another way then. */
static bool fits(const struct exec_input *input, const struct exec_words *words,
                 const struct exec_item *item, const struct job_item *next,
                 size_t *bytes)
{
  if (next->error.kind || !input->opts->fill)
    return !next->error.kind;
  if (!exec_words_take(words, &next->entry))
    return false;
  *bytes += exec_words_bytes(words, &next->entry, false);
  return exec_words_fit(words, *bytes, item->more_count + 2);
}

/* The array doubles when the count is a power of two. */
static int add_entry(struct exec_item *item, const struct job_entry *entry)
{
  size_t count = item->more_count;
  if ((count & (count - 1)) == 0) {
    size_t size = count ? 2 * count : 1;
    struct job_entry *more = realloc(item->more, size * sizeof(*more));
    if (!more)
      return ASYNC_ENOMEM;
    item->more = more;
  }
  item->more[item->more_count++] = *entry;
  return 0;
}

/* Reads one more. Returns 1 if it belongs to the job, 0 if the job is full, or
 * what the source says. */
static int grow(struct exec_input *input, const struct exec_words *words,
                struct exec_item *item, size_t *bytes)
{
  struct job_item next = { .entry = { .text = NULL } };
  if (!is_open(input, item))
    return 0;
  int err = take_one(input, &next);
  if (err < 0) {
    job_item_done(&next);
    return err;
  }
  next.entry.taken_ns = async_now();
  if (!fits(input, words, item, &next, bytes) ||
      add_entry(item, &next.entry) < 0) {
    put_back(input, &next);
    return 0;
  }
  return 1;
}

/* At the end of the input: the job gives up all but its share of the entries, so
 * that the others have work, too. */
static void spread(struct exec_input *input, struct exec_item *item)
{
  size_t count = item->more_count + 1, jobs = input->run->jobs;
  if (!input->opts->fill || input->share > 0)
    return;
  input->share = (count + jobs - 1) / jobs;
  size_t keep = input->share - 1;
  if (keep >= item->more_count)
    return;
  input->rest_count = item->more_count - keep;
  input->rest = malloc(input->rest_count * sizeof(*input->rest));
  if (!input->rest) { /* one job has them all, then */
    input->rest_count = 0;
    return;
  }
  memcpy(input->rest, item->more + keep,
         input->rest_count * sizeof(*input->rest));
  item->more_count = keep;
}

/* Whether the job's first entry may have others with it. */
static bool begins_batch(const struct exec_input *input,
                         const struct exec_words *words, struct exec_item *item,
                         size_t *bytes)
{
  struct job_item *first = &item->item;
  if (!is_batch(input->opts) || first->error.kind)
    return false;
  first->entry.taken_ns = async_now();
  if (!input->opts->fill)
    return true;
  *bytes = exec_words_bytes(words, &first->entry, true);
  if (!exec_words_take(words, &first->entry))
    return false;
  if (exec_words_fit(words, *bytes, 1))
    return true;
  job_error_set(first, JOB_ERROR_INPUT, -E2BIG,
                "its command line of %zu bytes is longer than --max-chars",
                *bytes);
  return false;
}

int exec_input_next(struct exec_input *input, const struct exec_words *words,
                    struct exec_item *item)
{
  size_t bytes = 0;
  int err = take_one(input, &item->item);
  if (err < 0 || !begins_batch(input, words, item, &bytes))
    return err;
  do {
    err = grow(input, words, item, &bytes);
  } while (err > 0);
  /* A read that was cut off may go on later; anything else is final. */
  if (err < 0 && err != ASYNC_ECANCELED)
    input->err = err;
  if (err == ASYNC_EOF)
    spread(input, item);
  return 0;
}
