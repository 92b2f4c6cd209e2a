/* async/http.h (net): transfers of libcurl, awaited by tasks.
 *
 * A bridge, not a wrapper: the options are libcurl's, set on the caller's easy
 * handle. Connections are spread over several multi handles, because finding
 * an idle one is linear in their number.
 *
 * Reserved by the bridge on every easy handle, set at each transfer:
 * CURLOPT_PRIVATE, CURLOPT_SOCKOPTFUNCTION, CURLOPT_CLOSESOCKETFUNCTION and
 * their data, CURLOPT_MAXAGE_CONN. An easy handle that was used here is reset
 * or freed before it is used elsewhere. CURLOPT_NOSIGNAL should be 1.
 * Callbacks of libcurl run on the loop's stack and must not park. */
#ifndef ASYNC_HTTP_H
#define ASYNC_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_http;

struct async_http_opts {
  size_t transfers;   /* most at once, for sizing; 0: 64 */
  size_t per_multi;   /* transfers a multi handle; 0: 64 */
  int64_t idle_age_s; /* close connections idle for longer; 0: 30 */
};

#define ASYNC_HTTP_OPTS_INIT                                                   \
  {                                                                            \
    0, 0, 0                                                                    \
  }

/* Starts the bridge on this loop.
 *
 * opts  copied; NULL means ASYNC_HTTP_OPTS_INIT
 *
 * Returns 0 or ASYNC_ENOMEM. curl_global_init has been called by then.
 */
int async_http_open(struct async_http **out,
                    const struct async_http_opts *opts);

/* Closes all connections and frees it; no transfer may be running; NULL is fine.
 * Shielded; does not park. */
void async_http_close(struct async_http *http);

/* Runs one transfer to its end.
 *
 * easy      borrowed for the call; afterwards in no multi handle
 * affinity  transfers of equal numbers prefer the same multi handle, so that
 *           they find each other's connections: a hash of the origin
 * code      the transfer's own result, when this returns 0
 *
 * Returns 0; ASYNC_ECANCELED, then the connection is closed and bytes may have
 * gone out; ASYNC_ENOMEM; or ASYNC_EINVAL for an easy handle that is in use.
 */
int async_http_perform(struct async_http *http, CURL *easy, uint64_t affinity,
                       CURLcode *code);

/* Connections that are open now, for statistics. */
size_t async_http_connections(const struct async_http *http);

#ifdef __cplusplus
}
#endif
#endif
