/* Waiting until a descriptor is readable or writable.
 *
 * libuv allows one handle a descriptor, so a reader and a writer share it. It
 * stays armed for reading after a wait, because the next wait is likely to be
 * the same; only an event that nobody waits for disarms it. A request and its
 * answer thus cost no epoll_ctl. */
#ifndef ASY_POLL_PRIV_H
#define ASY_POLL_PRIV_H

#include <stdbool.h>

#include <uv.h>

#include "async/op.h"

struct asy_poll_handle;

struct asy_poll {
  int fd;
  bool keep_flags; /* libuv sets O_NONBLOCK; put back what was there */
  struct asy_poll_handle *handle; /* NULL until the first wait */
};

struct asy_poll_op {
  struct async_op op;
  struct asy_poll_handle *handle;
  int event;
};

/* fd  borrowed; stays open until asy_poll_done */
void asy_poll_init(struct asy_poll *poll, int fd, bool keep_flags);

/* Registers the descriptor now, not at the first wait.
 *
 * Returns 0, ASYNC_ENOMEM, or -EPERM for one that cannot be polled.
 */
int asy_poll_open(struct asy_poll *poll);

/* Waits for UV_READABLE or UV_WRITABLE; one waiter for each. An error and a
 * hangup count as both. Returns 0, ASYNC_ECANCELED, or as asy_poll_open. */
int asy_poll_wait(struct asy_poll *poll, int event, const char *what);

/* The same as an operation. Returns 0 or as asy_poll_open, and then the
 * operation was not started. */
int asy_poll_start(struct asy_poll *poll, struct asy_poll_op *wait, int event,
                   const char *what);

/* Lets go of the descriptor, which may be closed at once. Nobody waits. */
void asy_poll_done(struct asy_poll *poll);

#endif
