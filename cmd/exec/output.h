/* cmd/exec/output.h: what jobs write, from their pipes to where it belongs.
 *
 * A job's output is read as it comes, into memory, and when --buffer-size is
 * full into a file without a name; when that is not possible the job has to
 * wait. It is shown in one piece at the end (group), in whole lines meanwhile
 * (line), or not read at all (live, discard). */
#ifndef EXEC_OUTPUT_H
#define EXEC_OUTPUT_H

#include "async/task.h"
#include "exec/item.h"
#include "exec/options.h"
#include "job/tool.h"

struct exec_screen; /* one a run */
struct exec_output; /* one an attempt */

/* Decides how output is shown, from the options and where standard output goes.
 *
 * Returns 0, or the exit status, after it was said what is wrong: options that
 * do not go together, a directory that cannot be written.
 */
int exec_screen_open(struct exec_screen **out, struct job_run *run,
                     const struct exec_opts *opts);
void exec_screen_close(struct exec_screen *screen);

/* In the sink, for every item, also one without output: all before `seq` has
 * been shown. With --keep-order it says whose turn it is. */
void exec_screen_next(struct exec_screen *screen, uint64_t seq);

/* Whether our own standard error could not be written: the run's status is then
 * COMMAND_IO. */
bool exec_screen_failed(const struct exec_screen *screen);

/* Begins an attempt.
 *
 * fds  on success the descriptors for the child's 1 and 2, as
 *      struct async_proc_opts takes them; the output's own
 *
 * Returns 0, or -1 after job_error_set.
 */
int exec_output_new(struct exec_output **out, struct exec_screen *screen,
                    struct exec_item *item, int fds[2]);

/* The child has its descriptors: closes ours and reads, after a while in a task
 * of `readers` that no cancel reaches. exec_output_drain is due then, before
 * `readers` is closed. Returns 0. */
int exec_output_read(struct exec_output *output, struct async_group *readers);

/* The child has ended: reads what is left, for drain_ns at most, because others
 * may hold the pipes open. Shielded. Returns 0, or -1 after job_error_set:
 * something could not be kept. */
int exec_output_drain(struct exec_output *output, int64_t drain_ns);

/* In the sink: shows what is to be shown, puts --results in place.
 *
 * ok  the job succeeded
 *
 * Returns 0, or -1 after job_error_set: it could not be shown whole, the
 * results could not be written.
 * Errors of standard output are the run's own.
 */
int exec_output_show(struct exec_output *output, bool ok);

/* NULL is fine. An output that was not shown is dropped, with its files. */
void exec_output_free(struct exec_output *output);

/* For the record. */
struct exec_captured {
  bool known;       /* bytes is: the output came through us */
  uint64_t bytes;   /* that were written in all */
  const char *text; /* NULL: not captured */
  size_t len;
  bool truncated;
  const char *file; /* of --results, or NULL */
};
void exec_output_captured(const struct exec_output *output, int fd,
                          struct exec_captured *out); /* fd: 1 or 2 */

#endif
