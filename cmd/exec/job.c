/* One attempt at one job:
 *
 *   1. it may start: load, memory, the jobserver's token; a slot
 *   2. what it needs: arguments, environment, pipes
 *   3. the process, and its end, or --timeout, or the end of the run
 *   4. what it left: orphans, the rest of its output
 *   5. what came of it */
#include "exec/job.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/shutdown.h"
#include "async/timer.h"
#include "command.h"
#include "exec/attempt.h"
#include "exec/kill.h"
#include "exec/terminal.h"
#include "exec/verdict.h"

/* Entries. */

int exec_next(void *ctx, struct job_item *base)
{
  struct exec_client *client = ctx;
  struct exec_item *item = (struct exec_item *)base;
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

/* 2 */

static const struct async_proc_limit *limits_of(const struct exec_opts *opts,
                                                struct async_proc_limit *limits)
{
  for (size_t i = 0; i < opts->rlimits.count; i++) {
    uint64_t value = opts->rlimits.items[i].value;
    rlim_t limit = value == UINT64_MAX ? RLIM_INFINITY : (rlim_t)value;
    limits[i] = (struct async_proc_limit){
      .resource = opts->rlimits.items[i].resource,
      .limit = { .rlim_cur = limit, .rlim_max = limit },
    };
  }
  return limits;
}

/* The pieces of an attempt that are freed as soon as the process has them. */
struct needs {
  struct async_proc_opts opts;
  struct async_proc_limit limits[EXEC_LIMITS];
  char **environment;
  char *program; /* found for this item alone */
  struct async_buf dir;
};

static void needs_done(struct needs *needs)
{
  free(needs->environment);
  free(needs->program);
  async_buf_done(&needs->dir);
}

static int no_memory(struct exec_attempt *attempt)
{
  return job_error_set(&attempt->item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM,
                       "%s", async_err_text(ASYNC_ENOMEM));
}

static int find_program(struct exec_attempt *attempt, struct needs *needs)
{
  const struct exec_argv *argv = &attempt->item->argv;
  needs->opts.file = attempt->client->program;
  if (needs->opts.file)
    return 0;
  int err = async_proc_find(&needs->program, argv->items[0], NULL);
  needs->opts.file = needs->program;
  if (err == ASYNC_ENOMEM)
    return no_memory(attempt);
  if (err < 0)
    return job_error_set(&attempt->item->item, JOB_ERROR_SPAWN, err,
                         "cannot start %s: %s", argv->items[0],
                         async_err_text(err));
  return 0;
}

static int find_dir(struct exec_attempt *attempt, struct needs *needs)
{
  if (!attempt->client->dir)
    return 0;
  if (exec_text_add(attempt->client->dir, attempt->item, &needs->dir) < 0)
    return -1;
  needs->opts.dir = async_buf_str(&needs->dir);
  return needs->opts.dir ? 0 : no_memory(attempt);
}

static int make_cgroup(struct exec_attempt *attempt, struct needs *needs)
{
  if (!attempt->client->cgroups)
    return 0;
  int err = exec_cgroup_new(&attempt->cgroup, attempt->client->cgroups);
  if (err < 0)
    return job_error_set(&attempt->item->item, JOB_ERROR_SPAWN, err,
                         "cannot make a cgroup: %s", async_err_text(err));
  needs->opts.cgroup = 1 + exec_cgroup_fd(attempt->cgroup);
  return 0;
}

static int gather(struct exec_attempt *attempt, struct needs *needs)
{
  struct exec_client *client = attempt->client;
  struct exec_item *item = attempt->item;
  const struct exec_opts *opts = client->opts;
  if (exec_words_fill(client->words, item, &item->argv) < 0 ||
      find_program(attempt, needs) < 0 || find_dir(attempt, needs) < 0 ||
      exec_environment_fill(&client->environment, item, &needs->environment) <
          0)
    return -1;
  needs->opts.argv = item->argv.items;
  needs->opts.envp = needs->environment;
  needs->opts.nice = (int)opts->nice;
  needs->opts.limits = limits_of(opts, needs->limits);
  needs->opts.limit_count = opts->rlimits.count;
  needs->opts.terminal = opts->tty;
  return make_cgroup(attempt, needs);
}

/* 3 */

static int start(struct exec_attempt *attempt, struct needs *needs,
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
    return no_memory(attempt);
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
  if (attempt->client->opts->tty)
    exec_terminal_take_back();
  exec_kill_orphans(attempt);
  exec_reap_orphans(attempt->client);
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

static void run(struct exec_attempt *attempt, struct needs *needs,
                struct async_group *helpers)
{
  struct exec_item *item = attempt->item;
  if (gather(attempt, needs) < 0 || start(attempt, needs, helpers) < 0) {
    note_failure(attempt);
    return;
  }
  wait_for_end(attempt);
  clean_up(attempt);
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
  struct needs needs = { .opts = { .in = ASYNC_PROC_NULL,
                                   .out = ASYNC_PROC_NULL,
                                   .error = ASYNC_PROC_NULL } };
  struct async_group helpers;
  attempt->item->slot = exec_slots_take(&client->slots);
  async_group_open(&helpers, ASYNC_GROUP_COLLECT);
  run(attempt, &needs, &helpers);
  /* What a job does not read, nobody will. */
  async_group_cancel(&helpers);
  async_group_close(&helpers);
  async_proc_close(&attempt->proc);
  exec_cgroup_free(attempt->cgroup);
  needs_done(&needs);
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

/* Ends. */

static void note_status(struct exec_client *client,
                        const struct exec_item *item)
{
  int status = exec_status_of(item);
  if (client->first_status == 0)
    client->first_status = status;
  if (status > client->max_status)
    client->max_status = status;
}

/* With -v, or a format of records, it is said elsewhere. */
static void say_failure(const struct exec_client *client,
                        const struct job_item *item)
{
  const struct job_opts *opts = client->run->opts;
  bool text = !opts->format || strcmp(opts->format, "text") == 0;
  bool failed = item->outcome == JOB_OUTCOME_FAILED ||
                item->outcome == JOB_OUTCOME_TIMEOUT;
  if (text && opts->verbose == 0 && failed)
    job_say(client->run->log, "%s: %s", item->entry.key ? item->entry.key : "",
            job_error_text(&item->error));
}

void exec_ended(void *ctx, struct job_item *base,
                const struct async_fan_result *result)
{
  struct exec_client *client = ctx;
  struct exec_item *item = (struct exec_item *)base;
  (void)result;
  /* A rehearsal shows the commands. */
  if (client->run->opts->dry_run && base->prepared)
    exec_words_fill(client->words, item, &item->argv);
  if (item->output &&
      exec_output_show(item->output, base->outcome == JOB_OUTCOME_OK) < 0 &&
      base->outcome == JOB_OUTCOME_OK)
    base->outcome = JOB_OUTCOME_FAILED;
  exec_screen_next(client->screen, base->seq + 1 + item->more_count);
  note_status(client, item);
  say_failure(client, base);
}

/* Standard output has the jobs' output; of a rehearsal, their commands. */
void exec_text_of(void *ctx, const struct job_item *base, struct async_buf *out)
{
  const struct exec_client *client = ctx;
  const struct exec_item *item = (const struct exec_item *)base;
  if (!client->run->opts->dry_run || !item->argv.items)
    return;
  exec_argv_quote(&item->argv, out);
  async_buf_add_char(out, '\n');
}

void exec_item_done(struct job_item *base)
{
  struct exec_item *item = (struct exec_item *)base;
  exec_argv_done(&item->argv);
  exec_output_free(item->output);
  exec_block_free(item->block);
  for (size_t i = 0; i < item->more_count; i++)
    job_entry_done(&item->more[i]);
  free(item->more);
}

int exec_status(void *ctx, int status)
{
  const struct exec_client *client = ctx;
  enum exec_exit_with with = client->opts->exit_with;
  if (exec_screen_failed(client->screen))
    return COMMAND_IO;
  if (with == EXEC_EXIT_SUMMARY || status == COMMAND_OK ||
      status == COMMAND_USAGE || status == COMMAND_IO ||
      client->first_status == 0)
    return status;
  return with == EXEC_EXIT_FIRST ? client->first_status : client->max_status;
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
