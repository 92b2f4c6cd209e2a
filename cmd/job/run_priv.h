/* cmd/job/run_priv.h: the state of one run, shared by the files that run it. */
#ifndef JOB_RUN_PRIV_H
#define JOB_RUN_PRIV_H

#include "async/loop.h"
#include "async/task.h"
#include "job/count.h"
#include "job/progress.h"
#include "job/tool.h"

struct job_session {
  struct job_run run; /* what the tool sees */
  void *ctx;          /* the tool's */
  struct job_log log;
  struct job_writer writer, file_writer;
  struct job_out out, file; /* file: --records */
  struct job_count count;
  struct job_meter meter;
  int64_t wall_ns;       /* the time of day minus the loop's clock */
  int64_t skip_until_ns; /* after an early stop, a pipe is read so long; 0: not
                            stopped yet */
  bool pipe_ignored;     /* SIGPIPE was, when we were started */
  int status;
  int signal; /* to die of, or 0 */
};

/* Sets how many jobs there can be at once; raises the limit of open files if
 * that helps, and says so if there have to be fewer than were asked for. */
void job_limit_jobs(struct job_run *run);

/* The engine's options, from those of the command line. */
struct async_fan_opts job_fan_opts(const struct job_run *run);

/* The further entries of an item: struct job_tool's `more`. */
size_t job_item_more(const struct job_session *session,
                     const struct job_item *item, struct job_entry **entries);

/* Frees what an item has, also the tool's part. */
void job_item_drop(const struct job_session *session, struct job_item *item);

/* The engine's hooks; ctx is the session. */
int job_entry_next(void *ctx, void *item);
const char *job_entry_key(void *ctx, void *item, size_t *len);
void job_entry_work(void *ctx, void *item, struct async_fan_attempt *attempt);
void job_entry_start(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op);
void job_entry_judge(void *ctx, void *item, struct async_fan_attempt *attempt,
                     struct async_op *op);
int job_entry_sink(void *ctx, void *item,
                   const struct async_fan_result *result);
int job_entry_idle(void *ctx);

/* A task's loop: what a stop that was asked for means for messages and
 * outputs. */
int job_watch_stop(void *session);

/* SIGUSR1: one status line, and with -v every task. SIGTSTP: stops the process
 * and the loop's clock. Also if it fails, job_signals_close is due. */
struct job_signals;
int job_signals_open(struct job_signals **out, struct job_session *session);
void job_signals_close(struct job_signals *signals);

/* The ends of a run. The first three return the exit status, COMMAND_OK to go
 * on. */
int job_say_io(struct job_session *session, const char *name, int err);
int job_outputs_open(struct job_session *session);
int job_source_open(struct job_session *session);

/* Closes everything when nothing was started. */
void job_session_abort(struct job_session *session);

/* Closes everything after the last entry, also when all is being cancelled.
 *
 * err  what the engine returned
 */
void job_session_finish(struct job_session *session, int err);

/* job_run, with options of the loop: for tests. */
int job_run_with(const struct job_tool *tool, const struct job_opts *opts,
                 const void *tool_opts, char *const *operands,
                 size_t operand_count, const struct async_run_opts *loop);

#endif
