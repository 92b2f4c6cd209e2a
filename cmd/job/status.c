#include "job/status.h"

#include <signal.h>

#include "command.h"

uint64_t job_end_total(const struct job_end *end)
{
  uint64_t total = 0;
  for (size_t i = 0; i <= JOB_OUTCOME_SKIPPED; i++)
    total += end->outcomes[i];
  return total;
}

/* Whether entries were left undone by a limit that was set. */
static bool stopped_early(const struct job_end *end)
{
  if (end->stop != ASYNC_FAN_STOP_DEADLINE &&
      end->stop != ASYNC_FAN_STOP_FAILURES)
    return false;
  return end->outcomes[JOB_OUTCOME_SKIPPED] > 0 ||
         end->outcomes[JOB_OUTCOME_CANCELED] > 0;
}

static bool some_failed(const struct job_end *end)
{
  if (end->stop == ASYNC_FAN_STOP_SUCCESSES) /* as many as were wanted */
    return false;
  uint64_t good = end->outcomes[JOB_OUTCOME_OK];
  if (end->dry_run)
    good += end->outcomes[JOB_OUTCOME_SKIPPED];
  return job_end_total(end) > good;
}

int job_end_status(const struct job_end *end)
{
  if (end->own_failure)
    return COMMAND_IO;
  if (stopped_early(end))
    return COMMAND_EARLY;
  if (some_failed(end))
    return COMMAND_FAILED;
  if (end->error_on_empty && job_end_total(end) == 0)
    return COMMAND_FAILED;
  return COMMAND_OK;
}

void job_die_of(int signal_number)
{
  struct sigaction standard = { .sa_handler = SIG_DFL };
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, signal_number);
  sigaction(signal_number, &standard, NULL);
  sigprocmask(SIG_UNBLOCK, &one, NULL);
  raise(signal_number);
}
