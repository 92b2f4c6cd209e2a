#include "job/utf8.h"

#include <stdint.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define HIGH       EACH(0x80)

/* Which of eight bytes are zero, or may be: only bytes after a zero one can be
 * wrong, and any hit ends the fast path.
 *
 * Source: Mycroft's test; Warren, "Hacker's Delight", section 6-1. */
static uint64_t zero_bytes(uint64_t word)
{
  return (word - EACH(1)) & ~word & HIGH;
}

static bool is_plain_word(uint64_t word)
{
  uint64_t below_space = (word - EACH(0x20)) & ~word;
  return ((below_space | word) & HIGH) == 0 &&
         zero_bytes(word ^ EACH('"')) == 0 &&
         zero_bytes(word ^ EACH('\\')) == 0;
}

static bool is_plain(unsigned char c)
{
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

size_t job_plain_len(const char *bytes, size_t len)
{
  size_t i = 0;
  for (; i + 8 <= len; i += 8) {
    uint64_t word;
    memcpy(&word, bytes + i, 8);
    if (!is_plain_word(word))
      break;
  }
  while (i < len && is_plain((unsigned char)bytes[i]))
    i++;
  return i;
}

static bool is_tail(unsigned char c)
{
  return (c & 0xC0) == 0x80;
}

/* The length of the sequence that begins here, or 0. */
static size_t sequence_len(const unsigned char *s, size_t len)
{
  unsigned char c = s[0];
  if (c < 0x80)
    return 1;
  if (c < 0xC2 || c > 0xF4)
    return 0;
  size_t need = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
  if (len < need)
    return 0;
  for (size_t i = 1; i < need; i++)
    if (!is_tail(s[i]))
      return 0;
  if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] >= 0xA0) ||
      (c == 0xF0 && s[1] < 0x90) || (c == 0xF4 && s[1] >= 0x90))
    return 0;
  return need;
}

bool job_is_utf8(const char *bytes, size_t len)
{
  const unsigned char *s = (const unsigned char *)bytes;
  for (size_t i = 0; i < len;) {
    size_t step = sequence_len(s + i, len - i);
    if (step == 0)
      return false;
    i += step;
  }
  return true;
}
