/* proc_world.h: tests that start real processes, in a task.
 *
 *   PROC(an_exit_code_is_told)
 *   {
 *     struct proc_end end;
 *     proc_sh("exit 3", &end);
 *     ...
 *   }
 *
 * is a test for TEST(). Afterwards no descriptor and no child may be left. */
#ifndef PROC_WORLD_H
#define PROC_WORLD_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/proc.h"
#include "async/task.h"
#include "tap.h"

#define PROC(claim)                                                            \
  static void claim##_body(void);                                              \
  static void claim(void)                                                      \
  {                                                                            \
    proc_run_body(claim##_body);                                               \
  }                                                                            \
  static void claim##_body(void)

enum { PROC_FDS = 1024, PROC_TEXT = 16384 };

struct proc_end {
  int status;
  struct rusage usage;
  char text[PROC_TEXT]; /* what it wrote on standard output */
  size_t len;
};

static inline int proc_count_fds(void)
{
  int count = 0;
  for (int fd = 0; fd < PROC_FDS; fd++)
    count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

static inline void proc_check_no_children(void)
{
  CHECK_INT(waitpid(-1, NULL, WNOHANG), -1);
  CHECK_INT(errno, ECHILD);
}

static inline int proc_body_task(void *arg)
{
  void (**run)(void) = arg;
  (*run)();
  return 0;
}

static inline void proc_run_body(void (*run)(void))
{
  struct async_stats stats;
  void (*nothing)(void) = proc_check_no_children;
  /* libuv keeps a pair of descriptors from the first loop on. */
  CHECK_INT(async_run(proc_body_task, &nothing, NULL), 0);
  int fds = proc_count_fds();
  CHECK_INT(async_run(proc_body_task, &run, NULL), 0);
  CHECK_INT(proc_count_fds(), fds);
  proc_check_no_children();
  async_stats_get(&stats);
  CHECK_INT(stats.tasks, 0);
  CHECK_INT(stats.timers, 0);
  CHECK_INT(stats.held, 0);
}

/* opts.file and opts.argv for a script of the shell. argv has room for 5. */
static inline void proc_script(struct async_proc_opts *opts, const char **argv,
                               const char *script)
{
  argv[0] = "/bin/sh";
  argv[1] = "-c";
  argv[2] = script;
  argv[3] = "sh";
  argv[4] = NULL;
  opts->file = argv[0];
  opts->argv = (char *const *)argv;
}

/* Reads until nobody writes any more. */
static inline void proc_read_all(int fd, struct proc_end *end)
{
  ssize_t got;
  end->len = 0;
  while ((got = read(fd, end->text + end->len, PROC_TEXT - 1 - end->len)) > 0)
    end->len += (size_t)got;
  CHECK_INT(got, 0);
  end->text[end->len] = '\0';
}

/* Runs what opts say to the end, with its standard output into end->text.
 * Returns what async_proc_start does. */
static inline int proc_run(struct async_proc_opts *opts, struct proc_end *end)
{
  struct async_proc proc;
  int ends[2];
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  opts->out = ends[1];
  int err = async_proc_start(&proc, opts);
  close(ends[1]);
  proc_read_all(ends[0], end);
  close(ends[0]);
  if (err == 0)
    CHECK_INT(async_proc_wait(&proc), 0);
  end->status = proc.status;
  end->usage = proc.usage;
  async_proc_close(&proc);
  return err;
}

/* A script with these options, which has to end well. Returns what it said. */
static inline const char *proc_says(struct async_proc_opts *opts,
                                    const char *script, struct proc_end *end)
{
  const char *argv[5];
  proc_script(opts, argv, script);
  CHECK_INT(proc_run(opts, end), 0);
  CHECK_INT(end->status, 0);
  return end->text;
}

static inline void proc_sh(const char *script, struct proc_end *end)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  proc_script(&opts, argv, script);
  CHECK_INT(proc_run(&opts, end), 0);
}

/* Starts a script; its standard output becomes a pipe, of which the reading
 * end is returned if `out` is not NULL. */
static inline void proc_begin(struct async_proc *proc, const char *script,
                              int *out)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  int ends[2];
  proc_script(&opts, argv, script);
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  opts.out = ends[1];
  CHECK_INT(async_proc_start(proc, &opts), 0);
  close(ends[1]);
  if (out)
    *out = ends[0];
  else
    close(ends[0]);
}

/* The next line of such a pipe, as a number. */
static inline long proc_read_number(int fd)
{
  char text[32];
  size_t len = 0;
  while (len < sizeof(text) - 1 && read(fd, text + len, 1) == 1 &&
         text[len] != '\n')
    len++;
  text[len] = '\0';
  return strtol(text, NULL, 10);
}

/* Whether only its parent, which may be slow, has not noticed its end. */
static inline bool proc_is_zombie(pid_t pid)
{
  char path[64], text[512];
  snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t got = read(fd, text, sizeof(text) - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  const char *name_end = strrchr(text, ')');
  return name_end && strncmp(name_end, ") Z", 3) == 0;
}

/* Waits until a process that is not our child has ended. */
static inline void proc_wait_gone(pid_t pid)
{
  while (kill(pid, 0) == 0 && !proc_is_zombie(pid))
    CHECK_INT(async_sleep(2 * ASYNC_MS), 0);
}

static char proc_dir[64];

static inline int proc_remove(const char *path, const struct stat *status,
                              int kind, struct FTW *place)
{
  (void)status, (void)kind, (void)place;
  return remove(path);
}

static inline void proc_remove_dir(void)
{
  nftw(proc_dir, proc_remove, 4, FTW_DEPTH | FTW_PHYS);
}

/* A new directory, once in a test; it goes with the test. */
static inline const char *proc_temp_dir(void)
{
  snprintf(proc_dir, sizeof(proc_dir), "/tmp/test_proc.XXXXXX");
  CHECK(mkdtemp(proc_dir));
  atexit(proc_remove_dir);
  return proc_dir;
}

static inline void proc_write_file(const char *path, const char *text, int mode)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  CHECK(fd >= 0);
  CHECK_INT(write(fd, text, strlen(text)), strlen(text));
  CHECK_INT(fchmod(fd, (mode_t)mode), 0);
  close(fd);
}

#endif
