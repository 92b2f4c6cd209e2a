/* cmd/job/status.h: from what happened to the exit status. */
#ifndef JOB_STATUS_H
#define JOB_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "async/fan.h"
#include "job/item.h"

/* How a run ended. */
struct job_end {
  uint64_t outcomes[JOB_OUTCOME_SKIPPED + 1];
  enum async_fan_stop stop;
  bool own_failure; /* our input, output or memory failed */
  bool error_on_empty;
  bool dry_run; /* that all were skipped is as it should be */
};

/* The number of entries. */
uint64_t job_end_total(const struct job_end *end);

/* Returns one of enum command_exit. */
int job_end_status(const struct job_end *end);

/* Dies of a signal as if it had not been caught, so that the shell sees it.
 * Returns if it is blocked or ignored. */
void job_die_of(int signal_number);

#endif
