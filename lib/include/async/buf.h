/* async/buf.h (base): a growing byte buffer.
 *
 * A failed allocation sticks: later appends do nothing, and `err` is checked
 * once, when the contents are wanted. */
#ifndef ASYNC_BUF_H
#define ASYNC_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_buf {
  char *data; /* not NUL-terminated, unless async_buf_str was called */
  size_t len, cap;
  int err; /* 0 or ASYNC_ENOMEM */
};

#define ASYNC_BUF_INIT                                                         \
  {                                                                            \
    NULL, 0, 0, 0                                                              \
  }

/* Frees the bytes; leaves the buffer as ASYNC_BUF_INIT. */
void async_buf_done(struct async_buf *buf);

/* Makes room for `more` bytes behind the contents.
 *
 * Returns 0 or ASYNC_ENOMEM, which sticks.
 */
int async_buf_reserve(struct async_buf *buf, size_t more);

/* Appends bytes. */
static inline void async_buf_add(struct async_buf *buf, const void *bytes,
                                 size_t len)
{
  if (buf->cap - buf->len < len && async_buf_reserve(buf, len) < 0)
    return;
  if (len)
    memcpy(buf->data + buf->len, bytes, len);
  buf->len += len;
}

/* Appends one byte. */
static inline void async_buf_add_char(struct async_buf *buf, char c)
{
  if (buf->cap == buf->len && async_buf_reserve(buf, 1) < 0)
    return;
  buf->data[buf->len++] = c;
}

/* Appends a NUL-terminated string without its NUL. */
static inline void async_buf_add_str(struct async_buf *buf, const char *text)
{
  async_buf_add(buf, text, strlen(text));
}

/* Appends a decimal number. */
void async_buf_add_uint(struct async_buf *buf, uint64_t value);
void async_buf_add_int(struct async_buf *buf, int64_t value);

/* Appends `value / scale` with `digits` decimals, rounded to nearest:
 * async_buf_add_fixed(buf, 1234567, 1000000, 3) appends "1.235".
 *
 * value   not negative
 * digits  0 to 9
 */
void async_buf_add_fixed(struct async_buf *buf, int64_t value, int64_t scale,
                         unsigned digits);

/* Appends as printf would. For messages; slow beside the others. */
void async_buf_printf(struct async_buf *buf, const char *format, ...)
#if defined __GNUC__
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Removes the first `len` bytes. */
void async_buf_drop(struct async_buf *buf, size_t len);

/* Forgets the contents and a sticky error, keeps the memory. */
static inline void async_buf_clear(struct async_buf *buf)
{
  buf->len = 0;
  buf->err = 0;
}

/* The contents with a NUL behind them (not counted in len).
 *
 * Returns a string that lives until the buffer changes, or NULL if the buffer
 * has an error.
 */
const char *async_buf_str(struct async_buf *buf);

#ifdef __cplusplus
}
#endif
#endif
