/* Ctrl-Z. A run that is stopped is in a process of its own, in a group that is
 * not orphaned, on the real clock. */
#include <time.h>

#include "job/tool.h"
#include "job_world.h"

static const int64_t STOP_NS = 50 * ASYNC_MS;

static int stops, goes; /* calls of the two hooks */
static int64_t machine_ns, loop_ns;

static void stopping(void *ctx)
{
  (void)ctx;
  CHECK(!async_self());
  CHECK_INT(stops, goes);
  stops++;
  machine_ns = async_clock_ns();
  loop_ns = async_now();
}

static void continued(void *ctx)
{
  (void)ctx;
  CHECK_INT(stops, ++goes);
  machine_ns = async_clock_ns() - machine_ns;
  loop_ns = async_now() - loop_ns;
}

/* "stop": is stopped; "both": is continued before it could be; else sleeps. */
static void stop_work(void *ctx, struct job_item *job,
                      struct async_fan_attempt *attempt)
{
  (void)ctx;
  if (strcmp(job->entry.text, "stop") == 0)
    CHECK_INT(raise(SIGTSTP), 0);
  if (strcmp(job->entry.text, "both") == 0)
    CHECK_INT(raise(SIGTSTP) | raise(SIGCONT), 0);
  attempt->rc = async_sleep(20 * ASYNC_MS);
}

static struct world on_the_real_clock(struct job_tool *stop_tool,
                                      const char *lines)
{
  struct world world = usual(lines);
  *stop_tool = tool;
  stop_tool->work = stop_work;
  stop_tool->stopping = stopping;
  stop_tool->continued = continued;
  world.tool = stop_tool;
  world.loop = (struct async_run_opts){ .grace_ns = 0 };
  return world;
}

static pid_t start(void (*act)(void))
{
  fflush(NULL);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0)
    return child;
  alarm(TAP_SECONDS / 2);
  CHECK_INT(setpgid(0, 0), 0);
  act();
  exit(0);
}

/* Returns the signal that stops it; 0: it ended well instead. */
static int stopped_by(pid_t child)
{
  int status;
  CHECK_INT(waitpid(child, &status, WUNTRACED), child);
  if (WIFSTOPPED(status))
    return WSTOPSIG(status);
  CHECK(WIFEXITED(status));
  CHECK_INT(WEXITSTATUS(status), 0);
  return 0;
}

static void run_and_be_stopped(void)
{
  struct job_tool stop_tool;
  struct world world = on_the_real_clock(&stop_tool, "ok\nstop\nok\n");
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(count(world.out, " ok 1\n"), 3);
  CHECK_INT(stops, 1);
  CHECK_INT(goes, 1);
  CHECK(machine_ns >= STOP_NS);
  CHECK(loop_ns <= machine_ns - STOP_NS);
}

static void the_tool_is_told_before_and_after(void)
{
  struct timespec moment = { 0, (long)STOP_NS };
  pid_t child = start(run_and_be_stopped);
  CHECK_INT(stopped_by(child), SIGTSTP);
  while (nanosleep(&moment, &moment) < 0)
    ;
  CHECK_INT(kill(child, SIGCONT), 0);
  CHECK_INT(stopped_by(child), 0);
}

static void run_and_be_continued_first(void)
{
  struct job_tool stop_tool;
  struct world world = on_the_real_clock(&stop_tool, "both\nok\n");
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(stops, 0);
  CHECK_INT(goes, 0);
}

static void who_was_continued_already_is_not_stopped(void)
{
  CHECK_INT(stopped_by(start(run_and_be_continued_first)), 0);
}

static void run_ignoring_it(void)
{
  struct job_tool stop_tool;
  struct world world = on_the_real_clock(&stop_tool, "stop\nok\n");
  signal(SIGTSTP, SIG_IGN);
  CHECK_INT(run(&world), COMMAND_OK);
  CHECK_INT(stops, 0);
}

static void what_was_ignored_stays_ignored(void)
{
  CHECK_INT(stopped_by(start(run_ignoring_it)), 0);
}

static const struct tap_test tests[] = {
  TEST(the_tool_is_told_before_and_after),
  TEST(who_was_continued_already_is_not_stopped),
  TEST(what_was_ignored_stays_ignored),
};

TAP_MAIN(tests)
