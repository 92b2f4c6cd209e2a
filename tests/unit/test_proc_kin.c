/* Groups, descendants, and who dies with whom. */
#include "proc_world.h"

static void end_by(struct async_proc *proc, int number)
{
  CHECK_INT(async_proc_wait(proc), 0);
  CHECK(WIFSIGNALED(proc->status));
  CHECK_INT(WTERMSIG(proc->status), number);
  async_proc_close(proc);
}

/* Descendants wait for the end of a pipe of ours, on their descriptor 3, so
 * that they end with the test, whatever becomes of it. */
#define STAY "cat <&3 >/dev/null"

static int begin_with_pipe(struct async_proc *proc, const char *script,
                           int *out)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  char text[512];
  int ours[2], theirs[2];
  snprintf(text, sizeof(text), "exec 3<&0 </dev/null; %s", script);
  proc_script(&opts, argv, text);
  CHECK_INT(pipe2(ours, O_CLOEXEC), 0);
  CHECK_INT(pipe2(theirs, O_CLOEXEC), 0);
  opts.in = theirs[0];
  opts.out = ours[1];
  CHECK_INT(async_proc_start(proc, &opts), 0);
  close(theirs[0]);
  close(ours[1]);
  *out = ours[0];
  return theirs[1];
}

/* Groups. */

PROC(it_leads_a_group_of_its_own)
{
  struct async_proc proc;
  proc_begin(&proc, "exec sleep 1000", NULL);
  CHECK_INT(getpgid(proc.pid), proc.pid);
  CHECK_INT(async_proc_signal_group(&proc, SIGTERM), 0);
  end_by(&proc, SIGTERM);
}

PROC(it_stays_in_our_group_if_told_and_then_is_signalled_alone)
{
  struct async_proc proc;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[] = { "/bin/sleep", "1000", NULL };
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  opts.our_group = true;
  CHECK_INT(async_proc_start(&proc, &opts), 0);
  CHECK_INT(getpgid(proc.pid), getpgrp());
  CHECK_INT(async_proc_signal_group(&proc, SIGTERM), 0);
  end_by(&proc, SIGTERM);
}

PROC(members_are_reached_when_the_leader_has_gone)
{
  struct async_proc proc;
  int out;
  async_proc_adopt_orphans(); /* process 1 may take its time */
  int life = begin_with_pipe(&proc, STAY " & echo $!; exit 0", &out);
  pid_t member = (pid_t)proc_read_number(out);
  close(out);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK_INT(kill(member, 0), 0);
  CHECK_INT(async_proc_signal(&proc, 0), -ESRCH);
  CHECK_INT(async_proc_signal_group(&proc, 0), 0);
  CHECK_INT(async_proc_signal_group(&proc, SIGKILL), 0);
  while (async_proc_signal_group(&proc, 0) == 0) {
    async_proc_sweep(0, NULL);
    CHECK_INT(async_sleep(2 * ASYNC_MS), 0);
  }
  CHECK_INT(async_proc_signal_group(&proc, SIGKILL), -ESRCH);
  async_proc_close(&proc);
  close(life);
}

PROC(one_that_was_never_started_is_nobody)
{
  struct async_proc proc;
  memset(&proc, 0, sizeof(proc));
  CHECK_INT(async_proc_signal(&proc, SIGKILL), -ESRCH);
  CHECK_INT(async_proc_signal_group(&proc, SIGKILL), -ESRCH);
  async_proc_close(&proc);
  async_proc_signal_all(SIGKILL);
}

/* Closing. */

/* Three generations that heed no SIGTERM; writes the pids of the younger. */
static const char THREE[] =
    "trap '' TERM; sh -c 'echo $$; sh -c \"echo \\$\\$; " STAY "; :\"; :'";

PROC(close_kills_three_generations)
{
  struct async_proc proc;
  int out, life = begin_with_pipe(&proc, THREE, &out);
  pid_t child = (pid_t)proc_read_number(out);
  pid_t grandchild = (pid_t)proc_read_number(out);
  close(out);
  CHECK(child > 0 && grandchild > 0);
  async_proc_signal_group(&proc, SIGTERM);
  async_proc_close(&proc);
  proc_wait_gone(child);
  proc_wait_gone(grandchild);
  close(life);
}

static int close_it(void *arg)
{
  int rc = async_proc_wait(arg);
  async_proc_close(arg);
  return rc;
}

PROC(close_is_not_cancelled)
{
  struct async_proc proc;
  struct async_group group;
  proc_begin(&proc, "trap '' TERM; while :; do sleep 1000; done", NULL);
  pid_t pid = proc.pid;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  async_spawn(&group, close_it, &proc);
  async_yield();
  async_group_cancel(&group);
  async_group_close(&group);
  CHECK_INT(kill(pid, 0), -1);
  CHECK_INT(proc.pid, 0);
}

/* Our death. */

static int start_and_wait(void *arg)
{
  struct async_proc procs[2];
  const int *fd = arg;
  for (int i = 0; i < 2; i++) {
    proc_begin(&procs[i], "exec sleep 1000", NULL);
    CHECK_INT(write(*fd, &procs[i].pid, sizeof(pid_t)), sizeof(pid_t));
  }
  return async_proc_wait(&procs[0]);
}

PROC(they_die_with_us)
{
#ifdef __linux__
  int ends[2];
  pid_t pids[2];
  CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
  fflush(NULL);
  pid_t helper = fork();
  if (helper == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(TAP_SECONDS / 2);
    _exit(async_run(start_and_wait, &ends[1], NULL) == 0);
  }
  CHECK_INT(read(ends[0], &pids[0], sizeof(pid_t)), sizeof(pid_t));
  CHECK_INT(read(ends[0], &pids[1], sizeof(pid_t)), sizeof(pid_t));
  CHECK_INT(kill(helper, SIGKILL), 0);
  CHECK_INT(waitpid(helper, NULL, 0), helper);
  proc_wait_gone(pids[0]);
  proc_wait_gone(pids[1]);
  close(ends[0]);
  close(ends[1]);
#else
  SKIP("only Linux tells a process that its parent died");
#endif
}

/* Orphans. */

static bool can_adopt(void)
{
  return async_proc_adopt_orphans() == 0;
}

struct orphan {
  pid_t pid;
  int life;
};

/* Starts one that leaves a descendant outside its group, and ends. */
static struct orphan leave_orphan(const char *mark)
{
  struct orphan orphan;
  struct async_proc proc;
  char script[256];
  int out;
  snprintf(script, sizeof(script),
           "%s setsid sh -c 'echo $$; exec " STAY "' & exit 0", mark);
  orphan.life = begin_with_pipe(&proc, script, &out);
  orphan.pid = (pid_t)proc_read_number(out);
  close(out);
  CHECK(orphan.pid > 0);
  CHECK_INT(async_proc_wait(&proc), 0);
  async_proc_close(&proc);
  return orphan;
}

/* Sweeps until this one has been reaped. */
static void sweep_away(const char *mark, pid_t pid)
{
  while (kill(pid, 0) == 0) {
    async_proc_sweep(SIGKILL, mark);
    CHECK_INT(async_sleep(2 * ASYNC_MS), 0);
  }
}

PROC(orphans_are_swept)
{
  if (!can_adopt())
    SKIP("no adopting of orphans");
  struct orphan first = leave_orphan(""), second = leave_orphan("");
  CHECK_INT(async_proc_sweep(0, NULL), 2);
  sweep_away(NULL, first.pid);
  sweep_away(NULL, second.pid);
  close(first.life);
  close(second.life);
}

PROC(only_marked_orphans_are_swept_if_told)
{
  if (!can_adopt())
    SKIP("no adopting of orphans");
  struct orphan ours = leave_orphan("MARK=12");
  struct orphan other = leave_orphan("MARK=123");
  CHECK_INT(async_proc_sweep(0, "MARK=1"), 0);
  CHECK_INT(async_proc_sweep(0, "ARK=12"), 0);
  CHECK_INT(async_proc_sweep(0, "MARK=12"), 1);
  sweep_away("MARK=12", ours.pid);
  CHECK_INT(async_proc_sweep(0, NULL), 1);
  sweep_away("MARK=123", other.pid);
  close(ours.life);
  close(other.life);
}

PROC(live_processes_are_no_orphans)
{
  struct async_proc proc;
  if (!can_adopt())
    SKIP("no adopting of orphans");
  proc_begin(&proc, "exec sleep 1000", NULL);
  CHECK_INT(async_proc_sweep(SIGKILL, NULL), 0);
  CHECK_INT(async_proc_signal(&proc, SIGTERM), 0);
  end_by(&proc, SIGTERM);
}

PROC(the_group_of_an_orphan_goes_with_it)
{
  struct async_proc proc;
  int out;
  if (!can_adopt())
    SKIP("no adopting of orphans");
  int life = begin_with_pipe(
      &proc, "setsid sh -c 'echo $$; " STAY " & echo $!; wait' & exit 0", &out);
  pid_t leader = (pid_t)proc_read_number(out);
  pid_t member = (pid_t)proc_read_number(out);
  close(out);
  CHECK_INT(async_proc_wait(&proc), 0);
  async_proc_close(&proc);
  sweep_away(NULL, leader);
  sweep_away(NULL, member);
  close(life);
}

PROC(without_adopting_a_sweep_touches_nobody)
{
  int status;
  pid_t other = fork();
  if (other == 0)
    _exit(3);
  CHECK_INT(async_proc_sweep(SIGKILL, NULL), 0);
  CHECK_INT(waitpid(other, &status, 0), other);
  CHECK_INT(WEXITSTATUS(status), 3);
}

/* The terminal. */

static int start_in_front(struct async_proc *proc, const char *script)
{
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[5];
  proc_script(&opts, argv, script);
  opts.terminal = true;
  return async_proc_start(proc, &opts);
}

/* Whether the shell is what the terminal listens to: proc(5), field 8. */
static const char IN_FRONT[] =
    "set -- $(cat /proc/$$/stat); [ $8 = $$ ] || exit 1;";

static void end_in_front(const char *then, int expected)
{
  struct async_proc proc;
  char script[256];
  snprintf(script, sizeof(script), "%s %s", IN_FRONT, then);
  CHECK_INT(start_in_front(&proc, script), 0);
  CHECK_INT(async_proc_wait(&proc), 0);
  CHECK(WIFEXITED(proc.status));
  CHECK_INT(WEXITSTATUS(proc.status), expected);
  async_proc_close(&proc);
}

/* Nobody could continue us, so we are not stopped with it. */
static int be_in_front(void *arg)
{
  const int *terminal = arg;
  struct async_proc proc;
  end_in_front("exit 4", 4);
  CHECK_INT(tcgetpgrp(*terminal), getpgrp());
  end_in_front("kill -STOP $$; exit 5", 5);
  CHECK_INT(tcgetpgrp(*terminal), getpgrp());
  proc.pid = 0;
  struct async_proc_opts opts = ASYNC_PROC_OPTS_INIT;
  const char *argv[] = { "/no/such", NULL };
  opts.file = argv[0];
  opts.argv = (char *const *)argv;
  opts.terminal = true;
  CHECK_INT(async_proc_start(&proc, &opts), -ENOENT);
  CHECK_INT(tcgetpgrp(*terminal), getpgrp());
  return 0;
}

static int be_without_terminal(void *arg)
{
  struct async_proc proc;
  (void)arg;
  return start_in_front(&proc, "exit 0");
}

/* A process that leads a session with a terminal. */
static void lead_session(void)
{
  int pty = posix_openpt(O_RDWR | O_NOCTTY);
  if (setsid() < 0 || pty < 0 || grantpt(pty) < 0 || unlockpt(pty) < 0)
    _exit(TAP_SKIP);
  CHECK_INT(async_run(be_without_terminal, NULL, NULL), -ENXIO);
  int terminal = open(ptsname(pty), O_RDWR);
  if (terminal < 0 || tcgetpgrp(terminal) != getpgrp())
    _exit(TAP_SKIP);
  CHECK_INT(async_run(be_in_front, &terminal, NULL), 0);
  _exit(0);
}

static void it_has_the_terminal_until_it_ends_or_stops(void)
{
  int status;
  if (access("/proc/self/stat", R_OK) < 0)
    SKIP("no /proc");
  pid_t child = fork();
  if (child == 0)
    lead_session();
  CHECK_INT(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == TAP_SKIP)
    SKIP("no terminal can be made");
  CHECK_INT(status, 0);
}

static const struct tap_test tests[] = {
  TEST(it_leads_a_group_of_its_own),
  TEST(it_stays_in_our_group_if_told_and_then_is_signalled_alone),
  TEST(members_are_reached_when_the_leader_has_gone),
  TEST(one_that_was_never_started_is_nobody),
  TEST(close_kills_three_generations),
  TEST(close_is_not_cancelled),
  TEST(they_die_with_us),
  TEST(orphans_are_swept),
  TEST(only_marked_orphans_are_swept_if_told),
  TEST(live_processes_are_no_orphans),
  TEST(the_group_of_an_orphan_goes_with_it),
  TEST(without_adopting_a_sweep_touches_nobody),
  TEST(it_has_the_terminal_until_it_ends_or_stops),
};

TAP_MAIN(tests)
