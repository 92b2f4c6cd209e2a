/* job_world.h: a command of the tests' own, and whole runs of it. */
#ifndef JOB_WORLD_H
#define JOB_WORLD_H

#include <fcntl.h>
#include <sys/stat.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "command.h"
#include "job/run_priv.h"
#include "tap.h"

/* A tool whose entries say what becomes of them: "ok", "fail", "retry" (until
 * the last attempt), "flaky" (fails once), "hang", "stop" (asks for a stop),
 * "bad" (refused by prepare). Each takes 1 to 5 ms; all in simulated time. */

struct item {
  struct job_item job;
  char *mine;
};

static int live; /* items with something of their own */
static int running, most_running;
static int opened, closed;

static inline int open_tool(struct job_run *run, void **ctx)
{
  *ctx = run;
  opened++;
  return run->operand_count && strcmp(run->operands[0], "no-open") == 0
             ? COMMAND_USAGE
             : 0;
}

static inline void close_tool(void *ctx)
{
  (void)ctx;
  closed++;
}

static inline int prepare(void *ctx, struct job_item *job)
{
  struct item *item = (struct item *)job;
  (void)ctx;
  item->mine = strdup(job->entry.text);
  live++;
  if (strcmp(job->entry.text, "bad") == 0)
    return job_error_set(job, JOB_ERROR_INPUT, 0, "this is bad");
  return 0;
}

static inline void item_done(struct job_item *job)
{
  struct item *item = (struct item *)job;
  live -= item->mine != NULL;
  free(item->mine);
}

static inline void judge(struct job_item *job,
                         struct async_fan_attempt *attempt)
{
  const char *text = job->entry.text;
  bool flaky = strcmp(text, "flaky") == 0 && attempt->number == 1;
  job->bytes += 1024;
  if (strcmp(text, "fail") == 0) {
    attempt->outcome = ASYNC_FAN_FAILED;
    attempt->rc = ASYNC_EFAIL;
    job_error_set(job, JOB_ERROR_HTTP, 404, "HTTP 404");
  } else if (flaky || strcmp(text, "retry") == 0) {
    attempt->outcome = ASYNC_FAN_RETRY;
    attempt->rc = -ECONNREFUSED;
    job_error_set(job, JOB_ERROR_CONNECT, -ECONNREFUSED, "nobody there");
  } else if (strcmp(text, "stop") == 0) {
    async_shutdown(10 * ASYNC_SEC);
  }
}

static inline void work(void *ctx, struct job_item *job,
                        struct async_fan_attempt *attempt)
{
  bool hangs = strcmp(job->entry.text, "hang") == 0;
  (void)ctx;
  if (++running > most_running)
    most_running = running;
  attempt->rc = async_sleep(hangs ? 1000 * ASYNC_SEC
                                  : (int64_t)(1 + job->seq % 5) * ASYNC_MS);
  running--;
  if (attempt->rc == 0)
    judge(job, attempt);
}

static inline const char *key(void *ctx, struct job_item *job, size_t *len)
{
  (void)ctx;
  *len = job->entry.text_len;
  return job->entry.text;
}

static inline void get_mine(const struct job_item *job, struct job_value *out)
{
  job_value_string(out, ((const struct item *)job)->mine);
}

static const struct job_field fields[] = { { .name = "mine", .get = get_mine },
                                           { 0 } };

static const struct job_tool tool = {
  .name = "test",
  .usage = "[NAME]...",
  .entries = "names",
  .item_bytes = sizeof(struct item),
  .fields = fields,
  .counts_bytes = true,
  .open = open_tool,
  .close = close_tool,
  .prepare = prepare,
  .key = key,
  .work = work,
  .item_done = item_done,
};

/* A run: its input is `lines`, its output and messages are collected. */
struct world {
  struct job_opts opts;
  const struct job_tool *tool;
  struct async_run_opts loop;
  const char *lines;
  char *operands[4];
  size_t operand_count;
  const char *out_path; /* NULL: a file of ours */
  char out[65536], err[8192];
};

static inline struct world usual(const char *lines)
{
  return (struct world){
    .tool = &tool,
    .lines = lines,
    .opts = { .jobs = 4,
              .format = (char *)"{key} {outcome} {attempts}\\n",
              .backoff = { .base_ns = ASYNC_SEC,
                           .factor = 2,
                           .max_ns = 30 * ASYNC_SEC },
              .jitter = JOB_JITTER_NONE,
              .grace_ns = 10 * ASYNC_SEC,
              .progress = JOB_PROGRESS_NONE,
              .summary = JOB_SUMMARY_NONE },
    .loop = { .virtual_time = true, .seed = 1 },
  };
}

static inline int temporary(void)
{
  char path[] = "/tmp/job-run-XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

static inline int input(const char *text)
{
  int fd = temporary();
  size_t len = text ? strlen(text) : 0;
  CHECK_INT(write(fd, text ? text : "", len), len);
  CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
  return fd;
}

static inline void collect(int fd, char *out, size_t size)
{
  ssize_t len = pread(fd, out, size - 1, 0);
  out[len > 0 ? len : 0] = '\0';
}

static inline int run(struct world *world)
{
  int fds[3] = { input(world->lines),
                 world->out_path ? open(world->out_path, O_WRONLY)
                                 : temporary(),
                 temporary() };
  int saved[3];
  for (int i = 0; i < 3; i++) {
    saved[i] = dup(i);
    CHECK_INT(dup2(fds[i], i), i);
  }
  live = running = most_running = opened = closed = 0;
  int status = job_run_with(world->tool, &world->opts, NULL, world->operands,
                            world->operand_count, &world->loop);
  for (int i = 0; i < 3; i++) {
    dup2(saved[i], i);
    close(saved[i]);
  }
  if (!world->out_path)
    collect(fds[1], world->out, sizeof(world->out));
  collect(fds[2], world->err, sizeof(world->err));
  for (int i = 0; i < 3; i++)
    close(fds[i]);
  CHECK_INT(live, 0);
  CHECK_INT(running, 0);
  return status;
}

static inline size_t count(const char *text, const char *part)
{
  size_t found = 0;
  while ((text = strstr(text, part)) != NULL) {
    found++;
    text += strlen(part);
  }
  return found;
}

/* "ok" and so on, `n` times, a line each; every `each`-th is `other`. */
static inline char *many(int n, int each, const char *other)
{
  struct async_buf text = ASYNC_BUF_INIT;
  for (int i = 1; i <= n; i++)
    async_buf_printf(&text, "%s\n", each && i % each == 0 ? other : "ok");
  CHECK(async_buf_str(&text));
  return text.data;
}

#endif
