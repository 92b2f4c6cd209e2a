#include "exec/feed.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "async/error.h"
#include "async/proc.h"
#include "async/timer.h"
#include "command.h"
#include "exec/block.h"
#include "exec/feed_pipe.h"
#include "exec/robin.h"
#include "exec/words.h"

/* So many large pipes do not come near the limit that Linux has for a user. */
enum { WIDE_PIPES = 16 };

static const int64_t WRITER_POLL_NS = 20 * ASYNC_MS;

struct exec_feed {
  const struct exec_opts *opts;
  struct exec_text *file; /* --stdin file:TEMPLATE */
  char end;               /* of an entry */
  bool widens;            /* pipes, if there is much to write */
};

static bool reads_stdin(const struct job_run *run)
{
  const struct opt_list *inputs = &run->opts->inputs;
  for (size_t i = 0; i < inputs->count; i++)
    if (strcmp(inputs->items[i], "-") == 0)
      return true;
  return inputs->count == 0 && run->operand_count == 0;
}

static int open_feed(struct exec_feed *feed, const struct exec_opts *opts,
                     struct async_buf *message)
{
  feed->opts = opts;
  feed->end = opts->job.input_format == JOB_INPUT_NUL ? '\0' : '\n';
  if (opts->stdin_choice.from != EXEC_STDIN_FILE)
    return 0;
  return exec_text_new(&feed->file, opts, opts->stdin_choice.file, NULL,
                       message);
}

int exec_feed_open(struct exec_feed **out, struct job_run *run,
                   const struct exec_opts *opts)
{
  struct async_buf message = ASYNC_BUF_INIT;
  struct exec_feed *feed = calloc(1, sizeof(*feed));
  int err = feed ? open_feed(feed, opts, &message) : ASYNC_ENOMEM;
  if (err == 0 && opts->stdin_choice.from == EXEC_STDIN_INHERIT &&
      reads_stdin(run)) {
    err = ASYNC_EINVAL;
    async_buf_add_str(&message, "--stdin inherit: the entries are read from "
                                "standard input; name them after :::, or "
                                "their list with --input");
  }
  if (err < 0) {
    const char *text = async_buf_str(&message);
    job_say_error(run->log, "%s",
                  err == ASYNC_EINVAL && text ? text : async_err_text(err));
    exec_feed_close(feed);
  } else {
    feed->widens = run->jobs <= WIDE_PIPES;
    *out = feed;
  }
  async_buf_done(&message);
  return err == 0              ? COMMAND_OK
         : err == ASYNC_EINVAL ? COMMAND_USAGE
                               : COMMAND_IO;
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

/* Opening a named pipe waits for its writer; meanwhile others run. */
static int open_path(const char *path)
{
  struct stat status;
  if (stat(path, &status) < 0)
    return -errno;
  bool waits = S_ISFIFO(status.st_mode);
  int fd = open(path, O_RDONLY | O_CLOEXEC | (waits ? O_NONBLOCK : 0));
  if (fd < 0)
    return -errno;
  struct pollfd one = { .fd = fd, .events = POLLIN };
  while (waits && poll(&one, 1, 0) == 0) {
    int err = async_sleep(WRITER_POLL_NS);
    if (err < 0) {
      close(fd);
      return err;
    }
  }
  if (waits)
    fcntl(fd, F_SETFL, 0);
  return fd;
}

static int open_named(struct exec_item *item, const char *path, int *out)
{
  int fd = open_path(path);
  if (fd < 0)
    return job_error_set(&item->item, JOB_ERROR_IO, fd,
                         "standard input from %s: %s", path,
                         async_err_text(fd));
  *out = fd;
  return 0;
}

static int open_file(struct exec_feed *feed, struct exec_item *item, int *out)
{
  struct async_buf name = ASYNC_BUF_INIT;
  int err = exec_text_add(feed->file, item, &name);
  const char *path = async_buf_str(&name);
  if (err == 0)
    err = path ? open_named(item, path, out) : no_memory(item);
  async_buf_done(&name);
  return err;
}

/* The terminal, whatever our own standard input is. */
static int open_terminal(struct exec_item *item, int *out)
{
  int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return job_error_set(&item->item, JOB_ERROR_IO, -errno, "the terminal: %s",
                         async_err_text(-errno));
  *out = fd;
  return 0;
}

/* Bytes. */

/* Returns 0, or -1 after it was said what is wrong with a pipe. */
static int check_pipe(struct exec_item *item, int err)
{
  if (err == ASYNC_ENOMEM)
    return no_memory(item);
  if (err < 0)
    return job_error_set(&item->item, JOB_ERROR_SPAWN, err,
                         "a pipe for standard input: %s", async_err_text(err));
  return 0;
}

static int feed_bytes(const struct exec_feed *feed, struct exec_item *item,
                      struct async_buf *own, const char *bytes, size_t len,
                      struct async_group *group, int *fd)
{
  return check_pipe(item,
                    exec_feed_pipe(own, bytes, len, feed->widens, group, fd));
}

/* Columns of a line: "TEXT<TAB>name=value". */
static void add_columns(json_t *fields, struct async_buf *out)
{
  const char *name;
  json_t *value;
  json_object_foreach(fields, name, value)
  {
    async_buf_add_char(out, '\t');
    async_buf_add_str(out, name);
    async_buf_add_char(out, '=');
    async_buf_add(out, json_string_value(value), json_string_length(value));
  }
}

/* As it was read, in effect; rows and objects as a line of JSON. */
static void add_entry(const struct exec_feed *feed,
                      const struct job_entry *entry, struct async_buf *out)
{
  bool is_line = !entry->fields || entry->has_columns || entry->line == 0;
  char *json = is_line ? NULL : json_dumps(entry->fields, JSON_COMPACT);
  if (is_line)
    async_buf_add(out, entry->text, entry->text_len);
  else if (json)
    async_buf_add_str(out, json);
  else
    out->err = ASYNC_ENOMEM;
  free(json);
  if (entry->has_columns)
    add_columns(entry->fields, out);
  async_buf_add_char(out, feed->end);
}

static int feed_record(const struct exec_feed *feed, struct exec_item *item,
                       struct async_group *group, int *fd)
{
  struct async_buf text = ASYNC_BUF_INIT;
  add_entry(feed, &item->item.entry, &text);
  for (size_t i = 0; i < item->more_count; i++)
    add_entry(feed, &item->more[i], &text);
  if (text.err) {
    async_buf_done(&text);
    return no_memory(item);
  }
  return feed_bytes(feed, item, &text, text.data, text.len, group, fd);
}

int exec_feed_begin(struct exec_feed *feed, struct exec_item *item, int *fd,
                    struct async_group *group)
{
  const struct exec_block *block = item->block;
  if (item->robin)
    return check_pipe(item, exec_robin_begin(item->robin, group, fd));
  if (block)
    return feed_bytes(feed, item, NULL, block->bytes, block->len, group, fd);
  switch (feed->opts->stdin_choice.from) {
  case EXEC_STDIN_INHERIT:
    *fd = ASYNC_PROC_SAME;
    return 0;
  case EXEC_STDIN_RECORD:
    return feed_record(feed, item, group, fd);
  case EXEC_STDIN_FILE:
    return open_file(feed, item, fd);
  default:
    *fd = ASYNC_PROC_NULL;
    return feed->opts->tty ? open_terminal(item, fd) : 0;
  }
}

void exec_feed_given(struct exec_feed *feed, int fd)
{
  (void)feed;
  if (fd >= 0)
    close(fd);
}
