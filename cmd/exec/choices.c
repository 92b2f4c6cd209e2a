#include "exec/choices.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "async/error.h"
#include "exec/options.h"
#include "exec/signals.h"
#include "opt/number.h"

enum { JOBS_MOST = 65535, PART_BYTES = 64 };

/* Copies `len` bytes as a string. Returns whether they fit. */
static bool copy_part(char part[PART_BYTES], const char *text, size_t len)
{
  if (len >= PART_BYTES)
    return false;
  memcpy(part, text, len);
  part[len] = '\0';
  return true;
}

static bool is_share(const char *text)
{
  size_t len = strlen(text);
  return len > 1 && text[len - 1] == '%';
}

/* "150%" is 1.5. */
static int read_share(const char *text, double *out)
{
  char part[PART_BYTES];
  double percent;
  if (!copy_part(part, text, strlen(text) - 1) ||
      opt_read_decimal(part, &percent) < 0)
    return ASYNC_EINVAL;
  *out = percent / 100;
  return 0;
}

int exec_read_jobs(const char *text, void *field)
{
  uint64_t jobs = exec_processors();
  double share;
  if (is_share(text)) {
    if (read_share(text, &share) < 0 || share <= 0 || share > JOBS_MOST)
      return ASYNC_EINVAL;
    jobs = (uint64_t)((double)jobs * share);
    jobs = jobs > 0 ? jobs : 1;
  } else if (strcmp(text, "auto") != 0 && opt_read_count(text, &jobs) < 0) {
    return ASYNC_EINVAL;
  }
  if (jobs < 1 || jobs > JOBS_MOST)
    return ASYNC_EINVAL;
  *(size_t *)field = jobs;
  return 0;
}

int exec_read_signal(const char *text, void *field)
{
  int number = exec_signal_number(text);
  if (number < 0)
    return number;
  *(int *)field = number;
  return 0;
}

int exec_read_nice(const char *text, void *field)
{
  uint64_t number;
  bool below = *text == '-';
  if (opt_read_count(text + below, &number) < 0 || number > (below ? 20 : 19))
    return ASYNC_EINVAL;
  *(int64_t *)field = below ? -(int64_t)number : (int64_t)number;
  return 0;
}

int exec_read_load(const char *text, void *field)
{
  double runnable;
  int err = is_share(text) ? read_share(text, &runnable)
                           : opt_read_decimal(text, &runnable);
  if (err < 0)
    return err;
  if (is_share(text))
    runnable *= exec_processors();
  ((struct exec_load *)field)->runnable = runnable;
  return 0;
}

int exec_read_free(const char *text, void *field)
{
  struct exec_free least = { .bytes = 0 };
  int err = is_share(text) ? read_share(text, &least.share)
                           : opt_read_size(text, &least.bytes);
  if (err < 0 || least.share > 1)
    return ASYNC_EINVAL;
  *(struct exec_free *)field = least;
  return 0;
}

/* Limits. */

static const struct {
  const char *name;
  int resource;
  bool is_size;
} limits[] = {
  { "as", RLIMIT_AS, true },           { "core", RLIMIT_CORE, true },
  { "cpu", RLIMIT_CPU, false },        { "data", RLIMIT_DATA, true },
  { "fsize", RLIMIT_FSIZE, true },
#ifdef RLIMIT_MEMLOCK
  { "memlock", RLIMIT_MEMLOCK, true },
#endif
  { "nofile", RLIMIT_NOFILE, false },
#ifdef RLIMIT_NPROC
  { "nproc", RLIMIT_NPROC, false },
#endif
  { "stack", RLIMIT_STACK, true },
};

/* "as=2G" */
static int add_limit(struct exec_limits *out, const char *part)
{
  size_t name_len = strcspn(part, "=");
  const char *value = part + name_len + 1;
  if (!part[name_len] || out->count == EXEC_LIMITS)
    return ASYNC_EINVAL;
  for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
    uint64_t number = UINT64_MAX;
    if (strlen(limits[i].name) != name_len ||
        strncmp(limits[i].name, part, name_len) != 0)
      continue;
    int err = 0;
    if (strcmp(value, "unlimited") != 0)
      err = limits[i].is_size ? opt_read_size(value, &number)
                              : opt_read_count(value, &number);
    out->items[out->count].resource = limits[i].resource;
    out->items[out->count++].value = number;
    return err;
  }
  return ASYNC_EINVAL;
}

int exec_read_limits(const char *text, void *field)
{
  struct exec_limits read = { .count = 0 };
  for (;;) {
    char part[PART_BYTES];
    size_t len = strcspn(text, ",");
    if (!copy_part(part, text, len) || add_limit(&read, part) < 0)
      return ASYNC_EINVAL;
    if (!text[len])
      break;
    text += len + 1;
  }
  *(struct exec_limits *)field = read;
  return 0;
}

/* Input and output. */

/* What follows the "NAME=" or "NAME:" at the start, or NULL. */
static const char *after(const char *text, const char *start)
{
  size_t len = strlen(start);
  return strncmp(text, start, len) == 0 ? text + len : NULL;
}

int exec_read_stdin(const char *text, void *field)
{
  static const char *const words[] = { "null", "inherit", "record" };
  struct exec_stdin_choice choice = { .from = EXEC_STDIN_FILE };
  const char *file = after(text, "file:");
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(text, words[i]) == 0)
      choice.from = (enum exec_stdin)i;
  if (choice.from == EXEC_STDIN_FILE) {
    if (!file || !*file || strlen(file) >= sizeof(choice.file))
      return ASYNC_EINVAL;
    memcpy(choice.file, file, strlen(file) + 1);
  }
  *(struct exec_stdin_choice *)field = choice;
  return 0;
}

int exec_read_pipe(const char *text, void *field)
{
  struct exec_pipe_choice choice = { .by = EXEC_PIPE_NONE };
  const char *lines = after(text, "lines="), *size = after(text, "size="),
             *separator = after(text, "sep=");
  if (lines && opt_read_count(lines, &choice.lines) == 0 && choice.lines > 0)
    choice.by = EXEC_PIPE_LINES;
  else if (size && opt_read_size(size, &choice.bytes) == 0 && choice.bytes > 0)
    choice.by = EXEC_PIPE_SIZE;
  else if (separator && *separator &&
           strlen(separator) < sizeof(choice.separator))
    choice.by = EXEC_PIPE_SEP;
  else
    return ASYNC_EINVAL;
  if (choice.by == EXEC_PIPE_SEP)
    memcpy(choice.separator, separator, strlen(separator) + 1);
  *(struct exec_pipe_choice *)field = choice;
  return 0;
}

int exec_read_capture_max(const char *text, void *field)
{
  struct exec_capture_max most = { .tail = false };
  char part[PART_BYTES];
  size_t len = strcspn(text, ",");
  if (!copy_part(part, text, len) || opt_read_size(part, &most.bytes) < 0)
    return ASYNC_EINVAL;
  if (text[len]) {
    most.tail = strcmp(text + len, ",tail") == 0;
    if (!most.tail && strcmp(text + len, ",head") != 0)
      return ASYNC_EINVAL;
  }
  *(struct exec_capture_max *)field = most;
  return 0;
}

bool exec_is_variable(const char *text)
{
  size_t len = strcspn(text, "=");
  if (len == 0 || !text[len] || isdigit((unsigned char)*text))
    return false;
  for (size_t i = 0; i < len; i++)
    if (!isalnum((unsigned char)text[i]) && text[i] != '_')
      return false;
  return true;
}
