#include "async/shutdown.h"

#include <signal.h>

#include "async/error.h"
#include "core/loop_priv.h"

static const int64_t DEFAULT_GRACE_NS = 10 * ASYNC_SEC;

static void cancel_everything(struct async_timer *timer)
{
  (void)timer;
  async_scope_cancel(&asy_loop->root.scope);
}

/* Signals keep the loop waiting only while somebody waits for them; otherwise
 * a deadlock could not be told. */
static void keep_signals(struct asy_stopper *stopper, bool keep)
{
  for (size_t i = 0; i < stopper->handle_count; i++) {
    if (keep && stopper->handles[i].signum != SIGUSR1)
      uv_ref((uv_handle_t *)&stopper->handles[i]);
    else
      uv_unref((uv_handle_t *)&stopper->handles[i]);
  }
}

static bool is_watched(const struct asy_stopper *stopper)
{
  for (size_t i = 0; i < ASY_STOPS; i++)
    if (!async_list_empty(&stopper->watchers[i]))
      return true;
  return false;
}

/* Those that watch again meanwhile are told on the next turn. */
static void tell_watchers(struct async_loop *loop)
{
  struct asy_stopper *stopper = &loop->stopper;
  struct async_list *node, told;
  async_list_init(&told);
  for (unsigned i = 0; i < stopper->requests; i++)
    async_list_splice(&told, &stopper->watchers[i]);
  keep_signals(stopper, is_watched(stopper));
  while ((node = async_list_shift(&told)) != NULL)
    async_op_done(ASYNC_CONTAINER_OF(node, struct async_op, node), 0);
}

static void notify(struct async_timer *timer)
{
  (void)timer;
  tell_watchers(asy_loop);
}

void async_shutdown(int64_t grace_ns)
{
  struct asy_stopper *stopper = &asy_loop->stopper;
  if (stopper->requests > 0)
    grace_ns = 0;
  if (stopper->requests < ASY_STOPS)
    stopper->requests++;
  if (grace_ns != ASYNC_NEVER)
    async_timer_set(&stopper->deadline, async_in(grace_ns), cancel_everything);
  tell_watchers(asy_loop);
}

bool async_stopping(void)
{
  return asy_loop->stopper.requests > 0;
}

bool async_shutdown_again(void)
{
  return asy_loop->stopper.requests > 1;
}

int async_shutdown_signal(void)
{
  return asy_loop->stopper.signal;
}

static int watch_abort(struct async_op *op)
{
  struct asy_stopper *stopper = &asy_loop->stopper;
  async_list_remove(&op->node);
  keep_signals(stopper, is_watched(stopper));
  return ASYNC_OP_WITHDRAWN;
}

/* request  0: the first */
static void watch(struct async_op *op, const char *what, unsigned request)
{
  struct asy_stopper *stopper = &asy_loop->stopper;
  async_op_start(op, what, watch_abort);
  async_list_push(&stopper->watchers[request], &op->node);
  keep_signals(stopper, true);
  if (stopper->requests > request)
    async_timer_set(&stopper->notify, async_now(), notify);
}

void async_shutdown_watch(struct async_op *op)
{
  watch(op, "shutdown", 0);
}

void async_shutdown_watch_again(struct async_op *op)
{
  watch(op, "second shutdown", 1);
}

int async_shutdown_wait(void)
{
  struct async_op op;
  int err = async_check();
  if (err < 0)
    return err;
  async_shutdown_watch(&op);
  return async_await(&op);
}

/* Signals. */

static void on_stop_signal(uv_signal_t *handle, int number)
{
  struct async_loop *loop = handle->data;
  if (!loop->stopper.signal)
    loop->stopper.signal = number;
  async_shutdown(loop->stopper.grace_ns);
}

static void on_dump_signal(uv_signal_t *handle, int number)
{
  struct async_loop *loop = handle->data;
  struct async_buf text = ASYNC_BUF_INIT;
  (void)number;
  async_dump(&text, true);
  asy_report(loop, text.data, text.len);
  async_buf_done(&text);
}

static bool is_ignored(int number)
{
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static int listen_for(struct async_loop *loop, int number, uv_signal_cb handler)
{
  struct asy_stopper *stopper = &loop->stopper;
  uv_signal_t *handle = &stopper->handles[stopper->handle_count];
  if (is_ignored(number))
    return 0;
  int err = uv_signal_init(&loop->uv, handle);
  if (err < 0)
    return err;
  stopper->handle_count++;
  handle->data = loop;
  uv_unref((uv_handle_t *)handle);
  return uv_signal_start(handle, handler, number);
}

int asy_stopper_init(struct async_loop *loop)
{
  struct asy_stopper *stopper = &loop->stopper;
  int err = 0;
  for (size_t i = 0; i < ASY_STOPS; i++)
    async_list_init(&stopper->watchers[i]);
  stopper->grace_ns =
      loop->opts.grace_ns ? loop->opts.grace_ns : DEFAULT_GRACE_NS;
  static const int stops[] = { SIGINT, SIGTERM, SIGHUP };
  size_t count = loop->opts.signals ? sizeof(stops) / sizeof(stops[0]) : 0;
  for (size_t i = 0; i < count && err == 0; i++)
    err = listen_for(loop, stops[i], on_stop_signal);
  if (err == 0 && loop->opts.dump_signal)
    err = listen_for(loop, SIGUSR1, on_dump_signal);
  return err;
}

void asy_stopper_done(struct async_loop *loop)
{
  async_timer_clear(&loop->stopper.deadline);
  async_timer_clear(&loop->stopper.notify);
}
