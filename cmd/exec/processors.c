/* How many processors there are for us. */
#include "exec/processors.h"

#include <sched.h>
#include <unistd.h>

#include "exec/choices.h"
#include "exec/own_cgroup.h"
#include "exec/small_file.h"

static unsigned by_affinity(void)
{
#ifdef __linux__
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
    return (unsigned)CPU_COUNT(&set);
#endif
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (unsigned)count : 1;
}

/* Rounded up; 0: no quota. */
static unsigned count_of(uint64_t quota, uint64_t period)
{
  uint64_t count = period > 0 ? quota / period + (quota % period > 0) : 0;
  return count < 65536 ? (unsigned)count : 0;
}

/* Version 2 has "200000 100000" for two, and "max 100000". */
static unsigned quota_here(struct exec_own_cgroup *own, bool second)
{
  struct async_buf text = ASYNC_BUF_INIT;
  uint64_t quota, period;
  bool found = false;
  if (!second) {
    found = exec_own_cgroup_number(own, "cpu.cfs_quota_us", "", &quota) &&
            exec_own_cgroup_number(own, "cpu.cfs_period_us", "", &period);
  } else if (exec_own_cgroup_read(own, "cpu.max", &text) == 0) {
    const char *space = strchr(text.data, ' ');
    found = exec_line_number(text.data, "", &quota) && space &&
            exec_line_number(space, "", &period);
  }
  async_buf_done(&text);
  return found ? count_of(quota, period) : 0;
}

/* The least of our group's and of those above it; 0: none. */
static unsigned least_quota(const char *root, bool second)
{
  struct exec_own_cgroup own = EXEC_OWN_CGROUP_INIT;
  unsigned least = 0;
  if (exec_own_cgroup_find(&own, root, second ? NULL : "cpu") == 0) {
    do {
      unsigned count = quota_here(&own, second);
      if (count > 0 && (least == 0 || count < least))
        least = count;
    } while (exec_own_cgroup_up(&own));
  }
  exec_own_cgroup_done(&own);
  return least;
}

unsigned exec_processor_quota(const char *root)
{
  unsigned quota = least_quota(root, true);
  return quota > 0 ? quota : least_quota(root, false);
}

unsigned exec_processors(void)
{
  unsigned count = by_affinity(), quota = exec_processor_quota("");
  return quota > 0 && quota < count ? quota : count;
}
