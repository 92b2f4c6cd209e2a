/* cmd/job/json.h: writing JSON into a buffer. No allocation but the buffer's,
 * no printf; an error sticks to the buffer. */
#ifndef JOB_JSON_H
#define JOB_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "job/value.h"

/* Appends a string in quotes. Bytes that are not UTF-8 become
 * {"bytes":"base64"} instead. */
void job_json_bytes(struct async_buf *out, const char *bytes, size_t len);
void job_json_string(struct async_buf *out, const char *text);

/* A string that is written piece by piece: open, append its bytes as they are,
 * close with what open returned. */
size_t job_json_open(struct async_buf *out);
void job_json_close(struct async_buf *out, size_t start);

/* Appends nanoseconds as milliseconds, three decimals at most: 812.4 */
void job_json_ms(struct async_buf *out, int64_t duration_ns);

/* Appends a time as RFC 3339, without quotes. */
void job_text_time(struct async_buf *out, int64_t wall_ns);

/* Appends any value. */
void job_json_value(struct async_buf *out, const struct job_value *value);

#endif
