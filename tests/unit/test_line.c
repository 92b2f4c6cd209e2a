/* Reading ahead: lines, exact lengths, and both together. */
#include <fcntl.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "async/stream.h"
#include "async/timer.h"
#include "io/pair_priv.h"
#include "tap.h"

#define RUN(fn, arg, ...)                                                      \
  async_run((fn), (arg), &(struct async_run_opts){ __VA_ARGS__ })

static void close_both(struct async_stream *ends[2])
{
  CHECK_INT(async_stream_close(ends[0]), 0);
  CHECK_INT(async_stream_close(ends[1]), 0);
}

struct ends {
  struct async_stream *end[2];
};

static int send_slowly(void *arg)
{
  int rc = async_sleep(ASYNC_MS);
  for (int i = 0; i < 4 && rc == 0; i++)
    rc = async_stream_write(arg, "line one\nline two\n", 18);
  return rc;
}

struct text {
  const char *bytes;
  size_t limit;
  const char *expected; /* lines between bars; '!' marks a line too long */
};

static int read_lines(void *arg)
{
  struct text *text = arg;
  struct ends ends;
  char *line, seen[256];
  size_t len, at = 0;
  CHECK_INT(async_stream_open_pair(ends.end, 4096), 0);
  async_stream_limit_line(ends.end[1], text->limit);
  asy_pair_set_faults(ends.end[1], &(struct asy_pair_faults){ .read_most = 3 });
  CHECK_INT(async_stream_write(ends.end[0], text->bytes, strlen(text->bytes)),
            0);
  CHECK_INT(async_stream_shutdown(ends.end[0]), 0);
  for (;;) {
    int rc = async_stream_read_line(ends.end[1], '\n', &line, &len);
    if (rc == ASYNC_EOF)
      break;
    CHECK(rc == 0 || rc == ASYNC_ETOOLONG);
    at += (size_t)snprintf(seen + at, sizeof(seen) - at, "%.*s%s|", (int)len,
                           line, rc < 0 ? "!" : "");
  }
  seen[at] = '\0';
  CHECK_STR(seen, text->expected);
  CHECK_INT(async_stream_read_line(ends.end[1], '\n', &line, &len), ASYNC_EOF);
  close_both(ends.end);
  return 0;
}

static void lines_end_at_the_delimiter_the_limit_or_the_end(void)
{
  static struct text texts[] = {
    { "", 100, "" },
    { "one\ntwo\n", 100, "one|two|" },
    { "one\n\ntwo", 100, "one||two|" },
    { "\n\n", 100, "||" },
    { "12345\n", 5, "12345|" },
    { "12345", 5, "12345|" },
    { "123456\nx\n", 5, "12345!|x|" },
    { "123456", 5, "12345!|" },
    { "1234567890\n1234567890\nab", 4, "1234!|1234!|ab|" },
    { "x\n\n", 0, "!||" },
  };
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    CHECK_INT(RUN(read_lines, &texts[i], .virtual_time = true), 0);
}

static int mix_reads(void *arg)
{
  struct ends ends;
  char *line, block[16];
  size_t len;
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 100), 0);
  CHECK_INT(async_stream_write(ends.end[0], "head\n\1\2\3\4body", 13), 0);
  CHECK_INT(async_stream_shutdown(ends.end[0]), 0);
  CHECK_INT(async_stream_read_line(ends.end[1], '\n', &line, &len), 0);
  CHECK_INT(len, 4);
  CHECK_INT(async_stream_read_full(ends.end[1], block, 4), 4);
  CHECK_INT(block[3], 4);
  CHECK_INT(async_stream_read_full(ends.end[1], block, 0), 0);
  CHECK_INT(async_stream_read_full(ends.end[1], block, 5), ASYNC_EOF);
  CHECK_INT(async_stream_read(ends.end[1], block, 16), 4);
  CHECK(memcmp(block, "body", 4) == 0);
  close_both(ends.end);
  return 0;
}

static void every_kind_of_read_shares_one_buffer(void)
{
  CHECK_INT(RUN(mix_reads, NULL, .virtual_time = true), 0);
}

/* A line of any length across every buffer boundary. */
static int write_long_lines(void *arg)
{
  char *block = malloc(300000);
  memset(block, 'x', 300000);
  int rc = 0;
  for (size_t len = 0; len < 300000 && rc == 0; len = len * 3 + 1) {
    rc = async_stream_write(arg, block, len);
    if (rc == 0)
      rc = async_stream_write(arg, "\n", 1);
  }
  free(block);
  return rc < 0 ? rc : async_stream_shutdown(arg);
}

static int read_long_lines(void *arg)
{
  struct async_stream *ends[2];
  struct async_group group;
  char *line;
  size_t len;
  (void)arg;
  int fds[2];
  CHECK_INT(pipe2(fds, O_CLOEXEC), 0);
  for (int i = 0; i < 2; i++)
    CHECK_INT(async_stream_open_fd(&ends[i], fds[i], ASYNC_STREAM_OWN), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, write_long_lines, ends[1]);
  for (size_t expected = 0; expected < 300000; expected = expected * 3 + 1) {
    CHECK_INT(async_stream_read_line(ends[0], '\n', &line, &len), 0);
    CHECK_INT(len, expected);
  }
  CHECK_INT(async_stream_read_line(ends[0], '\n', &line, &len), ASYNC_EOF);
  CHECK_INT(async_group_close(&group), 0);
  close_both(ends);
  return 0;
}

static void lines_may_be_longer_than_any_buffer(void)
{
  CHECK_INT(RUN(read_long_lines, NULL, .seed = 0), 0);
}

/* A read that is cut short again and again still delivers every byte. */
static int interrupted_lines(void *arg)
{
  struct ends ends;
  struct async_group group;
  char *line;
  size_t len, lines = 0;
  (void)arg;
  CHECK_INT(async_stream_open_pair(ends.end, 5), 0);
  asy_pair_set_faults(ends.end[1],
                      &(struct asy_pair_faults){ .read_delay_ns = 10 * ASYNC_MS,
                                                 .read_most = 3 });
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, send_slowly, ends.end[0]);
  while (lines < 8) {
    int rc;
    ASYNC_WITHIN(25 * ASYNC_MS, rc,
                 async_stream_read_line(ends.end[1], '\n', &line, &len));
    CHECK(rc == 0 || rc == ASYNC_ETIMEDOUT);
    if (rc == 0)
      CHECK(memcmp(line, lines++ % 2 ? "line two" : "line one", 8) == 0);
  }
  CHECK_INT(async_group_close(&group), 0);
  close_both(ends.end);
  return 0;
}

static void a_cancelled_line_is_read_later(void)
{
  CHECK_INT(RUN(interrupted_lines, NULL, .virtual_time = true), 0);
}

static int read_zeros(void *arg)
{
  struct async_stream *zeros;
  char *line;
  size_t len;
  int rc = 0;
  (void)arg;
  CHECK_INT(async_stream_open_file(&zeros, "/dev/zero", O_RDONLY, 0), 0);
  CHECK_INT(async_stream_read_line(zeros, '\n', &line, &len), ASYNC_ETOOLONG);
  ASYNC_WITHIN(10 * ASYNC_MS, rc,
               async_stream_read_line(zeros, '\n', &line, &len));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  return async_stream_close(zeros);
}

static void a_line_without_end_can_be_cancelled(void)
{
  CHECK_INT(RUN(read_zeros, NULL, .stack_bytes = 0), 0);
}

static const struct tap_test tests[] = {
  TEST(lines_end_at_the_delimiter_the_limit_or_the_end),
  TEST(every_kind_of_read_shares_one_buffer),
  TEST(lines_may_be_longer_than_any_buffer),
  TEST(a_cancelled_line_is_read_later),
  TEST(a_line_without_end_can_be_cancelled),
};

TAP_MAIN(tests)
