#include "exec/excerpt.h"

#include <stdlib.h>

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
