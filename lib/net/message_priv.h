/* DNS messages, for the files of this folder.
 *
 *   message.c         the bounds of everything; what fits the query
 *   message_name.c    names in all their forms
 *   message_word.c    names of numbers
 *   message_build.c   queries and their options
 *   message_option.c  options of replies
 *   message_data.c    rdata as text: common types here, the rest by
 *   message_ldns.c    ldns, a record at a time
 *   message_layout.c  where in rdata names are
 *   message_typed.c   rdata as values
 *   message_text.c    whole records and messages as text
 *   message_set.c     answers as sets
 */
#ifndef ASY_MESSAGE_PRIV_H
#define ASY_MESSAGE_PRIV_H

#include <stdint.h>

#include "async/dns_message.h"

enum { ASY_MESSAGE_HEADER = 12, ASY_MESSAGE_POINTER = 0xc0 };

static inline uint16_t asy_message_u16(const unsigned char *p)
{
  return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t asy_message_u32(const unsigned char *p)
{
  return (uint32_t)asy_message_u16(p) << 16 | asy_message_u16(p + 2);
}

static inline unsigned char *asy_message_put16(unsigned char *p, unsigned value)
{
  p[0] = (unsigned char)(value >> 8);
  p[1] = (unsigned char)value;
  return p + 2;
}

/* A letter in lower case, any other byte as it is. */
static inline unsigned char asy_message_lower(unsigned char c)
{
  return (unsigned char)((unsigned)c - 'A' < 26 ? c | 0x20 : c);
}

/* Writes a byte in decimal. Returns where it ends. */
static inline char *asy_message_put_byte(char *to, unsigned byte)
{
  if (byte >= 100)
    *to++ = (char)('0' + byte / 100);
  if (byte >= 10)
    *to++ = (char)('0' + byte / 10 % 10);
  *to++ = (char)('0' + byte % 10);
  return to;
}

/* Where a name that may be compressed ends, or 0 if it is not one. Pointers
 * have to go back, so there are no loops. */
size_t asy_message_name_skip(const unsigned char *bytes, size_t len,
                             size_t pos);

/* Where a name ends of which that is known to be in bounds. */
static inline size_t asy_message_name_end(const unsigned char *bytes,
                                          size_t pos)
{
  while (bytes[pos] != 0) {
    if (bytes[pos] >= ASY_MESSAGE_POINTER)
      return pos + 2;
    pos += bytes[pos] + 1u;
  }
  return pos + 1;
}

/* As asy_message_name_skip: and appends it as text. On failure, part of it may be there. */
size_t asy_message_name_text(struct async_buf *out, const unsigned char *bytes,
                             size_t len, size_t pos);

/* The same, and writes it in wire form. *name_bytes  its length there */
size_t asy_message_name_wire(const unsigned char *bytes, size_t len, size_t pos,
                             unsigned char *out, size_t *name_bytes);

/* Where in the rdata names are that may be compressed or differ in case: behind
 * `skip` bytes and `strings` strings. Whatever follows them is bytes. */
struct asy_message_layout {
  uint16_t type;
  uint8_t skip, strings, names;
};

/* The layout of a type, or NULL for one without such names. */
const struct asy_message_layout *asy_message_layout_of(unsigned type);

/* Where the names of the rdata from `at` to `end` begin, or the end if they do
 * not. */
size_t asy_message_names_at(const unsigned char *bytes, size_t at, size_t end,
                            const struct asy_message_layout *layout);

/* Whether the names are names, as far as the layout knows any. */
bool asy_message_names_fit(const struct async_dns_record *record);

/* Appends bytes in hexadecimal. */
void asy_message_hex(struct async_buf *out, const unsigned char *bytes,
                     size_t len);

/* Appends the rdata as ldns prints it, nothing if it is empty. Returns 0, ASYNC_EENCODING with part of
 * the text there, or ASYNC_ENOMEM. */
int asy_message_ldns(struct async_buf *out,
                     const struct async_dns_record *record);

#endif
