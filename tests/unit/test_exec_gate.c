/* When a job may start: the load of the machine, and its memory. */
#include "async/error.h"
#include "async/scope.h"
#include "async/task.h"
#include "async/timer.h"
#include "command.h"
#include "exec/gate.h"
#include "exec/machine.h"
#include "exec/options.h"
#include "fake_root.h"
#include "sim.h"

static struct exec_opts opts;
static struct job_log log_ = { .tool = "exec", .fd = STDERR_FILENO };
static struct job_run run = { .log = &log_, .jobs = 8 };

static void set_load(unsigned others)
{
  char text[64];
  snprintf(text, sizeof(text), "0.10 0.20 0.30 %u/512 1234\n", others + 1);
  fake_file("/proc/loadavg", text);
}

static void set_memory(unsigned available_kib)
{
  char text[128];
  snprintf(text, sizeof(text),
           "MemTotal:        1000000 kB\nMemFree:  1 kB\n"
           "MemAvailable:    %u kB\n",
           available_kib);
  fake_file("/proc/meminfo", text);
}

static struct exec_gate *open_gate(void)
{
  struct exec_gate *gate = NULL;
  CHECK_INT(exec_gate_open_in(&gate, &run, &opts, fake_root), COMMAND_OK);
  return gate;
}

static int leave_later(void *arg)
{
  CHECK_INT(async_sleep(120 * ASYNC_MS), 0);
  exec_gate_leave(arg);
  return 0;
}

static int calm_later(void *arg)
{
  (void)arg;
  CHECK_INT(async_sleep(170 * ASYNC_MS), 0);
  set_load(0);
  set_memory(500000);
  return 0;
}

/* How long it takes to get through, while `meanwhile` happens. */
static int64_t enter_ms(struct exec_gate *gate, async_task_fn *meanwhile)
{
  struct async_group group;
  int64_t began_ns = async_now();
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn(&group, meanwhile, gate), 0);
  CHECK_INT(exec_gate_enter(gate), 0);
  int64_t took_ns = async_now() - began_ns;
  async_group_cancel(&group);
  async_group_close(&group);
  return took_ns / ASYNC_MS;
}

/* Load. */

static void the_runnable_tasks_are_the_fourth_field(void)
{
  uint64_t runnable = 0;
  CHECK(exec_machine_parse_load("0.01 0.05 0.10 3/512 12345\n", &runnable));
  CHECK_INT(runnable, 3);
  CHECK(!exec_machine_parse_load("0.01 0.05 0.10\n", &runnable));
  CHECK(!exec_machine_parse_load("0.01 0.05 0.10 x/512 1\n", &runnable));
  CHECK(!exec_machine_parse_load("", &runnable));
}

SIM(one_job_is_let_through_however_busy_the_machine_is)
{
  fake_root_begin();
  set_load(100);
  opts = (struct exec_opts){ .max_load = { .runnable = 1 } };
  struct exec_gate *gate = open_gate();
  CHECK_INT(exec_gate_enter(gate), 0);
  exec_gate_leave(gate);
  CHECK_INT(exec_gate_enter(gate), 0);
  exec_gate_leave(gate);
  exec_gate_close(gate);
  fake_root_done();
}

SIM(a_second_one_waits_for_the_load_to_fall)
{
  fake_root_begin();
  set_load(2);
  opts = (struct exec_opts){ .max_load = { .runnable = 2 } };
  struct exec_gate *gate = open_gate();
  CHECK_INT(exec_gate_enter(gate), 0);
  int64_t took_ms = enter_ms(gate, calm_later);
  CHECK(took_ms >= 170 && took_ms <= 230);
  exec_gate_leave(gate);
  exec_gate_leave(gate);
  exec_gate_close(gate);
  fake_root_done();
}

SIM(or_for_the_end_of_the_last_job)
{
  fake_root_begin();
  set_load(2);
  opts = (struct exec_opts){ .max_load = { .runnable = 2 } };
  struct exec_gate *gate = open_gate();
  CHECK_INT(exec_gate_enter(gate), 0);
  int64_t took_ms = enter_ms(gate, leave_later);
  CHECK(took_ms >= 120 && took_ms <= 126);
  exec_gate_leave(gate);
  exec_gate_close(gate);
  fake_root_done();
}

SIM(jobs_that_have_just_started_count)
{
  fake_root_begin();
  set_load(0);
  opts = (struct exec_opts){ .max_load = { .runnable = 3 } };
  struct exec_gate *gate = open_gate();
  for (int i = 0; i < 3; i++)
    CHECK_INT(exec_gate_enter(gate), 0);
  struct async_scope limit;
  async_scope_enter(&limit, async_in(4 * ASYNC_MS));
  int rc = exec_gate_enter(gate);
  CHECK_INT(async_scope_leave(&limit, rc), ASYNC_ETIMEDOUT);
  /* The kernel shows none of them: they sleep. */
  CHECK_INT(exec_gate_enter(gate), 0);
  for (int i = 0; i < 4; i++)
    exec_gate_leave(gate);
  exec_gate_close(gate);
  fake_root_done();
}

SIM(without_limits_nobody_waits)
{
  opts = (struct exec_opts){ .jobserver = EXEC_JOBSERVER_NONE };
  struct exec_gate *gate = NULL;
  CHECK_INT(exec_gate_open_in(&gate, &run, &opts, "/nowhere"), COMMAND_OK);
  for (int i = 0; i < 1000; i++)
    CHECK_INT(exec_gate_enter(gate), 0);
  for (int i = 0; i < 1000; i++)
    exec_gate_leave(gate);
  exec_gate_close(gate);
}

static void what_the_system_does_not_tell_is_a_usage_error(void)
{
  struct exec_gate *gate = NULL;
  opts = (struct exec_opts){ .max_load = { .runnable = 1 } };
  CHECK_INT(exec_gate_open_in(&gate, &run, &opts, "/nowhere"), COMMAND_USAGE);
  opts = (struct exec_opts){ .min_free = { .bytes = 1 } };
  CHECK_INT(exec_gate_open_in(&gate, &run, &opts, "/nowhere"), COMMAND_USAGE);
}

/* Memory. */

SIM(jobs_wait_until_so_much_memory_is_free)
{
  fake_root_begin();
  set_memory(100000);
  opts = (struct exec_opts){ .min_free = { .bytes = 200 << 20 } };
  struct exec_gate *gate = open_gate();
  CHECK_INT(exec_gate_enter(gate), 0);
  int64_t took_ms = enter_ms(gate, calm_later);
  CHECK(took_ms >= 170 && took_ms <= 230);
  exec_gate_leave(gate);
  exec_gate_leave(gate);
  exec_gate_close(gate);
  fake_root_done();
}

static bool has_room(void)
{
  struct exec_machine machine;
  CHECK_INT(exec_machine_init(&machine, &opts, fake_root), 0);
  bool room = exec_machine_has_room(&machine, ASYNC_SEC);
  exec_machine_done(&machine);
  return room;
}

static void a_share_is_of_all_memory(void)
{
  fake_root_begin();
  set_memory(300000);
  opts = (struct exec_opts){ .min_free = { .share = 0.25 } };
  CHECK(has_room());
  set_memory(200000);
  CHECK(!has_room());
  fake_root_done();
}

static void the_limit_of_a_control_group_counts(void)
{
  fake_root_begin();
  set_memory(900000);
  opts = (struct exec_opts){ .min_free = { .bytes = 100 << 20 } };
  fake_file("/proc/self/cgroup", "0::/a/b\n");
  fake_file("/proc/self/mountinfo",
            "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  fake_file("/sys/fs/cgroup/a/b/memory.max", "max\n");
  fake_file("/sys/fs/cgroup/a/memory.max", "314572800\n");
  fake_file("/sys/fs/cgroup/a/memory.current", "262144000\n");
  CHECK(!has_room());
  fake_file("/sys/fs/cgroup/a/memory.stat",
            "anon 1\nfile 9\ninactive_file 104857600\n");
  CHECK(has_room());
  fake_file("/sys/fs/cgroup/a/memory.current", "500000000\n");
  CHECK(!has_room());
  fake_file("/sys/fs/cgroup/a/memory.max", "max\n");
  CHECK(has_room());
  fake_root_done();
}

static void also_in_version_1(void)
{
  fake_root_begin();
  set_memory(900000);
  opts = (struct exec_opts){ .min_free = { .share = 0.5 } };
  fake_file("/proc/self/cgroup", "2:memory:/y\n0::/\n");
  fake_file("/proc/self/mountinfo",
            "31 23 0:27 / /cg rw - cgroup cgroup rw,memory\n");
  fake_file("/cg/memory.limit_in_bytes", "9223372036854771712\n");
  fake_file("/cg/memory.usage_in_bytes", "1\n");
  fake_file("/cg/y/memory.limit_in_bytes", "1000000\n");
  fake_file("/cg/y/memory.usage_in_bytes", "600000\n");
  CHECK(!has_room());
  fake_file("/cg/y/memory.stat", "inactive_file 0\ntotal_inactive_file 99999\n"
                                 "total_rss 1\n");
  CHECK(!has_room());
  fake_file("/cg/y/memory.stat", "total_inactive_file 100000\n");
  CHECK(has_room());
  fake_root_done();
}

static void this_machine_tells(void)
{
  struct exec_machine machine;
  opts = (struct exec_opts){ .max_load = { .runnable = 1e9 },
                             .min_free = { .bytes = 1 } };
  int err = exec_machine_init(&machine, &opts, "");
  if (err == -ENOSYS)
    SKIP("no /proc");
  CHECK_INT(err, 0);
  CHECK(exec_machine_has_room(&machine, ASYNC_SEC));
  CHECK(machine.free_share > 0 && machine.free_share <= 1);
  exec_machine_done(&machine);
}

static const struct tap_test tests[] = {
  TEST(the_runnable_tasks_are_the_fourth_field),
  TEST(one_job_is_let_through_however_busy_the_machine_is),
  TEST(a_second_one_waits_for_the_load_to_fall),
  TEST(or_for_the_end_of_the_last_job),
  TEST(jobs_that_have_just_started_count),
  TEST(without_limits_nobody_waits),
  TEST(what_the_system_does_not_tell_is_a_usage_error),
  TEST(jobs_wait_until_so_much_memory_is_free),
  TEST(a_share_is_of_all_memory),
  TEST(the_limit_of_a_control_group_counts),
  TEST(also_in_version_1),
  TEST(this_machine_tells),
};

TAP_MAIN(tests)
