/* How many processors there are for us. */
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec/choices.h"
#include "opt/number.h"

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

/* The first line of a small file. Returns whether there is one. */
static bool read_line(const char *path, char *out, int size)
{
  FILE *file = fopen(path, "re");
  bool got = file && fgets(out, size, file);
  if (file)
    fclose(file);
  if (got)
    out[strcspn(out, "\n")] = '\0';
  return got;
}

/* "200000 100000" is two; "max 100000" no limit. Rounded up. */
static unsigned quota_of(const char *line)
{
  char first[32];
  size_t len = strcspn(line, " ");
  uint64_t quota, period;
  if (!line[len] || len >= sizeof(first))
    return 0;
  memcpy(first, line, len);
  first[len] = '\0';
  if (opt_read_count(first, &quota) < 0 ||
      opt_read_count(line + len + 1, &period) < 0 || period == 0)
    return 0;
  uint64_t count = (quota + period - 1) / period;
  return count > 0 && count < 65536 ? (unsigned)count : 0;
}

/* The quota of our cgroup (version 2), and of those above it. 0: none. */
static unsigned by_quota(void)
{
  char line[512], path[600], cpu[64];
  unsigned least = 0;
  if (!read_line("/proc/self/cgroup", line, sizeof(line)) ||
      strncmp(line, "0::", 3) != 0)
    return 0;
  for (;;) {
    snprintf(path, sizeof(path), "/sys/fs/cgroup%s/cpu.max", line + 3);
    unsigned count = read_line(path, cpu, sizeof(cpu)) ? quota_of(cpu) : 0;
    if (count > 0 && (least == 0 || count < least))
      least = count;
    char *slash = strrchr(line + 3, '/');
    if (!slash)
      return least;
    *slash = '\0';
  }
}

unsigned exec_processors(void)
{
  unsigned count = by_affinity(), quota = by_quota();
  return quota > 0 && quota < count ? quota : count;
}
