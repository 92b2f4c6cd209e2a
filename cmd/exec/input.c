/* What a job is made of. Entries that were read for a batch are never lost: what
 * is at hand when the input pauses, fails or is cut off is a job all the same,
 * or waits here for the next call. */
#include "exec/input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/timer.h"
#include "command.h"
#include "exec/crossing.h"

/* What the system wants for itself of its longest command line (POSIX, xargs). */
enum { RESERVE = 2048 };

struct exec_input {
  struct job_run *run;
  const struct exec_opts *opts;
  struct exec_crossing *crossing; /* of :::, or NULL */
  int err; /* of the source, to be told after what was read before it */

  /* The entry that did not fit into the job before. */
  size_t most_bytes; /* of a command line */
  bool waiting;
  struct job_entry entry;
  struct job_error error;

  /* The last entries of -X, for the jobs that would have none. */
  struct job_entry *rest;
  size_t rest_count, rest_at, share;
};

int exec_input_split(struct job_run *run, size_t *command_words)
{
  size_t count = 0;
  while (count < run->operand_count &&
         strncmp(run->operands[count], ":::", 3) != 0)
    count++;
  *command_words = count;
  run->operands += count;
  run->operand_count -= count;
  return COMMAND_OK;
}

/* The environment and a pointer for each word come out of the same room. */
static size_t most_bytes(const struct exec_opts *opts)
{
  long most = sysconf(_SC_ARG_MAX);
  size_t room = most > 0 ? (size_t)most : 128 * 1024, used = RESERVE;
  for (char **variable = environ; *variable; variable++)
    used += strlen(*variable) + 1 + sizeof(char *);
  room = room > 2 * used ? room - used : room / 2;
  /* Short words have pointers longer than themselves. */
  room /= 1 + sizeof(char *) / 2;
  return opts->max_chars < room ? opts->max_chars : room;
}

int exec_input_new(struct exec_input **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  struct exec_input *input = calloc(1, sizeof(*input));
  if (!input) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  input->run = run;
  input->opts = opts;
  input->most_bytes = most_bytes(opts);
  int status = COMMAND_OK;
  if (run->operand_count > 0) {
    status = exec_crossing_new(&input->crossing, run, opts);
    run->operand_count = 0;
    run->needs_input = false;
  }
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

static bool has_room(const struct exec_input *input,
                     const struct exec_words *words,
                     const struct exec_item *item, size_t *bytes,
                     const struct job_entry *entry)
{
  const struct exec_opts *opts = input->opts;
  if (!opts->fill)
    return item->more_count + 1 < opts->max_args;
  if (input->share > 0 && item->more_count + 1 >= input->share)
    return false;
  if (opts->max_args > 1 && item->more_count + 1 >= opts->max_args)
    return false;
  *bytes += exec_words_bytes(words, entry, false);
  return *bytes <= input->most_bytes;
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
  if (!input->opts->fill && item->more_count + 1 >= input->opts->max_args)
    return 0;
  int err = take_one(input, &next);
  if (err < 0) {
    job_entry_done(&next.entry);
    return err;
  }
  next.entry.taken_ns = async_now();
  /* A malformed entry is a job, and a record, of its own. */
  if (next.error.kind || !has_room(input, words, item, bytes, &next.entry) ||
      add_entry(item, &next.entry) < 0) {
    put_back(input, &next);
    return 0;
  }
  return 1;
}

static bool is_batch(const struct exec_opts *opts)
{
  return opts->max_args > 1 || opts->fill;
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

int exec_input_next(struct exec_input *input, const struct exec_words *words,
                    struct exec_item *item)
{
  int err = take_one(input, &item->item);
  if (err < 0 || item->item.error.kind || !is_batch(input->opts))
    return err;
  item->item.entry.taken_ns = async_now();
  size_t bytes = exec_words_bytes(words, &item->item.entry, true);
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
