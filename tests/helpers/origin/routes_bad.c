/* What no server should do. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "async/error.h"
#include "async/stream.h"
#include "async/timer.h"
#include "origin.h"

enum { MORE = 1000 }; /* bytes that are promised and never come */

/* Waits until the client's system has it all. */
static int wait_until_sent(struct exchange *x)
{
  int waiting = 0;
  for (int i = 0; i < 1000; i++) {
    if (ioctl(async_stream_fd(x->stream), TIOCOUTQ, &waiting) < 0 ||
        waiting == 0)
      return 0;
    int rc = async_sleep(ASYNC_MS);
    if (rc < 0)
      return rc;
  }
  return 0;
}

static int start_body(struct exchange *x, int64_t claimed, int64_t sent)
{
  reply_start(x, 200);
  reply_end_head(x, claimed);
  int rc = reply_flush(x);
  return rc < 0 ? rc : send_pattern(x, 0, sent);
}

/* /stall/BYTES: sends some, then nothing; without BYTES not even a head */
static int stall(struct exchange *x)
{
  const char *bytes = request_segment(&x->request, 1, NULL);
  int64_t sent = bytes ? parse_size(bytes) : 0;
  int rc = bytes ? start_body(x, sent + MORE, sent) : 0;
  return rc < 0 ? rc : wait_for_client(x);
}

/* /reset[/AFTER_BYTES]
 * Source: socket(7): with SO_LINGER of 0 seconds, close sends RST. */
static int reset(struct exchange *x)
{
  struct linger hard = { .l_onoff = 1, .l_linger = 0 };
  const char *after = request_segment(&x->request, 1, NULL);
  int64_t sent = after ? parse_size(after) : 0;
  int rc = after ? start_body(x, sent + MORE, sent) : 0;
  if (rc == 0)
    rc = wait_until_sent(x);
  setsockopt(async_stream_fd(x->stream), SOL_SOCKET, SO_LINGER, &hard,
             sizeof(hard));
  return rc < 0 ? rc : ASYNC_EOF;
}

static int close_at_once(struct exchange *x)
{
  (void)x;
  return ASYNC_EOF;
}

/* /truncate/CLAIMED/SENT */
static int truncate_body(struct exchange *x)
{
  int64_t claimed = parse_size(request_segment(&x->request, 1, "1000"));
  int64_t sent = parse_size(request_segment(&x->request, 2, "500"));
  int rc = start_body(x, claimed, sent);
  return rc < 0 ? rc : ASYNC_EOF;
}

static int send_raw(struct exchange *x, const char *text, size_t len)
{
  async_buf_add(&x->out, text, len);
  int rc = reply_flush(x);
  return rc < 0 ? rc : ASYNC_EOF;
}

#define SEND_RAW(x, text) send_raw((x), (text), sizeof(text) - 1)

static int chunked_truncated(struct exchange *x)
{
  return SEND_RAW(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "5\r\nhello\r\nff\r\ncut off");
}

static int chunked_bad(struct exchange *x)
{
  return SEND_RAW(x, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "5\r\nhello\r\nno number\r\nworld\r\n0\r\n\r\n");
}

static int endless_headers(struct exchange *x)
{
  int rc = 0;
  async_buf_add_str(&x->out, "HTTP/1.1 200 OK\r\n");
  for (unsigned i = 0; rc == 0; i++) {
    async_buf_printf(&x->out, "X-Header-%u: and on it goes\r\n", i);
    if (x->out.len > 16384)
      rc = reply_flush(x);
  }
  return rc;
}

static int endless_line(struct exchange *x)
{
  int rc = 0;
  async_buf_add_str(&x->out, "HTTP/1.1 200 OK\r\nX-Header: ");
  while (rc == 0) {
    async_buf_add_str(&x->out, "and on it goes ");
    if (x->out.len > 16384)
      rc = reply_flush(x);
  }
  return rc;
}

static int bad_header(struct exchange *x)
{
  return SEND_RAW(x, "HTTP/1.1 200 OK\r\nthis has no colon\r\n"
                     "X-Nul: a\0b\r\nContent-Length: -5\r\n\r\nhello");
}

static int bad_status(struct exchange *x)
{
  return SEND_RAW(x, "HTTP/1.1 abc What\r\nContent-Length: 0\r\n\r\n");
}

static int garbage(struct exchange *x)
{
  return SEND_RAW(x, "\x16\x03\x01\xff\x00 this is not HTTP\n\n\x7f\x80\x00");
}

/* Two answers to one request, in one piece: the second must not be taken for
 * the next one's. */
static int twice(struct exchange *x)
{
  return SEND_RAW(x, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nfirst\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsecond\n");
}

const struct route ROUTES_BAD[] = {
  { "stall", stall, false },
  { "reset", reset, false },
  { "close", close_at_once, false },
  { "truncate", truncate_body, false },
  { "chunked-truncated", chunked_truncated, false },
  { "chunked-bad", chunked_bad, false },
  { "endless-headers", endless_headers, false },
  { "endless-line", endless_line, false },
  { "bad-header", bad_header, false },
  { "bad-status", bad_status, false },
  { "garbage", garbage, false },
  { "twice", twice, false },
  { NULL, NULL, false },
};
