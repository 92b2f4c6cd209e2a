/* The tokens of a make above us; the test is the make. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/task.h"
#include "async/timer.h"
#include "exec/jobserver.h"
#include "tap.h"

static struct job_log log_ = { .tool = "exec", .fd = STDERR_FILENO };

/* The ends of make's pipe; they do not close on exec. */
static int ends[2];

/* The pipe's numbers stand where `flags` has an @. */
static void make_pipe(const char *tokens, const char *flags)
{
  char text[128];
  const char *at = strchr(flags, '@');
  CHECK_INT(pipe(ends), 0);
  CHECK_INT(write(ends[1], tokens, strlen(tokens)), strlen(tokens));
  snprintf(text, sizeof(text), "%.*s%d,%d%s", (int)(at - flags), flags, ends[0],
           ends[1], at + 1);
  setenv("MAKEFLAGS", text, 1);
}

/* What is in it, in order. */
static void check_tokens(const char *tokens)
{
  char out[64] = "";
  int there = 0;
  CHECK_INT(ioctl(ends[0], FIONREAD, &there), 0);
  CHECK_INT(there, strlen(tokens));
  if (there == 0)
    return;
  CHECK_INT(read(ends[0], out, sizeof(out) - 1), there);
  CHECK_STR(out, tokens);
  CHECK_INT(write(ends[1], out, (size_t)there), there);
}

static struct exec_jobserver *open_server(void)
{
  struct exec_jobserver *server = NULL;
  CHECK_INT(exec_jobserver_open(&server, &log_), 0);
  return server;
}

static void in_task(async_task_fn *fn)
{
  CHECK_INT(async_run(fn, NULL, NULL), 0);
}

/* Returns whether a token is to be had now. */
static bool can_take(struct exec_jobserver *server)
{
  struct async_scope limit;
  async_scope_enter(&limit, async_in(5 * ASYNC_MS));
  int rc = exec_jobserver_take(server);
  rc = async_scope_leave(&limit, rc);
  CHECK(rc == 0 || rc == ASYNC_ETIMEDOUT);
  return rc == 0;
}

static int take_all(void *arg)
{
  (void)arg;
  struct exec_jobserver *server = open_server();
  CHECK(server && exec_jobserver_is_inherited(server));
  CHECK_INT(exec_jobserver_take(server), 0);
  check_tokens("abc"); /* the first job is free */
  for (int i = 0; i < 3; i++)
    CHECK_INT(exec_jobserver_take(server), 0);
  check_tokens("");
  CHECK(!can_take(server));
  exec_jobserver_give(server);
  check_tokens("c");
  CHECK_INT(exec_jobserver_take(server), 0);
  for (int i = 0; i < 4; i++)
    exec_jobserver_give(server);
  check_tokens("cba");
  exec_jobserver_close(server);
  return 0;
}

static void tokens_are_taken_and_given_back_as_they_were(void)
{
  static const char *const formats[] = {
    " -j4 --jobserver-auth=@", "s -j4 --jobserver-fds=@ -- A=b",
    " -j --jobserver-auth=77,78 --jobserver-auth=@",
    " --jobserver-fds=77,78 -j --jobserver-auth=@"
  };
  for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
    make_pipe("abc", formats[i]);
    in_task(take_all);
    CHECK_INT(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    close(ends[0]);
    close(ends[1]);
  }
}

static int close_early(void *arg)
{
  (void)arg;
  struct exec_jobserver *server = open_server();
  for (int i = 0; i < 3; i++)
    CHECK_INT(exec_jobserver_take(server), 0);
  exec_jobserver_close(server);
  return 0;
}

static void a_close_gives_back_what_is_held(void)
{
  make_pipe("xy", "--jobserver-auth=@");
  in_task(close_early);
  check_tokens("yx");
}

/* Cut off while somebody puts a token in, again and again: it is either taken
 * or still there. */
static int cut_off(void *arg)
{
  (void)arg;
  struct exec_jobserver *server = open_server();
  CHECK_INT(exec_jobserver_take(server), 0);
  for (int i = 0; i < 50; i++) {
    struct async_scope limit;
    async_scope_enter(&limit, async_in(i % 2 ? 1 : ASYNC_MS));
    if (i % 3 == 0)
      CHECK_INT(write(ends[1], "t", 1), 1);
    int rc = exec_jobserver_take(server);
    rc = async_scope_leave(&limit, rc);
    if (rc == 0)
      exec_jobserver_give(server);
    check_tokens(i % 3 == 0 || rc == 0 ? "t" : "");
    if (i % 3 == 0 || rc == 0) {
      char token;
      CHECK_INT(read(ends[0], &token, 1), 1);
    }
  }
  exec_jobserver_give(server);
  exec_jobserver_close(server);
  return 0;
}

static void a_wait_that_is_cut_off_loses_no_token(void)
{
  make_pipe("", "--jobserver-auth=@");
  in_task(cut_off);
}

static int give_later(void *arg)
{
  CHECK_INT(async_sleep(5 * ASYNC_MS), 0);
  exec_jobserver_give(arg);
  return 0;
}

/* Others hold all tokens, and our only job ends. */
static int wait_for_own(void *arg)
{
  (void)arg;
  struct async_group group;
  struct exec_jobserver *server = open_server();
  CHECK_INT(exec_jobserver_take(server), 0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn(&group, give_later, server), 0);
  CHECK_INT(exec_jobserver_take(server), 0);
  async_group_close(&group);
  exec_jobserver_give(server);
  exec_jobserver_close(server);
  return 0;
}

static void who_waits_goes_on_when_our_last_job_has_ended(void)
{
  make_pipe("", "--jobserver-auth=@");
  in_task(wait_for_own);
  check_tokens("");
}

/* Another process is faster. */
static int lose_race(void *arg)
{
  (void)arg;
  struct exec_jobserver *server = open_server();
  char token;
  CHECK_INT(exec_jobserver_take(server), 0);
  for (int i = 0; i < 20; i++) {
    CHECK_INT(write(ends[1], "t", 1), 1);
    CHECK_INT(read(ends[0], &token, 1), 1);
    CHECK(i % 4 || !can_take(server));
  }
  exec_jobserver_give(server);
  exec_jobserver_close(server);
  return 0;
}

static void a_token_that_somebody_else_takes_is_waited_for_again(void)
{
  make_pipe("", "--jobserver-auth=@");
  in_task(lose_race);
}

/* Named pipes. */

static int take_from_fifo(void *arg)
{
  (void)arg;
  struct exec_jobserver *server = open_server();
  CHECK(server && !exec_jobserver_is_inherited(server));
  for (int i = 0; i < 3; i++)
    CHECK_INT(exec_jobserver_take(server), 0);
  check_tokens("");
  CHECK(!can_take(server));
  for (int i = 0; i < 3; i++)
    exec_jobserver_give(server);
  check_tokens("ba");
  exec_jobserver_close(server);
  return 0;
}

static void the_pipe_may_have_a_name(void)
{
  char dir[] = "/tmp/exec-jobserver-XXXXXX", path[64], flags[128];
  CHECK(mkdtemp(dir));
  snprintf(path, sizeof(path), "%s/fifo", dir);
  CHECK_INT(mkfifo(path, 0600), 0);
  ends[0] = ends[1] = open(path, O_RDWR);
  CHECK(ends[0] >= 0);
  CHECK_INT(write(ends[1], "ab", 2), 2);
  snprintf(flags, sizeof(flags), " -j3 --jobserver-auth=fifo:%s -- X=1", path);
  setenv("MAKEFLAGS", flags, 1);
  in_task(take_from_fifo);
  unlink(path);
  rmdir(dir);
}

/* None. */

static int find_none(void *arg)
{
  (void)arg;
  CHECK(!open_server());
  return 0;
}

static void what_is_no_jobserver_is_left_alone(void)
{
  static const char *const flags[] = { "",
                                       "s -j",
                                       " -j4 --jobserver-auth=97,98",
                                       " -j4 --jobserver-auth=-2,-2",
                                       " -j4 --jobserver-auth=fifo:/nowhere",
                                       " -j4 --jobserver-auth=fifo:/dev/null",
                                       " -j4 --jobserver-auth=",
                                       " -j4 --jobserver-auth=0,x" };
  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
    setenv("MAKEFLAGS", flags[i], 1);
    in_task(find_none);
  }
  unsetenv("MAKEFLAGS");
  in_task(find_none);
}

static void our_own_descriptors_are_not_taken_for_it(void)
{
  make_pipe("x", "--jobserver-auth=@");
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  in_task(find_none);
  fcntl(ends[0], F_SETFD, 0);
  int null = open("/dev/null", O_RDONLY);
  CHECK_INT(dup2(null, ends[0]), ends[0]);
  in_task(find_none);
}

static const struct tap_test tests[] = {
  TEST(tokens_are_taken_and_given_back_as_they_were),
  TEST(a_close_gives_back_what_is_held),
  TEST(a_wait_that_is_cut_off_loses_no_token),
  TEST(who_waits_goes_on_when_our_last_job_has_ended),
  TEST(a_token_that_somebody_else_takes_is_waited_for_again),
  TEST(the_pipe_may_have_a_name),
  TEST(what_is_no_jobserver_is_left_alone),
  TEST(our_own_descriptors_are_not_taken_for_it),
};

TAP_MAIN(tests)
