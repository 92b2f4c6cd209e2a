/* --pipe: the input as bytes, cut into blocks at the ends of lines. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/stream.h"
#include "command.h"
#include "exec/block.h"
#include "exec/cut.h"
#include "exec/feed.h"

/* At least so much is read at a time, and room made for. */
enum { READ_BYTES = 256 * 1024, SPARE_BLOCKS = 2 };

struct exec_pipe_input {
  struct job_run *run;
  const struct opt_list *inputs;
  size_t input; /* the next one */
  bool stdin_over;
  struct async_stream *stream; /* NULL between files */
  const char *name;
  struct async_buf buf;
  size_t start; /* of what was not given out */
  struct exec_cut cut;
  uint64_t count;
  bool over;
};

static int refuse(struct job_run *run, const char *text)
{
  job_say_error(run->log, "%s", text);
  return COMMAND_USAGE;
}

int exec_pipe_open(struct exec_pipe_input **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  if (run->operand_count > 0)
    return refuse(run, "--pipe takes its input as bytes, not from :::");
  if (opts->max_args > 1 || opts->fill)
    return refuse(run, "--pipe makes one block a job: -n and -X do not fit");
  if (opts->stdin_choice.from != EXEC_STDIN_NULL)
    return refuse(run, "--pipe is the standard input: --stdin does not fit");
  struct exec_pipe_input *input = calloc(1, sizeof(*input));
  int err = input ? exec_cut_init(&input->cut, &opts->pipe) : ASYNC_ENOMEM;
  if (err < 0) {
    free(input);
    job_say_error(run->log, "--pipe: %s",
                  err == ASYNC_EINVAL ? "not a regular expression"
                                      : async_err_text(err));
    return err == ASYNC_EINVAL ? COMMAND_USAGE : COMMAND_IO;
  }
  input->run = run;
  input->inputs = &opts->job.inputs;
  input->stdin_over = opts->job.inputs.count > 0;
  run->window = run->jobs + SPARE_BLOCKS;
  *out = input;
  return COMMAND_OK;
}

void exec_pipe_close(struct exec_pipe_input *input)
{
  if (!input)
    return;
  async_stream_close(input->stream);
  async_buf_done(&input->buf);
  exec_cut_done(&input->cut);
  free(input);
}

void exec_block_free(struct exec_block *block)
{
  free(block);
}

/* Files, one after the other. */

static int open_named(struct exec_pipe_input *input, const char *name)
{
  if (strcmp(name, "-") != 0)
    return async_stream_open_file(&input->stream, name, O_RDONLY, 0);
  input->name = "standard input";
  return async_stream_open_fd(&input->stream, STDIN_FILENO,
                              ASYNC_STREAM_BORROW);
}

static int open_next(struct exec_pipe_input *input)
{
  if (input->input < input->inputs->count)
    input->name = input->inputs->items[input->input++];
  else if (!input->stdin_over)
    input->name = "-";
  else
    return ASYNC_EOF;
  input->stdin_over = true;
  return open_named(input, input->name);
}

/* Reads more. Returns 0, ASYNC_EOF after the last file, or an error. */
static int read_more(struct exec_pipe_input *input)
{
  int err = input->stream ? 0 : open_next(input);
  if (err == 0)
    err = async_buf_reserve(&input->buf, READ_BYTES);
  if (err < 0)
    return err;
  ssize_t got = async_stream_read(input->stream,
                                  input->buf.data + input->buf.len, READ_BYTES);
  if (got > 0) {
    input->buf.len += (size_t)got;
    return 0;
  }
  if (got < 0)
    return (int)got;
  async_stream_close(input->stream);
  input->stream = NULL;
  return 0;
}

/* What was given out makes room. */
static void compact(struct exec_pipe_input *input)
{
  if (input->start == 0)
    return;
  async_buf_drop(&input->buf, input->start);
  input->start = 0;
}

/* Blocks. */

static int set_block(struct exec_pipe_input *input, struct exec_item *item,
                     size_t len)
{
  struct async_buf name = ASYNC_BUF_INIT;
  struct exec_block *block = malloc(sizeof(*block) + len);
  async_buf_printf(&name, "block %llu", (unsigned long long)(input->count + 1));
  const char *text = async_buf_str(&name);
  int err = text && block
                ? job_entry_set_text(&item->item.entry, text, name.len)
                : ASYNC_ENOMEM;
  async_buf_done(&name);
  if (err < 0) {
    free(block);
    return err;
  }
  block->len = len;
  memcpy(block->bytes, input->buf.data + input->start, len);
  input->start += len;
  input->count++;
  item->item.bytes = len;
  item->block = block;
  return 0;
}

/* The length of the next block; 0: more has to be read. */
static size_t find_end(struct exec_pipe_input *input)
{
  size_t len = input->buf.len - input->start;
  if (len == 0)
    return 0;
  size_t end = exec_cut_find(&input->cut, input->buf.data + input->start, len);
  return end == 0 && input->over ? len : end;
}

static void note_failure(struct exec_pipe_input *input, int err)
{
  job_say_error(input->run->log, "cannot read %s: %s", input->name,
                async_err_text(err));
  job_source_note_failure(input->run->source);
  async_stream_close(input->stream);
  input->stream = NULL;
}

int exec_pipe_next(struct exec_pipe_input *input, struct exec_item *item)
{
  size_t len;
  while ((len = find_end(input)) == 0) {
    if (input->over)
      return ASYNC_EOF;
    compact(input);
    int err = read_more(input);
    if (err == ASYNC_EOF)
      input->over = true;
    else if (err == ASYNC_ECANCELED || err == ASYNC_ENOMEM)
      return err;
    else if (err < 0)
      note_failure(input, err);
  }
  return set_block(input, item, len);
}
