/* Starting, ending, waiting, signalling. */
#include "proc_world.h"

static int exit_code(const char *script)
{
  struct proc_end end;
  proc_sh(script, &end);
  CHECK(WIFEXITED(end.status));
  return WEXITSTATUS(end.status);
}

PROC(an_exit_code_is_told)
{
  CHECK_INT(exit_code("exit 0"), 0);
  CHECK_INT(exit_code("exit 3"), 3);
  CHECK_INT(exit_code("exit 255"), 255);
}

PROC(a_deadly_signal_is_told)
{
  struct proc_end end;
  proc_sh("kill -TERM $$", &end);
  CHECK(WIFSIGNALED(end.status));
  CHECK_INT(WTERMSIG(end.status), SIGTERM);
  CHECK(!WCOREDUMP(end.status));
}

PROC(a_core_dump_is_told)
{
  struct rlimit limit;
  struct proc_end end;
  int pattern = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);
  char first = 0;
  if (pattern >= 0 && read(pattern, &first, 1) != 1)
    first = 0;
  if (pattern >= 0)
    close(pattern);
  CHECK_INT(getrlimit(RLIMIT_CORE, &limit), 0);
  CHECK_INT(chdir(proc_temp_dir()), 0);
  proc_sh("ulimit -c unlimited 2>/dev/null; kill -ABRT $$", &end);
  CHECK_INT(WTERMSIG(end.status), SIGABRT);
  bool expected = first != '|' && first != 0 && limit.rlim_max > 0;
  if (expected)
    CHECK(WCOREDUMP(end.status));
  else
    CHECK(WIFSIGNALED(end.status));
}

PROC(what_it_used_is_told)
{
  struct proc_end end;
  proc_sh("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", &end);
  CHECK_INT(end.status, 0);
  CHECK(end.usage.ru_maxrss > 0);
  CHECK(end.usage.ru_utime.tv_sec + end.usage.ru_utime.tv_usec +
            end.usage.ru_stime.tv_usec >
        0);
}

/* Arguments. */

/* Prints each argument and a NUL. */
static void echo_args(const char *const *args, size_t count,
                      struct proc_end *end)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[16] = { "/usr/bin/printf", "%s\\0" };
  CHECK(count < 13);
  memcpy(argv + 2, args, count * sizeof(*args));
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  CHECK_INT(proc_run(&opts, end), 0);
  CHECK_INT(end->status, 0);
}

PROC(arguments_arrive_byte_for_byte)
{
  const char *args[] = { "", "a b", "line\nline", "\"'$(:)`*", "\xff\x01", "" };
  struct proc_end end;
  echo_args(args, 6, &end);
  const char *at = end.text;
  for (size_t i = 0; i < 6; i++) {
    CHECK_STR(at, args[i]);
    at += strlen(at) + 1;
  }
  CHECK_INT(at - end.text, end.len);
}

PROC(a_long_argument_arrives)
{
  enum { LONG = 100 * 1024 };
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  char *big = malloc(LONG + 1);
  memset(big, 'x', LONG);
  big[LONG] = '\0';
  const char *argv[] = { "/bin/sh", "-c", "echo ${#1}", "sh", big, NULL };
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  CHECK_INT(proc_run(&opts, &end), 0);
  CHECK_STR(end.text, "102400\n");
  free(big);
}

PROC(arguments_that_are_too_long_are_an_error)
{
  enum { PIECES = 100, PIECE = 120 * 1024 };
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct proc_end end;
  const char *argv[PIECES + 2] = { "/bin/true" };
  char *piece = malloc(PIECE + 1);
  memset(piece, 'x', PIECE);
  piece[PIECE] = '\0';
  for (int i = 1; i <= PIECES; i++)
    argv[i] = piece;
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  CHECK_INT(proc_run(&opts, &end), -E2BIG);
  free(piece);
}

/* Programs that cannot be started. */

static int start_file(const char *file, const char *word, struct proc_end *end)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[] = { "name", word, NULL };
  opts.file = file;
  opts.argv = (char *const *)argv;
  return proc_run(&opts, end);
}

PROC(what_cannot_be_executed_is_an_error)
{
  struct proc_end end;
  CHECK_INT(chdir(proc_temp_dir()), 0);
  proc_write_file("plain", "text\n", 0644);
  proc_write_file("lost", "#!/no/such/shell\n", 0755);
  CHECK_INT(start_file("./nothing", NULL, &end), -ENOENT);
  CHECK_INT(start_file("./plain", NULL, &end), -EACCES);
  CHECK_INT(start_file("/", NULL, &end), -EACCES);
  CHECK_INT(start_file("./plain/below", NULL, &end), -ENOTDIR);
  CHECK_INT(start_file("./lost", NULL, &end), -ENOENT);
  CHECK_INT(exit_code("exit 4"), 4);
}

PROC(a_script_without_a_first_line_is_run_by_sh)
{
  struct proc_end end;
  CHECK_INT(chdir(proc_temp_dir()), 0);
  proc_write_file("script", "echo \"$# $1\"\n", 0755);
  CHECK_INT(start_file("./script", "a  b", &end), 0);
  CHECK_STR(end.text, "1 a  b\n");
  CHECK_INT(start_file("./script", NULL, &end), 0);
  CHECK_STR(end.text, "0 \n");
}

/* Waiting. */

PROC(a_second_wait_returns_at_once)
{
  struct async_proc proc;
  struct async_op op;
  proc_begin(&proc, "exit 5", NULL);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK_INT(async_proc_wait(&proc), 0);
  async_proc_watch(&proc, &op);
  CHECK(op.state == ASYNC_OP_STARTED);
  CHECK_INT(async_await(&op), 0);
  async_proc_watch(&proc, &op);
  async_op_abort(&op);
  CHECK_INT(op.rc, ASYNC_ECANCELED);
  CHECK_INT(WEXITSTATUS(proc.status), 5);
  async_proc_close(&proc);
  async_proc_close(&proc);
}

PROC(a_wait_that_is_cancelled_lets_it_run)
{
  struct async_proc proc;
  int rc;
  proc_begin(&proc, "exec sleep 1000", NULL);
  ASYNC_WITHIN(5 * ASYNC_MS, rc, async_proc_wait(&proc));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK(!proc.ended);
  CHECK_INT(async_proc_signal(&proc, 0), 0);
  CHECK_INT(async_proc_signal(&proc, SIGTERM), 0);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK_INT(WTERMSIG(proc.status), SIGTERM);
  CHECK_INT(async_proc_signal(&proc, SIGTERM), -ESRCH);
  async_proc_close(&proc);
}

static int wait_for_it(void *arg)
{
  return async_proc_wait(arg);
}

PROC(several_tasks_may_wait)
{
  struct async_proc proc;
  struct async_group group;
  struct async_task *cancelled;
  proc_begin(&proc, "exec sleep 1000", NULL);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  async_spawn(&group, wait_for_it, &proc);
  async_spawn_handle(&group, wait_for_it, &proc, &cancelled);
  async_spawn(&group, wait_for_it, &proc);
  async_yield();
  async_yield();
  async_task_cancel(cancelled);
  CHECK_INT(async_join(cancelled), ASYNC_ECANCELED);
  CHECK_INT(async_proc_signal(&proc, SIGKILL), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(WTERMSIG(proc.status), SIGKILL);
  async_proc_close(&proc);
}

PROC(other_children_of_ours_are_left_alone)
{
  pid_t other = fork();
  if (other == 0)
    _exit(9);
  CHECK_INT(exit_code("exit 1"), 1);
  CHECK_INT(exit_code("exit 2"), 2);
  int status;
  CHECK_INT(waitpid(other, &status, 0), other);
  CHECK_INT(WEXITSTATUS(status), 9);
}

PROC(one_that_somebody_else_reaped_is_an_error)
{
  struct async_proc proc;
  proc_begin(&proc, "exit 1", NULL);
  CHECK_INT(waitpid(proc.pid, NULL, 0), proc.pid);
  CHECK_INT(async_proc_wait(&proc), -ECHILD);
  CHECK(proc.ended);
  CHECK_INT(async_proc_wait(&proc), -ECHILD);
  async_proc_close(&proc);
}

/* Many. */

enum { SLEEPERS = 500 };

PROC(short_ones_end_beside_many_that_live)
{
  struct async_proc *sleepers = calloc(SLEEPERS, sizeof(*sleepers));
  for (int i = 0; i < SLEEPERS; i++)
    proc_begin(&sleepers[i], "exec sleep 1000", NULL);
  for (int i = 0; i < 20; i++)
    CHECK_INT(exit_code("exit 7"), 7);
  async_proc_signal_all(SIGKILL);
  for (int i = 0; i < SLEEPERS; i++) {
    CHECK_INT(async_proc_wait(&sleepers[i]), 0);
    CHECK_INT(WTERMSIG(sleepers[i].status), SIGKILL);
    async_proc_close(&sleepers[i]);
  }
  free(sleepers);
}

/* Finding. */

static int find(const char *name, const char *path, char **out)
{
  *out = NULL;
  return async_proc_find(out, name, path);
}

static void programs_are_found_as_a_shell_does(void)
{
  char *found;
  CHECK_INT(chdir(proc_temp_dir()), 0);
  CHECK_INT(mkdir("a", 0700) + mkdir("a/dir", 0700) + mkdir("b", 0700), 0);
  proc_write_file("a/locked", "", 0644);
  proc_write_file("b/prog", "", 0755);
  proc_write_file("b/dir", "", 0755);
  proc_write_file("here", "", 0755);
  CHECK_INT(find("prog", "a:b", &found), 0);
  CHECK_STR(found, "b/prog");
  free(found);
  CHECK_INT(find("dir", "a:b", &found), 0);
  CHECK_STR(found, "b/dir");
  free(found);
  CHECK_INT(find("here", "a:", &found), 0);
  CHECK_STR(found, "./here");
  free(found);
  CHECK_INT(find("b/prog", "a", &found), 0);
  CHECK_STR(found, "b/prog");
  free(found);
  CHECK_INT(find("locked", "b:a:b", &found), -EACCES);
  CHECK_INT(find("nothing", "a:b:", &found), -ENOENT);
  CHECK_INT(find("", "a:b:", &found), -ENOENT);
  CHECK_INT(find("./a", NULL, &found), -EISDIR);
  CHECK_INT(find("./nothing", NULL, &found), -ENOENT);
  CHECK_INT(find("a/locked", NULL, &found), -EACCES);
  CHECK(!found);
  unsetenv("PATH");
  CHECK_INT(find("sh", NULL, &found), 0);
  free(found);
}

static const struct tap_test tests[] = {
  TEST(an_exit_code_is_told),
  TEST(a_deadly_signal_is_told),
  TEST(a_core_dump_is_told),
  TEST(what_it_used_is_told),
  TEST(arguments_arrive_byte_for_byte),
  TEST(a_long_argument_arrives),
  TEST(arguments_that_are_too_long_are_an_error),
  TEST(what_cannot_be_executed_is_an_error),
  TEST(a_script_without_a_first_line_is_run_by_sh),
  TEST(a_second_wait_returns_at_once),
  TEST(a_wait_that_is_cancelled_lets_it_run),
  TEST(several_tasks_may_wait),
  TEST(other_children_of_ours_are_left_alone),
  TEST(one_that_somebody_else_reaped_is_an_error),
  TEST(short_ones_end_beside_many_that_live),
  TEST(programs_are_found_as_a_shell_does),
};

TAP_MAIN(tests)
