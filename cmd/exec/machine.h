/* cmd/exec/machine.h: has the machine room for one more job? */
#ifndef EXEC_MACHINE_H
#define EXEC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "exec/options.h"

struct exec_machine {
  int64_t read_ns; /* when these were read; 0: never */
  unsigned runnable;
  uint64_t free_bytes, all_bytes;
  unsigned started; /* since then: the kernel may not show them yet */
};

/* Whether --max-load and --min-free let a job start. What cannot be read is no
 * hindrance. */
bool exec_machine_has_room(struct exec_machine *machine,
                           const struct exec_opts *opts, int64_t now_ns);

/* A job starts. */
void exec_machine_note_start(struct exec_machine *machine, int64_t now_ns);

/* The fourth field of /proc/loadavg, "3/512 12345": 3. Returns whether it is
 * there. For tests too. */
bool exec_machine_parse_load(const char *text, unsigned *runnable);

/* "MemAvailable: 123 kB" and "MemTotal:" of /proc/meminfo. */
bool exec_machine_parse_memory(const char *text, uint64_t *free_bytes,
                               uint64_t *all_bytes);

#endif
