#include "io/poll_priv.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>

#include "async/error.h"
#include "async/loop.h"

/* On the heap, because libuv gives the memory back on a later turn, and close
 * should not have to wait for that. */
struct asy_poll_handle {
  uv_poll_t uv;
  struct asy_poll_op *reader, *writer;
  int armed; /* what libuv watches for */
};

void asy_poll_init(struct asy_poll *poll, int fd, bool keep_flags)
{
  poll->fd = fd;
  poll->keep_flags = keep_flags;
  poll->handle = NULL;
}

int asy_poll_open(struct asy_poll *poll)
{
  if (poll->handle)
    return 0;
  struct asy_poll_handle *handle = calloc(1, sizeof(*handle));
  if (!handle)
    return ASYNC_ENOMEM;
  int flags = fcntl(poll->fd, F_GETFL);
  int err = uv_poll_init(async_loop_uv(), &handle->uv, poll->fd);
  if (poll->keep_flags && flags >= 0 && !(flags & O_NONBLOCK))
    fcntl(poll->fd, F_SETFL, flags);
  if (err < 0) {
    free(handle);
    return err;
  }
  handle->uv.data = handle;
  poll->handle = handle;
  return 0;
}

static struct asy_poll_op **slot(struct asy_poll_handle *handle, int event)
{
  return event == UV_READABLE ? &handle->reader : &handle->writer;
}

static void leave(struct asy_poll_op *wait)
{
  *slot(wait->handle, wait->event) = NULL;
  async_loop_release();
}

/* Returns whether somebody waited for it. */
static bool tell(struct asy_poll_handle *handle, int event)
{
  struct asy_poll_op *wait = *slot(handle, event);
  if (!wait)
    return false;
  leave(wait);
  async_op_done(&wait->op, 0);
  return true;
}

static void on_event(uv_poll_t *uv, int status, int events);

static void watch(struct asy_poll_handle *handle, int events)
{
  if (events == handle->armed)
    return;
  handle->armed = events;
  /* Neither fails on a handle that is not closing. */
  if (events)
    uv_poll_start(&handle->uv, events, on_event);
  else
    uv_poll_stop(&handle->uv);
}

static void on_event(uv_poll_t *uv, int status, int events)
{
  struct asy_poll_handle *handle = uv->data;
  int keep = handle->armed;
  if (status < 0) { /* libuv stopped it already */
    events = UV_READABLE | UV_WRITABLE;
    handle->armed = keep = 0;
  }
  if ((events & UV_READABLE) && !tell(handle, UV_READABLE))
    keep &= ~UV_READABLE;
  if (events & UV_WRITABLE)
    tell(handle, UV_WRITABLE);
  /* Sockets are nearly always writable: armed, it would fire on every turn. */
  if (!handle->writer)
    keep &= ~UV_WRITABLE;
  watch(handle, keep);
}

static int wait_abort(struct async_op *op)
{
  leave(ASYNC_CONTAINER_OF(op, struct asy_poll_op, op));
  return ASYNC_OP_WITHDRAWN;
}

int asy_poll_start(struct asy_poll *poll, struct asy_poll_op *wait, int event,
                   const char *what)
{
  int err = asy_poll_open(poll);
  if (err < 0)
    return err;
  struct asy_poll_handle *handle = poll->handle;
  assert(!*slot(handle, event));
  async_op_start(&wait->op, what, wait_abort);
  wait->handle = handle;
  wait->event = event;
  *slot(handle, event) = wait;
  async_loop_hold();
  watch(handle, handle->armed | event);
  return 0;
}

int asy_poll_wait(struct asy_poll *poll, int event, const char *what)
{
  struct asy_poll_op wait;
  int err = asy_poll_start(poll, &wait, event, what);
  return err < 0 ? err : async_await(&wait.op);
}

static void free_handle(uv_handle_t *handle)
{
  free(handle->data);
}

void asy_poll_done(struct asy_poll *poll)
{
  struct asy_poll_handle *handle = poll->handle;
  if (!handle)
    return;
  assert(!handle->reader && !handle->writer);
  poll->handle = NULL;
  uv_close((uv_handle_t *)&handle->uv, free_handle);
}
