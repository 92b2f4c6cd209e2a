/* cmd/exec/cgroup_priv.h: what cgroups.c (one a run) and cgroup.c (one a job)
 * share. */
#ifndef EXEC_CGROUP_PRIV_H
#define EXEC_CGROUP_PRIV_H

#include "async/buf.h"
#include "exec/cgroup.h"

struct exec_cgroups {
  struct async_buf path;  /* of our own group */
  int dir;                /* the same; -1: not open yet */
  char own[32], leaf[48]; /* the names of groups that we make begin with own */
  bool moved;             /* we are in the leaf */
  bool enabled;           /* the controller of memory, by us */
  bool keeps;             /* --orphans keep: they live on in their group */
  uint64_t memory_max, count;
};

/* Files of the kernel, in a directory. 0 or an error; `out` ends with a NUL. */
int exec_cgroup_write(int dir, const char *name, const char *text);
int exec_cgroup_read(int dir, const char *name, struct async_buf *out);

#endif
