#include <string.h>

#include "async/error.h"
#include "async/stream.h"
#include "origin.h"

enum { BLOCK = 64 * 1024, LINE = 16 };

static const char *reason(int status)
{
  static const struct {
    int status;
    const char *text;
  } reasons[] = {
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 408, "Request Timeout" },
    { 410, "Gone" },
    { 416, "Range Not Satisfiable" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
  };
  for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
    if (reasons[i].status == status)
      return reasons[i].text;
  return "Whatever";
}

/* header=Name:Value, as often as it is there. */
static void add_asked_headers(struct exchange *x)
{
  static const char name[] = "header=";
  const char *at = x->request.query;
  while ((at = strstr(at, name)) != NULL) {
    at += sizeof(name) - 1;
    size_t len = strcspn(at, "&");
    decode_percent(&x->out, at, len);
    async_buf_add_str(&x->out, "\r\n");
    at += len;
  }
}

void reply_start(struct exchange *x, int status)
{
  async_buf_add_str(&x->out, "HTTP/1.1 ");
  async_buf_add_int(&x->out, status);
  async_buf_add_char(&x->out, ' ');
  async_buf_add_str(&x->out, reason(status));
  async_buf_add_str(&x->out, "\r\n");
  if (*x->request.query)
    add_asked_headers(x);
  if (request_param_size(&x->request, "close", 0))
    x->close = true;
  if (x->close)
    reply_header(x, "Connection", "close");
  else if (x->request.http10)
    reply_header(x, "Connection", "keep-alive");
}

void reply_header(struct exchange *x, const char *name, const char *value)
{
  async_buf_add_str(&x->out, name);
  async_buf_add_str(&x->out, ": ");
  async_buf_add_str(&x->out, value);
  async_buf_add_str(&x->out, "\r\n");
}

void reply_header_int(struct exchange *x, const char *name, int64_t value)
{
  async_buf_add_str(&x->out, name);
  async_buf_add_str(&x->out, ": ");
  async_buf_add_int(&x->out, value);
  async_buf_add_str(&x->out, "\r\n");
}

void reply_end_head(struct exchange *x, int64_t body_bytes)
{
  if (body_bytes >= 0)
    reply_header_int(x, "Content-Length", body_bytes);
  else
    reply_header(x, "Transfer-Encoding", "chunked");
  async_buf_add_str(&x->out, "\r\n");
}

int reply_flush(struct exchange *x)
{
  int rc = x->out.err;
  if (rc == 0)
    rc = async_stream_write(x->stream, x->out.data, x->out.len);
  async_buf_clear(&x->out);
  return rc;
}

int reply(struct exchange *x, int status, const char *type, const char *body,
          size_t len)
{
  reply_start(x, status);
  if (status == 204 || status == 304) {
    async_buf_add_str(&x->out, "\r\n");
    return reply_flush(x);
  }
  reply_header(x, "Content-Type", type ? type : "text/plain");
  reply_end_head(x, (int64_t)len);
  if (!x->head)
    async_buf_add(&x->out, body, len);
  return reply_flush(x);
}

int reply_text(struct exchange *x, int status, const char *text)
{
  return reply(x, status, NULL, text, strlen(text));
}

int wait_for_client(struct exchange *x)
{
  char block[512];
  ssize_t got;
  do
    got = async_stream_read(x->stream, block, sizeof(block));
  while (got > 0);
  return got < 0 ? (int)got : ASYNC_EOF;
}

static void pattern_line(char line[LINE], int64_t number)
{
  static const char digits[] = "0123456789abcdef";
  for (int i = LINE - 2; i >= 0; i--) {
    line[i] = digits[number & 15];
    number >>= 4;
  }
  line[LINE - 1] = '\n';
}

void add_pattern(struct async_buf *out, int64_t from, int64_t len)
{
  char line[LINE];
  while (len > 0) {
    int64_t skip = from % LINE;
    int64_t take = LINE - skip < len ? LINE - skip : len;
    pattern_line(line, from / LINE);
    async_buf_add(out, line + skip, (size_t)take);
    from += take;
    len -= take;
  }
}

int send_pattern(struct exchange *x, int64_t from, int64_t len)
{
  int rc = 0;
  while (len > 0 && rc == 0) {
    int64_t take = len < BLOCK ? len : BLOCK;
    add_pattern(&x->out, from, take);
    rc = reply_flush(x);
    from += take;
    len -= take;
  }
  return rc;
}
