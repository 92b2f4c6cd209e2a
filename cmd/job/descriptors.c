/* How many jobs at once the limit of open files allows. */
#include <sys/resource.h>

#include "job/run_priv.h"

enum {
  OWN = 40,   /* streams, the loop, lists, records, names */
  SPARE = 80, /* connections that are kept for a next request */
};

static size_t raise_limit(size_t wanted)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return wanted;
  rlim_t before = limit.rlim_cur;
  if (before >= wanted)
    return wanted;
  limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
  if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
    limit.rlim_cur = before;
  return (size_t)limit.rlim_cur;
}

void job_limit_jobs(struct job_run *run)
{
  size_t asked = run->opts->jobs, each = run->tool->descriptors_per_job;
  size_t wanted = OWN + SPARE + asked * each + asked / 8;
  size_t limit = each > 0 ? raise_limit(wanted) : wanted;
  run->jobs = asked;
  run->few_descriptors = limit < wanted;
  if (limit >= OWN + asked * each)
    return;
  run->jobs = limit > OWN + each ? (limit - OWN) / each : 1;
  job_say(run->log, "%zu jobs at once, not %zu: the limit of open files is %zu",
          run->jobs, asked, limit);
}
