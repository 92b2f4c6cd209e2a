/* Answers that depend on what was asked before. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "async/error.h"
#include "async/time.h"
#include "async/timer.h"
#include "origin.h"

/* The key in the query, or the whole path. */
static struct key *key_of(struct exchange *x, const char *kind)
{
  struct async_buf name = ASYNC_BUF_INIT;
  if (!request_param(&x->request, "key", &name))
    async_buf_add_str(&name, x->request.path);
  const char *text = async_buf_str(&name);
  struct key *key = text ? find_key(x->origin, kind, text) : NULL;
  async_buf_done(&name);
  return key;
}

/* The n-th of "503,503,200", the last again and again. */
static int code_at(const char *codes, int64_t n)
{
  for (const char *next; n > 0 && (next = strchr(codes, ',')) != NULL; n--)
    codes = next + 1;
  return (int)strtol(codes, NULL, 10);
}

static void add_retry_date(struct exchange *x, int64_t seconds)
{
  char text[64];
  struct tm parts;
  time_t when = (time_t)(async_clock_wall_ns() / ASYNC_SEC + seconds);
  gmtime_r(&when, &parts);
  strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  reply_header(x, "Retry-After", text);
}

static void add_retry_after(struct exchange *x)
{
  int64_t seconds = request_param_size(&x->request, "retry-after", -1);
  if (seconds >= 0)
    reply_header_int(x, "Retry-After", seconds);
  seconds = request_param_size(&x->request, "retry-after-date", -1);
  if (seconds >= 0)
    add_retry_date(x, seconds);
}

static int send_status(struct exchange *x, int code)
{
  char text[32];
  int len = snprintf(text, sizeof(text), "status %d\n", code);
  reply_start(x, code);
  if (code >= 300)
    add_retry_after(x);
  if (code == 204 || code == 304) {
    async_buf_add_str(&x->out, "\r\n");
    return reply_flush(x);
  }
  reply_header(x, "Content-Type", "text/plain");
  reply_end_head(x, len);
  if (!x->head)
    async_buf_add(&x->out, text, (size_t)len);
  return reply_flush(x);
}

/* /status/CODE[,CODE...]; ?key=..., ?retry-after=SECONDS,
 * ?retry-after-date=SECONDS. A code of 0 closes the connection. */
static int status(struct exchange *x)
{
  struct key *key = key_of(x, "status");
  if (!key)
    return ASYNC_ENOMEM;
  int code = code_at(request_segment(&x->request, 1, "200"), key->hits++);
  if (code == 0)
    return ASYNC_EOF;
  return code < 200 || code > 999
             ? reply_text(x, 400, "/status/CODE[,CODE...]\n")
             : send_status(x, code);
}

static int reply_number(struct exchange *x, int64_t number)
{
  char text[32];
  snprintf(text, sizeof(text), "%lld\n", (long long)number);
  return reply_text(x, 200, text);
}

/* /counter/KEY counts; ?peek=1 only looks */
static int counter(struct exchange *x)
{
  struct key *key =
      find_key(x->origin, "counter", request_segment(&x->request, 1, ""));
  if (!key)
    return ASYNC_ENOMEM;
  if (!request_param_size(&x->request, "peek", 0))
    key->hits++;
  return reply_number(x, key->hits);
}

/* /inflight/KEY: is there for ?for=100ms, and answers how many were at most;
 * ?peek=1 only looks */
static int inflight(struct exchange *x)
{
  struct key *key =
      find_key(x->origin, "inflight", request_segment(&x->request, 1, ""));
  if (!key)
    return ASYNC_ENOMEM;
  if (request_param_size(&x->request, "peek", 0))
    return reply_number(x, key->most);
  if (++key->now > key->most)
    key->most = key->now;
  int rc =
      async_sleep(request_param_duration(&x->request, "for", 100 * ASYNC_MS));
  key->now--;
  return rc < 0 ? rc : reply_number(x, key->most);
}

/* /rate/KEY?limit=N&per=1s: N in each window, then 429 with Retry-After */
static int rate(struct exchange *x)
{
  struct key *key =
      find_key(x->origin, "rate", request_segment(&x->request, 1, ""));
  int64_t per_ns = request_param_duration(&x->request, "per", ASYNC_SEC);
  int64_t limit = request_param_size(&x->request, "limit", 10);
  if (!key)
    return ASYNC_ENOMEM;
  if (async_now() - key->window_ns >= per_ns) {
    key->window_ns = async_now();
    key->hits = 0;
  }
  if (++key->hits <= limit)
    return send_status(x, 200);
  int64_t left_ns = key->window_ns + per_ns - async_now();
  reply_start(x, 429);
  reply_header_int(x, "Retry-After", (left_ns + ASYNC_SEC - 1) / ASYNC_SEC);
  reply_end_head(x, 0);
  return reply_flush(x);
}

const struct route ROUTES_STATE[] = {
  { "status", status, false },     { "counter", counter, false },
  { "inflight", inflight, false }, { "rate", rate, false },
  { NULL, NULL, false },
};
