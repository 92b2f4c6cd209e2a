/* What good servers do: answers, redirects, cookies, passwords. */
#include <stdlib.h>
#include <string.h>

#include "async/timer.h"
#include "origin.h"

static int ok(struct exchange *x)
{
  return reply_text(x, 200, "ok\n");
}

/* /say?text=...&type=...&status=... */
static int say(struct exchange *x)
{
  struct async_buf text = ASYNC_BUF_INIT, type = ASYNC_BUF_INIT;
  request_param(&x->request, "text", &text);
  bool typed = request_param(&x->request, "type", &type);
  int rc = reply(x, (int)request_param_size(&x->request, "status", 200),
                 typed ? async_buf_str(&type) : NULL, text.data, text.len);
  async_buf_done(&text);
  async_buf_done(&type);
  return rc;
}

/* /delay/DURATION/REST: waits, then answers as /REST would. */
static int delay(struct exchange *x)
{
  struct request *request = &x->request;
  int64_t wait_ns = parse_duration(request_segment(request, 1, ""));
  if (wait_ns < 0)
    return reply_text(x, 400, "/delay/DURATION[/...]\n");
  int rc = async_sleep(wait_ns);
  if (rc < 0)
    return rc;
  size_t rest = request->segment_count > 2 ? request->segment_count - 2 : 0;
  memmove(request->segments, request->segments + 2,
          rest * sizeof(request->segments[0]));
  request->segment_count = rest;
  const struct route *route = find_route(request_segment(request, 0, "ok"));
  return route ? route->fn(x) : reply_text(x, 404, "no such path\n");
}

/* Echo: as JSON, or with ?raw=1 the body alone. */

static void add_echo(struct async_buf *out, const struct exchange *x)
{
  const struct request *request = &x->request;
  async_buf_add_str(out, "{\"method\":");
  add_json_string(out, request->method, strlen(request->method));
  async_buf_add_str(out, ",\"target\":");
  add_json_string(out, request->target, strlen(request->target));
  async_buf_add_str(out, ",\"headers\":");
  add_json_headers(out, request);
  async_buf_add_str(out, ",\"body_bytes\":");
  async_buf_add_uint(out, x->body_bytes);
  async_buf_add_str(out, ",\"body\":");
  add_json_string(out, x->body.data ? x->body.data : "", x->body.len);
  async_buf_add_str(out, "}\n");
}

static int echo(struct exchange *x)
{
  if (request_param_size(&x->request, "raw", 0))
    return reply(x, 200, request_header(&x->request, "Content-Type"),
                 x->body.data, x->body.len);
  struct async_buf text = ASYNC_BUF_INIT;
  add_echo(&text, x);
  int rc = text.err ? text.err
                    : reply(x, 200, "application/json", text.data, text.len);
  async_buf_done(&text);
  return rc;
}

/* Redirects; ?code=307 and the like. */

static int redirect_to(struct exchange *x, const char *location)
{
  reply_start(x, (int)request_param_size(&x->request, "code", 302));
  reply_header(x, "Location", location);
  reply_end_head(x, 0);
  return reply_flush(x);
}

/* /redirect/N: N redirects, then /ok. */
static int redirect(struct exchange *x)
{
  char next[64];
  int64_t left = parse_size(request_segment(&x->request, 1, "1"));
  if (left <= 1)
    return left < 1 ? ok(x) : redirect_to(x, "/ok");
  snprintf(next, sizeof(next), "/redirect/%lld", (long long)left - 1);
  return redirect_to(x, next);
}

static int redirect_url(struct exchange *x)
{
  struct async_buf url = ASYNC_BUF_INIT;
  int rc;
  if (request_param(&x->request, "url", &url) && async_buf_str(&url))
    rc = redirect_to(x, url.data);
  else
    rc = reply_text(x, 400, "/redirect-to?url=...\n");
  async_buf_done(&url);
  return rc;
}

static int redirect_loop(struct exchange *x)
{
  return redirect_to(x, "/redirect-loop");
}

/* /cookie/set?name=value&...; /cookie/echo */
static int cookie(struct exchange *x)
{
  if (strcmp(request_segment(&x->request, 1, ""), "set") != 0) {
    const char *sent = request_header(&x->request, "Cookie");
    return reply_text(x, 200, sent ? sent : "");
  }
  reply_start(x, 200);
  for (const char *at = x->request.query; *at;) {
    size_t len = strcspn(at, "&");
    async_buf_add_str(&x->out, "Set-Cookie: ");
    decode_percent(&x->out, at, len);
    async_buf_add_str(&x->out, "; Path=/\r\n");
    at += len + (at[len] == '&');
  }
  reply_end_head(x, 0);
  return reply_flush(x);
}

/* Passwords. */

static void add_base64(struct async_buf *out, const char *text)
{
  static const char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t len = strlen(text);
  for (size_t i = 0; i < len; i += 3) {
    unsigned bits = 0;
    for (size_t k = 0; k < 3; k++)
      bits = bits << 8 | (i + k < len ? (unsigned char)text[i + k] : 0u);
    for (size_t k = 0; k < 4; k++)
      async_buf_add_char(out,
                         i + k > len ? '=' : digits[bits >> (18 - 6 * k) & 63]);
  }
}

static int check_credentials(struct exchange *x, const char *expected,
                             const char *challenge)
{
  const char *sent = request_header(&x->request, "Authorization");
  if (sent && strcmp(sent, expected) == 0)
    return reply_text(x, 200, "welcome\n");
  reply_start(x, 401);
  reply_header(x, "WWW-Authenticate", challenge);
  reply_end_head(x, 0);
  return reply_flush(x);
}

/* /auth/basic/USER/PASSWORD, /auth/bearer/TOKEN */
static int auth(struct exchange *x)
{
  const struct request *request = &x->request;
  bool basic = strcmp(request_segment(request, 1, "basic"), "basic") == 0;
  struct async_buf plain = ASYNC_BUF_INIT, expected = ASYNC_BUF_INIT;
  async_buf_printf(&plain, "%s:%s", request_segment(request, 2, ""),
                   request_segment(request, 3, ""));
  async_buf_add_str(&expected, basic ? "Basic " : "Bearer ");
  if (basic)
    add_base64(&expected, async_buf_str(&plain));
  else
    async_buf_add_str(&expected, request_segment(request, 2, ""));
  int rc = check_credentials(x, async_buf_str(&expected),
                             basic ? "Basic realm=\"origin\"" : "Bearer");
  async_buf_done(&plain);
  async_buf_done(&expected);
  return rc;
}

/* /log: the file as it is now, without this request. */
static int show_log(struct exchange *x)
{
  struct async_buf text = ASYNC_BUF_INIT;
  FILE *file = x->origin->log_path ? fopen(x->origin->log_path, "re") : NULL;
  if (!file)
    return reply_text(x, 404, "no log: start with --log FILE\n");
  for (;;) {
    if (async_buf_reserve(&text, 65536) < 0)
      break;
    size_t got = fread(text.data + text.len, 1, 65536, file);
    if (got == 0)
      break;
    text.len += got;
  }
  fclose(file);
  int rc = reply(x, 200, "application/x-ndjson", text.data, text.len);
  async_buf_done(&text);
  return rc;
}

const struct route ROUTES_PLAIN[] = {
  { "ok", ok, false },
  { "say", say, false },
  { "delay", delay, true },
  { "echo", echo, true },
  { "redirect", redirect, false },
  { "redirect-to", redirect_url, false },
  { "redirect-loop", redirect_loop, false },
  { "cookie", cookie, false },
  { "auth", auth, false },
  { "log", show_log, false },
  { NULL, NULL, false },
};
