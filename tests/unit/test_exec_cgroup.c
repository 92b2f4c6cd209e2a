/* Control groups: why none can be made, and what they do where they can. */
#include <dirent.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/proc.h"
#include "async/timer.h"
#include "command.h"
#include "exec/cgroup.h"
#include "exec/own_cgroup.h"
#include "fake_root.h"

struct world {
  struct exec_opts opts;
  const char *root;
  int status;
  int say; /* messages are written there; read back as text */
  char text[1024];
  void (*body)(struct exec_cgroups *groups);
};

static int world_task(void *arg)
{
  struct world *world = arg;
  struct job_log log = { .tool = "exec", .fd = world->say };
  struct job_run run = { .opts = &world->opts.job, .log = &log };
  struct exec_cgroups *groups = NULL;
  world->status =
      exec_cgroups_open_in(&groups, &run, &world->opts, world->root);
  if (world->status == COMMAND_OK && world->body)
    world->body(groups);
  exec_cgroups_close(groups);
  return 0;
}

static void world_run(struct world *world)
{
  int ends[2];
  CHECK_INT(pipe(ends), 0);
  world->say = ends[1];
  CHECK_INT(async_run(world_task, world, NULL), 0);
  close(ends[1]);
  ssize_t got = read(ends[0], world->text, sizeof(world->text) - 1);
  world->text[got > 0 ? got : 0] = '\0';
  close(ends[0]);
}

static void check_refused(struct world *world, const char *option,
                          const char *why)
{
  world_run(world);
  CHECK_INT(world->status, COMMAND_USAGE);
  CHECK(strstr(world->text, option));
  CHECK(strstr(world->text, why));
  CHECK(strstr(world->text, "systemd-run"));
}

static void without_need_there_are_none(void)
{
  struct world world = { .root = "/nowhere" };
  world_run(&world);
  CHECK_INT(world.status, COMMAND_OK);
  CHECK_STR(world.text, "");
}

static void the_refusal_says_what_is_missing(void)
{
  struct world memory = { .opts = { .memory_max = 1 << 20 },
                          .root = fake_root };
  struct world escape = { .opts = { .kill_mode = EXEC_KILL_CGROUP },
                          .root = fake_root };
  fake_root_begin();
  check_refused(&memory, "--memory-max", "no hierarchy");
  check_refused(&escape, "--kill-mode cgroup", "no hierarchy");
  fake_file("/proc/self/cgroup", "0::/us\n");
  fake_file("/proc/self/mountinfo",
            "30 23 0:26 / /cg rw - cgroup2 cgroup2 rw\n");
  check_refused(&escape, "--kill-mode cgroup", "we cannot open our group");
  fake_file("/cg/us/cgroup.controllers", "cpu hugetlb memory_x\n");
  check_refused(&escape, "--kill-mode cgroup", "we may not make groups in");
  fake_file("/cg/us/cgroup.procs", "1\n");
  check_refused(&memory, "--memory-max", "no controller of memory");
  fake_file("/cg/us/cgroup.controllers", "cpu memory\n");
  check_refused(&memory, "--memory-max", "the controller of memory of");
  fake_root_done();
}

/* Of this machine. */

static pid_t start(struct exec_cgroup *group, struct async_proc *proc,
                   const char *script)
{
  char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  opts.file = "/bin/sh";
  opts.argv = argv;
  opts.cgroup = 1 + exec_cgroup_fd(group);
  CHECK_INT(async_proc_start(proc, &opts), 0);
  return proc->pid;
}

static size_t count_groups(void)
{
  struct exec_own_cgroup own = EXEC_OWN_CGROUP_INIT;
  size_t count = 0;
  char prefix[32];
  snprintf(prefix, sizeof(prefix), "asynctool.%ld.", (long)getpid());
  CHECK_INT(exec_own_cgroup_find(&own, "", NULL), 0);
  DIR *dir = opendir(own.dir.data);
  CHECK(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
    count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
  closedir(dir);
  exec_own_cgroup_done(&own);
  return count;
}

static void kill_all(struct exec_cgroups *groups)
{
  struct exec_cgroup *group;
  struct async_proc proc;
  CHECK_INT(exec_cgroup_new(&group, groups), 0);
  CHECK_INT(count_groups(), 1);
  start(group, &proc, "trap '' TERM; while :; do sleep 60; done");
  exec_cgroup_kill(group);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK(WIFSIGNALED(proc.status) && WTERMSIG(proc.status) == SIGKILL);
  CHECK(!exec_cgroup_had_no_memory(group));
  async_proc_close(&proc);
  exec_cgroup_free(group);
  CHECK_INT(count_groups(), 0);
}

static void all_in_a_group_are_killed_and_it_is_removed(void)
{
  struct world world = { .opts = { .kill_mode = EXEC_KILL_CGROUP },
                         .root = "",
                         .body = kill_all };
  world_run(&world);
  if (world.status == COMMAND_USAGE)
    SKIP("no control groups can be made here");
  CHECK_INT(world.status, COMMAND_OK);
}

static void leave_one(struct exec_cgroups *groups)
{
  struct exec_cgroup *group;
  struct async_proc proc;
  CHECK_INT(exec_cgroup_new(&group, groups), 0);
  start(group, &proc, "setsid sleep 60 & exit 3");
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK_INT(WEXITSTATUS(proc.status), 3);
  async_proc_close(&proc);
  exec_cgroup_free(group);
  CHECK_INT(count_groups(), 0);
}

static void what_is_left_in_a_group_dies_with_it(void)
{
  struct world world = { .opts = { .kill_mode = EXEC_KILL_CGROUP },
                         .root = "",
                         .body = leave_one };
  world_run(&world);
  if (world.status == COMMAND_USAGE)
    SKIP("no control groups can be made here");
  CHECK_INT(world.status, COMMAND_OK);
}

static void take_too_much(struct exec_cgroups *groups)
{
  struct exec_cgroup *group;
  struct async_proc proc;
  CHECK_INT(exec_cgroup_new(&group, groups), 0);
  start(group, &proc, "head -c 300000000 /dev/zero | tail; exit 0");
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK(exec_cgroup_had_no_memory(group));
  async_proc_close(&proc);
  exec_cgroup_free(group);
}

static void a_group_has_no_more_memory_than_it_may(void)
{
  struct world world = { .opts = { .memory_max = 32 << 20 },
                         .root = "",
                         .body = take_too_much };
  world_run(&world);
  if (world.status == COMMAND_USAGE)
    SKIP("no control groups with memory can be made here");
  CHECK_INT(world.status, COMMAND_OK);
}

static const struct tap_test tests[] = {
  TEST(without_need_there_are_none),
  TEST(the_refusal_says_what_is_missing),
  TEST(all_in_a_group_are_killed_and_it_is_removed),
  TEST(what_is_left_in_a_group_dies_with_it),
  TEST(a_group_has_no_more_memory_than_it_may),
};

TAP_MAIN(tests)
