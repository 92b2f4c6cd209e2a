/* One attempt at one job:
 *
 *   1. it may start: load, memory, the jobserver's token; a slot
 *   2. what it needs: arguments, environment, pipes
 *   3. the process, and its end, or --timeout, or the end of the run
 *   4. what it left: orphans, the rest of its output
 *   5. what came of it */
#include "exec/job.h"

#include <signal.h>
#include <sys/wait.h>
#include <stdlib.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "exec/attempt.h"
#include "exec/kill.h"
#include "exec/needs.h"
#include "exec/verdict.h"

/* Entries. */

int exec_next(void *ctx, struct job_item *base)
{
  struct exec_client *client = ctx;
  struct exec_item *item = (struct exec_item *)base;
  if (client->robin)
    return exec_robin_next(client->robin, item);
  return client->pipe ? exec_pipe_next(client->pipe, item)
                      : exec_input_next(client->input, client->words, item);
}

int exec_prepare(void *ctx, struct job_item *base)
{
  struct exec_item *item = (struct exec_item *)base;
  (void)ctx;
  /* The time it waits to start is not its own. */
  item->timeout_ns = base->timeout_ns;
  base->timeout_ns = 0;
  return 0;
}

size_t exec_more(const struct job_item *base, struct job_entry **entries)
{
  const struct exec_item *item = (const struct exec_item *)base;
  *entries = item->more;
  return item->more_count;
}

/* 3 */

static int start(struct exec_attempt *attempt, struct exec_needs *needs,
                 struct async_group *helpers)
{
  struct exec_client *client = attempt->client;
  struct exec_item *item = attempt->item;
  int outputs[2];
  if (exec_output_new(&item->output, client->screen, item, outputs) < 0 ||
      exec_feed_begin(client->feed, item, &needs->opts.in, helpers) < 0)
    return -1;
  needs->opts.out = outputs[0];
  needs->opts.error = outputs[1];
  int err = async_proc_start(&attempt->proc, &needs->opts);
  exec_feed_given(client->feed, needs->opts.in);
  if (err < 0) {
    exec_verdict_of_start(attempt, err);
    return -1;
  }
  item->end.pid = attempt->proc.pid;
  /* Without memory for a reader the job could wait for us for ever. */
  if (exec_output_read(item->output, helpers) < 0) {
    exec_kill(attempt);
    return exec_no_memory(attempt);
  }
  return 0;
}

static enum exec_killer killer_of_run(const struct exec_client *client)
{
  switch (*client->run->stop) {
  case ASYNC_FAN_STOP_DEADLINE:
    return EXEC_KILLER_DEADLINE;
  case ASYNC_FAN_STOP_FAILURES:
    return EXEC_KILLER_FAIL_FAST;
  case ASYNC_FAN_STOP_SUCCESSES:
    return EXEC_KILLER_FIRST;
  default:
    return EXEC_KILLER_INTERRUPT;
  }
}

static void wait_for_end(struct exec_attempt *attempt)
{
  struct exec_item *item = attempt->item;
  struct async_scope limit;
  async_scope_enter(&limit, item->timeout_ns > 0 ? async_in(item->timeout_ns)
                                                 : ASYNC_NEVER);
  int rc = async_proc_wait(&attempt->proc);
  rc = async_scope_leave(&limit, rc);
  if (rc == 0)
    return;
  item->end.killer = rc == ASYNC_ETIMEDOUT ? EXEC_KILLER_TIMEOUT
                                           : killer_of_run(attempt->client);
  exec_kill(attempt);
}

/* 4 */

static void clean_up(struct exec_attempt *attempt)
{
  struct exec_item *item = attempt->item;
  item->end.ended = true;
  item->end.status = attempt->proc.status;
  item->end.usage = attempt->proc.usage;
  exec_terminal_take_back(&attempt->client->terminal,
                          WIFSIGNALED(attempt->proc.status));
  exec_kill_orphans(attempt);
}

/* 5 */

/* Something of ours failed, which job_error_set has said. */
static void note_failure(struct exec_attempt *attempt)
{
  if (attempt->fan->outcome != ASYNC_FAN_OK)
    return;
  attempt->fan->outcome = ASYNC_FAN_FAILED;
  attempt->fan->rc = ASYNC_EFAIL;
}

static void run(struct exec_attempt *attempt, struct exec_needs *needs,
                struct async_group *helpers)
{
  struct exec_item *item = attempt->item;
  if (exec_needs_gather(needs, attempt) < 0 ||
      start(attempt, needs, helpers) < 0) {
    exec_robin_leave(item->robin);
    note_failure(attempt);
    return;
  }
  wait_for_end(attempt);
  clean_up(attempt);
  exec_robin_leave(item->robin);
  int kept = exec_output_drain(item->output, attempt->client->opts->drain_ns);
  if (kept < 0)
    note_failure(attempt);
  else
    exec_verdict(attempt);
}

static void drop_output(struct exec_item *item)
{
  exec_output_free(item->output);
  item->output = NULL;
}

/* Forgets the attempt before. */
static void begin(struct exec_item *item)
{
  drop_output(item);
  item->end = (struct exec_end){ .pid = 0 };
}

static void run_in_slot(struct exec_attempt *attempt)
{
  struct exec_client *client = attempt->client;
  struct exec_needs needs = EXEC_NEEDS_INIT;
  struct async_group helpers;
  attempt->item->slot = exec_slots_take(&client->slots);
  async_group_open(&helpers, ASYNC_GROUP_COLLECT);
  run(attempt, &needs, &helpers);
  /* What a job does not read, nobody will. */
  async_group_cancel(&helpers);
  async_group_close(&helpers);
  async_proc_close(&attempt->proc);
  exec_cgroup_free(attempt->cgroup);
  exec_needs_done(&needs);
  exec_slots_give(&client->slots, attempt->item->slot);
}

void exec_work(void *ctx, struct job_item *base, struct async_fan_attempt *fan)
{
  struct exec_client *client = ctx;
  struct exec_attempt attempt = { .client = client,
                                  .item = (struct exec_item *)base,
                                  .fan = fan,
                                  .began_ns = async_now() };
  begin(attempt.item);
  int err = exec_gate_enter(client->gate);
  if (err < 0) {
    fan->outcome = ASYNC_FAN_FAILED;
    fan->rc = err;
    return;
  }
  run_in_slot(&attempt);
  exec_gate_leave(client->gate);
  /* It will not be shown: it need not wait, too. */
  if (fan->outcome == ASYNC_FAN_RETRY && !fan->last && !async_stopping())
    drop_output(attempt.item);
}

void exec_item_done(struct job_item *base)
{
  struct exec_item *item = (struct exec_item *)base;
  exec_argv_done(&item->argv);
  exec_output_free(item->output);
  exec_block_free(item->block);
  exec_robin_job_free(item->robin);
  for (size_t i = 0; i < item->more_count; i++)
    job_entry_done(&item->more[i]);
  free(item->more);
}

/* Ctrl-Z. */

void exec_stopping(void *ctx)
{
  (void)ctx;
  async_proc_signal_all(SIGTSTP);
}

void exec_continued(void *ctx)
{
  (void)ctx;
  async_proc_signal_all(SIGCONT);
}
