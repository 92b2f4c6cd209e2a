#include "async/http.h"

#include <assert.h>
#include <stdlib.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/http_priv.h"

enum { DEFAULT_TRANSFERS = 64, DEFAULT_PER_MULTI = 64, DEFAULT_AGE_S = 30 };

static const char *curl_text(int code)
{
  return curl_easy_strerror((CURLcode)code);
}

static void register_text(void)
{
  async_err_register(ASYNC_ERROR_CURL_BASE, curl_text);
}

int async_http_open(struct async_http **out, const struct async_http_opts *opts)
{
  static const struct async_http_opts defaults = ASYNC_HTTP_OPTS_INIT;
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, register_text);
  if (!opts)
    opts = &defaults;
  size_t transfers = opts->transfers ? opts->transfers : DEFAULT_TRANSFERS;
  struct async_http *http = calloc(1, sizeof(*http));
  if (!http)
    return ASYNC_ENOMEM;
  http->per_multi = opts->per_multi ? opts->per_multi : DEFAULT_PER_MULTI;
  http->idle_age_s = opts->idle_age_s ? (long)opts->idle_age_s : DEFAULT_AGE_S;
  async_list_init(&http->giving_up);
  asy_http_turns_init(http);
  int err = asy_http_multis_init(http, (transfers - 1) / http->per_multi + 1);
  if (err < 0) {
    async_http_close(http);
    return err;
  }
  *out = http;
  return 0;
}

void async_http_close(struct async_http *http)
{
  if (!http)
    return;
  assert(http->in_flight == 0);
  asy_http_multis_done(http);
  asy_http_turns_done(http);
}

size_t async_http_connections(const struct async_http *http)
{
  return http->connections;
}

/* What the bridge needs of an easy handle. All of it is set each time, because
 * curl_easy_reset clears it, and a connection whose end is not told hangs the
 * next one that gets its descriptor. The callbacks' data is the bridge, never
 * the transfer: the connection outlives it. */
static void prepare(CURL *easy, struct asy_http_transfer *transfer,
                    struct async_http *http)
{
  curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, asy_http_socket_made);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, http);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, asy_http_socket_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, http);
  /* Before 8.0 libcurl takes connections that the server closed for alive
   * (curl#10646); the younger they are the rarer that is. */
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, http->idle_age_s);
}

static int transfer_abort(struct async_op *op)
{
  struct asy_http_transfer *transfer =
      ASYNC_CONTAINER_OF(op, struct asy_http_transfer, op);
  if (asy_http_transfer_remove(transfer))
    return ASYNC_OP_WITHDRAWN;
  asy_http_transfer_give_up(transfer, ASYNC_ECANCELED);
  return ASYNC_OP_PENDING;
}

int async_http_perform(struct async_http *http, CURL *easy, uint64_t affinity,
                       CURLcode *code)
{
  int err = async_check();
  if (err < 0)
    return err;
  struct asy_http_transfer transfer = { .easy = easy };
  transfer.multi = asy_http_multi_choose(http, affinity);
  prepare(easy, &transfer, http);
  async_op_start(&transfer.op, "http transfer", transfer_abort);
  err = asy_http_transfer_add(&transfer);
  if (err < 0)
    return err;
  err = async_await(&transfer.op);
  if (err == 0)
    *code = transfer.code;
  return err;
}
