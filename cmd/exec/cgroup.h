/* cmd/exec/cgroup.h: a control group (version 2) for each job, where asked
 * for: --memory-max, --kill-mode cgroup. */
#ifndef EXEC_CGROUP_H
#define EXEC_CGROUP_H

#include "exec/options.h"
#include "job/tool.h"

struct exec_cgroups; /* one a run */
struct exec_cgroup;  /* one a job */

/* *out is NULL if none is needed. Returns 0, or the exit status (2), after it
 * was said why none can be made here. */
int exec_cgroups_open(struct exec_cgroups **out, struct job_run *run,
                      const struct exec_opts *opts);
void exec_cgroups_close(struct exec_cgroups *groups);

/* The same with a directory in place of /: for tests. */
int exec_cgroups_open_in(struct exec_cgroups **out, struct job_run *run,
                         const struct exec_opts *opts, const char *root);

/* Makes one. Returns 0 or an error. fd: its directory. */
int exec_cgroup_new(struct exec_cgroup **out, struct exec_cgroups *groups);
int exec_cgroup_fd(const struct exec_cgroup *group);

/* Kills all that is in it (cgroup.kill, or one by one). */
void exec_cgroup_kill(struct exec_cgroup *group);

/* Whether the kernel killed something in it for lack of memory. */
bool exec_cgroup_had_no_memory(const struct exec_cgroup *group);

/* Removes it; NULL is fine. What still lives in it is killed, but with --orphans
 * keep. May park, shielded. */
void exec_cgroup_free(struct exec_cgroup *group);

#endif
