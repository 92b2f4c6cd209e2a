#include "job/message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "async/buf.h"

enum { STUCK_MS = 1000 };

/* A terminal that somebody stopped, or a pipe that is full, may hold us up for
 * a moment, but a message is not worth more. */
static void put(int fd, const char *bytes, size_t len)
{
  while (len > 0) {
    struct pollfd one = { .fd = fd, .events = POLLOUT };
    ssize_t written = write(fd, bytes, len);
    if (written > 0) {
      bytes += written;
      len -= (size_t)written;
    } else if (errno == EAGAIN) {
      if (poll(&one, 1, STUCK_MS) <= 0)
        return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void job_say_raw(struct job_log *log, const char *bytes, size_t len)
{
  if (log->make_way)
    log->make_way(log->ctx);
  put(log->fd, bytes, len);
}

/* Text from the network may hold what a terminal would obey. */
static void disarm(char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t')
      *text = '?';
}

static void say(struct job_log *log, const char *style, const char *format,
                va_list args) __attribute__((format(printf, 3, 0)));

static void say(struct job_log *log, const char *style, const char *format,
                va_list args)
{
  struct async_buf line = ASYNC_BUF_INIT;
  char text[1024];
  vsnprintf(text, sizeof(text), format, args);
  disarm(text);
  if (log->color)
    async_buf_add_str(&line, style);
  async_buf_printf(&line, "asynctool %s:", log->tool);
  if (log->color)
    async_buf_add_str(&line, "\33[0m");
  async_buf_printf(&line, " %s\n", text);
  if (!line.err)
    job_say_raw(log, line.data, line.len);
  async_buf_done(&line);
}

void job_say_error(struct job_log *log, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  say(log, "\33[31m", format, args);
  va_end(args);
}

void job_say(struct job_log *log, const char *format, ...)
{
  va_list args;
  if (log->quiet)
    return;
  va_start(args, format);
  say(log, "\33[1m", format, args);
  va_end(args);
}

void job_say_more(struct job_log *log, unsigned level, const char *format, ...)
{
  va_list args;
  if (log->quiet || log->verbose < level)
    return;
  va_start(args, format);
  say(log, "\33[2m", format, args);
  va_end(args);
}
