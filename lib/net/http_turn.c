/* What the bridge does in a turn of the loop; http_priv.h draws the order. */

/* curl_multi_socket_all is not for daily use, but right for what we do. */
#define CURL_DISABLE_DEPRECATION
#include <stdlib.h>

#include "async/loop.h"
#include "net/http_priv.h"

/* Rounds of due timers before the loop polls: libcurl often wants the next one
 * at once. */
enum { ROUNDS = 4, TICK_MS = 1000 };

/* Transfers that are over. */

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
int asy_http_note_timer(CURLM *curl, long timeout_ms, void *ctx)
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

/* Looks at every transfer, and not only at those with an event. Does not touch
 * `due_ms`: a timer that stays the same is not told again. */
static void run_all(struct asy_http_multi *multi)
{
  int running;
  while (async_list_shift(&multi->stuck))
    ;
  multi->ran = true;
  multi->http->inside = true;
  curl_multi_socket_all(multi->curl, &running);
  multi->http->inside = false;
}

/* Before some version above 7.88 libcurl does not try the next address of a
 * host by itself when one has refused: it waits for an event, and no socket is
 * open. Most such transfers have ended by now and are not in the list. */
static bool push_stuck(struct async_http *http)
{
  bool any = false;
  for (size_t i = 0; i < http->multi_count; i++) {
    if (async_list_empty(&http->multis[i].stuck))
      continue;
    run_all(&http->multis[i]);
    any = true;
  }
  return any;
}

/* libcurl may also lose a timer (before 8.4 short ones, in 8.11 it forgets to
 * ask again): whatever it says, it is called once a second. */
static void tick(struct async_http *http, uint64_t now_ms)
{
  if (now_ms < http->tick_ms)
    return;
  http->tick_ms = now_ms + TICK_MS;
  for (size_t i = 0; i < http->multi_count; i++)
    if (http->multis[i].in_flight > 0)
      run_all(&http->multis[i]);
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
  for (size_t i = 0; i < http->multi_count; i++) {
    const struct asy_http_multi *multi = &http->multis[i];
    if (multi->due_ms < due_ms)
      due_ms = multi->due_ms;
    if (!async_list_empty(&multi->stuck))
      due_ms = now_ms;
  }
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
  for (int i = 0; i < ROUNDS; i++) {
    bool any = push_stuck(http);
    if (run_due(http, now_ms))
      any = true;
    collect(http);
    if (!any)
      break;
  }
  arm(http, now_ms);
}

static void on_check(uv_check_t *check)
{
  collect(check->data);
}

/* Handles. */

void asy_http_turns_init(struct async_http *http)
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

void asy_http_turns_start(struct async_http *http)
{
  uv_ref((uv_handle_t *)&http->prepare);
  http->tick_ms = uv_now(http->prepare.loop) + TICK_MS;
}

void asy_http_turns_stop(struct async_http *http)
{
  uv_unref((uv_handle_t *)&http->prepare);
}

static void handle_closed(uv_handle_t *handle)
{
  struct async_http *http = handle->data;
  if (--http->handles == 0)
    free(http);
}

void asy_http_turns_done(struct async_http *http)
{
  uv_close((uv_handle_t *)&http->prepare, handle_closed);
  uv_close((uv_handle_t *)&http->check, handle_closed);
  uv_close((uv_handle_t *)&http->timer, handle_closed);
}
