#include "exec/machine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/time.h"

/* Reading costs some 20 us, and many jobs may start in a millisecond. */
static const int64_t FRESH_NS = 5 * ASYNC_MS;

static bool read_file(const char *path, char *out, size_t size)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, out, size - 1);
  if (fd >= 0)
    close(fd);
  out[got > 0 ? got : 0] = '\0';
  return got > 0;
}

bool exec_machine_parse_load(const char *text, unsigned *runnable)
{
  const char *slash = strchr(text, '/'), *digits = slash;
  while (digits && digits > text && digits[-1] >= '0' && digits[-1] <= '9')
    digits--;
  if (!slash || digits == slash)
    return false;
  *runnable = (unsigned)strtoul(digits, NULL, 10);
  return true;
}

static bool find_kib(const char *text, const char *name, uint64_t *out_bytes)
{
  const char *line = strstr(text, name);
  if (!line)
    return false;
  *out_bytes = strtoull(line + strlen(name), NULL, 10) * 1024;
  return true;
}

bool exec_machine_parse_memory(const char *text, uint64_t *free_bytes,
                               uint64_t *all_bytes)
{
  return find_kib(text, "MemAvailable:", free_bytes) &&
         find_kib(text, "MemTotal:", all_bytes);
}

static void look(struct exec_machine *machine, int64_t now_ns)
{
  char text[4096];
  if (machine->read_ns && now_ns - machine->read_ns < FRESH_NS)
    return;
  machine->read_ns = now_ns;
  machine->started = 0;
  machine->runnable = 0;
  machine->free_bytes = UINT64_MAX;
  machine->all_bytes = 0;
  if (read_file("/proc/loadavg", text, sizeof(text)))
    exec_machine_parse_load(text, &machine->runnable);
  if (machine->runnable > 0)
    machine->runnable--; /* that is us, reading it */
  if (read_file("/proc/meminfo", text, sizeof(text)))
    exec_machine_parse_memory(text, &machine->free_bytes, &machine->all_bytes);
}

bool exec_machine_has_room(struct exec_machine *machine,
                           const struct exec_opts *opts, int64_t now_ns)
{
  look(machine, now_ns);
  if (opts->max_load.runnable > 0 &&
      machine->runnable + machine->started >= opts->max_load.runnable)
    return false;
  if (opts->min_free.bytes > machine->free_bytes)
    return false;
  return opts->min_free.share <= 0 ||
         (double)machine->free_bytes >=
             opts->min_free.share * (double)machine->all_bytes;
}

void exec_machine_note_start(struct exec_machine *machine, int64_t now_ns)
{
  if (machine->read_ns && now_ns - machine->read_ns < FRESH_NS)
    machine->started++;
}
