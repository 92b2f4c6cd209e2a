#include "job/source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"
#include "job/message.h"
#include "job/source_priv.h"

struct job_source {
  struct job_source_opts opts;
  struct job_log *log;
  size_t operand, input; /* the next ones */
  bool stdin_over;
  bool reading; /* `list` is open */
  bool failed;
  uint64_t total;
  struct job_list list;
};

static bool has_scheme(const char *text)
{
  const char *end = strstr(text, "://");
  if (!end || !isalpha((unsigned char)text[0]))
    return false;
  for (const char *p = text; p < end; p++)
    if (!isalnum((unsigned char)*p) && !strchr("+-.", *p))
      return false;
  return true;
}

static bool names_list(const char *operand)
{
  struct stat status;
  if (strcmp(operand, "-") == 0)
    return true;
  return !has_scheme(operand) && stat(operand, &status) == 0 &&
         !S_ISDIR(status.st_mode) && access(operand, R_OK) == 0;
}

static uint64_t count_operands(const struct job_source_opts *opts)
{
  if (opts->inputs->count > 0)
    return 0;
  for (size_t i = 0; i < opts->operand_count; i++)
    if (names_list(opts->operands[i]))
      return 0;
  return opts->operand_count;
}

int job_source_new(struct job_source **out, const struct job_source_opts *opts,
                   struct job_log *log)
{
  struct job_source *source = calloc(1, sizeof(*source));
  if (!source)
    return ASYNC_ENOMEM;
  source->opts = *opts;
  source->log = log;
  source->stdin_over =
      !opts->stdin_too || opts->operand_count > 0 || opts->inputs->count > 0;
  source->total = count_operands(opts);
  *out = source;
  return 0;
}

static void close_list(struct job_source *source)
{
  if (source->reading)
    job_list_close(&source->list);
  source->reading = false;
}

void job_source_free(struct job_source *source)
{
  if (source)
    close_list(source);
  free(source);
}

uint64_t job_source_total(const struct job_source *source)
{
  return source->total;
}

static bool is_finite(const struct job_source *source, const char *path)
{
  struct stat status;
  int rc = strcmp(path, "-") == 0 ? fstat(source->opts.stdin_fd, &status)
                                  : stat(path, &status);
  return rc < 0 || S_ISREG(status.st_mode);
}

bool job_source_is_finite(const struct job_source *source)
{
  const struct job_source_opts *opts = &source->opts;
  const struct opt_list *inputs = opts->inputs;
  bool finite = opts->operand_count > 0 || inputs->count > 0 ||
                !opts->stdin_too || is_finite(source, "-");
  for (size_t i = 0; i < opts->operand_count; i++)
    finite &=
        !names_list(opts->operands[i]) || is_finite(source, opts->operands[i]);
  for (size_t i = 0; i < inputs->count; i++)
    finite &= is_finite(source, inputs->items[i]);
  return finite;
}

bool job_source_failed(const struct job_source *source)
{
  return source->failed;
}

void job_source_note_failure(struct job_source *source)
{
  source->failed = true;
}

static void note_failure(struct job_source *source, const char *name, int err)
{
  source->failed = true;
  job_say_error(source->log, "cannot read %s: %s", name, async_err_text(err));
}

/* Returns 0, also when the list could not be opened, which was said then; or
 * ASYNC_ECANCELED. */
static int open_list(struct job_source *source, const char *path)
{
  struct async_stream *stream = NULL;
  int err = 0;
  source->list = (struct job_list){
    .format = source->opts.format,
    .header_wanted = source->opts.header,
    .entry_fields = source->opts.entry_fields ? source->opts.entry_fields
                                              : job_usual_fields,
  };
  if (strcmp(path, "-") == 0) {
    path = "standard input";
    err = async_stream_open_fd(&stream, source->opts.stdin_fd,
                               ASYNC_STREAM_BORROW);
  }
  if (err == 0)
    err = job_list_open(&source->list, path, stream);
  if (err == ASYNC_ECANCELED)
    return err;
  source->reading = err == 0;
  if (err < 0)
    note_failure(source, path, err);
  return 0;
}

static int next_of_list(struct job_source *source, struct job_item *item)
{
  int err = job_list_next(&source->list, item);
  if (err == 0 || err == ASYNC_ECANCELED || err == ASYNC_ENOMEM)
    return err;
  if (err != ASYNC_EOF)
    note_failure(source, source->list.name, err);
  close_list(source);
  return ASYNC_EAGAIN;
}

/* One step on the way to the next entry. Returns 0, ASYNC_EAGAIN (take another
 * step), ASYNC_EOF or an error. */
static int step(struct job_source *source, struct job_item *item)
{
  const struct job_source_opts *opts = &source->opts;
  const char *path = NULL;
  if (source->reading)
    return next_of_list(source, item);
  if (source->operand < opts->operand_count) {
    path = opts->operands[source->operand++];
    if (!names_list(path))
      return job_entry_set_text(&item->entry, path, strlen(path));
  } else if (source->input < opts->inputs->count) {
    path = opts->inputs->items[source->input++];
  } else if (!source->stdin_over) {
    source->stdin_over = true;
    path = "-";
  } else {
    return ASYNC_EOF;
  }
  int err = open_list(source, path);
  return err < 0 ? err : ASYNC_EAGAIN;
}

int job_source_next(struct job_source *source, struct job_item *item)
{
  int err = ASYNC_EAGAIN;
  while (err == ASYNC_EAGAIN)
    err = step(source, item);
  return err;
}
