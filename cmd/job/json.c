#include "job/json.h"

#include <string.h>

#include "async/time.h"
#include "job/base64.h"
#include "job/utf8.h"

static void add_escaped(struct async_buf *out, unsigned char c)
{
  static const char SHORT[] = "\"\"\\\\\bb\ff\nn\rr\tt";
  static const char HEX[] = "0123456789abcdef";
  for (const char *pair = SHORT; *pair; pair += 2)
    if ((unsigned char)pair[0] == c) {
      async_buf_add_char(out, '\\');
      async_buf_add_char(out, pair[1]);
      return;
    }
  async_buf_add(out, "\\u00", 4);
  async_buf_add_char(out, HEX[c >> 4]);
  async_buf_add_char(out, HEX[c & 15]);
}

/* Bytes of well-formed sequences beyond ASCII go out as they are. */
static void add_utf8(struct async_buf *out, const char *bytes, size_t len)
{
  async_buf_add_char(out, '"');
  for (size_t i = 0; i < len;) {
    size_t run = job_plain_len(bytes + i, len - i);
    while (i + run < len && (unsigned char)bytes[i + run] >= 0x80)
      run++;
    async_buf_add(out, bytes + i, run);
    i += run;
    if (i < len && job_plain_len(bytes + i, 1) == 0)
      add_escaped(out, (unsigned char)bytes[i++]);
  }
  async_buf_add_char(out, '"');
}

static void add_plain(struct async_buf *out, const char *bytes, size_t len)
{
  if (async_buf_reserve(out, len + 2) < 0)
    return;
  char *to = out->data + out->len;
  *to++ = '"';
  memcpy(to, bytes, len);
  to[len] = '"';
  out->len += len + 2;
}

void job_json_bytes(struct async_buf *out, const char *bytes, size_t len)
{
  if (len == 0 || job_plain_len(bytes, len) == len) {
    add_plain(out, len ? bytes : "", len);
  } else if (job_is_utf8(bytes, len)) {
    add_utf8(out, bytes, len);
  } else {
    async_buf_add_str(out, "{\"bytes\":\"");
    job_base64_add(out, bytes, len);
    async_buf_add_str(out, "\"}");
  }
}

void job_json_string(struct async_buf *out, const char *text)
{
  job_json_bytes(out, text, strlen(text));
}

size_t job_json_open(struct async_buf *out)
{
  async_buf_add_char(out, '"');
  return out->len;
}

/* Nearly always nothing needs an escape, and the bytes are where they belong. */
void job_json_close(struct async_buf *out, size_t start)
{
  if (out->err || out->len < start)
    return;
  size_t len = out->len - start;
  if (len == 0 || job_plain_len(out->data + start, len) == len) {
    async_buf_add_char(out, '"');
    return;
  }
  struct async_buf copy = ASYNC_BUF_INIT;
  async_buf_add(&copy, out->data + start, len);
  out->len = start - 1;
  if (copy.err)
    out->err = copy.err;
  else
    job_json_bytes(out, copy.data, copy.len);
  async_buf_done(&copy);
}

static void add_text(struct async_buf *out, const struct job_value *value)
{
  size_t start = job_json_open(out);
  value->write(value->data, out);
  job_json_close(out, start);
}

void job_json_ms(struct async_buf *out, int64_t duration_ns)
{
  uint64_t us = duration_ns > 0 ? ((uint64_t)duration_ns + 500) / 1000 : 0;
  unsigned part = (unsigned)(us % 1000);
  async_buf_add_uint(out, us / 1000);
  if (part == 0)
    return;
  char digits[4] = { '.', (char)('0' + part / 100),
                     (char)('0' + part / 10 % 10), (char)('0' + part % 10) };
  size_t len = 4;
  while (digits[len - 1] == '0')
    len--;
  async_buf_add(out, digits, len);
}

void job_text_time(struct async_buf *out, int64_t wall_ns)
{
  char text[ASYNC_TIME_RFC3339_BYTES];
  async_time_rfc3339(text, wall_ns);
  async_buf_add(out, text, ASYNC_TIME_RFC3339_BYTES - 1);
}

static void add_strings(struct async_buf *out, const struct job_value *value)
{
  async_buf_add_char(out, '[');
  for (size_t i = 0; i < value->len; i++) {
    if (i > 0)
      async_buf_add_char(out, ',');
    job_json_string(out, value->strings[i]);
  }
  async_buf_add_char(out, ']');
}

void job_json_value(struct async_buf *out, const struct job_value *value)
{
  switch (value->kind) {
  case JOB_VALUE_NULL:
    async_buf_add(out, "null", 4);
    return;
  case JOB_VALUE_BOOL:
    async_buf_add_str(out, value->flag ? "true" : "false");
    return;
  case JOB_VALUE_INT:
    async_buf_add_int(out, value->number);
    return;
  case JOB_VALUE_UINT:
    async_buf_add_uint(out, value->count);
    return;
  case JOB_VALUE_MS:
    job_json_ms(out, value->number);
    return;
  case JOB_VALUE_TIME:
    async_buf_add_char(out, '"');
    job_text_time(out, value->number);
    async_buf_add_char(out, '"');
    return;
  case JOB_VALUE_WORD:
    add_plain(out, value->bytes, value->len);
    return;
  case JOB_VALUE_BYTES:
    job_json_bytes(out, value->bytes, value->len);
    return;
  case JOB_VALUE_STRINGS:
    add_strings(out, value);
    return;
  case JOB_VALUE_TEXT:
    add_text(out, value);
    return;
  case JOB_VALUE_JSON:
    value->write(value->data, out);
    return;
  }
}
