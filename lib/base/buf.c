#include "async/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "async/error.h"

enum { SMALLEST = 64, DIGITS_MAX = 20 };

void async_buf_done(struct async_buf *buf)
{
  free(buf->data);
  *buf = (struct async_buf)ASYNC_BUF_INIT;
}

/* No room is left, so the inline appends come here and find the error. */
static int stick(struct async_buf *buf)
{
  buf->cap = buf->len;
  return buf->err = ASYNC_ENOMEM;
}

int async_buf_reserve(struct async_buf *buf, size_t more)
{
  if (buf->err)
    return buf->err;
  if (more <= buf->cap - buf->len)
    return 0;
  size_t cap = buf->cap ? buf->cap : SMALLEST;
  if (more > SIZE_MAX / 2 - buf->len)
    return stick(buf);
  while (cap - buf->len < more)
    cap *= 2;
  char *data = realloc(buf->data, cap);
  if (!data)
    return stick(buf);
  buf->data = data;
  buf->cap = cap;
  return 0;
}

/* Writes the digits in front of `end`. Returns where they begin. */
static char *digits_before(char *end, uint64_t value)
{
  do {
    *--end = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  return end;
}

void async_buf_add_uint(struct async_buf *buf, uint64_t value)
{
  char digits[DIGITS_MAX], *end = digits + sizeof(digits);
  char *start = digits_before(end, value);
  async_buf_add(buf, start, (size_t)(end - start));
}

void async_buf_add_int(struct async_buf *buf, int64_t value)
{
  if (value < 0)
    async_buf_add_char(buf, '-');
  async_buf_add_uint(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void async_buf_add_fixed(struct async_buf *buf, int64_t value, int64_t scale,
                         unsigned digits)
{
  uint64_t unit = 1;
  for (unsigned i = 0; i < digits; i++)
    unit *= 10;
  uint64_t whole = (uint64_t)value / (uint64_t)scale;
  uint64_t rest = (uint64_t)value % (uint64_t)scale, divisor = (uint64_t)scale;
  /* Exact up to a scale of 9e18 / unit; beyond, the low bits do not show. */
  for (; divisor > UINT64_MAX / 2 / unit; divisor >>= 1)
    rest >>= 1;
  uint64_t part = (rest * unit + divisor / 2) / divisor;
  if (part >= unit) {
    part -= unit;
    whole++;
  }
  async_buf_add_uint(buf, whole);
  if (!digits)
    return;
  char text[DIGITS_MAX];
  text[0] = '.';
  for (unsigned i = digits; i > 0; i--) {
    text[i] = (char)('0' + part % 10);
    part /= 10;
  }
  async_buf_add(buf, text, digits + 1);
}

void async_buf_printf(struct async_buf *buf, const char *format, ...)
{
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  if (len >= 0 && async_buf_reserve(buf, (size_t)len + 1) == 0) {
    vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
    buf->len += (size_t)len;
  }
  va_end(again);
  va_end(args);
}

void async_buf_drop(struct async_buf *buf, size_t len)
{
  if (len == 0)
    return;
  memmove(buf->data, buf->data + len, buf->len - len);
  buf->len -= len;
  if (buf->err)
    stick(buf);
}

const char *async_buf_str(struct async_buf *buf)
{
  if (async_buf_reserve(buf, 1) < 0)
    return NULL;
  buf->data[buf->len] = '\0';
  return buf->data;
}
