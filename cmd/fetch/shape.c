#include "fetch/shape_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "async/error.h"
#include "fetch/accept.h"
#include "fetch/redirect.h"

enum { EXPECT_BYTES = 1024 * 1024 };

/* Files of options. */

static int read_file(const char *path, struct async_buf *out,
                     struct async_buf *message)
{
  char block[4096];
  size_t got;
  FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
  int err = file ? 0 : -errno;
  while (err == 0 && (got = fread(block, 1, sizeof(block), file)) > 0)
    async_buf_add(out, block, got);
  if (file && ferror(file))
    err = -errno;
  if (file && file != stdin)
    fclose(file);
  if (err < 0)
    async_buf_printf(message, "%s: %s", path, async_err_text(err));
  return err < 0 ? err : out->err;
}

/* "@FILE", or the text itself. */
static int read_text(const char *text, struct async_buf *out,
                     struct async_buf *message)
{
  if (*text == '@')
    return read_file(text + 1, out, message);
  async_buf_add_str(out, text);
  return out->err;
}

/* Headers. */

static int append(struct curl_slist **list, const char *line)
{
  struct curl_slist *longer = curl_slist_append(*list, line);
  if (!longer)
    return ASYNC_ENOMEM;
  *list = longer;
  return 0;
}

static bool has_name(const char *header, const char *name)
{
  size_t len = strlen(name);
  return strncasecmp(header, name, len) == 0 &&
         strchr(":; \t", header[len]) != NULL;
}

bool fetch_request_has_header(const struct fetch_request *request,
                              const char *name)
{
  for (const struct curl_slist *p = request->headers; p; p = p->next)
    if (has_name(p->data, name))
      return true;
  return false;
}

int fetch_request_add_header(struct fetch_request *request, const char *line)
{
  if (!fetch_accept_header(line))
    return ASYNC_EINVAL;
  int err = append(&request->headers, line);
  if (err == 0 && !fetch_redirect_is_private(line))
    err = append(&request->foreign, line);
  return err;
}

/* Lines of a file; empty ones are skipped. */
static int add_header_lines(struct fetch_request *request, char *text)
{
  int err = 0;
  for (char *line = text, *next; err == 0 && line && *line; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = '\0';
    line[strcspn(line, "\r")] = '\0';
    if (*line)
      err = fetch_request_add_header(request, line);
  }
  return err;
}

static int add_header_option(struct fetch_request *request, const char *text,
                             struct async_buf *message)
{
  if (*text != '@')
    return fetch_request_add_header(request, text);
  struct async_buf lines = ASYNC_BUF_INIT;
  int err = read_file(text + 1, &lines, message);
  if (err == 0)
    err = async_buf_str(&lines) ? add_header_lines(request, lines.data)
                                : ASYNC_ENOMEM;
  async_buf_done(&lines);
  return err;
}

/* 7.88 sends "Expect: 100-continue" with every body, and a server that does not
 * know it costs a second: large bodies only. */
static int add_no_expect(struct fetch_request *request)
{
  if (!request->has_body || request->body.len >= EXPECT_BYTES ||
      fetch_request_has_header(request, "Expect"))
    return 0;
  return fetch_request_add_header(request, "Expect:");
}

/* Bodies. */

static void drop_newlines(struct async_buf *body, size_t start)
{
  size_t kept = start;
  for (size_t i = start; i < body->len; i++)
    if (body->data[i] != '\r' && body->data[i] != '\n')
      body->data[kept++] = body->data[i];
  body->len = kept;
}

/* As curl: several are one form, joined with "&"; a file's newlines go, unless
 * it is binary. */
static int add_data(struct fetch_request *request, const struct opt_list *data,
                    bool binary, struct async_buf *message)
{
  int err = 0;
  for (size_t i = 0; err == 0 && i < data->count; i++) {
    if (request->has_body)
      async_buf_add_char(&request->body, '&');
    size_t start = request->body.len;
    request->has_body = true;
    err = read_text(data->items[i], &request->body, message);
    if (!binary && *data->items[i] == '@')
      drop_newlines(&request->body, start);
  }
  return err;
}

/* The whole. */

static const char *usual_method(const struct fetch_request *request,
                                const struct fetch_opts *opts)
{
  if (opts->method)
    return opts->method;
  return opts->head ? "HEAD" : request->has_body ? "POST" : "GET";
}

/* Source: RFC 9110 section 9.2.2; the header is a draft of the IETF's httpapi
 * group that payment services follow. */
static bool is_repeatable(const struct fetch_request *request,
                          const struct fetch_opts *opts)
{
  static const char *const methods[] = { "GET",     "HEAD",  "PUT", "DELETE",
                                         "OPTIONS", "TRACE", NULL };
  for (const char *const *method = methods; *method; method++)
    if (strcmp(request->method, *method) == 0)
      return true;
  return opts->retry_unsafe ||
         fetch_request_has_header(request, "Idempotency-Key");
}

int fetch_request_complete(struct fetch_request *request,
                           const struct fetch_opts *opts)
{
  if (!request->method)
    request->method = strdup(usual_method(request, opts));
  if (!request->method)
    return ASYNC_ENOMEM;
  request->repeatable = is_repeatable(request, opts);
  return add_no_expect(request);
}

int fetch_request_init(struct fetch_request *request,
                       const struct fetch_opts *opts, struct async_buf *message)
{
  *request = (struct fetch_request){ .body = ASYNC_BUF_INIT };
  int err = add_data(request, &opts->data, false, message);
  if (err == 0)
    err = add_data(request, &opts->data_binary, true, message);
  for (size_t i = 0; err == 0 && i < opts->headers.count; i++)
    err = add_header_option(request, opts->headers.items[i], message);
  return err < 0 ? err : fetch_request_complete(request, opts);
}

int fetch_request_add_usual(struct fetch_request *request, const char *name,
                            const char *value)
{
  struct async_buf line = ASYNC_BUF_INIT;
  if (fetch_request_has_header(request, name))
    return 0;
  async_buf_add_str(&line, name);
  async_buf_add_str(&line, ": ");
  async_buf_add_str(&line, value);
  const char *text = async_buf_str(&line);
  int err = text ? fetch_request_add_header(request, text) : ASYNC_ENOMEM;
  async_buf_done(&line);
  return err;
}

void fetch_request_done(struct fetch_request *request)
{
  free(request->method);
  async_buf_done(&request->body);
  curl_slist_free_all(request->headers);
  curl_slist_free_all(request->foreign);
  *request = (struct fetch_request){ .body = ASYNC_BUF_INIT };
}

/* Into libcurl. */

static void apply_body(const struct fetch_request *request, CURL *easy)
{
  /* Borrowed: the request lives as long as its transfers. */
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   (curl_off_t)request->body.len);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                   request->body.data ? request->body.data : "");
  if (strcmp(request->method, "POST") != 0)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

void fetch_request_apply(const struct fetch_request *request, CURL *easy,
                         bool foreign, bool as_get)
{
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER,
                   foreign ? request->foreign : request->headers);
  if (as_get || strcmp(request->method, "GET") == 0)
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  if (as_get)
    return;
  if (strcmp(request->method, "HEAD") == 0)
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  else if (request->has_body || strcmp(request->method, "POST") == 0)
    apply_body(request, easy);
  else if (strcmp(request->method, "GET") != 0)
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}
