/* --pipe: the input as bytes, cut into blocks at the ends of lines. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/stream.h"
#include "async/work.h"
#include "command.h"
#include "exec/block.h"
#include "exec/cut.h"
#include "exec/feed.h"

enum {
  READ_LEAST = 16 * 1024,
  SLAB_LEAST = 256 * 1024,
  SLAB_FIRST_MOST = 4 * 1024 * 1024, /* a larger one grows to what there is */
  SPARE_BLOCKS = 2
};

struct exec_pipe_input {
  struct job_run *run;
  const struct opt_list *inputs;
  size_t input; /* the next one */
  bool stdin_over;
  struct async_stream *stream; /* NULL between files */
  const char *name;
  struct exec_slabs slabs;
  struct exec_slab *slab; /* being filled; NULL: none yet */
  size_t start, end;      /* of what was not given out */
  struct exec_cut cut;
  uint64_t count;
  bool over;
};

/* The options. */

static int refuse(struct job_run *run, const char *text)
{
  job_say_error(run->log, "%s", text);
  return COMMAND_USAGE;
}

static int check(struct job_run *run, const struct exec_opts *opts)
{
  if (run->operand_count > 0)
    return refuse(run, "--pipe takes its input as bytes, not from :::");
  if (opts->max_args > 1 || opts->fill)
    return refuse(run, "--pipe makes one block a job: -n and -X do not fit");
  if (opts->commands)
    return refuse(run, "--pipe gives its input to one command: --commands "
                       "does not fit");
  if (opts->stdin_choice.from != EXEC_STDIN_NULL)
    return refuse(run, "--pipe is the standard input: --stdin does not fit");
  return COMMAND_OK;
}

struct compilation {
  struct exec_cut *cut;
  const struct exec_pipe_choice *choice;
  int err;
};

static void compile(void *arg)
{
  struct compilation *compilation = arg;
  compilation->err = exec_cut_init(compilation->cut, compilation->choice);
}

/* On a thread, which has a large stack. */
static int init_cut(struct exec_cut *cut, const struct exec_pipe_choice *choice)
{
  struct compilation compilation = { .cut = cut, .choice = choice };
  int err = async_work(compile, &compilation, ASYNC_WORK_WAIT, NULL);
  return err < 0 ? err : compilation.err;
}

static int say(struct job_run *run, int err)
{
  if (err == ASYNC_EINVAL)
    return refuse(run, "--pipe sep= is not an extended regular expression, or "
                       "refers back to a part of itself");
  job_say_error(run->log, "--pipe: %s", async_err_text(err));
  return COMMAND_IO;
}

static size_t slab_bytes(const struct exec_pipe_choice *choice)
{
  if (choice->by != EXEC_PIPE_SIZE || choice->bytes < SLAB_LEAST)
    return SLAB_LEAST;
  return choice->bytes < SLAB_FIRST_MOST ? choice->bytes : SLAB_FIRST_MOST;
}

/* Blocks that wait for their turn with --keep-order are not running. */
static size_t window_of(const struct job_run *run)
{
  return run->jobs * (run->opts->keep_order ? 2 : 1) + SPARE_BLOCKS;
}

int exec_pipe_open(struct exec_pipe_input **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  int status = check(run, opts);
  if (status != COMMAND_OK)
    return status;
  struct exec_pipe_input *input = calloc(1, sizeof(*input));
  int err = input ? init_cut(&input->cut, &opts->pipe) : ASYNC_ENOMEM;
  if (err < 0) {
    free(input);
    return say(run, err);
  }
  input->run = run;
  input->inputs = &opts->job.inputs;
  input->stdin_over = opts->job.inputs.count > 0;
  input->slabs.cap = slab_bytes(&opts->pipe);
  run->window = window_of(run);
  *out = input;
  return COMMAND_OK;
}

void exec_pipe_close(struct exec_pipe_input *input)
{
  if (!input)
    return;
  async_stream_close(input->stream);
  exec_slab_unref(input->slab);
  exec_slabs_trim(&input->slabs);
  exec_cut_done(&input->cut);
  free(input);
}

/* Files, one after the other. */

static int open_named(struct exec_pipe_input *input, const char *name)
{
  if (strcmp(name, "-") != 0)
    return job_source_open_file(&input->stream, name);
  input->name = "standard input";
  return async_stream_open_fd(&input->stream, STDIN_FILENO,
                              ASYNC_STREAM_BORROW);
}

static int open_next(struct exec_pipe_input *input)
{
  if (input->input < input->inputs->count)
    input->name = input->inputs->items[input->input];
  else if (!input->stdin_over)
    input->name = "-";
  else
    return ASYNC_EOF;
  int err = open_named(input, input->name);
  if (err == ASYNC_ECANCELED)
    return err;
  input->input++;
  input->stdin_over = true;
  return err;
}

/* The input is so long that blocks of the size that was asked for are made. */
static void widen(struct exec_pipe_input *input, size_t cap)
{
  exec_slabs_trim(&input->slabs);
  input->slabs.cap = cap;
}

/* Makes room for what is of use, at least for one byte. */
static int make_room(struct exec_pipe_input *input)
{
  size_t len = input->end - input->start, cap = input->slabs.cap;
  size_t wants = exec_cut_wants(&input->cut, len);
  size_t least = wants && wants - len < READ_LEAST ? wants - len : READ_LEAST;
  if (input->slab && input->slab->cap - input->end >= least)
    return 0;
  if (cap < 2 * len)
    cap = wants && wants < 2 * len ? wants : 2 * len;
  if (wants && cap > input->slabs.cap)
    widen(input, cap);
  struct exec_slab *slab = exec_slab_new(&input->slabs, cap);
  if (!slab)
    return ASYNC_ENOMEM;
  if (len)
    memcpy(slab->bytes, input->slab->bytes + input->start, len);
  exec_slab_unref(input->slab);
  input->slab = slab;
  input->start = 0;
  input->end = len;
  return 0;
}

/* Reads more. Returns 0, ASYNC_EOF after the last file, or an error. */
static int read_more(struct exec_pipe_input *input)
{
  int err = input->stream ? 0 : open_next(input);
  if (err == 0)
    err = make_room(input);
  if (err < 0)
    return err;
  ssize_t got =
      async_stream_read(input->stream, input->slab->bytes + input->end,
                        input->slab->cap - input->end);
  if (got > 0) {
    input->end += (size_t)got;
    return 0;
  }
  if (got < 0)
    return (int)got;
  async_stream_close(input->stream);
  input->stream = NULL;
  return 0;
}

/* Blocks. */

int exec_pipe_name(struct exec_item *item, const char *what, uint64_t number)
{
  struct async_buf name = ASYNC_BUF_INIT;
  async_buf_add_str(&name, what);
  async_buf_add_char(&name, ' ');
  async_buf_add_uint(&name, number);
  const char *text = async_buf_str(&name);
  int err = text ? job_entry_set_text(&item->item.entry, text, name.len)
                 : ASYNC_ENOMEM;
  async_buf_done(&name);
  return err;
}

/* The length of the next block; 0: more has to be read. */
static size_t find_end(struct exec_pipe_input *input)
{
  size_t len = input->end - input->start;
  return len == 0
             ? 0
             : exec_cut_find(&input->cut, input->slab->bytes + input->start,
                             len, input->over);
}

static void note_failure(struct exec_pipe_input *input, int err)
{
  job_say_error(input->run->log, "cannot read %s: %s", input->name,
                async_err_text(err));
  job_source_note_failure(input->run->source);
  async_stream_close(input->stream);
  input->stream = NULL;
}

int exec_pipe_take(struct exec_pipe_input *input, struct exec_block **out)
{
  size_t len;
  while ((len = find_end(input)) == 0) {
    if (input->over)
      return ASYNC_EOF;
    int err = read_more(input);
    if (err == ASYNC_EOF)
      input->over = true;
    else if (err == ASYNC_ECANCELED || err == ASYNC_ENOMEM)
      return err;
    else if (err < 0)
      note_failure(input, err);
  }
  *out = exec_block_new(input->slab, input->start, len);
  if (!*out)
    return ASYNC_ENOMEM;
  input->start += len;
  return 0;
}

int exec_pipe_next(struct exec_pipe_input *input, struct exec_item *item)
{
  int err = exec_pipe_take(input, &item->block);
  if (err < 0)
    return err;
  item->item.bytes = item->block->len;
  item->given = (struct exec_given){ .blocks = 1, .bytes = item->block->len };
  return exec_pipe_name(item, "block", ++input->count);
}
