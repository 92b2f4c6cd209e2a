/* Any number of queries on a connection, answered in their order. */
#include <stdlib.h>
#include <string.h>

#include "async/addr.h"
#include "async/error.h"
#include "async/serve.h"
#include "async/stream.h"
#include "responder.h"

enum { PREFIX = 2 };

struct connection {
  struct responder *responder;
  struct async_stream *stream;
  unsigned port;
  unsigned char query[REPLY_MOST];
  unsigned char reply[PREFIX + REPLY_MOST];
};

static int read_exactly(struct connection *connection, unsigned char *out,
                        size_t len)
{
  for (size_t done = 0; done < len;) {
    ssize_t got = async_stream_read(connection->stream, out + done, len - done);
    if (got <= 0)
      return got < 0 ? (int)got : ASYNC_EOF;
    done += (size_t)got;
  }
  return 0;
}

static int answer(struct connection *connection, struct exchange *x)
{
  size_t len = x->reply_len;
  if (has_rule(&x->rules, RULE_DELAY)) {
    int err = async_sleep(x->rules.number[RULE_DELAY] * ASYNC_MS);
    if (err < 0)
      return err;
  }
  if (has_rule(&x->rules, RULE_CLOSE))
    return ASYNC_EOF;
  connection->reply[0] = (unsigned char)(len >> 8);
  connection->reply[1] = (unsigned char)len;
  int err =
      async_stream_write(connection->stream, connection->reply, PREFIX + len);
  return err == 0 && has_rule(&x->rules, RULE_LAST) ? ASYNC_EOF : err;
}

static int serve_query(struct connection *connection)
{
  struct responder *responder = connection->responder;
  unsigned char prefix[PREFIX];
  int err = read_exactly(connection, prefix, PREFIX);
  size_t len = (size_t)(prefix[0] << 8 | prefix[1]);
  if (err == 0 && len > sizeof(connection->query))
    err = ASYNC_ETOOLONG;
  if (err == 0)
    err = read_exactly(connection, connection->query, len);
  if (err < 0)
    return err;
  struct exchange x = { .responder = responder,
                        .query = connection->query,
                        .query_len = len,
                        .tcp = true,
                        .reply = connection->reply + PREFIX };
  if (!read_query(&x))
    return ASYNC_EENCODING;
  responder->tcp++;
  find_rules(&x);
  build_reply(&x);
  if (responder->log)
    log_query(&x, connection->port);
  if (x.reply_len == 0) {
    responder->dropped++;
    return 0;
  }
  responder->answered++;
  return answer(connection, &x);
}

int serve_tcp(struct async_stream *stream, const struct async_addr *peer,
              void *arg)
{
  struct connection *connection = calloc(1, sizeof(*connection));
  if (!connection)
    return ASYNC_ENOMEM;
  connection->responder = arg;
  connection->stream = stream;
  connection->port = async_addr_port(peer);
  int rc = 0;
  while (rc == 0 && (rc = async_serve_more(stream)) > 0)
    rc = serve_query(connection);
  free(connection);
  return rc == ASYNC_EOF ? 0 : rc;
}
