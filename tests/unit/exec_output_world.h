/* exec_output_world.h: what jobs write, without jobs: the tests write into the
 * pipes themselves. Standard output and error are files meanwhile. */
#ifndef EXEC_OUTPUT_WORLD_H
#define EXEC_OUTPUT_WORLD_H

#include <fcntl.h>
#include <sys/stat.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/task.h"
#include "command.h"
#include "exec/output.h"
#include "tap.h"

struct world {
  struct exec_opts opts;
  struct job_run run;
  struct job_log log;
  struct job_out out;
  enum async_fan_stop stop;
  struct exec_screen *screen;
  int status; /* of exec_screen_open */
  void (*body)(struct world *world);
  const char *out_path, *err_path; /* NULL: files of ours */
  int fds[2], saved[2];
  size_t out_len, err_len;
  char *out_text, *err_text; /* what was shown */
};

/* The options' initial values, but live and spill, which tests set. */
static inline struct world usual(void)
{
  return (struct world){
    .opts = { .output = EXEC_OUTPUT_GROUP,
              .capture_max = { .bytes = 64 * 1024 },
              .buffer_bytes = 256 * 1024 * 1024,
              .spill = true },
    .log = { .tool = "exec", .fd = STDERR_FILENO },
  };
}

static inline int temporary(void)
{
  char path[] = "/tmp/exec-output-XXXXXX";
  int fd = mkostemp(path, O_CLOEXEC | O_APPEND);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

static inline char *read_back(int fd, size_t *len)
{
  struct stat info;
  CHECK_INT(fstat(fd, &info), 0);
  *len = S_ISREG(info.st_mode) ? (size_t)info.st_size : 0;
  char *text = malloc(*len + 1);
  CHECK(text);
  CHECK_INT(*len ? pread(fd, text, *len, 0) : 0, *len);
  text[*len] = '\0';
  return text;
}

static inline int world_task(void *arg)
{
  struct world *world = arg;
  CHECK_INT(job_out_open_fd(&world->out, STDOUT_FILENO, "standard output"), 0);
  world->run = (struct job_run){ .opts = &world->opts.job,
                                 .tool_opts = &world->opts,
                                 .log = &world->log,
                                 .out = &world->out,
                                 .jobs = 4,
                                 .stop = &world->stop };
  world->status = exec_screen_open(&world->screen, &world->run, &world->opts);
  if (world->status == 0) {
    world->body(world);
    exec_screen_close(world->screen);
  }
  job_out_close(&world->out);
  return 0;
}

/* Runs the body in a task, in real time: pipes do not know of another. */
static inline void world_run(struct world *world,
                             void (*body)(struct world *world))
{
  const char *paths[2] = { world->out_path, world->err_path };
  world->body = body;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  fflush(NULL);
  for (int i = 0; i < 2; i++) {
    world->fds[i] = paths[i] ? open(paths[i], O_WRONLY) : temporary();
    CHECK(world->fds[i] >= 0);
    world->saved[i] = fcntl(1 + i, F_DUPFD_CLOEXEC, 10);
    CHECK_INT(dup2(world->fds[i], 1 + i), 1 + i);
  }
  CHECK_INT(async_run(world_task, world, NULL), 0);
  for (int i = 0; i < 2; i++) {
    CHECK_INT(dup2(world->saved[i], 1 + i), 1 + i);
    close(world->saved[i]);
  }
  world->out_text = read_back(world->fds[0], &world->out_len);
  world->err_text = read_back(world->fds[1], &world->err_len);
  close(world->fds[0]);
  close(world->fds[1]);
}

static inline void world_done(struct world *world)
{
  free(world->out_text);
  free(world->err_text);
}

/* A job whose child is the test. */
struct child {
  struct world *world;
  struct exec_item item;
  struct async_group readers;
  int out, err; /* its ends; -1: none, or closed */
};

/* CHECK would write into the file that stands for standard error. */
static inline void child_init(struct child *child, struct world *world,
                              uint64_t seq, const char *key)
{
  *child = (struct child){ .world = world, .out = -1, .err = -1 };
  child->item.item.seq = seq;
  child->item.item.attempts = 1;
  CHECK_INT(job_entry_set_text(&child->item.item.entry, key, strlen(key)), 0);
}

static inline int keep_end(int fd)
{
  return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 10) : fd;
}

/* Returns what exec_output_new does. */
static inline int child_start(struct child *child)
{
  int fds[2];
  async_group_open(&child->readers, ASYNC_GROUP_COLLECT);
  if (exec_output_new(&child->item.output, child->world->screen, &child->item,
                      fds) < 0)
    return -1;
  child->out = keep_end(fds[0]);
  child->err = keep_end(fds[1]);
  return exec_output_read(child->item.output, &child->readers);
}

static inline void child_close(struct child *child)
{
  if (child->out >= 0)
    close(child->out);
  if (child->err >= 0)
    close(child->err);
  child->out = child->err = -1;
}

/* Returns what exec_output_drain does. */
static inline int child_end(struct child *child, int64_t drain_ns)
{
  child_close(child);
  return exec_output_drain(child->item.output, drain_ns);
}

static inline int child_show(struct child *child, bool ok)
{
  return exec_output_show(child->item.output, ok);
}

static inline void child_done(struct child *child)
{
  async_group_close(&child->readers);
  exec_output_free(child->item.output);
  job_item_done(&child->item.item);
}

static inline void say(int fd, const char *text)
{
  size_t len = strlen(text);
  CHECK_INT(write(fd, text, len), len);
}

/* Writes much, which must be read meanwhile. */
static inline void pour(int fd, char c, size_t len)
{
  char piece[8192];
  memset(piece, c, sizeof(piece));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  while (len > 0) {
    ssize_t n = write(fd, piece, len < sizeof(piece) ? len : sizeof(piece));
    if (n < 0) {
      CHECK_INT(errno, EAGAIN);
      CHECK_INT(async_sleep(ASYNC_MS), 0);
      continue;
    }
    len -= (size_t)n;
  }
}

/* How much a pipe takes before it is full, and stays so. */
static inline size_t pour_until_full(int fd, char c)
{
  char piece[4096];
  size_t total = 0;
  memset(piece, c, sizeof(piece));
  fcntl(fd, F_SETFL, O_NONBLOCK);
  for (int idle = 0; idle < 20;) {
    ssize_t n = write(fd, piece, sizeof(piece));
    if (n > 0) {
      total += (size_t)n;
      idle = 0;
    } else {
      CHECK_INT(async_sleep(ASYNC_MS), 0);
      idle++;
    }
  }
  return total;
}

static inline bool is_all(const char *text, size_t len, char c)
{
  for (size_t i = 0; i < len; i++)
    if (text[i] != c)
      return false;
  return true;
}

#endif
