/* cmd/exec/machine.h: has the machine room for one more job?
 *
 * Tasks that run are counted at this moment, on the whole machine; memory is
 * what can be had without swapping, by the machine and by the limits of our
 * control groups. */
#ifndef EXEC_MACHINE_H
#define EXEC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "async/buf.h"
#include "exec/options.h"
#include "exec/own_cgroup.h"

enum { EXEC_MACHINE_GROUPS = 8 };

/* A control group with a limit of memory. */
struct exec_limited {
  struct exec_own_cgroup own;
  bool second; /* the version */
};

struct exec_machine {
  const struct exec_opts *opts;
  struct async_buf load_path, memory_path, text;
  struct exec_limited limited[EXEC_MACHINE_GROUPS];
  size_t limited_count;
  int64_t read_ns; /* when the rest was read */
  uint64_t runnable;
  uint64_t started; /* since then: the kernel may not show them yet */
  uint64_t free_bytes;
  double free_share;
};

/* Whether --max-load or --min-free is given. */
bool exec_machine_matters(const struct exec_opts *opts);

/* opts  borrowed
 * root  a directory in place of /, for tests; else ""
 *
 * Returns 0, -ENOSYS if this system does not tell what the options need, or
 * ASYNC_ENOMEM. */
int exec_machine_init(struct exec_machine *machine,
                      const struct exec_opts *opts, const char *root);
void exec_machine_done(struct exec_machine *machine);

/* Whether --max-load and --min-free let a job start. It is looked at not more
 * often than every few milliseconds. */
bool exec_machine_has_room(struct exec_machine *machine, int64_t now_ns);

/* A job starts. */
void exec_machine_note_start(struct exec_machine *machine);

/* When looking again may show something new. */
int64_t exec_machine_next_ns(const struct exec_machine *machine);

/* The first part of the fourth field: "0.01 0.05 0.1 3/512 123" has 3. Returns
 * whether there is one. */
bool exec_machine_parse_load(const char *text, uint64_t *runnable);

#endif
