/* What fails, fails as an error, and leaves nothing behind. */
#include "failing_alloc.h"
#include "proc_world.h"

#ifdef __linux__
#  include <linux/filter.h>
#  include <linux/seccomp.h>
#  include <sched.h>
#  include <stddef.h>
#  include <sys/prctl.h>
#  include <sys/syscall.h>
#endif

/* A file without a first line, by its name. */
static char script[96];

static int run_script(void)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[] = { script, NULL };
  struct async_proc proc;
  opts.file = script;
  opts.argv = (char *const *)argv;
  int err = async_proc_start(&proc, &opts);
  if (err == 0)
    err = async_proc_wait(&proc);
  if (err == 0)
    CHECK_INT(proc.status, 0);
  async_proc_close(&proc);
  return err;
}

static void write_script(void)
{
  snprintf(script, sizeof(script), "%s/script", proc_temp_dir());
  proc_write_file(script, "exit 0\n", 0755);
}

static int start_with_failing_alloc(void *arg)
{
  uint64_t *at = arg;
  failing_alloc_start(*at);
  int err = run_script();
  *at = failing_alloc_stop();
  return err;
}

static uint64_t fail_alloc(uint64_t at, int *err)
{
  *err = async_run(start_with_failing_alloc, &at, NULL);
  proc_check_no_children();
  return at;
}

static void each_allocation_may_fail(void)
{
  int err;
  write_script();
  setenv("UV_THREADPOOL_SIZE", "3", 1); /* is filtered out, in a copy */
  uint64_t count = fail_alloc(0, &err);
  CHECK_INT(err, 0);
  CHECK(count >= 2);
  int fds = proc_count_fds();
  for (uint64_t at = 1; at <= count; at++) {
    fail_alloc(at, &err);
    CHECK_INT(err, ASYNC_ENOMEM);
    CHECK_INT(proc_count_fds(), fds);
  }
}

static void each_allocation_of_find_may_fail(void)
{
  char *found = NULL;
  failing_alloc_start(0);
  CHECK_INT(async_proc_find(&found, "sh", "/nowhere:/bin"), 0);
  uint64_t count = failing_alloc_stop();
  free(found);
  found = NULL;
  for (uint64_t at = 1; at <= count; at++) {
    failing_alloc_start(at);
    CHECK_INT(async_proc_find(&found, "sh", "/nowhere:/bin"), ASYNC_ENOMEM);
    failing_alloc_stop();
    CHECK(!found);
  }
}

/* Descriptors. */

/* The limit, one higher each time, until it can be done. */
static int start_with_few_descriptors(void *arg)
{
  struct rlimit limit;
  int refused = 0, err;
  (void)arg;
  CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlim_t before = limit.rlim_cur;
  limit.rlim_cur = 3;
  do {
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    err = run_script();
    refused += err == -EMFILE;
    CHECK(err == 0 || err == -EMFILE);
    limit.rlim_cur++;
  } while (err < 0);
  limit.rlim_cur = before;
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
  return refused;
}

static int nothing(void *arg)
{
  (void)arg;
  return 0;
}

static void without_descriptors_it_is_refused_until_there_are_some(void)
{
  write_script();
  CHECK_INT(async_run(nothing, NULL, NULL), 0);
  int fds = proc_count_fds();
  CHECK(async_run(start_with_few_descriptors, NULL, NULL) >= 3);
  CHECK_INT(proc_count_fds(), fds);
  proc_check_no_children();
}

/* Processes. */

static int start_without_processes(void *arg)
{
  struct rlimit limit = { 0, 0 };
  (void)arg;
  CHECK_INT(run_script(), 0);
  /* The superuser is not limited. */
  if (geteuid() == 0)
    CHECK_INT(setresuid(12345, 12345, 12345), 0);
  CHECK_INT(setrlimit(RLIMIT_NPROC, &limit), 0);
  CHECK_INT(run_script(), -EAGAIN);
  return 0;
}

static void without_processes_it_is_refused(void)
{
  write_script();
  char *slash = strrchr(script, '/');
  *slash = '\0';
  CHECK_INT(chmod(script, 0755), 0);
  *slash = '/';
  /* In a process of its own: the leak check needs what is given up. */
  pid_t child = fork();
  if (child == 0)
    _exit(async_run(start_without_processes, NULL, NULL) == 0 ? 0 : 1);
  int status;
  CHECK_INT(waitpid(child, &status, 0), child);
  CHECK_INT(status, 0);
}

/* Kernels that lack a system call, and filters that hide it. */

#ifdef __linux__

/* A call with this number fails; if `flag` is not 0, when its first argument
 * has it. */
static void forbid(long call, unsigned flag, int error)
{
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)call, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag ? flag : ~0u, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };
  CHECK_INT(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
    SKIP("no filters of system calls");
}

static void run_after_fallback(void)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  for (int i = 0; i < 3; i++) {
    CHECK_STR(proc_says(&opts, "echo ok", &end), "ok\n");
    CHECK_STR(proc_says(&opts, "ls /proc/self/fd | tr '\\n' ' '", &end),
              "0 1 2 3 ");
    CHECK_INT(run_script(), 0);
  }
}

PROC(it_works_without_clone3)
{
  write_script();
  forbid(SYS_clone3, 0, ENOSYS);
  run_after_fallback();
}

PROC(it_works_where_clone3_is_forbidden)
{
  write_script();
  forbid(SYS_clone3, 0, EPERM);
  run_after_fallback();
}

PROC(it_works_without_descriptors_of_processes)
{
  write_script();
  forbid(SYS_clone3, 0, ENOSYS);
  forbid(SYS_clone, CLONE_PIDFD, EPERM);
  run_after_fallback();
}

PROC(it_works_without_close_range)
{
  write_script();
  forbid(SYS_close_range, 0, ENOSYS);
  run_after_fallback();
}

#endif

static const struct tap_test tests[] = {
  TEST(each_allocation_may_fail),
  TEST(each_allocation_of_find_may_fail),
  TEST(without_descriptors_it_is_refused_until_there_are_some),
  TEST(without_processes_it_is_refused),
#ifdef __linux__
  TEST(it_works_without_clone3),
  TEST(it_works_where_clone3_is_forbidden),
  TEST(it_works_without_descriptors_of_processes),
  TEST(it_works_without_close_range),
#endif
};

TAP_MAIN(tests)
