/* cmd/exec/robin.h: --round-robin: the blocks of --pipe go to a few jobs that
 * live long, each to whichever has room for it.
 *
 *   1. a task reads the input, one block ahead of the jobs
 *   2. the block goes to the job that has waited longest with an empty pipe;
 *      if none waits, to a new job; and with --jobs of them it waits itself
 *   3. when a job ends, or closes its standard input, the blocks of which it
 *      has not read a byte go to others; but not the first one it was given,
 *      so that each job takes the input forward, whatever it does
 *   4. at the end of the input all standard inputs are closed
 *
 * Of every block it is known whether it was read, because only the kernel's
 * pipe is between us and the job. */
#ifndef EXEC_ROBIN_H
#define EXEC_ROBIN_H

#include "async/task.h"
#include "exec/item.h"
#include "exec/options.h"
#include "job/tool.h"

struct exec_pipe_input;
struct exec_robin;
struct exec_robin_job;

/* input  borrowed
 *
 * Returns 0, or the exit status, after it was said what is wrong. */
int exec_robin_open(struct exec_robin **out, struct job_run *run,
                    const struct exec_opts *opts,
                    struct exec_pipe_input *input);
void exec_robin_close(struct exec_robin *robin);

/* The next job, with its first block, as soon as one is needed. After an early
 * stop, one that stands for the rest of the input. In a rehearsal as many as
 * may run, with the whole input between them.
 *
 * item  its text becomes "job N"
 *
 * Returns as the hook `next` of struct job_tool does. */
int exec_robin_next(struct exec_robin *robin, struct exec_item *item);

/* Makes the job's standard input.
 *
 * group  a task of it feeds the job; exec_robin_leave is due before it closes
 * fd     on success the end to read from
 *
 * Returns 0 or an error.
 */
int exec_robin_begin(struct exec_robin_job *job, struct async_group *group,
                     int *fd);

/* The job has ended: item->given is final. Is not cancelled. NULL and a second
 * call are fine. */
void exec_robin_leave(struct exec_robin_job *job);

/* Also for one that never began. NULL is fine. */
void exec_robin_job_free(struct exec_robin_job *job);

#endif
