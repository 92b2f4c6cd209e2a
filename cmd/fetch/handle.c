#include "fetch/handle.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "fetch/exchange.h"

static void set_login(const struct fetch_client *client, CURL *easy)
{
  const struct fetch_opts *opts = client->opts;
  if (opts->user)
    curl_easy_setopt(easy, CURLOPT_USERPWD, opts->user);
  if (opts->oauth2_bearer) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, opts->oauth2_bearer);
  }
  if (opts->netrc || opts->netrc_file)
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
  if (opts->netrc_file)
    curl_easy_setopt(easy, CURLOPT_NETRC_FILE, opts->netrc_file);
  if (client->cookie)
    curl_easy_setopt(easy, CURLOPT_COOKIE, client->cookie);
  /* The share has the cookies; each handle has to be told to use them. */
  if (client->keeps_cookies)
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
}

static void set_tls(const struct fetch_client *client, CURL *easy)
{
  const struct fetch_opts *opts = client->opts;
  if (client->bundle) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, client->bundle);
    /* libcurl keeps the parsed bundle for the next connection only if there is
     * no directory of certificates besides: 19 ms a connection become 0.6.
     * Since 8.x the built-in directory is put back at connect time; there, one
     * X509_STORE of our own, set in CURLOPT_SSL_CTX_FUNCTION, would do it. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  }
  if (opts->insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (opts->cert)
    curl_easy_setopt(easy, CURLOPT_SSLCERT, opts->cert);
  if (opts->key)
    curl_easy_setopt(easy, CURLOPT_SSLKEY, opts->key);
}

/* TCP's probes begin after 60 seconds, and cost three calls a connection: they
 * are no use where nothing may be silent for so long. */
static bool probes(const struct fetch_opts *opts)
{
  return opts->keepalive &&
         (opts->stall_timeout_ns == 0 || opts->first_byte_timeout_ns == 0 ||
          opts->stall_timeout_ns > 60 * ASYNC_SEC ||
          opts->first_byte_timeout_ns > 60 * ASYNC_SEC);
}

static void set_network(const struct fetch_client *client, CURL *easy)
{
  static const long families[] = { [FETCH_IP_ANY] = CURL_IPRESOLVE_WHATEVER,
                                   [FETCH_IP_V4] = CURL_IPRESOLVE_V4,
                                   [FETCH_IP_V6] = CURL_IPRESOLVE_V6 };
  const struct fetch_opts *opts = client->opts;
  /* "" spares libcurl a look at the environment for each request. */
  if (opts->proxy || !client->proxied)
    curl_easy_setopt(easy, CURLOPT_PROXY, opts->proxy ? opts->proxy : "");
  if (opts->noproxy || !client->proxied)
    curl_easy_setopt(easy, CURLOPT_NOPROXY, opts->noproxy ? opts->noproxy : "");
  if (opts->unix_socket)
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, opts->unix_socket);
  if (opts->interface)
    curl_easy_setopt(easy, CURLOPT_INTERFACE, opts->interface);
  if (client->connect_to)
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, client->connect_to);
  if (client->resolve)
    curl_easy_setopt(easy, CURLOPT_RESOLVE, client->resolve);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, probes(opts) ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_IPRESOLVE, families[opts->ip]);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, client->http_version);
  /* What libcurl resolved it walks at each transfer to see what has expired;
   * ours is resolved by us. */
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT,
                   client->resolves ? 0L : 60L);
  /* The watchdog has the limit of the whole; libcurl divides this one among
   * the addresses of a host. */
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   opts->connect_timeout_ns > 0
                       ? (long)(opts->connect_timeout_ns / ASYNC_MS + 1)
                       : (long)INT32_MAX);
}

/* Everything that is the same for all requests of the run. */
static void set_up(struct fetch_client *client, struct fetch_handle *handle)
{
  CURL *easy = handle->easy;
  const struct fetch_opts *opts = client->opts;
  /* Without it libcurl sets and resets handlers of signals for each request. */
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handle->message);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, client->buffer_bytes);
  if (opts->referer)
    curl_easy_setopt(easy, CURLOPT_REFERER, opts->referer);
  if (opts->compressed)
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, client->encodings);
  fetch_exchange_set_callbacks(handle);
  set_network(client, easy);
  set_tls(client, easy);
  set_login(client, easy);
  fetch_request_apply(&client->request, easy, false, false);
}

struct fetch_handle *fetch_handle_get(struct fetch_client *client)
{
  if (!async_list_empty(&client->idle))
    return ASYNC_CONTAINER_OF(async_list_shift(&client->idle),
                              struct fetch_handle, node);
  struct fetch_handle *handle = calloc(1, sizeof(*handle));
  if (!handle)
    return NULL;
  handle->easy = curl_easy_init();
  if (!handle->easy) {
    free(handle);
    return NULL;
  }
  handle->file = (struct fetch_file)FETCH_FILE_INIT;
  set_up(client, handle);
  return handle;
}

/* The last one in is the next one out: it is the warmest. */
void fetch_handle_put(struct fetch_client *client, struct fetch_handle *handle)
{
  handle->exchange = NULL;
  async_list_push_front(&client->idle, &handle->node);
}

void fetch_handle_free(struct fetch_handle *handle)
{
  curl_easy_cleanup(handle->easy);
  fetch_file_done(&handle->file);
  async_buf_done(&handle->name);
  free(handle);
}

static void drop_login(CURL *easy)
{
  curl_easy_setopt(easy, CURLOPT_USERPWD, NULL);
  curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, NULL);
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  curl_easy_setopt(easy, CURLOPT_COOKIE, NULL);
}

static void alter(struct fetch_client *client, struct fetch_handle *handle,
                  const struct fetch_request *request, bool foreign,
                  bool as_get)
{
  fetch_request_apply(request, handle->easy, foreign, as_get);
  if (foreign)
    drop_login(handle->easy);
  if (request->has_body && client->no_http2_bodies)
    curl_easy_setopt(handle->easy, CURLOPT_HTTP_VERSION,
                     (long)CURL_HTTP_VERSION_1_1);
}

void fetch_handle_aim(struct fetch_client *client, struct fetch_handle *handle,
                      const char *url, const struct fetch_request *request,
                      bool foreign, bool as_get, bool keep_connection)
{
  CURL *easy = handle->easy;
  if (handle->altered) {
    /* The bridge sets its own options again at each transfer. */
    /* It forgets, but does not free, that there are cookies. */
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, NULL);
    curl_easy_reset(easy);
    set_up(client, handle);
    handle->closes = false;
  }
  handle->altered = foreign || as_get || request != &client->request;
  if (handle->altered)
    alter(client, handle, request, foreign, as_get);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  /* Where HTTP/2 was asked for, the first connection is waited for. Not else:
   * with HTTP/1 that wait lasts until its first answer is over (8.14). */
  if (client->opts->http == FETCH_HTTP_2)
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT,
                     strncmp(url, "https:", 6) == 0 ? 1L : 0L);
  if (handle->closes == keep_connection) {
    handle->closes = !keep_connection;
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, handle->closes ? 1L : 0L);
  }
}
