#include "exec/ready.h"

#include <stdbool.h>
#include <stdlib.h>

#include <uv.h>

#include "async/error.h"
#include "async/loop.h"
#include "async/shutdown.h"

/* The loop gives a handle back on a later turn, so it outlives its pipe. */
struct handle {
  uv_poll_t uv;
  struct exec_ready *ready;
  bool armed;
};

struct exec_ready {
  struct handle *handles[2]; /* NULL: none */
  enum exec_ready_for what;
  struct async_op wait;
  bool waiting;
};

static void on_event(uv_poll_t *uv, int status, int events)
{
  struct handle *handle = uv->data;
  struct exec_ready *ready = handle->ready;
  (void)events;
  /* A pipe that is full would say so on every turn. */
  if (!ready->waiting || status < 0) {
    uv_poll_stop(uv);
    handle->armed = false;
  }
  if (!ready->waiting)
    return;
  ready->waiting = false;
  async_loop_release();
  async_op_done(&ready->wait, 0);
}

static int watch(struct exec_ready *ready, unsigned which, int fd)
{
  struct handle *handle = calloc(1, sizeof(*handle));
  if (!handle)
    return ASYNC_ENOMEM;
  int err = uv_poll_init(async_loop_uv(), &handle->uv, fd);
  if (err < 0) {
    free(handle);
    return err;
  }
  handle->uv.data = handle;
  handle->ready = ready;
  ready->handles[which] = handle;
  return 0;
}

int exec_ready_new(struct exec_ready **out, const int fds[2],
                   enum exec_ready_for what)
{
  struct exec_ready *ready = calloc(1, sizeof(*ready));
  int err = ready ? 0 : ASYNC_ENOMEM;
  if (ready)
    ready->what = what;
  for (unsigned i = 0; i < 2 && err == 0; i++)
    if (fds[i] >= 0)
      err = watch(ready, i, fds[i]);
  if (err == 0)
    *out = ready;
  else
    exec_ready_free(ready);
  return err;
}

static void free_handle(uv_handle_t *uv)
{
  free(uv->data);
}

void exec_ready_drop(struct exec_ready *ready, unsigned which)
{
  struct handle *handle = ready->handles[which];
  if (!handle)
    return;
  ready->handles[which] = NULL;
  uv_close((uv_handle_t *)&handle->uv, free_handle);
}

static int leave(struct async_op *op)
{
  struct exec_ready *ready = ASYNC_CONTAINER_OF(op, struct exec_ready, wait);
  ready->waiting = false;
  async_loop_release();
  return ASYNC_OP_WITHDRAWN;
}

/* A second Ctrl-C ends waiting, too. */
static int await_unless_again(struct async_op *wait)
{
  struct async_op again, *both[] = { wait, &again };
  if (async_shutdown_again())
    return async_await(wait);
  async_shutdown_watch_again(&again);
  return async_await_any(both, 2, NULL);
}

int exec_ready_wait(struct exec_ready *ready)
{
  bool reads = ready->what == EXEC_READY_TO_READ;
  for (unsigned i = 0; i < 2; i++) {
    struct handle *handle = ready->handles[i];
    if (!handle || handle->armed)
      continue;
    handle->armed = true;
    uv_poll_start(&handle->uv, reads ? UV_READABLE : UV_WRITABLE, on_event);
  }
  async_op_start(&ready->wait, reads ? "output of a job" : "input of a job",
                 leave);
  ready->waiting = true;
  async_loop_hold();
  return await_unless_again(&ready->wait);
}

void exec_ready_free(struct exec_ready *ready)
{
  if (!ready)
    return;
  exec_ready_drop(ready, 0);
  exec_ready_drop(ready, 1);
  free(ready);
}
