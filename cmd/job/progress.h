/* cmd/job/progress.h: how far a run is, on standard error. */
#ifndef JOB_PROGRESS_H
#define JOB_PROGRESS_H

#include <stdbool.h>

#include "job/count.h"
#include "job/message.h"
#include "opt/common.h"

struct job_meter {
  enum job_progress mode; /* anything but auto */
  const struct job_count *count;
  struct job_log *log;
  bool drawn; /* there is a bar on the screen */
};

/* Chooses what auto means, and makes the log take the bar away before a
 * message. */
void job_meter_init(struct job_meter *meter, const struct job_opts *opts,
                    const struct job_count *count, struct job_log *log);

/* A task's loop: a bar ten times a second, a JSON line every second. */
int job_meter_run(struct job_meter *meter);

/* Takes the bar away. */
void job_meter_done(struct job_meter *meter);

#endif
