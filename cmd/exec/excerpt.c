#include "exec/excerpt.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void add_head(struct exec_excerpt *excerpt, const char *bytes,
                     size_t len)
{
  size_t room = excerpt->most - excerpt->buf.len;
  if (len > room) {
    excerpt->truncated = true;
    len = room;
  }
  async_buf_add(&excerpt->buf, bytes, len);
}

static void keep_tail(struct exec_excerpt *excerpt)
{
  if (excerpt->buf.len <= excerpt->most)
    return;
  excerpt->truncated = true;
  async_buf_drop(&excerpt->buf, excerpt->buf.len - excerpt->most);
}

/* What is too much is dropped when it is as much again: each byte is moved once
 * on the average. */
static void add_tail(struct exec_excerpt *excerpt, const char *bytes,
                     size_t len)
{
  if (len > excerpt->most) {
    excerpt->truncated = true;
    bytes += len - excerpt->most;
    len = excerpt->most;
  }
  if (excerpt->buf.len + len > 2 * excerpt->most)
    keep_tail(excerpt);
  async_buf_add(&excerpt->buf, bytes, len);
}

void exec_excerpt_add(struct exec_excerpt *excerpt, const char *bytes,
                      size_t len)
{
  if (!excerpt->on)
    return;
  if (excerpt->tail)
    add_tail(excerpt, bytes, len);
  else
    add_head(excerpt, bytes, len);
}

int exec_excerpt_read(struct exec_excerpt *excerpt, int fd, uint64_t size)
{
  char piece[4096];
  uint64_t at = 0, most = excerpt->most;
  if (!excerpt->on)
    return 0;
  excerpt->truncated = size > most;
  if (size > most && excerpt->tail)
    at = size - most;
  else if (size > most)
    size = most;
  while (at < size) {
    size_t len =
        size - at < sizeof(piece) ? (size_t)(size - at) : sizeof(piece);
    ssize_t got = pread(fd, piece, len, (off_t)at);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got < 0 ? -errno : 0;
    exec_excerpt_add(excerpt, piece, (size_t)got);
    at += (uint64_t)got;
  }
  return 0;
}

void exec_excerpt_settle(struct exec_excerpt *excerpt)
{
  struct async_buf *buf = &excerpt->buf;
  if (excerpt->tail)
    keep_tail(excerpt);
  if (buf->len == 0 || buf->len == buf->cap)
    return;
  char *exact = realloc(buf->data, buf->len);
  if (!exact)
    return;
  buf->data = exact;
  buf->cap = buf->len;
}

void exec_excerpt_done(struct exec_excerpt *excerpt)
{
  async_buf_done(&excerpt->buf);
}
