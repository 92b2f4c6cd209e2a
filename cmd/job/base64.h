/* cmd/job/base64.h: base64 with padding.
 *
 * Source: RFC 4648 section 4. */
#ifndef JOB_BASE64_H
#define JOB_BASE64_H

#include <stddef.h>

#include "async/buf.h"

void job_base64_add(struct async_buf *out, const char *bytes, size_t len);

/* Appends the bytes that `text` stands for. Returns 0, or ASYNC_EENCODING with
 * part of it appended; memory as with every buffer. */
int job_base64_decode(struct async_buf *out, const char *text, size_t len);

#endif
