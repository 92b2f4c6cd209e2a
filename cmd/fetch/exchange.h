/* cmd/fetch/exchange.h: one request and its answer. */
#ifndef FETCH_EXCHANGE_H
#define FETCH_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch/handle.h"
#include "fetch/item.h"
#include "fetch/watchdog.h"

/* Lives on the stack of the entry's task; the callbacks of libcurl fill it. */
struct fetch_exchange {
  struct fetch_client *client;
  struct fetch_item *item;
  struct fetch_handle *handle;
  struct fetch_watchdog dog;
  int64_t began_ns; /* the attempt */

  CURLcode code;
  long status;
  bool sent;     /* there was a connection, the request went out */
  bool answered; /* a byte came back */
  bool moved;    /* the answer says where to go instead */
  size_t header_bytes;
  bool endless_headers;
  int64_t claimed; /* the header Content-Length, or -1 */
  bool no_length;  /* there are two of them, or it is beyond all numbers */
  bool sink_chosen;
  enum fetch_sink sink;
  int io_err; /* why the body could not be kept */
};

/* The options of a handle that have to do with callbacks; part of its set-up. */
void fetch_exchange_set_callbacks(struct fetch_handle *handle);

/* Sends the request that the handle is aimed at and receives the answer.
 *
 * Returns 0, and `code` says what libcurl thinks of it; ASYNC_ECANCELED;
 * ASYNC_ETIMEDOUT after a limit of the watchdog; or an error of ours.
 */
int fetch_exchange_run(struct fetch_exchange *exchange,
                       const struct fetch_url *url, uint64_t affinity);

#endif
