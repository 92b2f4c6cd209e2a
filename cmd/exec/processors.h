/* cmd/exec/processors.h: the quota of processor time; exec_processors is in
 * choices.h. */
#ifndef EXEC_PROCESSORS_H
#define EXEC_PROCESSORS_H

/* How many processors our control groups leave us, rounded up; 0: no limit.
 *
 * root  as for exec_own_cgroup_find
 */
unsigned exec_processor_quota(const char *root);

#endif
