#include "job/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "async/timer.h"

enum { COLUMNS_LEAST = 20, COLUMNS_USUAL = 80 };

static const int64_t BAR_NS = 100 * ASYNC_MS, JSON_NS = ASYNC_SEC;

/* To the beginning of the line, and nothing behind it. */
static const char ERASE[] = "\r\33[K";

static void erase(void *ctx)
{
  struct job_meter *meter = ctx;
  if (!meter->drawn)
    return;
  meter->drawn = false;
  job_say_raw(meter->log, ERASE, sizeof(ERASE) - 1);
}

void job_meter_init(struct job_meter *meter, const struct job_opts *opts,
                    const struct job_count *count, struct job_log *log)
{
  *meter = (struct job_meter){ opts->progress, count, log, false };
  if (meter->mode == JOB_PROGRESS_AUTO)
    meter->mode =
        isatty(log->fd) && !opts->quiet ? JOB_PROGRESS_BAR : JOB_PROGRESS_NONE;
  log->make_way = erase;
  log->ctx = meter;
}

void job_meter_done(struct job_meter *meter)
{
  erase(meter);
  meter->log->make_way = NULL;
}

static size_t columns(int fd)
{
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col < COLUMNS_LEAST)
    return COLUMNS_USUAL;
  return size.ws_col;
}

/* One write, so that the line does not flicker. */
static void draw(struct job_meter *meter)
{
  struct async_buf line = ASYNC_BUF_INIT;
  size_t most = columns(meter->log->fd) + sizeof(ERASE) - 2;
  async_buf_add(&line, ERASE, sizeof(ERASE) - 1);
  job_add_state(&line, meter->count);
  if (line.len > most)
    line.len = most;
  meter->drawn = false;
  if (!line.err)
    job_say_raw(meter->log, line.data, line.len);
  meter->drawn = true;
  async_buf_done(&line);
}

static void print_json(struct job_meter *meter)
{
  struct async_buf line = ASYNC_BUF_INIT;
  job_add_state_json(&line, meter->count, "progress");
  if (!line.err)
    job_say_raw(meter->log, line.data, line.len);
  async_buf_done(&line);
}

int job_meter_run(struct job_meter *meter)
{
  bool bar = meter->mode == JOB_PROGRESS_BAR;
  int64_t period_ns = bar ? BAR_NS : JSON_NS;
  struct async_ticker ticker;
  if (meter->mode == JOB_PROGRESS_NONE)
    return 0;
  async_ticker_init(&ticker, period_ns, async_in(period_ns));
  for (;;) {
    int err = async_ticker_wait(&ticker);
    if (err < 0)
      return err;
    if (bar)
      draw(meter);
    else
      print_json(meter);
  }
}
