/* cmd/exec/own_cgroup.h: the control groups that this process is in, as files
 * that say what it may use. Linux; elsewhere there are none.
 *
 * Source: cgroups(7), proc_pid_mountinfo(5). */
#ifndef EXEC_OWN_CGROUP_H
#define EXEC_OWN_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"

struct exec_own_cgroup {
  struct async_buf dir;
  size_t top; /* the length of dir where the hierarchy is mounted */
};

#define EXEC_OWN_CGROUP_INIT                                                   \
  {                                                                            \
    ASYNC_BUF_INIT, 0                                                          \
  }

/* Finds the directory of our group.
 *
 * root        a directory in place of /, for tests; else ""
 * controller  of version 1: "cpu", "memory"; NULL: version 2
 *
 * Returns 0, -ENOENT if there is none that we can see, or ASYNC_ENOMEM.
 */
int exec_own_cgroup_find(struct exec_own_cgroup *own, const char *root,
                         const char *controller);
void exec_own_cgroup_done(struct exec_own_cgroup *own);

/* Goes to the group above. Returns false at the top. */
bool exec_own_cgroup_up(struct exec_own_cgroup *own);

/* Reads a file in it; the text ends with a NUL. Returns 0 or an error. */
int exec_own_cgroup_read(struct exec_own_cgroup *own, const char *name,
                         struct async_buf *out);

/* The number in a file in it, behind `word` at the start of a line.
 *
 * word  "inactive_file "; "": the file is a number
 *
 * Returns whether there is one; "max" and what is below 0 is none.
 */
bool exec_own_cgroup_number(struct exec_own_cgroup *own, const char *name,
                            const char *word, uint64_t *out);

#endif
