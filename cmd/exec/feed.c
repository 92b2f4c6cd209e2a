#include "exec/feed.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "async/error.h"
#include "async/proc.h"
#include "async/stream.h"
#include "command.h"
#include "exec/block.h"
#include "exec/words.h"

struct exec_feed {
  const struct exec_opts *opts;
  struct exec_text *file; /* --stdin file:TEMPLATE */
  char end;               /* of an entry */
};

/* Whether the entries are read from standard input. */
static bool has_entries_there(const struct job_run *run,
                              const struct opt_list *inputs)
{
  if (run->operand_count > 0)
    return false;
  for (size_t i = 0; i < inputs->count; i++)
    if (strcmp(inputs->items[i], "-") == 0)
      return true;
  return inputs->count == 0;
}

int exec_feed_open(struct exec_feed **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  if (opts->stdin_choice.from == EXEC_STDIN_INHERIT &&
      has_entries_there(run, &opts->job.inputs)) {
    job_say_error(run->log, "--stdin inherit: standard input has the entries; "
                            "give them with --input FILE or behind :::");
    return COMMAND_USAGE;
  }
  struct async_buf message = ASYNC_BUF_INIT;
  struct exec_feed *feed = calloc(1, sizeof(*feed));
  int err = feed ? 0 : ASYNC_ENOMEM;
  if (err == 0 && opts->stdin_choice.from == EXEC_STDIN_FILE)
    err = exec_text_new(&feed->file, opts, opts->stdin_choice.file, NULL,
                        &message);
  async_buf_done(&message);
  if (err < 0) {
    exec_feed_close(feed);
    job_say_error(run->log, "%s", async_err_text(err));
    return COMMAND_IO;
  }
  feed->opts = opts;
  feed->end = opts->job.input_format == JOB_INPUT_NUL ? '\0' : '\n';
  *out = feed;
  return COMMAND_OK;
}

void exec_feed_close(struct exec_feed *feed)
{
  if (feed)
    exec_text_free(feed->file);
  free(feed);
}

/* Files. */

static int no_memory(struct exec_item *item)
{
  return job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                       async_err_text(ASYNC_ENOMEM));
}

static int open_file(struct exec_feed *feed, struct exec_item *item, int *fd)
{
  struct async_buf name = ASYNC_BUF_INIT;
  int err = exec_text_add(feed->file, item, &name);
  const char *path = async_buf_str(&name);
  if (err == 0 && !path)
    err = no_memory(item);
  if (err == 0) {
    *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
      err = job_error_set(&item->item, JOB_ERROR_IO, -errno,
                          "standard input from %s: %s", path,
                          async_err_text(-errno));
  }
  async_buf_done(&name);
  return err;
}

/* Pipes. */

/* What did not fit into the pipe before the job started. */
struct writer {
  struct async_stream *stream;
  struct async_buf own; /* where the bytes are, if they are not the block's */
  const char *bytes;
  size_t len;
};

static void writer_free(struct writer *writer)
{
  async_stream_close(writer->stream);
  async_buf_done(&writer->own);
  free(writer);
}

/* A job that does not read to the end is nobody's failure. */
static int write_rest(void *arg)
{
  struct writer *writer = arg;
  async_stream_write(writer->stream, writer->bytes, writer->len);
  writer_free(writer);
  return 0;
}

static int start_writer(int fd, const struct writer *rest,
                        struct async_group *group)
{
  struct writer *writer = malloc(sizeof(*writer));
  if (!writer)
    return ASYNC_ENOMEM;
  *writer = *rest;
  int err = async_stream_open_fd(&writer->stream, fd, ASYNC_STREAM_OWN);
  if (err < 0) {
    free(writer);
    return err;
  }
  err = async_spawn(group, write_rest, writer);
  if (err < 0) {
    writer->own = (struct async_buf)ASYNC_BUF_INIT;
    writer_free(writer);
  }
  return err;
}

/* Writes what fits. Returns the bytes written. */
static size_t fill_pipe(int fd, const char *bytes, size_t len)
{
  size_t done = 0;
  while (done < len) {
    ssize_t put = write(fd, bytes + done, len - done);
    if (put <= 0)
      break;
    done += (size_t)put;
  }
  return done;
}

/* Gives the bytes (and `own`, where they may be) away, also on failure. */
static int make_pipe(struct exec_item *item, struct async_buf *own,
                     const char *bytes, size_t len, int *fd,
                     struct async_group *group)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) {
    async_buf_done(own);
    return job_error_set(&item->item, JOB_ERROR_SPAWN, -errno,
                         "a pipe for standard input: %s",
                         async_err_text(-errno));
  }
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  size_t done = fill_pipe(ends[1], bytes, len);
  struct writer rest = { .own = *own,
                         .bytes = bytes + done,
                         .len = len - done };
  *fd = ends[0];
  if (done < len && start_writer(ends[1], &rest, group) == 0)
    return 0;
  async_buf_done(own);
  if (done == len) {
    close(ends[1]);
    return 0;
  }
  close(ends[0]);
  return no_memory(item);
}

/* The entry as it was read; one with fields as a JSON line. */
static void add_entry(const struct exec_feed *feed,
                      const struct job_entry *entry, struct async_buf *out)
{
  char *json = entry->fields && entry->line
                   ? json_dumps(entry->fields, JSON_COMPACT)
                   : NULL;
  if (json)
    async_buf_add_str(out, json);
  else
    async_buf_add(out, entry->text, entry->text_len);
  free(json);
  async_buf_add_char(out, feed->end);
}

static int feed_record(struct exec_feed *feed, struct exec_item *item, int *fd,
                       struct async_group *group)
{
  struct async_buf text = ASYNC_BUF_INIT;
  add_entry(feed, &item->item.entry, &text);
  for (size_t i = 0; i < item->more_count; i++)
    add_entry(feed, &item->more[i], &text);
  if (text.err) {
    async_buf_done(&text);
    return no_memory(item);
  }
  return make_pipe(item, &text, text.data, text.len, fd, group);
}

int exec_feed_begin(struct exec_feed *feed, struct exec_item *item, int *fd,
                    struct async_group *group)
{
  struct async_buf none = ASYNC_BUF_INIT;
  if (item->block)
    return make_pipe(item, &none, item->block->bytes, item->block->len, fd,
                     group);
  switch (feed->opts->stdin_choice.from) {
  case EXEC_STDIN_INHERIT:
    *fd = ASYNC_PROC_SAME;
    return 0;
  case EXEC_STDIN_RECORD:
    return feed_record(feed, item, fd, group);
  case EXEC_STDIN_FILE:
    return open_file(feed, item, fd);
  default:
    *fd = feed->opts->tty ? ASYNC_PROC_SAME : ASYNC_PROC_NULL;
    return 0;
  }
}

void exec_feed_given(struct exec_feed *feed, int fd)
{
  (void)feed;
  if (fd >= 0)
    close(fd);
}
