/* Two streams, joined in memory. Each end holds what it has still to read; an
 * end that is closed lives on for the other one until that is closed too. */
#include "io/pair_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/op.h"
#include "async/timer.h"
#include "io/stream_priv.h"

struct end {
  struct async_stream base;
  struct end *peer;
  char *ring;
  size_t capacity, head, count;
  bool finished; /* it will not write any more */
  bool closed;
  struct wait *reader, *writer;
  struct asy_pair_faults faults;
  size_t read_total, written_total;
};

struct wait {
  struct async_op op;
  struct wait **slot;
};

static int wait_abort(struct async_op *op)
{
  struct wait *wait = ASYNC_CONTAINER_OF(op, struct wait, op);
  *wait->slot = NULL;
  return ASYNC_OP_WITHDRAWN;
}

static int wait_in(struct wait **slot, const char *what)
{
  struct wait wait = { .slot = slot };
  assert(!*slot);
  async_op_start(&wait.op, what, wait_abort);
  *slot = &wait;
  return async_await(&wait.op);
}

static void wake(struct wait **slot)
{
  struct wait *wait = *slot;
  *slot = NULL;
  if (wait)
    async_op_done(&wait->op, 0);
}

/* The ring. */

static size_t least(size_t a, size_t b)
{
  return a < b ? a : b;
}

static void ring_put(struct end *end, const char *bytes, size_t len)
{
  size_t tail = (end->head + end->count) % end->capacity;
  size_t first = least(len, end->capacity - tail);
  memcpy(end->ring + tail, bytes, first);
  memcpy(end->ring, bytes + first, len - first);
  end->count += len;
}

static void ring_take(struct end *end, char *out, size_t len)
{
  size_t first = least(len, end->capacity - end->head);
  memcpy(out, end->ring + end->head, first);
  memcpy(out + first, end->ring, len - first);
  end->head = (end->head + len) % end->capacity;
  end->count -= len;
}

/* Applies one direction's faults to a call for `*len` bytes.
 *
 * Returns 0 or the error that is due.
 */
static int suffer(int64_t delay_ns, size_t most, size_t bytes, int error,
                  size_t total, size_t *len)
{
  int err = delay_ns > 0 ? async_sleep(delay_ns) : 0;
  if (err < 0)
    return err;
  if (most > 0)
    *len = least(*len, most);
  if (error == 0)
    return 0;
  if (total >= bytes)
    return error;
  *len = least(*len, bytes - total);
  return 0;
}

static ssize_t pair_read(struct async_stream *stream, void *out, size_t len)
{
  struct end *self = (struct end *)stream;
  const struct asy_pair_faults *faults = &self->faults;
  int err = suffer(faults->read_delay_ns, faults->read_most, faults->read_bytes,
                   faults->read_error, self->read_total, &len);
  while (err == 0 && self->count == 0 && !self->peer->finished)
    err = wait_in(&self->reader, "pair read");
  if (err < 0)
    return err;
  len = least(len, self->count);
  if (len > 0)
    ring_take(self, out, len);
  self->read_total += len;
  wake(&self->peer->writer);
  return (ssize_t)len;
}

static ssize_t pair_write(struct async_stream *stream, const void *bytes,
                          size_t len)
{
  struct end *self = (struct end *)stream, *peer = self->peer;
  const struct asy_pair_faults *faults = &self->faults;
  int err =
      suffer(faults->write_delay_ns, faults->write_most, faults->write_bytes,
             faults->write_error, self->written_total, &len);
  while (err == 0 && peer->count == peer->capacity && !peer->closed &&
         !self->finished)
    err = wait_in(&self->writer, "pair write");
  if (err < 0)
    return err;
  if (peer->closed || self->finished)
    return ASYNC_ECLOSED;
  len = least(len, peer->capacity - peer->count);
  ring_put(peer, bytes, len);
  self->written_total += len;
  wake(&peer->reader);
  return (ssize_t)len;
}

static int pair_shutdown(struct async_stream *stream)
{
  struct end *self = (struct end *)stream;
  self->finished = true;
  wake(&self->peer->reader);
  return 0;
}

static void free_end(struct end *end)
{
  free(end->ring);
  free(end);
}

static int pair_close(struct async_stream *stream)
{
  struct end *self = (struct end *)stream, *peer = self->peer;
  assert(!self->reader && !self->writer);
  self->closed = true;
  pair_shutdown(stream);
  wake(&peer->writer);
  if (peer->closed) {
    free_end(self);
    free_end(peer);
  }
  return 0;
}

static struct asy_poll *no_poll(struct async_stream *stream)
{
  (void)stream;
  return NULL;
}

static const struct asy_stream_kind PAIR_KIND = {
  .read = pair_read,
  .write = pair_write,
  .shutdown = pair_shutdown,
  .close = pair_close,
  .poll = no_poll,
};

static struct end *new_end(size_t capacity)
{
  struct end *end = calloc(1, sizeof(*end));
  if (!end)
    return NULL;
  asy_stream_init(&end->base, &PAIR_KIND);
  end->capacity = capacity;
  end->ring = malloc(capacity);
  if (end->ring)
    return end;
  free(end);
  return NULL;
}

int async_stream_open_pair(struct async_stream *ends[2], size_t capacity)
{
  if (capacity == 0)
    return ASYNC_EINVAL;
  struct end *a = new_end(capacity), *b = new_end(capacity);
  if (!a || !b) {
    if (a)
      free_end(a);
    if (b)
      free_end(b);
    return ASYNC_ENOMEM;
  }
  a->peer = b;
  b->peer = a;
  ends[0] = &a->base;
  ends[1] = &b->base;
  return 0;
}

void asy_pair_set_faults(struct async_stream *end,
                         const struct asy_pair_faults *faults)
{
  assert(end->kind == &PAIR_KIND);
  ((struct end *)end)->faults = *faults;
}
