#include "async/stream.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/timer.h"
#include "io/pair_priv.h"
#include "tap.h"

#define RUN(fn, arg, ...)                                                      \
  async_run((fn), (arg), &(struct async_run_opts){ __VA_ARGS__ })

static struct async_stream *open_fd(int fd, unsigned flags)
{
  struct async_stream *stream;
  CHECK_INT(async_stream_open_fd(&stream, fd, flags), 0);
  return stream;
}

static void open_pipe(struct async_stream *ends[2])
{
  int fds[2];
  CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
  ends[0] = open_fd(fds[0], ASYNC_STREAM_OWN);
  ends[1] = open_fd(fds[1], ASYNC_STREAM_OWN);
}

static void close_both(struct async_stream *ends[2])
{
  CHECK_INT(async_stream_close(ends[0]), 0);
  CHECK_INT(async_stream_close(ends[1]), 0);
}

static bool is_nonblocking(int fd)
{
  return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

/* Writes a pattern, and shuts down. */

enum { PATTERN_BYTES = 1000003 };

struct copy_job {
  struct async_stream *to, *from;
};

static char pattern_at(size_t i)
{
  return (char)(i * 2654435761u >> 13);
}

static int write_pattern(void *arg)
{
  char *bytes = malloc(PATTERN_BYTES);
  for (size_t i = 0; i < PATTERN_BYTES; i++)
    bytes[i] = pattern_at(i);
  int rc = async_stream_write(arg, bytes, PATTERN_BYTES);
  free(bytes);
  if (rc == 0)
    CHECK_INT(async_stream_written(arg), PATTERN_BYTES);
  return rc < 0 ? rc : async_stream_shutdown(arg);
}

static int read_pattern(void *arg)
{
  char block[7001];
  size_t total = 0;
  for (;;) {
    ssize_t got = async_stream_read(arg, block, sizeof(block));
    if (got < 0)
      return (int)got;
    if (got == 0)
      break;
    for (ssize_t i = 0; i < got; i++)
      CHECK(block[i] == pattern_at(total + (size_t)i));
    total += (size_t)got;
  }
  CHECK_INT(total, PATTERN_BYTES);
  return 0;
}

static void send_pattern(struct async_stream *to, struct async_stream *from)
{
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, write_pattern, to);
  async_spawn(&group, read_pattern, from);
  CHECK_INT(async_group_close(&group), 0);
}

static int over_a_pipe(void *arg)
{
  struct async_stream *ends[2];
  (void)arg;
  open_pipe(ends);
  send_pattern(ends[1], ends[0]);
  close_both(ends);
  return 0;
}

static void a_pipe_carries_more_than_it_holds(void)
{
  CHECK_INT(RUN(over_a_pipe, NULL, .seed = 0), 0);
}

static int over_sockets(void *arg)
{
  struct async_stream *ends[2];
  int fds[2];
  (void)arg;
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  ends[0] = open_fd(fds[0], ASYNC_STREAM_OWN);
  ends[1] = open_fd(fds[1], ASYNC_STREAM_OWN);
  send_pattern(ends[0], ends[1]);
  send_pattern(ends[1], ends[0]);
  close_both(ends);
  return 0;
}

static void sockets_carry_both_ways(void)
{
  CHECK_INT(RUN(over_sockets, NULL, .seed = 0), 0);
}

/* Borrowed descriptors. */

static int over_borrowed(void *arg)
{
  int fds[2], *made = arg;
  memcpy(fds, made, sizeof(fds));
  struct async_stream *ends[2] = { open_fd(fds[0], ASYNC_STREAM_BORROW),
                                   open_fd(fds[1], ASYNC_STREAM_BORROW) };
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, write_pattern, ends[1]);
  char *bytes = malloc(PATTERN_BYTES);
  CHECK_INT(async_stream_read_full(ends[0], bytes, PATTERN_BYTES),
            PATTERN_BYTES);
  CHECK(!is_nonblocking(fds[0]) && !is_nonblocking(fds[1]));
  CHECK(bytes[77777] == pattern_at(77777));
  free(bytes);
  CHECK_INT(async_group_close(&group), 0);
  close_both(ends);
  CHECK(!is_nonblocking(fds[0]) && !is_nonblocking(fds[1]));
  CHECK_INT(close(fds[0]), 0);
  CHECK_INT(close(fds[1]), 0);
  return 0;
}

static void a_borrowed_pipe_stays_blocking_and_open(void)
{
  int fds[2];
  CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
  fcntl(fds[1], F_SETPIPE_SZ, 4096);
  /* The pipe stays open, so nobody shuts it down: read_full it is. */
  CHECK_INT(RUN(over_borrowed, fds, .seed = 0), 0);
}

static void a_borrowed_socket_stays_blocking_and_open(void)
{
  int fds[2];
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  CHECK_INT(RUN(over_borrowed, fds, .seed = 0), 0);
}

static int borrow_a_terminal(void *arg)
{
  char block[64];
  int main_fd = posix_openpt(O_RDWR | O_NOCTTY);
  (void)arg;
  if (main_fd < 0 || grantpt(main_fd) < 0 || unlockpt(main_fd) < 0)
    SKIP("no pseudo-terminal");
  int fd = open(ptsname(main_fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
  CHECK(fd >= 0);
  struct async_stream *terminal = open_fd(fd, ASYNC_STREAM_BORROW);
  struct async_stream *person = open_fd(main_fd, ASYNC_STREAM_OWN);
  CHECK(!is_nonblocking(fd));
  CHECK_INT(async_stream_write(person, "hello\n", 6), 0);
  CHECK_INT(async_stream_read(terminal, block, sizeof(block)), 6);
  CHECK_INT(async_stream_write(terminal, "world", 5), 0);
  CHECK(!is_nonblocking(fd));
  CHECK_INT(async_stream_close(terminal), 0);
  CHECK_INT(close(fd), 0);
  CHECK_INT(async_stream_close(person), 0);
  return 0;
}

static void a_borrowed_terminal_is_polled(void)
{
  CHECK_INT(RUN(borrow_a_terminal, NULL, .seed = 0), 0);
}

/* Regular files and devices. */

static int use_files(void *arg)
{
  char path[] = "/tmp/test_stream.XXXXXX";
  struct async_stream *file, *copy;
  int fd = mkstemp(path);
  (void)arg;
  CHECK(fd >= 0);
  copy = open_fd(fd, ASYNC_STREAM_OWN);
  CHECK_INT(async_stream_open_file(&file, "/dev/zero", O_RDONLY, 0), 0);
  CHECK_INT(async_stream_copy(copy, file, 3000000), 3000000);
  CHECK_INT(async_stream_close(file), 0);
  CHECK_INT(async_stream_close(copy), 0);
  CHECK_INT(async_stream_open_file(&file, path, O_RDONLY, 0), 0);
  CHECK_INT(async_stream_open_file(&copy, "/dev/null", O_WRONLY, 0), 0);
  CHECK_INT(async_stream_copy(copy, file, -1), 3000000);
  CHECK_INT(async_stream_close(file), 0);
  CHECK_INT(async_stream_close(copy), 0);
  CHECK_INT(unlink(path), 0);
  CHECK_INT(async_stream_open_file(&file, path, O_RDONLY, 0), -ENOENT);
  return 0;
}

static void files_and_devices_are_read_in_place(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(use_files, NULL, .virtual_time = true), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.stacks, 0);
}

static int fill_the_disk(void *arg)
{
  struct async_stream *full;
  (void)arg;
  CHECK_INT(async_stream_open_file(&full, "/dev/full", O_WRONLY, 0), 0);
  CHECK_INT(async_stream_write(full, "x", 1), -ENOSPC);
  CHECK_INT(async_stream_written(full), 0);
  return async_stream_close(full);
}

static void a_full_disk_is_an_error(void)
{
  CHECK_INT(RUN(fill_the_disk, NULL, .seed = 0), 0);
}

/* Ends. */

static int write_to_nobody(void *arg)
{
  struct async_stream *ends[2];
  (void)arg;
  int fds[2];
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  ends[0] = open_fd(fds[0], ASYNC_STREAM_OWN);
  ends[1] = open_fd(fds[1], ASYNC_STREAM_OWN);
  CHECK_INT(async_stream_close(ends[1]), 0);
  CHECK_INT(async_stream_write(ends[0], "x", 1), ASYNC_ECLOSED);
  CHECK_INT(async_stream_close(ends[0]), 0);
  CHECK_INT(async_stream_close(NULL), 0);
  signal(SIGPIPE, SIG_IGN);
  open_pipe(ends);
  CHECK_INT(async_stream_close(ends[0]), 0);
  CHECK_INT(async_stream_write(ends[1], "x", 1), ASYNC_ECLOSED);
  return async_stream_close(ends[1]);
}

static void writing_to_nobody_is_closed(void)
{
  CHECK_INT(RUN(write_to_nobody, NULL, .seed = 0), 0);
}

static int close_later(void *arg)
{
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  return async_stream_close(arg);
}

static int wait_for_nobody(void *arg)
{
  static const char block[100000];
  struct async_stream *ends[2];
  struct async_group group;
  (void)arg;
  signal(SIGPIPE, SIG_IGN);
  open_pipe(ends);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  async_spawn(&group, close_later, ends[0]);
  CHECK_INT(async_stream_write(ends[1], block, sizeof(block)), ASYNC_ECLOSED);
  CHECK_INT(async_stream_written(ends[1]), 65536);
  CHECK_INT(async_group_close(&group), 0);
  return async_stream_close(ends[1]);
}

static void a_parked_writer_learns_that_the_reader_left(void)
{
  CHECK_INT(RUN(wait_for_nobody, NULL, .seed = 0), 0);
}

static int open_nothing(void *arg)
{
  struct async_stream *stream = arg;
  CHECK_INT(async_stream_open_fd(&stream, -1, ASYNC_STREAM_OWN), -EBADF);
  CHECK(stream == NULL);
  return 0;
}

static void a_bad_descriptor_is_refused(void)
{
  CHECK_INT(RUN(open_nothing, NULL, .seed = 0), 0);
}

/* Cancelling. */

static int read_with_timeout(void *arg)
{
  struct async_stream *ends[2];
  char byte;
  int rc;
  (void)arg;
  open_pipe(ends);
  ASYNC_WITHIN(5 * ASYNC_MS, rc, (int)async_stream_read(ends[0], &byte, 1));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_stream_write(ends[1], "x", 1), 0);
  CHECK_INT(async_stream_read(ends[0], &byte, 1), 1);
  close_both(ends);
  return 0;
}

static void a_read_that_was_cancelled_took_nothing(void)
{
  CHECK_INT(RUN(read_with_timeout, NULL, .seed = 0), 0);
}

static int hold_time(void *arg)
{
  struct async_stream *ends[2];
  struct async_scope scope;
  char byte;
  int *waker = arg;
  open_pipe(ends);
  *waker = async_stream_fd(ends[1]);
  async_scope_enter(&scope, async_in(ASYNC_SEC));
  int64_t before_ns = async_now();
  int child = fork();
  if (child == 0) {
    struct timespec pause = { 0, 20000000 };
    nanosleep(&pause, NULL);
    _exit(write(*waker, "x", 1) != 1);
  }
  CHECK_INT(async_stream_read(ends[0], &byte, 1), 1);
  CHECK_INT(async_now(), before_ns);
  CHECK_INT(async_scope_leave(&scope, 0), 0);
  close_both(ends);
  CHECK(waitpid(child, NULL, 0) == child);
  return 0;
}

static void simulated_time_stands_still_for_descriptors(void)
{
  int waker;
  CHECK_INT(RUN(hold_time, &waker, .virtual_time = true), 0);
}

/* Memory pairs. */

struct ends {
  struct async_stream *end[2];
};

static int over_memory(void *arg)
{
  struct ends ends;
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 1000), 0);
  CHECK_INT(async_stream_fd(ends.end[0]), -1);
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, write_pattern, ends.end[0]);
  async_spawn(&group, read_pattern, ends.end[1]);
  async_spawn(&group, write_pattern, ends.end[1]);
  async_spawn(&group, read_pattern, ends.end[0]);
  int rc = async_group_close(&group);
  close_both(ends.end);
  return rc;
}

static void memory_carries_both_ways(void)
{
  for (uint64_t seed = 0; seed < 3; seed++)
    CHECK_INT(RUN(over_memory, NULL, .virtual_time = true, .seed = seed), 0);
}

static void memory_of_no_size_is_refused(void)
{
  struct async_stream *ends[2];
  CHECK_INT(async_stream_open_pair(ends, 0), ASYNC_EINVAL);
}

static int use_ends(void *arg)
{
  struct ends ends;
  char block[8];
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 4), 0);
  CHECK_INT(async_stream_write(ends.end[0], "abc", 3), 0);
  CHECK_INT(async_stream_close(ends.end[0]), 0);
  CHECK_INT(async_stream_read(ends.end[1], block, 2), 2);
  CHECK_INT(async_stream_read(ends.end[1], block, 8), 1);
  CHECK_INT(async_stream_read(ends.end[1], block, 8), 0);
  CHECK_INT(async_stream_write(ends.end[1], "x", 1), ASYNC_ECLOSED);
  return async_stream_close(ends.end[1]);
}

static void what_was_written_before_closing_is_read(void)
{
  CHECK_INT(RUN(use_ends, NULL, .virtual_time = true), 0);
}

static int suffer(void *arg)
{
  struct ends ends;
  char block[64];
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 64), 0);
  asy_pair_set_faults(ends.end[1],
                      &(struct asy_pair_faults){ .read_delay_ns = 3 * ASYNC_SEC,
                                                 .read_most = 2,
                                                 .read_bytes = 3,
                                                 .read_error = -ECONNRESET });
  asy_pair_set_faults(
      ends.end[0],
      &(struct asy_pair_faults){ .write_bytes = 5, .write_error = -ENOSPC });
  CHECK_INT(async_stream_write(ends.end[0], "abcdefg", 7), -ENOSPC);
  CHECK_INT(async_stream_written(ends.end[0]), 5);
  CHECK_INT(async_stream_read(ends.end[1], block, 64), 2);
  CHECK_INT(async_now(), 3 * ASYNC_SEC);
  CHECK_INT(async_stream_read(ends.end[1], block, 64), 1);
  CHECK_INT(async_stream_read(ends.end[1], block, 64), -ECONNRESET);
  CHECK_INT(async_stream_read(ends.end[1], block, 64), -ECONNRESET);
  close_both(ends.end);
  return 0;
}

static void faults_happen_when_they_were_set(void)
{
  CHECK_INT(RUN(suffer, NULL, .virtual_time = true), 0);
}

/* Whatever is cancelled, nothing is lost on the way and nothing leaks. */

static int send_slowly(void *arg)
{
  int rc = async_sleep(ASYNC_MS);
  for (int i = 0; i < 4 && rc == 0; i++)
    rc = async_stream_write(arg, "line one\nline two\n", 18);
  return rc;
}

static int count_lines(void *arg)
{
  char *line;
  size_t len;
  int rc;
  while ((rc = async_stream_read_line(arg, '\n', &line, &len)) == 0)
    CHECK_INT(len, 8);
  return rc == ASYNC_EOF ? 0 : rc;
}

static int cancelled_anywhere(void *arg)
{
  struct ends ends;
  struct async_group group;
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 5), 0);
  asy_pair_set_faults(ends.end[1],
                      &(struct asy_pair_faults){ .read_delay_ns = ASYNC_MS });
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, send_slowly, ends.end[0]);
  async_spawn(&group, count_lines, ends.end[1]);
  int rc = async_sleep(30 * ASYNC_MS);
  async_group_cancel(&group);
  int err = async_group_close(&group);
  close_both(ends.end);
  return rc < 0 ? rc : err;
}

static void a_cancel_at_any_checkpoint_leaves_nothing_behind(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(cancelled_anywhere, NULL, .virtual_time = true), 0);
  async_stats_get(&stats);
  uint64_t count = stats.checkpoints;
  CHECK(count > 20);
  for (uint64_t at = 1; at <= count; at++) {
    int rc =
        RUN(cancelled_anywhere, NULL, .virtual_time = true, .cancel_at = at);
    CHECK(rc == ASYNC_ECANCELED || rc == 0);
    async_stats_get(&stats);
    CHECK_INT(stats.tasks + stats.stacks + stats.timers + stats.held, 0);
  }
}

static const struct tap_test tests[] = {
  TEST(a_pipe_carries_more_than_it_holds),
  TEST(sockets_carry_both_ways),
  TEST(a_borrowed_pipe_stays_blocking_and_open),
  TEST(a_borrowed_socket_stays_blocking_and_open),
  TEST(a_borrowed_terminal_is_polled),
  TEST(files_and_devices_are_read_in_place),
  TEST(a_full_disk_is_an_error),
  TEST(writing_to_nobody_is_closed),
  TEST(a_parked_writer_learns_that_the_reader_left),
  TEST(a_bad_descriptor_is_refused),
  TEST(a_read_that_was_cancelled_took_nothing),
  TEST(simulated_time_stands_still_for_descriptors),
  TEST(memory_carries_both_ways),
  TEST(memory_of_no_size_is_refused),
  TEST(what_was_written_before_closing_is_read),
  TEST(faults_happen_when_they_were_set),
  TEST(a_cancel_at_any_checkpoint_leaves_nothing_behind),
};

TAP_MAIN(tests)
