/* cmd/job/utf8.h: whether bytes are UTF-8. */
#ifndef JOB_UTF8_H
#define JOB_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The number of bytes at the beginning that are plain in JSON: ASCII without
 * control characters, quote and backslash. */
size_t job_plain_len(const char *bytes, size_t len);

/* Whether all of it is well-formed.
 *
 * Source: RFC 3629 section 4 (no overlong forms, no surrogates).
 */
bool job_is_utf8(const char *bytes, size_t len);

#endif
