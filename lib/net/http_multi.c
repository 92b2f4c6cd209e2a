#include <stdlib.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/http_priv.h"

enum { SPARE_CONNECTIONS = 8, STREAMS = 100 };

int asy_http_transfer_add(struct asy_http_transfer *transfer)
{
  struct asy_http_multi *multi = transfer->multi;
  struct async_http *http = multi->http;
  CURLMcode code = curl_multi_add_handle(multi->curl, transfer->easy);
  if (code != CURLM_OK)
    return code == CURLM_OUT_OF_MEMORY ? ASYNC_ENOMEM : ASYNC_EINVAL;
  multi->in_flight++;
  if (http->in_flight++ == 0)
    asy_http_turns_start(http);
  async_list_init(&transfer->stuck);
  async_loop_hold();
  return 0;
}

bool asy_http_transfer_remove(struct asy_http_transfer *transfer)
{
  struct asy_http_multi *multi = transfer->multi;
  struct async_http *http = multi->http;
  if (http->inside || curl_multi_remove_handle(multi->curl, transfer->easy) ==
                          CURLM_RECURSIVE_API_CALL)
    return false;
  async_list_remove(&transfer->op.node);
  async_list_remove(&transfer->stuck);
  multi->in_flight--;
  if (--http->in_flight == 0)
    asy_http_turns_stop(http);
  async_loop_release();
  return true;
}

void asy_http_transfer_stuck(struct asy_http_transfer *transfer)
{
  async_list_remove(&transfer->stuck);
  async_list_push(&transfer->multi->stuck, &transfer->stuck);
}

void asy_http_transfer_give_up(struct asy_http_transfer *transfer, int rc)
{
  struct async_http *http = transfer->multi->http;
  transfer->rc = rc;
  async_list_remove(&transfer->op.node);
  async_list_push(&http->giving_up, &transfer->op.node);
}

/* The multi handles. */

struct asy_http_multi *asy_http_multi_choose(struct async_http *http,
                                             uint64_t affinity)
{
  size_t home = (size_t)(affinity % http->multi_count);
  for (size_t i = 0; i < http->multi_count; i++) {
    struct asy_http_multi *multi =
        &http->multis[(home + i) % http->multi_count];
    if (multi->in_flight < http->per_multi)
      return multi;
  }
  return &http->multis[home];
}

static int multi_init(struct asy_http_multi *multi, struct async_http *http)
{
  CURLM *curl = curl_multi_init();
  if (!curl)
    return ASYNC_ENOMEM;
  multi->curl = curl;
  multi->http = http;
  multi->due_ms = UINT64_MAX;
  async_list_init(&multi->stuck);
  curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, asy_http_socket_watch);
  curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
  curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, asy_http_note_timer);
  curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
  /* The default follows the number of transfers, so that a dip in the load
   * would close warm connections. */
  curl_multi_setopt(curl, CURLMOPT_MAXCONNECTS,
                    (long)http->per_multi + SPARE_CONNECTIONS);
  curl_multi_setopt(curl, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
  curl_multi_setopt(curl, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
  /* CURLMOPT_MAX_HOST_CONNECTIONS is not set: transfers that libcurl queues
   * spend their timeout waiting. Whoever calls bounds the number instead. */
  return 0;
}

int asy_http_multis_init(struct async_http *http, size_t count)
{
  http->multis = calloc(count, sizeof(*http->multis));
  if (!http->multis)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    int err = multi_init(&http->multis[i], http);
    if (err < 0)
      return err;
    http->multi_count++;
  }
  return 0;
}

void asy_http_multis_done(struct async_http *http)
{
  /* Closes the idle connections, through our callback. */
  for (size_t i = 0; i < http->multi_count; i++)
    curl_multi_cleanup(http->multis[i].curl);
  asy_http_sockets_done(http);
  free(http->multis);
  http->multi_count = 0;
}
