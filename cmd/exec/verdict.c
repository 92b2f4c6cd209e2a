#include "exec/verdict.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "async/error.h"
#include "command.h"
#include "exec/signals.h"
#include "job/count.h"

/* As timeout(1) and shells have it. */
enum { STATUS_TIMEOUT = 124, STATUS_SIGNAL = 128 };

static void fail(struct exec_attempt *attempt, bool again)
{
  attempt->fan->outcome = again ? ASYNC_FAN_RETRY : ASYNC_FAN_FAILED;
  attempt->fan->rc = ASYNC_EFAIL;
}

/* Starting. */

/* Whether another time it may be possible. */
static bool is_passing(int err)
{
  return err == -EAGAIN || err == -ENOMEM || err == -EMFILE || err == -ENFILE ||
         err == -ETXTBSY;
}

void exec_verdict_of_start(struct exec_attempt *attempt, int err)
{
  const struct exec_argv *argv = &attempt->item->argv;
  const char *program = argv->count > 0 ? argv->items[0] : "the command";
  if (err == -E2BIG)
    job_error_set(&attempt->item->item, JOB_ERROR_INPUT, err,
                  "arguments and environment too long for the system: %zu "
                  "bytes of arguments",
                  argv->bytes);
  else
    job_error_set(&attempt->item->item, JOB_ERROR_SPAWN, err,
                  "cannot start %s: %s", program, async_err_text(err));
  fail(attempt, attempt->client->retry_on.spawn && is_passing(err));
}

/* Ending. */

static void judge_killed(struct exec_attempt *attempt)
{
  struct job_item *item = &attempt->item->item;
  struct async_buf after = ASYNC_BUF_INIT;
  switch (attempt->item->end.killer) {
  case EXEC_KILLER_TIMEOUT:
    job_add_duration(&after, attempt->item->timeout_ns);
    job_error_set(item, JOB_ERROR_TIMEOUT, ASYNC_ETIMEDOUT, "no end after %s",
                  after.err ? "the time limit" : async_buf_str(&after));
    async_buf_done(&after);
    fail(attempt, attempt->client->retry_on.timeout);
    return;
  case EXEC_KILLER_MEMORY:
    job_error_set(item, JOB_ERROR_LIMIT, 0,
                  "killed, because it needed more memory than --memory-max");
    fail(attempt, attempt->client->retry_on.signal);
    return;
  default:
    attempt->fan->outcome = ASYNC_FAN_FAILED;
    attempt->fan->rc = ASYNC_ECANCELED;
  }
}

static void judge_signal(struct exec_attempt *attempt, int status)
{
  char name[EXEC_SIGNAL_BYTES];
  int number = WTERMSIG(status);
  job_error_set(&attempt->item->item, JOB_ERROR_SIGNAL, number,
                "killed by %s%s", exec_signal_name(number, name),
                WCOREDUMP(status) ? ", memory dumped" : "");
  fail(attempt, attempt->client->retry_on.signal);
}

/* It succeeded, but the input that was given to it has gone unread with it. */
static void judge_unread(struct exec_attempt *attempt, int exit_status)
{
  const struct exec_given *given = &attempt->item->given;
  job_error_set(&attempt->item->item, JOB_ERROR_IO, -EPIPE,
                "exit status %d, but %" PRIu64 " of the %" PRIu64
                " bytes that it was given were not read",
                exit_status, given->unread, given->bytes);
  fail(attempt, false);
}

static void judge_exit(struct exec_attempt *attempt, int exit_status)
{
  const struct exec_client *client = attempt->client;
  if (attempt->item->given.unread > 0 &&
      exec_codes_have(&client->ok, exit_status)) {
    judge_unread(attempt, exit_status);
    return;
  }
  if (exec_codes_have(&client->ok, exit_status)) {
    attempt->fan->outcome = ASYNC_FAN_OK;
    return;
  }
  job_error_set(&attempt->item->item, JOB_ERROR_EXIT, exit_status,
                "exit status %d", exit_status);
  fail(attempt, exec_codes_have(&client->retry_on, exit_status));
}

void exec_verdict(struct exec_attempt *attempt)
{
  struct exec_end *end = &attempt->item->end;
  if (end->killer == EXEC_KILLER_NONE && WIFSIGNALED(end->status) &&
      WTERMSIG(end->status) == SIGKILL && attempt->cgroup &&
      exec_cgroup_had_no_memory(attempt->cgroup))
    end->killer = EXEC_KILLER_MEMORY;
  if (end->killer != EXEC_KILLER_NONE)
    judge_killed(attempt);
  else if (WIFSIGNALED(end->status))
    judge_signal(attempt, end->status);
  else
    judge_exit(attempt, WEXITSTATUS(end->status));
}

int exec_status_of(const struct exec_item *item)
{
  const struct job_error *error = &item->item.error;
  if (item->item.outcome == JOB_OUTCOME_OK ||
      item->item.outcome == JOB_OUTCOME_SKIPPED)
    return 0;
  switch (error->kind) {
  case JOB_ERROR_EXIT:
    return error->code;
  case JOB_ERROR_SIGNAL:
    return STATUS_SIGNAL + error->code;
  case JOB_ERROR_TIMEOUT:
    return STATUS_TIMEOUT;
  case JOB_ERROR_SPAWN:
    return error->code == -ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_RUN;
  default:
    return COMMAND_FAILED;
  }
}
