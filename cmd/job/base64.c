#include "job/base64.h"

#include <stdint.h>

#include "async/error.h"

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void job_base64_add(struct async_buf *out, const char *bytes, size_t len)
{
  const unsigned char *s = (const unsigned char *)bytes;
  for (size_t i = 0; i < len; i += 3) {
    size_t have = len - i < 3 ? len - i : 3;
    uint32_t bits = (uint32_t)s[i] << 16;
    if (have > 1)
      bits |= (uint32_t)s[i + 1] << 8;
    if (have > 2)
      bits |= s[i + 2];
    char quad[4] = { ALPHABET[bits >> 18], ALPHABET[bits >> 12 & 63],
                     have > 1 ? ALPHABET[bits >> 6 & 63] : '=',
                     have > 2 ? ALPHABET[bits & 63] : '=' };
    async_buf_add(out, quad, 4);
  }
}

static int digit(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int job_base64_decode(struct async_buf *out, const char *text, size_t len)
{
  if (len % 4 != 0)
    return ASYNC_EENCODING;
  size_t padding = 0;
  while (padding < 2 && padding < len && text[len - padding - 1] == '=')
    padding++;
  uint32_t bits = 0;
  for (size_t i = 0; i < len; i++) {
    int value = i < len - padding ? digit(text[i]) : 0;
    if (value < 0)
      return ASYNC_EENCODING;
    bits = bits << 6 | (uint32_t)value;
    if (i % 4 != 3)
      continue;
    size_t bytes = i + 1 == len ? 3 - padding : 3;
    for (size_t k = 0; k < bytes; k++)
      async_buf_add_char(out, (char)(bits >> (16 - 8 * k) & 255));
    bits = 0;
  }
  return 0;
}
