/* cmd/job/value.h: one field's value, on its way into a record. */
#ifndef JOB_VALUE_H
#define JOB_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct async_buf;

enum job_value_kind {
  JOB_VALUE_NULL = 0,
  JOB_VALUE_BOOL,
  JOB_VALUE_INT,
  JOB_VALUE_UINT,
  JOB_VALUE_MS,      /* nanoseconds, shown as milliseconds: 812.4 */
  JOB_VALUE_TIME,    /* nanoseconds since 1970, shown as RFC 3339 */
  JOB_VALUE_WORD,    /* a string that needs no escapes in JSON */
  JOB_VALUE_BYTES,   /* any string */
  JOB_VALUE_STRINGS, /* an array of strings */
  JOB_VALUE_TEXT,    /* a string that a function writes */
  JOB_VALUE_JSON     /* anything else: written by a function */
};

struct job_value {
  enum job_value_kind kind;
  union {
    bool flag;
    int64_t number;
    uint64_t count;
    const char *const *strings;
    const void *data; /* of `write` */
  };
  const char *bytes;
  size_t len; /* of bytes, of strings */
  void (*write)(const void *data, struct async_buf *out);
};

/* A value that is not set is null. What pointers point at lives as long as the
 * item. */

static inline void job_value_bool(struct job_value *value, bool flag)
{
  value->kind = JOB_VALUE_BOOL;
  value->flag = flag;
}

static inline void job_value_int(struct job_value *value, int64_t number)
{
  value->kind = JOB_VALUE_INT;
  value->number = number;
}

static inline void job_value_uint(struct job_value *value, uint64_t count)
{
  value->kind = JOB_VALUE_UINT;
  value->count = count;
}

/* duration_ns  below 0: null */
static inline void job_value_ms(struct job_value *value, int64_t duration_ns)
{
  if (duration_ns >= 0)
    value->kind = JOB_VALUE_MS;
  value->number = duration_ns;
}

static inline void job_value_time(struct job_value *value, int64_t wall_ns)
{
  value->kind = JOB_VALUE_TIME;
  value->number = wall_ns;
}

/* word  without quotes, backslashes and control characters; NULL: null */
static inline void job_value_word(struct job_value *value, const char *word)
{
  if (!word)
    return;
  value->kind = JOB_VALUE_WORD;
  value->bytes = word;
  value->len = strlen(word);
}

/* bytes  NULL: null */
static inline void job_value_bytes(struct job_value *value, const char *bytes,
                                   size_t len)
{
  if (!bytes)
    return;
  value->kind = JOB_VALUE_BYTES;
  value->bytes = bytes;
  value->len = len;
}

/* text  NULL: null */
static inline void job_value_string(struct job_value *value, const char *text)
{
  if (text)
    job_value_bytes(value, text, strlen(text));
}

static inline void job_value_strings(struct job_value *value,
                                     const char *const *strings, size_t count)
{
  value->kind = JOB_VALUE_STRINGS;
  value->strings = strings;
  value->len = count;
}

/* write  appends the bytes of a string, as they are */
static inline void job_value_text(struct job_value *value, const void *data,
                                  void (*write)(const void *data,
                                                struct async_buf *out))
{
  value->kind = JOB_VALUE_TEXT;
  value->data = data;
  value->write = write;
}

/* write  appends one JSON value, with what json.h has */
static inline void job_value_json(struct job_value *value, const void *data,
                                  void (*write)(const void *data,
                                                struct async_buf *out))
{
  value->kind = JOB_VALUE_JSON;
  value->data = data;
  value->write = write;
}

#endif
