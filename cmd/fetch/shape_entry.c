/* What an entry's own fields ask for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "async/error.h"
#include "fetch/accept.h"
#include "fetch/shape_priv.h"

/* A string is sent as it is, anything else as JSON. */
static int entry_body(struct fetch_request *request, const json_t *body)
{
  async_buf_clear(&request->body);
  request->has_body = true;
  if (json_is_string(body)) {
    async_buf_add(&request->body, json_string_value(body),
                  json_string_length(body));
    return request->body.err;
  }
  char *text = json_dumps(body, JSON_COMPACT | JSON_ENCODE_ANY);
  if (!text)
    return ASYNC_ENOMEM;
  async_buf_add_str(&request->body, text);
  free(text);
  if (request->body.err || fetch_request_has_header(request, "Content-Type"))
    return request->body.err;
  return fetch_request_add_header(request, "Content-Type: application/json");
}

/* An entry's header takes the place of the run's of the same name. */
static int entry_headers(struct fetch_request *request,
                         const struct opt_list *own,
                         const struct fetch_request *run)
{
  int err = 0;
  for (size_t i = 0; err == 0 && i < own->count; i++)
    err = fetch_request_add_header(request, own->items[i]);
  for (struct curl_slist *p = run->headers; err == 0 && p; p = p->next) {
    char name[128];
    size_t len = strcspn(p->data, ":;");
    snprintf(name, sizeof(name), "%.*s", (int)len, p->data);
    /* It depends on the body; fetch_request_complete adds it again. */
    if (!fetch_request_has_header(request, name) &&
        strcasecmp(p->data, "Expect:") != 0)
      err = fetch_request_add_header(request, p->data);
  }
  return err;
}

static int build(struct fetch_request *request, const char *method,
                 const struct opt_list *headers, const json_t *body,
                 const struct fetch_request *run, const struct fetch_opts *opts)
{
  int err = entry_headers(request, headers, run);
  if (err == 0 && body) {
    err = entry_body(request, body);
  } else if (err == 0 && run->has_body) {
    request->has_body = true;
    async_buf_add(&request->body, run->body.data, run->body.len);
    err = request->body.err;
  }
  if (err == 0 && method && !(request->method = strdup(method)))
    err = ASYNC_ENOMEM;
  return err < 0 ? err : fetch_request_complete(request, opts);
}

int fetch_request_of_entry(struct fetch_request **out, struct job_item *item,
                           const struct fetch_request *run,
                           const struct fetch_opts *opts)
{
  const char *method = NULL;
  struct opt_list headers = { NULL, 0 };
  const json_t *body = job_entry_json(item, "body");
  *out = NULL;
  if (job_entry_string(item, "method", &method) < 0)
    return -1;
  if (method && !fetch_accept_method(method))
    return job_error_set(item, JOB_ERROR_INPUT, 0, "\"%s\" is not a method",
                         method);
  if (job_entry_list(item, "headers", ": ", &headers) < 0) {
    opt_list_done(&headers);
    return -1;
  }
  struct fetch_request *request = NULL;
  int err = 0;
  if (method || headers.count > 0 || body) {
    request = calloc(1, sizeof(*request));
    err = request ? build(request, method, &headers, body, run, opts)
                  : ASYNC_ENOMEM;
  }
  opt_list_done(&headers);
  *out = request;
  if (err == ASYNC_EINVAL)
    return job_error_set(item, JOB_ERROR_INPUT, 0,
                         "a header is not one line like 'Name: value'");
  if (err < 0)
    return job_error_set(item, JOB_ERROR_INTERNAL, err, "%s",
                         async_err_text(err));
  return 0;
}
