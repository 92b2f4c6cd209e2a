/* Control groups of version 2, for a run:
 *
 *   1. where in the hierarchy are we, and may we make groups there
 *   2. for --memory-max: the controller has to be enabled for groups below ours,
 *      which is not allowed while processes are in ours: we move into a leaf
 *   3. one group is made to see whether any can
 *
 * Source: Linux, Documentation/admin-guide/cgroup-v2.rst. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"
#include "exec/cgroup_priv.h"
#include "exec/own_cgroup.h"

static int refuse(const struct exec_cgroups *groups, struct job_run *run,
                  const char *why)
{
  job_say_error(run->log,
                "%s cannot be used here: %s; in a group made with "
                "'systemd-run --user --scope -p Delegate=yes asynctool exec "
                "...' it can",
                groups->memory_max ? "--memory-max" : "--kill-mode cgroup",
                why);
  return COMMAND_USAGE;
}

static int refuse_err(struct exec_cgroups *groups, struct job_run *run,
                      const char *what, int err)
{
  char why[512];
  snprintf(why, sizeof(why), "%s %s: %s", what,
           groups->path.len ? groups->path.data : "", async_err_text(err));
  return refuse(groups, run, why);
}

/* 1 */

static int find_own(struct exec_cgroups *groups, struct job_run *run,
                    const char *root)
{
  struct exec_own_cgroup own = EXEC_OWN_CGROUP_INIT;
  int err = exec_own_cgroup_find(&own, root, NULL);
  if (err < 0) {
    exec_own_cgroup_done(&own);
    return refuse(groups, run,
                  "no hierarchy of control groups of version 2 is mounted in "
                  "which we are");
  }
  groups->path = own.dir;
  groups->dir = open(groups->path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (groups->dir < 0)
    return refuse_err(groups, run, "we cannot open our group", -errno);
  return COMMAND_OK;
}

/* Who starts a process in another group has to be allowed to move it there. */
static int check_access(struct exec_cgroups *groups, struct job_run *run)
{
  if (faccessat(groups->dir, ".", W_OK, AT_EACCESS) == 0 &&
      faccessat(groups->dir, "cgroup.procs", W_OK, AT_EACCESS) == 0)
    return COMMAND_OK;
  return refuse_err(groups, run, "we may not make groups in", -errno);
}

/* 2 */

static bool has_word(const char *text, const char *word)
{
  size_t len = strlen(word);
  for (;;) {
    text += strspn(text, " \n");
    size_t part = strcspn(text, " \n");
    if (part == len && memcmp(text, word, len) == 0)
      return true;
    if (part == 0)
      return false;
    text += part;
  }
}

static bool lists_memory(const struct exec_cgroups *groups, const char *name)
{
  struct async_buf text = ASYNC_BUF_INIT;
  bool has = exec_cgroup_read(groups->dir, name, &text) == 0 &&
             has_word(text.data, "memory");
  async_buf_done(&text);
  return has;
}

static int move_to_leaf(struct exec_cgroups *groups)
{
  char file[80];
  if (mkdirat(groups->dir, groups->leaf, 0755) < 0)
    return -errno;
  snprintf(file, sizeof(file), "%s/cgroup.procs", groups->leaf);
  int err = exec_cgroup_write(groups->dir, file, "0");
  groups->moved = err == 0;
  if (err < 0)
    unlinkat(groups->dir, groups->leaf, AT_REMOVEDIR);
  return err;
}

static int enable(struct exec_cgroups *groups)
{
  static const char NAME[] = "cgroup.subtree_control";
  int err = exec_cgroup_write(groups->dir, NAME, "+memory");
  if (err == -EBUSY) {
    err = move_to_leaf(groups);
    if (err == 0)
      err = exec_cgroup_write(groups->dir, NAME, "+memory");
  }
  groups->enabled = err == 0;
  return err;
}

static int enable_memory(struct exec_cgroups *groups, struct job_run *run)
{
  if (!lists_memory(groups, "cgroup.controllers"))
    return refuse(groups, run,
                  "our group has no controller of memory "
                  "(cgroup.controllers does not name it)");
  if (lists_memory(groups, "cgroup.subtree_control"))
    return COMMAND_OK;
  int err = enable(groups);
  if (err == -EBUSY)
    return refuse(groups, run,
                  "our group has other processes besides us, so that the "
                  "controller of memory cannot be passed on");
  return err < 0 ? refuse_err(groups, run, "the controller of memory of", err)
                 : COMMAND_OK;
}

/* 3 */

static int try_one(struct exec_cgroups *groups, struct job_run *run)
{
  struct exec_cgroup *group;
  int err = exec_cgroup_new(&group, groups);
  if (err < 0)
    return refuse_err(groups, run, "a group cannot be made in", err);
  exec_cgroup_free(group);
  return COMMAND_OK;
}

static int open_groups(struct exec_cgroups *groups, struct job_run *run,
                       const char *root)
{
  snprintf(groups->own, sizeof(groups->own), "asynctool.%ld", (long)getpid());
  snprintf(groups->leaf, sizeof(groups->leaf), "%s.self", groups->own);
  int status = find_own(groups, run, root);
  if (status == COMMAND_OK)
    status = check_access(groups, run);
  if (status == COMMAND_OK && groups->memory_max > 0)
    status = enable_memory(groups, run);
  return status == COMMAND_OK ? try_one(groups, run) : status;
}

int exec_cgroups_open_in(struct exec_cgroups **out, struct job_run *run,
                         const struct exec_opts *opts, const char *root)
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
  groups->keeps = opts->orphans == EXEC_ORPHANS_KEEP;
  int status = open_groups(groups, run, root);
  if (status == COMMAND_OK)
    *out = groups;
  else
    exec_cgroups_close(groups);
  return status;
}

int exec_cgroups_open(struct exec_cgroups **out, struct job_run *run,
                      const struct exec_opts *opts)
{
  return exec_cgroups_open_in(out, run, opts, "");
}

/* With a group of a job left, which --orphans keep allows, we have to stay in
 * the leaf; then it is left, too. */
static void leave(struct exec_cgroups *groups)
{
  if (groups->enabled)
    exec_cgroup_write(groups->dir, "cgroup.subtree_control", "-memory");
  if (groups->moved && exec_cgroup_write(groups->dir, "cgroup.procs", "0") == 0)
    unlinkat(groups->dir, groups->leaf, AT_REMOVEDIR);
  close(groups->dir);
}

void exec_cgroups_close(struct exec_cgroups *groups)
{
  if (!groups)
    return;
  if (groups->dir >= 0)
    leave(groups);
  async_buf_done(&groups->path);
  free(groups);
}
