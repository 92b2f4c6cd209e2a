#include "exec/machine.h"

#include <errno.h>
#include <string.h>

#include "async/error.h"
#include "async/time.h"
#include "exec/small_file.h"

/* Looking costs some 20 us, and many jobs may start in a millisecond. */
static const int64_t FRESH_NS = 5 * ASYNC_MS;

static bool wants_load(const struct exec_opts *opts)
{
  return opts->max_load.runnable > 0;
}

static bool wants_memory(const struct exec_opts *opts)
{
  return opts->min_free.bytes > 0 || opts->min_free.share > 0;
}

bool exec_machine_matters(const struct exec_opts *opts)
{
  return wants_load(opts) || wants_memory(opts);
}

/* Load. */

bool exec_machine_parse_load(const char *text, uint64_t *runnable)
{
  for (int i = 0; i < 3; i++) {
    text = strchr(text, ' ');
    if (!text)
      return false;
    text++;
  }
  size_t digits = strspn(text, "0123456789");
  return digits > 0 && text[digits] == '/' &&
         exec_line_number(text, "", runnable);
}

static bool look_at_load(struct exec_machine *machine)
{
  uint64_t runnable;
  if (exec_file_read(machine->load_path.data, &machine->text) < 0 ||
      !exec_machine_parse_load(machine->text.data, &runnable))
    return false;
  /* One of them is us, looking. */
  machine->runnable = runnable > 0 ? runnable - 1 : 0;
  return true;
}

/* Memory. */

static void note_free(struct exec_machine *machine, uint64_t bytes,
                      uint64_t all)
{
  double share = all > 0 ? (double)bytes / (double)all : 0;
  if (bytes < machine->free_bytes)
    machine->free_bytes = bytes;
  if (share < machine->free_share)
    machine->free_share = share;
}

static bool limit_of(struct exec_limited *limited, uint64_t *out)
{
  return exec_own_cgroup_number(
      &limited->own, limited->second ? "memory.max" : "memory.limit_in_bytes",
      "", out);
}

/* What the kernel would drop of cached files is as good as free. */
static void look_at_group(struct exec_machine *machine,
                          struct exec_limited *limited)
{
  struct exec_own_cgroup *own = &limited->own;
  uint64_t limit, used, cached = 0;
  if (!limit_of(limited, &limit) ||
      !exec_own_cgroup_number(
          own, limited->second ? "memory.current" : "memory.usage_in_bytes", "",
          &used))
    return;
  exec_own_cgroup_number(
      own, "memory.stat",
      limited->second ? "inactive_file " : "total_inactive_file ", &cached);
  used = cached < used ? used - cached : 0;
  note_free(machine, used < limit ? limit - used : 0, limit);
}

static bool look_at_memory(struct exec_machine *machine)
{
  uint64_t kib, all_kib;
  machine->free_bytes = UINT64_MAX;
  machine->free_share = 1;
  if (exec_file_read(machine->memory_path.data, &machine->text) < 0 ||
      !exec_line_number(machine->text.data, "MemAvailable:", &kib) ||
      !exec_line_number(machine->text.data, "MemTotal:", &all_kib))
    return false;
  note_free(machine, kib * 1024, all_kib * 1024);
  for (size_t i = 0; i < machine->limited_count; i++)
    look_at_group(machine, &machine->limited[i]);
  return true;
}

/* Version 1 says "no limit" with a number that no machine has. */
static int keep_limited(struct exec_machine *machine,
                        const struct exec_own_cgroup *own, bool second)
{
  static const uint64_t MOST = UINT64_C(1) << 60;
  struct exec_limited *limited = &machine->limited[machine->limited_count];
  uint64_t limit;
  if (machine->limited_count == EXEC_MACHINE_GROUPS)
    return 0;
  *limited =
      (struct exec_limited){ .own = EXEC_OWN_CGROUP_INIT, .second = second };
  async_buf_add(&limited->own.dir, own->dir.data, own->dir.len);
  if (!limited->own.dir.err && limit_of(limited, &limit) && limit < MOST) {
    machine->limited_count++;
    return 0;
  }
  int err = limited->own.dir.err;
  exec_own_cgroup_done(&limited->own);
  return err;
}

static int find_limited(struct exec_machine *machine, const char *root,
                        bool second)
{
  struct exec_own_cgroup own = EXEC_OWN_CGROUP_INIT;
  int err = exec_own_cgroup_find(&own, root, second ? NULL : "memory");
  if (err == 0) {
    do {
      err = keep_limited(machine, &own, second);
    } while (err == 0 && exec_own_cgroup_up(&own));
  }
  exec_own_cgroup_done(&own);
  return err == ASYNC_ENOMEM ? err : 0;
}

/* Both. */

static bool look(struct exec_machine *machine)
{
  machine->started = 0;
  return (!wants_load(machine->opts) || look_at_load(machine)) &&
         (!wants_memory(machine->opts) || look_at_memory(machine));
}

static void make_path(struct async_buf *path, const char *root,
                      const char *name)
{
  async_buf_add_str(path, root);
  async_buf_add_str(path, name);
  async_buf_str(path);
}

int exec_machine_init(struct exec_machine *machine,
                      const struct exec_opts *opts, const char *root)
{
  int err = 0;
  *machine = (struct exec_machine){ .opts = opts, .read_ns = -FRESH_NS };
  make_path(&machine->load_path, root, "/proc/loadavg");
  make_path(&machine->memory_path, root, "/proc/meminfo");
  if (wants_memory(opts))
    err = find_limited(machine, root, true);
  if (err == 0 && wants_memory(opts))
    err = find_limited(machine, root, false);
  if (machine->load_path.err || machine->memory_path.err)
    err = ASYNC_ENOMEM;
  if (err == 0 && !look(machine))
    err = -ENOSYS;
  if (err < 0)
    exec_machine_done(machine);
  return err;
}

void exec_machine_done(struct exec_machine *machine)
{
  async_buf_done(&machine->load_path);
  async_buf_done(&machine->memory_path);
  async_buf_done(&machine->text);
  for (size_t i = 0; i < machine->limited_count; i++)
    exec_own_cgroup_done(&machine->limited[i].own);
  machine->limited_count = 0;
}

bool exec_machine_has_room(struct exec_machine *machine, int64_t now_ns)
{
  const struct exec_opts *opts = machine->opts;
  if (now_ns >= exec_machine_next_ns(machine)) {
    machine->read_ns = now_ns;
    look(machine);
  }
  if (wants_load(opts) &&
      (double)(machine->runnable + machine->started) >= opts->max_load.runnable)
    return false;
  return !wants_memory(opts) || (machine->free_bytes >= opts->min_free.bytes &&
                                 machine->free_share >= opts->min_free.share);
}

void exec_machine_note_start(struct exec_machine *machine)
{
  machine->started++;
}

int64_t exec_machine_next_ns(const struct exec_machine *machine)
{
  return machine->read_ns + FRESH_NS;
}
