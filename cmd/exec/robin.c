/* Who gets which block. */
#include "exec/robin.h"

#include <stdlib.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/shutdown.h"
#include "command.h"
#include "exec/feed.h"
#include "exec/robin_priv.h"

/* Blocks and jobs that wait. Not both do. */

bool exec_robin_is_stopping(const struct exec_robin *robin)
{
  return *robin->run->stop != ASYNC_FAN_STOP_NONE || async_stopping();
}

static bool has_ended(const struct exec_robin *robin)
{
  return exec_robin_is_stopping(robin) ||
         (robin->over && async_list_empty(&robin->blocks));
}

/* The next block, or NULL. */
static struct exec_block *shift_block(struct exec_robin *robin)
{
  struct async_list *node = async_list_shift(&robin->blocks);
  return node ? ASYNC_CONTAINER_OF(node, struct exec_block, node) : NULL;
}

static void wake(struct exec_robin_job *job, struct exec_block *block)
{
  async_list_remove(&job->idle_node);
  job->handed = block;
  async_event_set(&job->woken);
}

/* Gives what there is to those who wait for it. */
static void deal(struct exec_robin *robin)
{
  while (!async_list_empty(&robin->idle)) {
    bool ended = has_ended(robin);
    if (!ended && async_list_empty(&robin->blocks))
      break;
    wake(ASYNC_CONTAINER_OF(robin->idle.next, struct exec_robin_job, idle_node),
         ended ? NULL : shift_block(robin));
  }
  if (async_list_empty(&robin->blocks))
    async_event_set(&robin->wanted);
  async_event_set(&robin->changed);
}

static void look(struct async_timer *timer)
{
  deal(ASYNC_CONTAINER_OF(timer, struct exec_robin, look));
}

void exec_robin_look_soon(struct exec_robin *robin)
{
  async_timer_set(&robin->look, async_now(), look);
}

static void on_shutdown(struct async_op *op)
{
  if (op->rc == 0)
    exec_robin_look_soon(op->ctx);
}

void exec_robin_give_back(struct exec_robin *robin, struct exec_block *block)
{
  async_list_push_front(&robin->blocks, &block->node);
  exec_robin_look_soon(robin);
}

static int wait_for_block(struct exec_robin_job *job)
{
  struct exec_robin *robin = job->robin;
  async_event_clear(&job->woken);
  async_list_push(&robin->idle, &job->idle_node);
  int err = async_event_wait(&job->woken);
  async_list_remove(&job->idle_node);
  if (err < 0 && job->handed)
    exec_robin_give_back(robin, job->handed);
  return err;
}

int exec_robin_take(struct exec_robin_job *job, struct exec_block **out)
{
  struct exec_robin *robin = job->robin;
  int err = 0;
  job->handed = NULL;
  if (has_ended(robin))
    return ASYNC_EOF;
  if (async_list_empty(&robin->blocks))
    err = wait_for_block(job);
  else
    job->handed = shift_block(robin);
  if (err < 0)
    return err;
  if (async_list_empty(&robin->blocks))
    async_event_set(&robin->wanted);
  *out = job->handed;
  return *out ? 0 : ASYNC_EOF;
}

/* The input. */

static int wait_until_wanted(struct exec_robin *robin)
{
  int err = async_check();
  while (err == 0 && !async_list_empty(&robin->blocks)) {
    async_event_clear(&robin->wanted);
    err = async_event_wait(&robin->wanted);
  }
  return err;
}

/* One that is cut off leaves the rest to somebody else. */
static int read_blocks(void *arg)
{
  struct exec_robin *robin = arg;
  struct exec_block *block;
  int err;
  while ((err = wait_until_wanted(robin)) == 0 &&
         (err = exec_pipe_take(robin->input, &block)) == 0) {
    async_list_push(&robin->blocks, &block->node);
    deal(robin);
  }
  robin->over = err != ASYNC_ECANCELED;
  robin->err = err == ASYNC_EOF || err == ASYNC_ECANCELED ? 0 : err;
  deal(robin);
  return 0;
}

static int start_reader(struct exec_robin *robin)
{
  if (robin->reader || robin->over)
    return 0;
  return async_spawn_handle(async_root(), read_blocks, robin, &robin->reader);
}

static void stop_reader(struct exec_robin *robin)
{
  struct async_scope shield;
  if (!robin->reader)
    return;
  async_task_cancel(robin->reader);
  async_scope_shield(&shield, ASYNC_NEVER);
  async_join(robin->reader);
  async_scope_leave(&shield, 0);
  robin->reader = NULL;
}

/* Opening. */

static int refuse(struct job_run *run, const char *text)
{
  job_say_error(run->log, "%s", text);
  return COMMAND_USAGE;
}

static void init(struct exec_robin *robin, struct job_run *run,
                 struct exec_pipe_input *input)
{
  robin->run = run;
  robin->input = input;
  async_list_init(&robin->blocks);
  async_list_init(&robin->idle);
  async_event_init(&robin->wanted);
  async_event_init(&robin->changed);
  async_shutdown_watch(&robin->shutdown);
  robin->shutdown.done = on_shutdown;
  robin->shutdown.ctx = robin;
}

int exec_robin_open(struct exec_robin **out, struct job_run *run,
                    const struct exec_opts *opts, struct exec_pipe_input *input)
{
  if (!input)
    return refuse(run, "--round-robin says who gets the blocks of --pipe, "
                       "which is not given");
  if (opts->job.retries > 0)
    return refuse(run, "--round-robin does not keep the blocks that a job has "
                       "read, so that it cannot be tried again: --retries "
                       "does not fit");
  struct exec_robin *robin = calloc(1, sizeof(*robin));
  if (!robin) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  init(robin, run, input);
  *out = robin;
  return COMMAND_OK;
}

void exec_robin_close(struct exec_robin *robin)
{
  struct exec_block *block;
  if (!robin)
    return;
  stop_reader(robin);
  robin->shutdown.done = NULL;
  async_op_abort(&robin->shutdown);
  async_timer_clear(&robin->look);
  while ((block = shift_block(robin)) != NULL)
    exec_block_free(block);
  free(robin);
}

/* Jobs. */

static int begin_job(struct exec_robin *robin, struct exec_item *item)
{
  struct exec_block *block = shift_block(robin);
  int err = exec_robin_job_new(robin, item, block);
  if (err < 0) {
    exec_robin_give_back(robin, block);
    return err;
  }
  deal(robin);
  return exec_pipe_name(item, "job", ++robin->count);
}

/* A job that lives may still give back a block: only without any is the input
 * at its end. */
static int next_job(struct exec_robin *robin, struct exec_item *item)
{
  int err = start_reader(robin);
  while (err == 0) {
    if (robin->err < 0)
      return robin->err;
    if (!async_list_empty(&robin->blocks))
      return begin_job(robin, item);
    if (robin->over && robin->live == 0)
      return ASYNC_EOF;
    async_event_clear(&robin->changed);
    err = async_event_wait(&robin->changed);
  }
  return err;
}

/* What no job is given. */

static int take_any(struct exec_robin *robin, struct exec_block **out)
{
  *out = shift_block(robin);
  if (*out)
    return 0;
  if (robin->over)
    return robin->err < 0 ? robin->err : ASYNC_EOF;
  return exec_pipe_take(robin->input, out);
}

/* Counts one block, or all. What was counted until something goes wrong is a
 * job, too. */
static int count_rest(struct exec_robin *robin, struct exec_item *item,
                      bool all)
{
  struct exec_given *given = &item->given;
  struct exec_block *block;
  int err;
  stop_reader(robin);
  while ((err = take_any(robin, &block)) == 0) {
    given->blocks++;
    given->bytes += block->len;
    exec_block_free(block);
    if (!all)
      break;
  }
  if (given->blocks == 0)
    return err;
  given->unread = given->bytes;
  given->knows_unread = true;
  return exec_pipe_name(item, "job", ++robin->count);
}

int exec_robin_next(struct exec_robin *robin, struct exec_item *item)
{
  const struct job_run *run = robin->run;
  if (run->opts->dry_run)
    return count_rest(robin, item, robin->count + 1 >= run->jobs);
  if (*run->stop != ASYNC_FAN_STOP_NONE)
    return count_rest(robin, item, true);
  return next_job(robin, item);
}
