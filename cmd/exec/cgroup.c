/* Control groups, version 2:
 *
 *   1. where is the hierarchy, and where in it are we
 *   2. for --memory-max: the controller has to be enabled for groups below ours,
 *      which is not allowed while processes are in ours: we move into a leaf
 *   3. a group below ours for each job, removed when the job has ended
 *
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst. */
#include "exec/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/buf.h"
#include "async/error.h"
#include "command.h"

struct exec_cgroups {
  int dir;                /* our own group's */
  char own[32], leaf[48]; /* the names begin with `own` */
  bool moved;             /* we are in the leaf */
  uint64_t memory_max, count;
};

struct exec_cgroup {
  const struct exec_cgroups *all;
  int dir;
  char name[64];
};

/* Small files of the kernel. */

static int write_text(int dir, const char *name, const char *text)
{
  int fd = openat(dir, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  ssize_t put = write(fd, text, strlen(text));
  int err = put < 0 ? -errno : 0;
  close(fd);
  return err;
}

static bool read_text(int dir, const char *name, char *out, size_t size)
{
  int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
  if (fd >= 0)
    close(fd);
  out[got > 0 ? got : 0] = '\0';
  return got >= 0;
}

/* 1 */

/* The directory where type cgroup2 is mounted. */
static bool find_mount(char *out, size_t size)
{
  char line[1024], type[32];
  bool found = false;
  FILE *mounts = fopen("/proc/self/mounts", "re");
  while (mounts && !found && fgets(line, sizeof(line), mounts)) {
    char dir[512];
    found = sscanf(line, "%*s %511s %31s", dir, type) == 2 &&
            strcmp(type, "cgroup2") == 0 && strlen(dir) < size;
    if (found)
      memcpy(out, dir, strlen(dir) + 1);
  }
  if (mounts)
    fclose(mounts);
  return found;
}

static bool find_own(char *out, size_t size)
{
  char line[1024];
  bool found = false;
  FILE *groups = fopen("/proc/self/cgroup", "re");
  while (groups && !found && fgets(line, sizeof(line), groups)) {
    line[strcspn(line, "\n")] = '\0';
    found = strncmp(line, "0::", 3) == 0 && strlen(line + 3) < size;
    if (found)
      memcpy(out, line + 3, strlen(line + 3) + 1);
  }
  if (groups)
    fclose(groups);
  return found;
}

static int refuse(struct job_run *run, const char *why)
{
  job_say_error(run->log,
                "--memory-max and --kill-mode cgroup cannot be used here: %s; "
                "'systemd-run --user --scope -p Delegate=yes asynctool ...' "
                "makes a group in which they can",
                why);
  return COMMAND_USAGE;
}

static int open_own(struct exec_cgroups *groups, struct job_run *run)
{
  char mount[512], own[512], path[1100];
  if (!find_mount(mount, sizeof(mount)) || !find_own(own, sizeof(own)))
    return refuse(run, "there are no control groups of version 2");
  snprintf(path, sizeof(path), "%s%s", mount, own);
  groups->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return groups->dir < 0 ? refuse(run, async_err_text(-errno)) : COMMAND_OK;
}

/* 2 */

static bool has_word(const char *text, const char *word)
{
  size_t len = strlen(word);
  for (const char *at = text; (at = strstr(at, word)) != NULL; at += len)
    if ((at == text || at[-1] == ' ') && strchr(" \n", at[len]))
      return true;
  return false;
}

static int move_to_leaf(struct exec_cgroups *groups)
{
  char file[80];
  if (mkdirat(groups->dir, groups->leaf, 0755) < 0)
    return -errno;
  snprintf(file, sizeof(file), "%s/cgroup.procs", groups->leaf);
  int err = write_text(groups->dir, file, "0");
  groups->moved = err == 0;
  if (err < 0)
    unlinkat(groups->dir, groups->leaf, AT_REMOVEDIR);
  return err;
}

static int enable_memory(struct exec_cgroups *groups, struct job_run *run)
{
  char text[1024];
  if (!read_text(groups->dir, "cgroup.controllers", text, sizeof(text)) ||
      !has_word(text, "memory"))
    return refuse(run, "our group has no controller of memory");
  if (read_text(groups->dir, "cgroup.subtree_control", text, sizeof(text)) &&
      has_word(text, "memory"))
    return COMMAND_OK;
  int err = write_text(groups->dir, "cgroup.subtree_control", "+memory");
  if (err == -EBUSY) {
    err = move_to_leaf(groups);
    if (err == 0)
      err = write_text(groups->dir, "cgroup.subtree_control", "+memory");
  }
  return err < 0 ? refuse(run, async_err_text(err)) : COMMAND_OK;
}

/* A first group is made to see whether any can. */
static int try_one(struct exec_cgroups *groups, struct job_run *run)
{
  struct exec_cgroup *group;
  int err = exec_cgroup_new(&group, groups);
  if (err < 0)
    return refuse(run, async_err_text(err));
  exec_cgroup_free(group);
  return COMMAND_OK;
}

int exec_cgroups_open(struct exec_cgroups **out, struct job_run *run,
                      const struct exec_opts *opts)
{
  *out = NULL;
  if (opts->memory_max == 0 && opts->kill_mode != EXEC_KILL_CGROUP)
    return COMMAND_OK;
  struct exec_cgroups *groups = calloc(1, sizeof(*groups));
  if (!groups) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  groups->dir = -1;
  groups->memory_max = opts->memory_max;
  snprintf(groups->own, sizeof(groups->own), "asynctool.%ld", (long)getpid());
  snprintf(groups->leaf, sizeof(groups->leaf), "%s.self", groups->own);
  int status = open_own(groups, run);
  if (status == COMMAND_OK && groups->memory_max > 0)
    status = enable_memory(groups, run);
  if (status == COMMAND_OK)
    status = try_one(groups, run);
  if (status == COMMAND_OK)
    *out = groups;
  else
    exec_cgroups_close(groups);
  return status;
}

/* Our own leaf can go only when we do: it is left to whoever made our group. */
void exec_cgroups_close(struct exec_cgroups *groups)
{
  if (!groups)
    return;
  if (groups->moved) {
    write_text(groups->dir, "cgroup.subtree_control", "-memory");
    if (write_text(groups->dir, "cgroup.procs", "0") == 0)
      unlinkat(groups->dir, groups->leaf, AT_REMOVEDIR);
  }
  if (groups->dir >= 0)
    close(groups->dir);
  free(groups);
}

/* 3 */

static int limit_memory(const struct exec_cgroup *group)
{
  char text[32];
  if (group->all->memory_max == 0)
    return 0;
  snprintf(text, sizeof(text), "%llu",
           (unsigned long long)group->all->memory_max);
  int err = write_text(group->dir, "memory.max", text);
  /* Memory that goes to swap would not be bounded. */
  if (err == 0)
    write_text(group->dir, "memory.swap.max", "0");
  return err;
}

int exec_cgroup_new(struct exec_cgroup **out, struct exec_cgroups *groups)
{
  struct exec_cgroup *group = calloc(1, sizeof(*group));
  if (!group)
    return ASYNC_ENOMEM;
  group->all = groups;
  snprintf(group->name, sizeof(group->name), "%s.%llu", groups->own,
           (unsigned long long)++groups->count);
  int err = mkdirat(groups->dir, group->name, 0755) < 0 ? -errno : 0;
  if (err < 0) {
    free(group);
    return err;
  }
  group->dir =
      openat(groups->dir, group->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  err = group->dir < 0 ? -errno : limit_memory(group);
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

/* Before Linux 5.14 there is no cgroup.kill: one by one, until nobody new has
 * come. */
static void kill_one_by_one(const struct exec_cgroup *group)
{
  char text[4096];
  for (int round = 0; round < 10; round++) {
    if (!read_text(group->dir, "cgroup.procs", text, sizeof(text)) || !*text)
      return;
    for (char *at = text, *end; *at; at = *end ? end + 1 : end) {
      long pid = strtol(at, &end, 10);
      if (end == at)
        break;
      kill((pid_t)pid, SIGKILL);
    }
  }
}

void exec_cgroup_kill(struct exec_cgroup *group)
{
  if (group && write_text(group->dir, "cgroup.kill", "1") < 0)
    kill_one_by_one(group);
}

bool exec_cgroup_had_no_memory(const struct exec_cgroup *group)
{
  char text[512];
  if (!read_text(group->dir, "memory.events", text, sizeof(text)))
    return false;
  const char *line = strstr(text, "oom_kill ");
  return line && line[strlen("oom_kill ")] != '0';
}

void exec_cgroup_free(struct exec_cgroup *group)
{
  if (!group)
    return;
  if (group->dir >= 0) {
    /* A process that was killed is in it until it has been waited for. */
    if (unlinkat(group->all->dir, group->name, AT_REMOVEDIR) < 0) {
      exec_cgroup_kill(group);
      unlinkat(group->all->dir, group->name, AT_REMOVEDIR);
    }
    close(group->dir);
  }
  free(group);
}
