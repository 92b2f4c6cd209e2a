/* What a process starts with: signals, descriptors, limits, place. */
#include "proc_world.h"

/* This program again, as the test that is named, with these signals ignored. */
static int start_again(const int *ignored, size_t count, const char *name)
{
  pid_t child = fork();
  if (child == 0) {
    for (size_t i = 0; i < count; i++)
      signal(ignored[i], SIG_IGN);
    execl("/proc/self/exe", "again", name, (char *)NULL);
    _exit(TAP_SKIP);
  }
  int status;
  CHECK_INT(waitpid(child, &status, 0), child);
  return status;
}

/* Signals. */

static unsigned long long signals_in(const char *text, const char *name)
{
  const char *line = strstr(text, name);
  if (!line)
    SKIP("no /proc/self/status");
  return strtoull(line + strlen(name) + 1, NULL, 16);
}

static bool has_signal(unsigned long long set, int number)
{
  return set >> (number - 1) & 1;
}

static void on_signal(int number)
{
  (void)number;
}

PROC(what_we_ignore_or_block_is_not_ignored_or_blocked_there)
{
  struct proc_end end;
  sigset_t all;
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGUSR2, on_signal);
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *text = proc_says(&opts, "cat /proc/self/status", &end);
  CHECK_INT(signals_in(text, "SigIgn:"), 0);
  CHECK_INT(signals_in(text, "SigBlk:"), 0);
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  struct sigaction action;
  CHECK_INT(sigaction(SIGUSR2, NULL, &action), 0);
  CHECK(action.sa_handler == on_signal);
}

PROC(inherited_body)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[] = { "/bin/cat", "/proc/self/status", NULL };
  struct proc_end end;
  signal(SIGPIPE, SIG_DFL);
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  CHECK_INT(proc_run(&opts, &end), 0);
  unsigned long long ignored = signals_in(end.text, "SigIgn:");
  CHECK(has_signal(ignored, SIGHUP));
  CHECK(has_signal(ignored, SIGPIPE));
  CHECK(has_signal(ignored, SIGCHLD));
  CHECK(!has_signal(ignored, SIGTERM));
  CHECK_STR(proc_says(&opts, "kill -HUP $$; echo alive", &end), "alive\n");
}

static void what_was_ignored_when_we_started_stays_ignored(void)
{
  static const int ignored[] = { SIGHUP, SIGPIPE, SIGCHLD };
  int status = start_again(ignored, 3, "inherited_body");
  if (WIFEXITED(status) && WEXITSTATUS(status) == TAP_SKIP)
    SKIP("no /proc/self/status");
  CHECK_INT(status, 0);
}

/* Descriptors. */

PROC(it_has_three_descriptors)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  if (access("/proc/self/fd", F_OK) < 0)
    SKIP("no /proc");
  int open_one = open("/dev/null", O_RDONLY), high = dup2(open_one, 900);
  /* 3 is the directory that ls reads. */
  CHECK_STR(proc_says(&opts, "ls /proc/self/fd | tr '\\n' ' '", &end),
            "0 1 2 3 ");
  opts.inherits = true;
  const char *text = proc_says(&opts, "ls /proc/self/fd", &end);
  CHECK(strstr(text, "900\n"));
  close(open_one);
  close(high);
}

PROC(a_pipe_can_be_opened_by_its_name)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  if (access("/dev/stdout", F_OK) < 0)
    SKIP("no /dev/stdout");
  CHECK_STR(proc_says(&opts, "echo x > /dev/stdout", &end), "x\n");
}

PROC(standard_input_is_empty_by_default)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  CHECK_STR(proc_says(&opts, "cat; echo end", &end), "end\n");
}

/* Three files, of which each knows its name. */
static void open_three(int fds[3])
{
  static const char *const names[] = { "file0", "file1", "file2" };
  CHECK_INT(chdir(proc_temp_dir()), 0);
  for (int i = 0; i < 3; i++) {
    int fd = open(names[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK_INT(write(fd, names[i], 5), 5);
    fds[i] = fd;
  }
}

/* Puts file i at descriptor place[i] of ours, and gives those in the order of
 * files to the child, which has to find file i at i. Ours are as before. */
static void give_permuted(const int files[3], const int place[3])
{
  struct async_proc proc;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  proc_script(&opts, argv,
              "for i in 0 1 2; do"
              " [ \"$(readlink /proc/$$/fd/$i)\" = \"$PWD/file$i\" ] ||"
              " exit 1$i; done");
  for (int i = 0; i < 3; i++)
    dup2(files[i], place[i]);
  opts.in = place[0];
  opts.out = place[1];
  opts.error = place[2];
  CHECK_INT(async_proc_start(&proc, &opts), 0);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK_INT(proc.status, 0);
  for (int i = 0; i < 3; i++) {
    struct stat file, here;
    CHECK_INT(fstat(files[i], &file) + fstat(place[i], &here), 0);
    CHECK_INT(here.st_ino, file.st_ino);
  }
  async_proc_close(&proc);
}

PROC(descriptors_arrive_in_any_permutation)
{
  static const int places[][3] = {
    { 0, 1, 2 }, { 0, 2, 1 },   { 1, 0, 2 },   { 1, 2, 0 },   { 2, 0, 1 },
    { 2, 1, 0 }, { 1, 2, 500 }, { 500, 0, 1 }, { 40, 41, 0 }, { 500, 501, 502 },
  };
  int files[3], saved[3];
  if (access("/proc/self/fd", F_OK) < 0)
    SKIP("no /proc");
  open_three(files);
  for (int i = 0; i < 3; i++)
    saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 600);
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
    give_permuted(files, places[i]);
  for (int i = 0; i < 3; i++) {
    dup2(saved[i], i);
    close(saved[i]);
    close(files[i]);
  }
  close(40), close(41), close(500), close(501), close(502);
}

PROC(one_descriptor_may_be_all_three)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  struct async_proc proc;
  int ends[2];
  proc_script(&opts, argv, "echo out; echo err >&2");
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  opts.out = opts.error = ends[1];
  CHECK_INT(async_proc_start(&proc, &opts), 0);
  close(ends[1]);
  proc_read_all(ends[0], &end);
  close(ends[0]);
  CHECK_STR(end.text, "out\nerr\n");
  async_proc_close(&proc);
}

PROC(a_descriptor_that_is_not_open_is_an_error)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct async_proc proc;
  const char *argv[5];
  proc_script(&opts, argv, "exit 0");
  opts.in = 777;
  CHECK_INT(async_proc_start(&proc, &opts), -EBADF);
  opts.in = 20;
  CHECK_INT(fcntl(20, F_GETFD), -1);
  CHECK_INT(async_proc_start(&proc, &opts), -EBADF);
  async_proc_close(&proc);
}

/* With one of our own closed. */
static void run_without(int closed)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  int saved = fcntl(closed, F_DUPFD_CLOEXEC, 100);
  close(closed);
  CHECK_STR(proc_says(&opts, "cat; echo out; exec 2>&-", &end), "out\n");
  opts.in = ASYNC_PROC_SAME;
  CHECK_STR(proc_says(&opts, "echo out; exec 2>&-", &end), "out\n");
  dup2(saved, closed);
  close(saved);
}

PROC(it_works_without_our_own_three)
{
  for (int i = 0; i < 3; i++)
    run_without(i);
}

/* Limits. */

PROC(our_limit_of_files_is_not_theirs)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct rlimit limit;
  char expected[32];
  CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
  snprintf(expected, sizeof(expected), "%llu\n",
           (unsigned long long)limit.rlim_cur);
  limit.rlim_cur -= 100;
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
  CHECK_STR(proc_says(&opts, "ulimit -n", &end), expected);
  opts.limits = &(struct async_proc_limit){ RLIMIT_NOFILE, { 33, 44 } };
  opts.limit_count = 1;
  CHECK_STR(proc_says(&opts, "ulimit -Sn; ulimit -Hn", &end), "33\n44\n");
}

PROC(limits_are_set)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct async_proc_limit limits[] = { { RLIMIT_CPU, { 50, 60 } },
                                       { RLIMIT_CORE, { 0, 0 } } };
  opts.limits = limits;
  opts.limit_count = 2;
  CHECK_STR(proc_says(&opts, "ulimit -St; ulimit -Ht; ulimit -c", &end),
            "50\n60\n0\n");
  limits[0].limit.rlim_cur = 70;
  CHECK_INT(proc_run(&opts, &end), -EINVAL);
}

PROC(a_limit_of_files_does_not_hinder_its_own_start)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  opts.limits = &(struct async_proc_limit){ RLIMIT_NOFILE, { 4, 4 } };
  opts.limit_count = 1;
  CHECK_STR(proc_says(&opts, "echo ok", &end), "ok\n");
}

/* Place. */

PROC(it_starts_in_its_directory)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  char before[PATH_MAX], after[PATH_MAX];
  CHECK(getcwd(before, sizeof(before)));
  opts.dir = "/";
  CHECK_STR(proc_says(&opts, "pwd -P", &end), "/\n");
  opts.dir = "/no/such";
  CHECK_INT(proc_run(&opts, &end), -ENOENT);
  CHECK_STR(getcwd(after, sizeof(after)), before);
}

PROC(its_umask_and_niceness_are_its_own)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  mode_t ours = umask(022);
  opts.umask = ASYNC_PROC_UMASK(0);
  opts.nice = 3;
  CHECK_STR(proc_says(&opts, "umask", &end), "0000\n");
  opts.umask = ASYNC_PROC_UMASK(077);
  CHECK_STR(proc_says(&opts, "umask", &end), "0077\n");
  CHECK_INT(umask(ours), 022);
  int before = getpriority(PRIO_PROCESS, 0);
  if (before <= 16)
    CHECK_INT(strtol(proc_says(&opts, "nice", &end), NULL, 10), before + 3);
  CHECK_INT(getpriority(PRIO_PROCESS, 0), before);
}

PROC(its_environment_is_the_given_one)
{
  struct proc_end end;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *envp[] = { "A=1", "B=x y", NULL };
  const char *argv[] = { "/usr/bin/env", NULL };
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  opts.envp = (char *const *)envp;
  CHECK_INT(proc_run(&opts, &end), 0);
  CHECK_STR(end.text, "A=1\nB=x y\n");
}

static int print_pool(void *arg)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  setenv("SET_BY_US", "yes", 1);
  proc_says(&opts, "echo ${UV_THREADPOOL_SIZE-none} $SET_BY_US", arg);
  return 0;
}

static void the_size_of_our_pool_is_not_in_its_environment(void)
{
  struct async_run_opts opts = { .pool_threads = 7 };
  struct proc_end end;
  if (getenv("UV_THREADPOOL_SIZE"))
    SKIP("UV_THREADPOOL_SIZE is set");
  CHECK_INT(async_run(print_pool, &end, &opts), 0);
  CHECK_STR(end.text, "none yes\n");
  CHECK_STR(getenv("UV_THREADPOOL_SIZE"), "7");
}

PROC(a_cgroup_that_is_none_is_an_error)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  struct proc_end end;
  const char *argv[5];
  int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  proc_script(&opts, argv, "exit 0");
  opts.cgroup = 1 + dir;
#ifdef __linux__
  CHECK_INT(proc_run(&opts, &end), -ENOENT);
#else
  CHECK_INT(proc_run(&opts, &end), -ENOSYS);
#endif
  close(dir);
}

static const struct tap_test tests[] = {
  TEST(what_we_ignore_or_block_is_not_ignored_or_blocked_there),
  TEST(what_was_ignored_when_we_started_stays_ignored),
  TEST(it_has_three_descriptors),
  TEST(a_pipe_can_be_opened_by_its_name),
  TEST(standard_input_is_empty_by_default),
  TEST(descriptors_arrive_in_any_permutation),
  TEST(one_descriptor_may_be_all_three),
  TEST(a_descriptor_that_is_not_open_is_an_error),
  TEST(it_works_without_our_own_three),
  TEST(our_limit_of_files_is_not_theirs),
  TEST(limits_are_set),
  TEST(a_limit_of_files_does_not_hinder_its_own_start),
  TEST(it_starts_in_its_directory),
  TEST(its_umask_and_niceness_are_its_own),
  TEST(its_environment_is_the_given_one),
  TEST(the_size_of_our_pool_is_not_in_its_environment),
  TEST(a_cgroup_that_is_none_is_an_error),
};

/* What other tests start, by its name alone. */
static const struct tap_test helpers[] = { TEST(inherited_body) };

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], helpers[0].name) == 0)
    return tap_main(helpers, 1, argc, argv);
  return tap_main(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
