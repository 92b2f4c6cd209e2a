/* cmd/job/summary.h: the block at the end of a run. */
#ifndef JOB_SUMMARY_H
#define JOB_SUMMARY_H

#include "job/count.h"
#include "job/message.h"
#include "opt/common.h"

/* Prints it on standard error.
 *
 * for_people  what "auto" means here: yes on a terminal, for more than one
 *             entry
 */
void job_summary_print(enum job_summary mode, bool for_people,
                       const struct job_count *count, struct job_log *log);

#endif
