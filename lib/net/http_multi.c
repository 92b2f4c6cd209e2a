#include <stdlib.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/http_priv.h"

/* Rounds of due timers before the loop polls: libcurl often wants the next one
 * at once. */
enum { TIMER_ROUNDS = 4, TICK_MS = 1000, SPARE_CONNECTIONS = 8, STREAMS = 100 };

/* Transfers. */

int asy_http_transfer_add(struct asy_http_transfer *transfer)
{
  struct asy_http_multi *multi = transfer->multi;
  struct async_http *http = multi->http;
  CURLMcode code = curl_multi_add_handle(multi->curl, transfer->easy);
  if (code != CURLM_OK)
    return code == CURLM_OUT_OF_MEMORY ? ASYNC_ENOMEM : ASYNC_EINVAL;
  multi->in_flight++;
  if (http->in_flight++ == 0) {
    uv_ref((uv_handle_t *)&http->prepare);
    http->tick_ms = uv_now(http->prepare.loop) + TICK_MS;
  }
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
  multi->in_flight--;
  if (--http->in_flight == 0)
    uv_unref((uv_handle_t *)&http->prepare);
  async_loop_release();
  return true;
}

void asy_http_transfer_give_up(struct asy_http_transfer *transfer, int rc)
{
  struct async_http *http = transfer->multi->http;
  transfer->rc = rc;
  async_list_remove(&transfer->op.node);
  async_list_push(&http->giving_up, &transfer->op.node);
}

static void remove_given_up(struct async_http *http)
{
  struct async_list *node;
  while ((node = async_list_shift(&http->giving_up)) != NULL) {
    struct asy_http_transfer *transfer =
        ASYNC_CONTAINER_OF(node, struct asy_http_transfer, op.node);
    asy_http_transfer_remove(transfer);
    async_op_done(&transfer->op, transfer->rc);
  }
}

static void collect_from(struct asy_http_multi *multi)
{
  CURLMsg *msg;
  int left;
  while ((msg = curl_multi_info_read(multi->curl, &left)) != NULL) {
    struct asy_http_transfer *transfer;
    CURLcode code = msg->data.result; /* msg is gone with the handle */
    if (msg->msg != CURLMSG_DONE)
      continue;
    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
    asy_http_transfer_remove(transfer);
    transfer->code = code;
    async_op_done(&transfer->op, 0);
  }
}

/* Ends the transfers that are over. Wakes tasks, which makes the poll that may
 * follow return at once. */
static void collect(struct async_http *http)
{
  remove_given_up(http);
  for (size_t i = 0; i < http->multi_count; i++) {
    struct asy_http_multi *multi = &http->multis[i];
    if (!multi->ran)
      continue;
    multi->ran = false;
    collect_from(multi);
  }
}

/* Time. */

/* libcurl says when it wants to be called. Never call it from here, not even
 * for "now": this is one of its callbacks. The clock may be some milliseconds
 * behind when a task adds a transfer; then libcurl is called early, finds
 * nothing due and asks again. */
static int note_timer(CURLM *curl, long timeout_ms, void *ctx)
{
  struct asy_http_multi *multi = ctx;
  (void)curl;
  multi->due_ms =
      timeout_ms < 0 ? UINT64_MAX
                     : uv_now(multi->http->prepare.loop) + (uint64_t)timeout_ms;
  return 0;
}

void asy_http_multi_run(struct asy_http_multi *multi, curl_socket_t fd,
                        int events)
{
  int running;
  multi->ran = true;
  multi->http->inside = true;
  curl_multi_socket_action(multi->curl, fd, events, &running);
  multi->http->inside = false;
}

/* Some versions of libcurl lose timers (7.88 small ones, 8.11 forgets to ask
 * again, ...): whatever it says, it is called once a second. */
static void tick(struct async_http *http, uint64_t now_ms)
{
  if (now_ms < http->tick_ms)
    return;
  http->tick_ms = now_ms + TICK_MS;
  for (size_t i = 0; i < http->multi_count; i++)
    if (http->multis[i].in_flight > 0)
      http->multis[i].due_ms = now_ms;
}

static bool run_due(struct async_http *http, uint64_t now_ms)
{
  bool any = false;
  for (size_t i = 0; i < http->multi_count; i++) {
    struct asy_http_multi *multi = &http->multis[i];
    if (multi->due_ms > now_ms)
      continue;
    multi->due_ms = UINT64_MAX;
    asy_http_multi_run(multi, CURL_SOCKET_TIMEOUT, 0);
    any = true;
  }
  return any;
}

static void on_timer(uv_timer_t *timer)
{
  struct async_http *http = timer->data;
  http->armed_ms = UINT64_MAX; /* on_prepare does the rest */
}

/* A timer that is armed too early is left alone: moving it at each request
 * costs more than waking up for nothing now and then. */
static void arm(struct async_http *http, uint64_t now_ms)
{
  uint64_t due_ms = http->in_flight ? http->tick_ms : UINT64_MAX;
  for (size_t i = 0; i < http->multi_count; i++)
    if (http->multis[i].due_ms < due_ms)
      due_ms = http->multis[i].due_ms;
  if (due_ms >= http->armed_ms)
    return;
  http->armed_ms = due_ms;
  uv_timer_start(&http->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 0,
                 0);
}

static void on_prepare(uv_prepare_t *prepare)
{
  struct async_http *http = prepare->data;
  uint64_t now_ms = uv_now(prepare->loop);
  if (http->in_flight)
    tick(http, now_ms);
  for (int i = 0; i < TIMER_ROUNDS && run_due(http, now_ms); i++)
    ;
  collect(http);
  arm(http, now_ms);
}

static void on_check(uv_check_t *check)
{
  collect(check->data);
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
  curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, asy_http_socket_watch);
  curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
  curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, note_timer);
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

static void handles_init(struct async_http *http)
{
  uv_loop_t *loop = async_loop_uv();
  uv_prepare_init(loop, &http->prepare);
  uv_check_init(loop, &http->check);
  uv_timer_init(loop, &http->timer);
  http->prepare.data = http->check.data = http->timer.data = http;
  http->handles = 3;
  http->armed_ms = UINT64_MAX;
  uv_prepare_start(&http->prepare, on_prepare);
  uv_check_start(&http->check, on_check);
  /* Only transfers keep the loop waiting: `prepare` while there are any. */
  uv_unref((uv_handle_t *)&http->prepare);
  uv_unref((uv_handle_t *)&http->check);
  uv_unref((uv_handle_t *)&http->timer);
}

int asy_http_multis_init(struct async_http *http, size_t count)
{
  handles_init(http);
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

static void handle_closed(uv_handle_t *handle)
{
  struct async_http *http = handle->data;
  if (--http->handles == 0)
    free(http);
}

void asy_http_multis_done(struct async_http *http)
{
  /* Closes the idle connections, through our callback. */
  for (size_t i = 0; i < http->multi_count; i++)
    curl_multi_cleanup(http->multis[i].curl);
  asy_http_sockets_done(http);
  free(http->multis);
  http->multi_count = 0;
  uv_close((uv_handle_t *)&http->prepare, handle_closed);
  uv_close((uv_handle_t *)&http->check, handle_closed);
  uv_close((uv_handle_t *)&http->timer, handle_closed);
}
