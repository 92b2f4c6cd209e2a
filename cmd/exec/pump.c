/* Reading a job's pipes. */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "async/error.h"
#include "async/shutdown.h"
#include "async/task.h"
#include "exec/output_priv.h"

enum {
  A_TURN = 1024 * 1024,    /* read from one job before others have theirs */
  MUCH = 256 * 1024,       /* from here on a larger pipe is worth its call */
  PIPE_BYTES = 1024 * 1024 /* what Linux gives to anybody */
};

void exec_stream_close(struct exec_output *output, struct exec_stream *stream)
{
  if (stream->fd < 0)
    return;
  if (output->ready)
    exec_ready_drop(output->ready, stream == &output->streams[1]);
  close(stream->fd);
  stream->fd = -1;
}

/* Where bytes go. */

static bool is_stored(const struct exec_output *output)
{
  enum exec_output_mode mode = output->screen->mode;
  return mode == EXEC_OUTPUT_GROUP || mode == EXEC_OUTPUT_LINE;
}

/* A line whose beginning had to be shown already keeps the turn. */
static void show_lines(struct exec_output *output, struct exec_stream *stream,
                       const char *bytes, size_t len)
{
  const char *end = memrchr(bytes, '\n', len);
  size_t keep = end ? len - (size_t)(end + 1 - bytes) : 0;
  if (!end && !output->has_turn)
    return;
  exec_turn_enter(output);
  exec_show(output, stream, keep);
  if (!output->streams[0].middle && !output->streams[1].middle)
    exec_turn_leave(output);
  job_out_pause(output->screen->run->out);
}

static void take(struct exec_output *output, struct exec_stream *stream,
                 const char *bytes, size_t len, bool stored)
{
  stream->bytes += len;
  exec_excerpt_add(&stream->excerpt, bytes, len);
  exec_kept_add(&stream->kept, bytes, len);
  if (!stored)
    return;
  exec_store_add(&stream->store, len);
  if (output->screen->mode == EXEC_OUTPUT_LINE)
    show_lines(output, stream, bytes, len);
  else if (output->has_turn)
    exec_show(output, stream, 0);
}

static void widen(struct exec_stream *stream, size_t more)
{
#ifdef F_SETPIPE_SZ
  if (stream->bytes < MUCH && stream->bytes + more >= MUCH)
    fcntl(stream->fd, F_SETPIPE_SZ, PIPE_BYTES);
#else
  (void)stream;
  (void)more;
#endif
}

ssize_t exec_pump(struct exec_output *output, struct exec_stream *stream)
{
  char *room = output->screen->scratch;
  size_t len = EXEC_CHUNK_BYTES;
  ssize_t got;
  bool stored = is_stored(output) && !output->failed &&
                exec_find_room(output, stream, &room, &len) == 0;
  do {
    got = read(stream->fd, room, len);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN)
    return -EAGAIN;
  if (got <= 0) {
    exec_stream_close(output, stream);
    return 0;
  }
  widen(stream, (size_t)got);
  take(output, stream, room, (size_t)got, stored);
  return got;
}

/* When. */

/* Asks which pipes have something, or have ended. Returns how many. */
static int look(struct exec_output *output, bool has[2])
{
  struct pollfd fds[2];
  for (int i = 0; i < 2; i++)
    fds[i] = (struct pollfd){ .fd = output->streams[i].fd, .events = POLLIN };
  int count = poll(fds, 2, 0);
  for (int i = 0; i < 2; i++) {
    has[i] = count > 0 && fds[i].revents & POLLIN;
    if (count > 0 && fds[i].revents && !has[i])
      exec_stream_close(output, &output->streams[i]);
  }
  return count;
}

/* Without a watch the pipe waits for those who read it, and is not asked more
 * than it was said to have. */
static void pump_some(struct exec_output *output, struct exec_stream *stream)
{
  size_t total = 0;
  while (stream->fd >= 0 && total < A_TURN) {
    ssize_t got = exec_pump(output, stream);
    if (got <= 0 || !output->ready)
      return;
    total += (size_t)got;
  }
}

static bool is_open(const struct exec_output *output)
{
  return output->streams[0].fd >= 0 || output->streams[1].fd >= 0;
}

static int watch(struct exec_output *output)
{
  if (output->ready)
    return 0;
  int fds[2] = { output->streams[0].fd, output->streams[1].fd };
  return exec_ready_new(&output->ready, fds, EXEC_READY_TO_READ);
}

/* Waits for more, not longer than the deadline. */
static void wait_for_more(struct exec_output *output)
{
  struct async_scope scope;
  int err = watch(output);
  if (err < 0) { /* of the system: it may pass */
    async_sleep(ASYNC_MS);
    return;
  }
  async_scope_enter(&scope, output->deadline_ns);
  output->waiting = &scope;
  err = exec_ready_wait(output->ready);
  output->waiting = NULL;
  async_scope_leave(&scope, err);
}

/* After the deadline: what is there, but not what is written meanwhile. */
static void pump_rest(struct exec_output *output, struct exec_stream *stream)
{
  int left = 0;
  if (stream->fd >= 0)
    ioctl(stream->fd, FIONREAD, &left);
  while (left > 0) {
    ssize_t got = exec_pump(output, stream);
    if (got <= 0)
      break;
    left -= (int)got;
  }
}

/* The job has ended, and its time to drain, or our patience. */
static bool is_over(const struct exec_output *output)
{
  return output->deadline_ns <= async_now() ||
         (output->deadline_ns < ASYNC_NEVER && async_shutdown_again());
}

void exec_pump_all(struct exec_output *output)
{
  bool has[2];
  while (is_open(output)) {
    int count = look(output, has);
    if (is_over(output)) {
      pump_rest(output, &output->streams[0]);
      pump_rest(output, &output->streams[1]);
      return;
    }
    for (int i = 0; i < 2; i++)
      if (has[i])
        pump_some(output, &output->streams[i]);
    if ((count == 0 || output->ready) && is_open(output))
      wait_for_more(output);
  }
}
