#include "exec/record.h"

#include <sys/wait.h>

#include "exec/item.h"
#include "exec/output.h"
#include "exec/signals.h"
#include "job/json.h"

static const struct exec_item *item_of(const struct job_item *item)
{
  return (const struct exec_item *)item;
}

static const struct exec_end *end_of(const struct job_item *item)
{
  return &item_of(item)->end;
}

/* The process. */

/* Of several entries of one job, the first one's record says what is long: a
 * thousand that repeat a thousand arguments would be a million. */
static void get_argv(const struct job_item *item, struct job_value *out)
{
  const struct exec_argv *argv = &item_of(item)->argv;
  if (argv->items && item->member == 0)
    job_value_strings(out, (const char *const *)argv->items, argv->count);
}

static void get_pid(const struct job_item *item, struct job_value *out)
{
  if (end_of(item)->pid)
    job_value_int(out, end_of(item)->pid);
}

/* The first entry of the job, if there are several. */
static void get_batch(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->more_count > 0)
    job_value_uint(out, item->seq - item->member);
}

static void get_slot(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->slot)
    job_value_uint(out, item_of(item)->slot);
}

/* What it read. */

static void get_blocks(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->given.blocks > 0)
    job_value_uint(out, item_of(item)->given.blocks);
}

static void get_given(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->given.blocks > 0)
    job_value_uint(out, item_of(item)->given.bytes);
}

static void get_unread(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->given.knows_unread)
    job_value_uint(out, item_of(item)->given.unread);
}

static const struct job_field stdin_fields[] = {
  { .name = "blocks", .get = get_blocks },
  { .name = "bytes", .get = get_given },
  { .name = "unread", .get = get_unread },
  { .name = NULL },
};

/* Its end. */

static void get_exit(const struct job_item *item, struct job_value *out)
{
  const struct exec_end *end = end_of(item);
  if (end->ended && WIFEXITED(end->status))
    job_value_int(out, WEXITSTATUS(end->status));
}

static void add_signal(const void *data, struct async_buf *out)
{
  const struct exec_end *end = data;
  char name[EXEC_SIGNAL_BYTES];
  job_json_string(out, exec_signal_name(WTERMSIG(end->status), name));
}

static void get_signal(const struct job_item *item, struct job_value *out)
{
  const struct exec_end *end = end_of(item);
  if (end->ended && WIFSIGNALED(end->status))
    job_value_json(out, end, add_signal);
}

static void get_core(const struct job_item *item, struct job_value *out)
{
  const struct exec_end *end = end_of(item);
  if (end->ended)
    job_value_bool(out, WIFSIGNALED(end->status) && WCOREDUMP(end->status));
}

static void get_killed_by(const struct job_item *item, struct job_value *out)
{
  static const char *const names[] = {
    [EXEC_KILLER_NONE] = NULL,           [EXEC_KILLER_TIMEOUT] = "timeout",
    [EXEC_KILLER_DEADLINE] = "deadline", [EXEC_KILLER_FAIL_FAST] = "fail-fast",
    [EXEC_KILLER_FIRST] = "first",       [EXEC_KILLER_INTERRUPT] = "interrupt",
    [EXEC_KILLER_MEMORY] = "memory",
  };
  job_value_word(out, names[end_of(item)->killer]);
}

static void add_steps(const void *data, struct async_buf *out)
{
  const struct exec_end *end = data;
  char name[EXEC_SIGNAL_BYTES];
  async_buf_add_char(out, '[');
  job_json_string(out, exec_signal_name(end->asked, name));
  if (end->killed)
    async_buf_add_str(out, ",\"SIGKILL\"");
  async_buf_add_char(out, ']');
}

static void get_kill_steps(const struct job_item *item, struct job_value *out)
{
  if (end_of(item)->asked)
    job_value_json(out, end_of(item), add_steps);
}

static void get_orphans(const struct job_item *item, struct job_value *out)
{
  if (end_of(item)->ended)
    job_value_uint(out, end_of(item)->orphans);
}

/* What it used. */

static void put_time(const struct exec_end *end, const struct timeval *time,
                     struct job_value *out)
{
  if (end->ended)
    job_value_ms(out, time->tv_sec * INT64_C(1000000000) +
                          time->tv_usec * INT64_C(1000));
}

static void get_user(const struct job_item *item, struct job_value *out)
{
  put_time(end_of(item), &end_of(item)->usage.ru_utime, out);
}

static void get_sys(const struct job_item *item, struct job_value *out)
{
  put_time(end_of(item), &end_of(item)->usage.ru_stime, out);
}

#define USAGE(name, member)                                                    \
  static void get_##name(const struct job_item *item, struct job_value *out)   \
  {                                                                            \
    if (end_of(item)->ended)                                                   \
      job_value_int(out, end_of(item)->usage.member);                          \
  }

USAGE(maxrss, ru_maxrss)
USAGE(minflt, ru_minflt)
USAGE(majflt, ru_majflt)
USAGE(inblock, ru_inblock)
USAGE(oublock, ru_oublock)
USAGE(nvcsw, ru_nvcsw)
USAGE(nivcsw, ru_nivcsw)

/* What it wrote. */

static bool capture(const struct job_item *item, int fd,
                    struct exec_captured *out)
{
  const struct exec_output *output = item_of(item)->output;
  if (output)
    exec_output_captured(output, fd, out);
  return output != NULL;
}

#define STREAM(stream, fd)                                                     \
  static void get_##stream##_bytes(const struct job_item *item,                \
                                   struct job_value *out)                      \
  {                                                                            \
    struct exec_captured captured;                                             \
    if (capture(item, fd, &captured) && captured.known)                        \
      job_value_uint(out, captured.bytes);                                     \
  }                                                                            \
  static void get_##stream##_text(const struct job_item *item,                 \
                                  struct job_value *out)                       \
  {                                                                            \
    struct exec_captured captured;                                             \
    if (capture(item, fd, &captured) && item->member == 0)                     \
      job_value_bytes(out, captured.text, captured.len);                       \
  }                                                                            \
  static void get_##stream##_truncated(const struct job_item *item,            \
                                       struct job_value *out)                  \
  {                                                                            \
    struct exec_captured captured;                                             \
    if (capture(item, fd, &captured) && captured.text && item->member == 0)    \
      job_value_bool(out, captured.truncated);                                 \
  }                                                                            \
  static void get_##stream##_file(const struct job_item *item,                 \
                                  struct job_value *out)                       \
  {                                                                            \
    struct exec_captured captured;                                             \
    if (capture(item, fd, &captured))                                          \
      job_value_string(out, captured.file);                                    \
  }                                                                            \
  static const struct job_field stream##_fields[] = {                          \
    { .name = "bytes", .get = get_##stream##_bytes },                          \
    { .name = "text", .get = get_##stream##_text },                            \
    { .name = "truncated", .get = get_##stream##_truncated },                  \
    { .name = "file", .get = get_##stream##_file },                            \
    { .name = NULL },                                                          \
  };

STREAM(stdout, 1)
STREAM(stderr, 2)

static const struct job_field usage_fields[] = {
  { .name = "user_ms", .get = get_user },
  { .name = "sys_ms", .get = get_sys },
  { .name = "maxrss_kb", .get = get_maxrss },
  { .name = "minflt", .get = get_minflt },
  { .name = "majflt", .get = get_majflt },
  { .name = "inblock", .get = get_inblock },
  { .name = "oublock", .get = get_oublock },
  { .name = "nvcsw", .get = get_nvcsw },
  { .name = "nivcsw", .get = get_nivcsw },
  { .name = NULL },
};

const struct job_field exec_fields[] = {
  { .name = "argv", .get = get_argv },
  { .name = "pid", .get = get_pid },
  { .name = "slot", .get = get_slot },
  { .name = "batch", .get = get_batch },
  { .name = "exit", .get = get_exit },
  { .name = "signal", .get = get_signal },
  { .name = "core", .get = get_core },
  { .name = "killed_by", .get = get_killed_by },
  { .name = "kill_steps", .get = get_kill_steps },
  { .name = "orphans", .get = get_orphans },
  { .name = "stdin", .members = stdin_fields },
  { .name = "stdout", .members = stdout_fields },
  { .name = "stderr", .members = stderr_fields },
  { .name = "rusage", .members = usage_fields },
  { .name = NULL },
};
