/* Being stopped. Each test stops a process of its own, in a process group that
 * is not orphaned, and continues it after a moment. */
#include <time.h>

#include "async/error.h"
#include "async/timer.h"
#include "op_once.h"

/* How long it is stopped, at least. */
static const int64_t STOP_NS = 50 * ASYNC_MS;

static void wait_ns(int64_t duration_ns)
{
  struct timespec left = { 0, (long)duration_ns };
  while (nanosleep(&left, &left) < 0)
    ;
}

static pid_t start(void (*run)(void))
{
  fflush(NULL);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0)
    return child;
  alarm(TAP_SECONDS / 2);
  CHECK_INT(setpgid(0, 0), 0);
  run();
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

static void check_stops_once(void (*run)(void), int signal_number)
{
  pid_t child = start(run);
  CHECK_INT(stopped_by(child), signal_number);
  wait_ns(STOP_NS);
  CHECK_INT(kill(child, SIGCONT), 0);
  CHECK_INT(stopped_by(child), 0);
}

static void in_a_loop(async_task_fn *fn)
{
  CHECK_INT(async_run(fn, NULL, NULL), 0);
  sim_check_nothing_left();
}

/* The two clocks are read in the order that makes the claim exact. */
static int read_clocks(void *unused)
{
  (void)unused;
  CHECK(async_now() <= async_clock_ns());
  int64_t pause_ns = async_loop_suspend(SIGTSTP);
  CHECK(pause_ns >= STOP_NS);
  int64_t before_ns = async_clock_ns();
  CHECK(async_now() >= before_ns - pause_ns);
  int64_t now_ns = async_now();
  CHECK(now_ns <= async_clock_ns() - pause_ns);
  return 0;
}

static void run_clocks(void)
{
  in_a_loop(read_clocks);
}

static void the_clock_stands_still(void)
{
  check_stops_once(run_clocks, SIGTSTP);
}

static int sleep_a_little(void *unused)
{
  int64_t start_ns = async_now(), machine_ns = async_clock_ns();
  (void)unused;
  CHECK_INT(async_sleep(20 * ASYNC_MS), 0);
  CHECK(async_now() - start_ns >= 20 * ASYNC_MS);
  CHECK(async_clock_ns() - machine_ns >= 20 * ASYNC_MS + STOP_NS);
  return 0;
}

static int stop_beside_a_sleep(void *unused)
{
  struct async_group group;
  (void)unused;
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn(&group, sleep_a_little, NULL), 0);
  CHECK_INT(async_sleep(ASYNC_MS), 0); /* libuv's timer is armed */
  async_loop_suspend(SIGTSTP);
  return async_group_close(&group);
}

static void run_beside_a_sleep(void)
{
  in_a_loop(stop_beside_a_sleep);
}

static void what_sleeps_has_as_long_to_go_as_before(void)
{
  check_stops_once(run_beside_a_sleep, SIGTSTP);
}

static int stop_in_simulated_time(void *unused)
{
  int64_t now_ns = async_now();
  (void)unused;
  CHECK(async_loop_suspend(SIGTSTP) >= STOP_NS);
  CHECK_INT(async_now(), now_ns);
  CHECK_INT(async_sleep(ASYNC_SEC), 0);
  CHECK_INT(async_now(), now_ns + ASYNC_SEC);
  return 0;
}

static void run_in_simulated_time(void)
{
  CHECK_INT(sim_run(stop_in_simulated_time, NULL, 0), 0);
}

static void simulated_time_does_not_care(void)
{
  check_stops_once(run_in_simulated_time, SIGTSTP);
}

static void on_stop(int number)
{
  (void)number;
}

static int stop_although_caught(void *unused)
{
  struct sigaction mine = { .sa_handler = on_stop }, now;
  sigset_t blocked;
  (void)unused;
  CHECK_INT(sigaction(SIGTSTP, &mine, NULL), 0);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTSTP);
  CHECK_INT(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
  async_loop_suspend(SIGTSTP);
  CHECK_INT(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
  CHECK_INT(sigismember(&blocked, SIGTSTP), 1);
  CHECK_INT(sigaction(SIGTSTP, NULL, &now), 0);
  CHECK(now.sa_handler == on_stop);
  return 0;
}

static void run_although_caught(void)
{
  in_a_loop(stop_although_caught);
}

static void what_is_caught_or_blocked_stops_too_and_stays_so(void)
{
  check_stops_once(run_although_caught, SIGTSTP);
}

static int stop_for_sure(void *unused)
{
  (void)unused;
  async_loop_suspend(SIGSTOP);
  return 0;
}

static void run_for_sure(void)
{
  in_a_loop(stop_for_sure);
}

static void sigstop_will_do(void)
{
  check_stops_once(run_for_sure, SIGSTOP);
}

static int stop_if_possible(void *unused)
{
  (void)unused;
  CHECK(async_loop_suspend(SIGTSTP) >= 0);
  return 0;
}

/* A session of its own: whoever could continue it is in another one. */
static void run_as_an_orphan(void)
{
  pid_t child = fork();
  CHECK(child >= 0);
  if (child > 0) {
    CHECK_INT(stopped_by(child), 0);
    return;
  }
  CHECK(setsid() > 0);
  in_a_loop(stop_if_possible);
  exit(0);
}

static void in_an_orphaned_process_group_it_goes_on_at_once(void)
{
  CHECK_INT(stopped_by(start(run_as_an_orphan)), 0);
}

static const struct tap_test tests[] = {
  TEST(the_clock_stands_still),
  TEST(what_sleeps_has_as_long_to_go_as_before),
  TEST(simulated_time_does_not_care),
  TEST(what_is_caught_or_blocked_stops_too_and_stays_so),
  TEST(sigstop_will_do),
  TEST(in_an_orphaned_process_group_it_goes_on_at_once),
};

TAP_MAIN(tests)
