/* A control group for one job. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/timer.h"
#include "exec/cgroup_priv.h"
#include "exec/small_file.h"

enum { ROUNDS = 10 };

/* Processes that were killed are in it until they have really ended. */
static const int64_t FIRST_NAP_NS = ASYNC_MS / 4;
static const int64_t ENDED_NS = ASYNC_SEC;

struct exec_cgroup {
  const struct exec_cgroups *all;
  int dir;
  char name[64];
};

/* Files of the kernel. */

int exec_cgroup_write(int dir, const char *name, const char *text)
{
  int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  ssize_t put = write(fd, text, strlen(text));
  int err = put < 0 ? -errno : 0;
  close(fd);
  return err;
}

int exec_cgroup_read(int dir, const char *name, struct async_buf *out)
{
  int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int err = exec_file_read_fd(fd, out);
  close(fd);
  return err;
}

/* Making one. */

static int limit_memory(const struct exec_cgroup *group)
{
  char text[32];
  if (group->all->memory_max == 0)
    return 0;
  snprintf(text, sizeof(text), "%llu",
           (unsigned long long)group->all->memory_max);
  int err = exec_cgroup_write(group->dir, "memory.max", text);
  if (err < 0)
    return err;
  /* What goes to swap would not be bounded; and half a job is of no use. Older
   * kernels, and those without swap, do not have these. */
  exec_cgroup_write(group->dir, "memory.swap.max", "0");
  exec_cgroup_write(group->dir, "memory.oom.group", "1");
  return 0;
}

int exec_cgroup_new(struct exec_cgroup **out, struct exec_cgroups *groups)
{
  struct exec_cgroup *group = calloc(1, sizeof(*group));
  if (!group)
    return ASYNC_ENOMEM;
  group->all = groups;
  snprintf(group->name, sizeof(group->name), "%s.%llu", groups->own,
           (unsigned long long)++groups->count);
  if (mkdirat(groups->dir, group->name, 0755) < 0) {
    int err = -errno;
    free(group);
    return err;
  }
  group->dir =
      openat(groups->dir, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int err = group->dir < 0 ? -errno : limit_memory(group);
  if (err < 0)
    exec_cgroup_free(group);
  else
    *out = group;
  return err;
}

int exec_cgroup_fd(const struct exec_cgroup *group)
{
  return group->dir;
}

/* Ending it. */

/* Before Linux 5.14 there is no cgroup.kill: one by one, until nobody new has
 * come. */
static void kill_one_by_one(const struct exec_cgroup *group)
{
  struct async_buf text = ASYNC_BUF_INIT;
  for (int round = 0; round < ROUNDS; round++) {
    if (exec_cgroup_read(group->dir, "cgroup.procs", &text) < 0 ||
        text.len == 0)
      break;
    char *rest = text.data, *line;
    while ((line = exec_line_next(&rest)) != NULL) {
      uint64_t pid;
      if (exec_line_number(line, "", &pid) && pid > 1)
        kill((pid_t)pid, SIGKILL);
    }
  }
  async_buf_done(&text);
}

void exec_cgroup_kill(struct exec_cgroup *group)
{
  if (group && group->dir >= 0 &&
      exec_cgroup_write(group->dir, "cgroup.kill", "1") < 0)
    kill_one_by_one(group);
}

bool exec_cgroup_had_no_memory(const struct exec_cgroup *group)
{
  struct async_buf text = ASYNC_BUF_INIT;
  uint64_t count = 0;
  bool had = exec_cgroup_read(group->dir, "memory.events", &text) == 0 &&
             exec_line_number(text.data, "oom_kill ", &count) && count > 0;
  async_buf_done(&text);
  return had;
}

/* Returns whether somebody is still in it. */
static bool is_busy(const struct exec_cgroup *group)
{
  return unlinkat(group->all->dir, group->name, AT_REMOVEDIR) < 0 &&
         errno == EBUSY;
}

static void remove_slowly(struct exec_cgroup *group)
{
  struct async_scope shield;
  int64_t nap_ns = FIRST_NAP_NS;
  async_scope_shield(&shield, async_in(ENDED_NS));
  do {
    exec_cgroup_kill(group);
    if (async_sleep(nap_ns) < 0)
      break;
    nap_ns *= 2;
  } while (is_busy(group));
  async_scope_leave(&shield, 0);
}

void exec_cgroup_free(struct exec_cgroup *group)
{
  if (!group)
    return;
  if (is_busy(group) && !group->all->keeps)
    remove_slowly(group);
  if (group->dir >= 0)
    close(group->dir);
  free(group);
}
