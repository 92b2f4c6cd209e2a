/* Lists of entries, one a line or between NULs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "async/error.h"
#include "async/timer.h"
#include "job/source_priv.h"
#include "job/utf8.h"

enum { SHOWN_BYTES = 256 };

static const int64_t WRITER_POLL_NS = 20 * ASYNC_MS;

/* Opening a named pipe waits for its writer, and reading one that has had none
 * is its end; polling tells when there is something. */
static int open_pipe(struct async_stream **out, const char *path)
{
  int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct pollfd one = { .fd = fd, .events = POLLIN };
  int err = fd < 0 ? -errno : 0;
  while (err == 0 && poll(&one, 1, 0) == 0)
    err = async_sleep(WRITER_POLL_NS);
  if (err == 0)
    err = async_stream_open_fd(out, fd, ASYNC_STREAM_OWN);
  if (err < 0 && fd >= 0)
    close(fd);
  return err;
}

int job_source_open_file(struct async_stream **out, const char *path)
{
  struct stat status;
  if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
    return open_pipe(out, path);
  return async_stream_open_file(out, path, O_RDONLY, 0);
}

int job_list_open(struct job_list *list, const char *path,
                  struct async_stream *stream)
{
  list->name = path;
  list->stream = stream;
  return stream ? 0 : job_source_open_file(&list->stream, path);
}

void job_list_close(struct job_list *list)
{
  async_stream_close(list->stream);
  async_buf_done(&list->row);
  opt_list_done(&list->header);
}

int job_list_line(struct job_list *list, char delimiter, char **text,
                  size_t *len)
{
  int err = async_stream_read_line(list->stream, delimiter, text, len);
  if (err == 0 || err == ASYNC_ETOOLONG)
    list->line++;
  return err;
}

static void set_place(const struct job_list *list, struct job_item *item)
{
  item->entry.source = list->name;
  item->entry.line = list->line;
}

int job_list_string(const struct job_list *list, struct job_item *item,
                    const char *text, size_t len)
{
  set_place(list, item);
  return job_entry_set_text(&item->entry, text, len);
}

/* The first bytes of a text, no character cut in two. */
static size_t shown_len(const char *text, size_t len)
{
  len = strnlen(text, len);
  if (len <= SHOWN_BYTES)
    return len;
  len = SHOWN_BYTES;
  while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
    len--;
  return len;
}

int job_list_refuse(struct job_list *list, struct job_item *item,
                    const char *text, size_t len, const char *format, ...)
{
  va_list args;
  char message[512];
  va_start(args, format);
  vsnprintf(message, sizeof(message), format, args);
  va_end(args);
  set_place(list, item);
  job_error_set(item, JOB_ERROR_INPUT, 0, "%s", message);
  return job_entry_set_text(&item->entry, text, shown_len(text, len));
}

/* Plain entries: "TEXT", or "TEXT<TAB>name=value<TAB>name=value". */

static size_t name_len(const char *text, size_t len)
{
  size_t i = 0;
  while (i < len && ((text[i] >= 'a' && text[i] <= 'z') || text[i] == '_' ||
                     (i > 0 && text[i] >= '0' && text[i] <= '9')))
    i++;
  return i < len && text[i] == '=' ? i : 0;
}

static int add_column(json_t *fields, const char *column, size_t len)
{
  size_t name = name_len(column, len);
  char key[64];
  if (name == 0 || name >= sizeof(key))
    return ASYNC_EINVAL;
  memcpy(key, column, name);
  key[name] = '\0';
  json_t *value = json_stringn_nocheck(column + name + 1, len - name - 1);
  return json_object_set_new_nocheck(fields, key, value) < 0 ? ASYNC_ENOMEM : 0;
}

/* Returns 0 with the fields, ASYNC_EINVAL if a column is not of that form (then
 * the TAB belongs to the text), or ASYNC_ENOMEM. */
static int read_columns(const char *at, const char *end, json_t **out)
{
  json_t *fields = json_object();
  int err = fields ? 0 : ASYNC_ENOMEM;
  while (err == 0 && at < end) {
    at++;
    const char *tab = memchr(at, '\t', (size_t)(end - at));
    const char *stop = tab ? tab : end;
    err = add_column(fields, at, (size_t)(stop - at));
    at = stop;
  }
  if (err < 0)
    json_decref(fields);
  else
    *out = fields;
  return err;
}

int job_list_plain(struct job_list *list, struct job_item *item,
                   const char *text, size_t len)
{
  const char *tab = memchr(text, '\t', len);
  if (tab) {
    int err = read_columns(tab, text + len, &item->entry.fields);
    if (err == ASYNC_ENOMEM)
      return err;
    item->entry.has_columns = err == 0;
    if (err == 0)
      len = (size_t)(tab - text);
  }
  return job_list_string(list, item, text, len);
}

/* Lines. */

static bool is_blank(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!strchr(" \t\v\f\r", text[i]) || !text[i])
      return false;
  return true;
}

/* "auto" is over at the first line with something in it. */
static void settle_format(struct job_list *list, const char *text, size_t len)
{
  size_t blanks = 0;
  if (list->line == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
    blanks = 3;
  while (blanks < len && (text[blanks] == ' ' || text[blanks] == '\t'))
    blanks++;
  if (list->format == JOB_INPUT_AUTO)
    list->format = blanks < len && text[blanks] == '{' ? JOB_INPUT_NDJSON
                                                       : JOB_INPUT_LINES;
}

static int read_line(struct job_list *list, struct job_item *item)
{
  char *text;
  size_t len;
  int err = job_list_line(list, '\n', &text, &len);
  if (err == ASYNC_ETOOLONG)
    return job_list_refuse(list, item, text, len, "longer than 1 MiB");
  if (err < 0)
    return err;
  if (list->line == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
    text += 3; /* a byte order mark */
    len -= 3;
  }
  if (len > 0 && text[len - 1] == '\r')
    len--;
  if (is_blank(text, len))
    return ASYNC_EAGAIN;
  settle_format(list, text, len);
  if (list->format == JOB_INPUT_NDJSON)
    return job_list_json(list, item, text, len);
  if (text[0] == '#')
    return ASYNC_EAGAIN;
  if (memchr(text, '\0', len))
    return job_list_refuse(list, item, text, len,
                           "contains a NUL byte (a list with NULs between "
                           "entries needs --null)");
  return job_list_plain(list, item, text, len);
}

static int read_nul(struct job_list *list, struct job_item *item)
{
  char *text;
  size_t len;
  int err = job_list_line(list, '\0', &text, &len);
  if (err == ASYNC_ETOOLONG)
    return job_list_refuse(list, item, text, len, "longer than 1 MiB");
  if (err < 0)
    return err;
  if (len == 0)
    return ASYNC_EAGAIN;
  return job_list_string(list, item, text, len);
}

int job_list_next(struct job_list *list, struct job_item *item)
{
  int err = ASYNC_EAGAIN;
  while (err == ASYNC_EAGAIN) {
    if (list->format == JOB_INPUT_TSV || list->format == JOB_INPUT_CSV)
      err = job_list_row(list, item);
    else if (list->format == JOB_INPUT_NUL)
      err = read_nul(list, item);
    else
      err = read_line(list, item);
  }
  return err;
}
