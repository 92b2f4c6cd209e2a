/* A connection:
 *
 *  1. wait for a request's head, up to its empty line;
 *  2. find the route; send "100 Continue" if that is waited for;
 *  3. read the body (with `early` in the query the answer comes first, and
 *     the connection ends);
 *  4. write the log, wait if `delay` is in the query, answer; again. */
#include "connection.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/serve.h"
#include "async/stream.h"
#include "async/timer.h"

enum { HEAD_READ = 16 * 1024, HEAD_MOST = 128 * 1024 };

static const char *end_of_head(const struct async_buf *in)
{
  const char *end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4) : NULL;
  return end ? end + 4 : NULL;
}

/* Moves the head out of the input, with room for the copies that
 * request_parse makes. */
static int take_head(struct connection *connection, size_t len)
{
  struct async_buf *head = &connection->head;
  async_buf_clear(head);
  int err = async_buf_reserve(head, 3 * len + 8);
  if (err < 0)
    return err;
  async_buf_add(head, connection->in.data, len);
  async_buf_str(head);
  async_buf_drop(&connection->in, len);
  return 0;
}

static int read_head(struct connection *connection)
{
  const char *end;
  while (!(end = end_of_head(&connection->in))) {
    int rc = 1;
    if (connection->in.len == 0)
      rc = async_serve_more(connection->x.stream);
    if (rc == 0)
      return ASYNC_EOF;
    if (rc > 0)
      rc = connection->in.len > HEAD_MOST
               ? ASYNC_ETOOLONG
               : connection_fill(connection, HEAD_READ);
    if (rc < 0)
      return rc;
  }
  return take_head(connection, (size_t)(end - connection->in.data));
}

static int refuse(struct connection *connection, int status)
{
  connection->x.close = true;
  connection->x.request.query = (char[]){ "" };
  return reply_text(&connection->x, status, "refused\n");
}

static bool wants_to_close(const struct request *request)
{
  if (request->http10)
    return !request_header_has(request, "Connection", "keep-alive");
  return request_header_has(request, "Connection", "close");
}

static int read_body(struct connection *connection, const struct route *route)
{
  struct exchange *x = &connection->x;
  if (request_param_size(&x->request, "early", 0)) {
    x->close = true;
    return 0;
  }
  if (request_header_has(&x->request, "Expect", "100-continue")) {
    async_buf_add_str(&x->out, "HTTP/1.1 100 Continue\r\n\r\n");
    int err = reply_flush(x);
    if (err < 0)
      return err;
  }
  return connection_read_body(connection, route && route->wants_body);
}

static int answer(struct exchange *x, const struct route *route)
{
  int64_t delay_ns = request_param_duration(&x->request, "delay", 0);
  int err = delay_ns ? async_sleep(delay_ns) : 0;
  if (err < 0)
    return err;
  return route ? route->fn(x) : reply_text(x, 404, "no such path\n");
}

static void start_exchange(struct exchange *x)
{
  x->number++;
  x->body_bytes = 0;
  async_buf_clear(&x->body);
}

static int serve_request(struct connection *connection)
{
  struct exchange *x = &connection->x;
  struct async_buf *head = &connection->head;
  int err = read_head(connection);
  if (err == ASYNC_ETOOLONG)
    return refuse(connection, 431);
  if (err < 0)
    return err;
  start_exchange(x);
  int status = request_parse(&x->request, head->data, head->len);
  if (status)
    return refuse(connection, status);
  x->head = strcmp(x->request.method, "HEAD") == 0;
  x->close = wants_to_close(&x->request);
  const struct route *route = find_route(request_segment(&x->request, 0, "ok"));
  err = read_body(connection, route);
  if (x->origin->log)
    log_request(x, err == 0);
  return err < 0 ? err : answer(x, route);
}

int serve_connection(struct async_stream *stream, const struct async_addr *peer,
                     void *arg)
{
  struct origin *origin = arg;
  struct connection *connection = calloc(1, sizeof(*connection));
  (void)peer;
  if (!connection)
    return ASYNC_ENOMEM;
  connection->x.origin = origin;
  connection->x.stream = stream;
  connection->x.connection = ++origin->connections;
  int rc = 0;
  while (rc == 0 && !connection->x.close)
    rc = serve_request(connection);
  async_buf_done(&connection->in);
  async_buf_done(&connection->head);
  async_buf_done(&connection->x.body);
  async_buf_done(&connection->x.out);
  free(connection);
  return rc;
}
