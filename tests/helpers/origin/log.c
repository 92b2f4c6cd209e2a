#include <ctype.h>
#include <string.h>

#include "async/time.h"
#include "origin.h"

/* The length of the UTF-8 sequence at `text`, or 0 if it is none. */
static size_t sequence(const unsigned char *text, size_t len)
{
  size_t more = text[0] >= 0xc2 && text[0] < 0xe0   ? 1
                : text[0] >= 0xe0 && text[0] < 0xf0 ? 2
                : text[0] >= 0xf0 && text[0] < 0xf5 ? 3
                                                    : 0;
  if (more == 0 || more >= len)
    return 0;
  for (size_t i = 1; i <= more; i++)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return more + 1;
}

static size_t add_json_char(struct async_buf *out, const unsigned char *text,
                            size_t len)
{
  unsigned char c = *text;
  size_t bytes = c < 0x80 ? 0 : sequence(text, len);
  if (bytes) {
    async_buf_add(out, text, bytes);
    return bytes;
  }
  if (c == '"' || c == '\\') {
    async_buf_add_char(out, '\\');
    async_buf_add_char(out, (char)c);
  } else if (c < 0x20 || c >= 0x7f) {
    async_buf_printf(out, "\\u%04x", c);
  } else {
    async_buf_add_char(out, (char)c);
  }
  return 1;
}

void add_json_string(struct async_buf *out, const char *text, size_t len)
{
  const unsigned char *at = (const unsigned char *)text;
  async_buf_add_char(out, '"');
  for (size_t i = 0; i < len;)
    i += add_json_char(out, at + i, len - i);
  async_buf_add_char(out, '"');
}

static void add_member(struct async_buf *out, const char *name,
                       const char *value)
{
  async_buf_add_str(out, ",\"");
  async_buf_add_str(out, name);
  async_buf_add_str(out, "\":");
  add_json_string(out, value, strlen(value));
}

/* Names in lower case, as HTTP does not tell them apart. */
void add_json_headers(struct async_buf *out, const struct request *request)
{
  async_buf_add_char(out, '{');
  for (size_t i = 0; i < request->header_count; i++) {
    const struct header *header = &request->headers[i];
    async_buf_add_str(out, i ? "," : "");
    size_t start = out->len;
    add_json_string(out, header->name, strlen(header->name));
    for (size_t k = start; k < out->len; k++)
      out->data[k] = (char)tolower((unsigned char)out->data[k]);
    async_buf_add_char(out, ':');
    add_json_string(out, header->value, strlen(header->value));
  }
  async_buf_add_char(out, '}');
}

void log_request(struct exchange *x, bool complete)
{
  struct async_buf *line = &x->out; /* empty between two answers */
  async_buf_add_str(line, "{\"ms\":");
  async_buf_add_fixed(line, async_clock_ns() - x->origin->start_ns, ASYNC_MS,
                      3);
  async_buf_add_str(line, ",\"connection\":");
  async_buf_add_uint(line, x->connection);
  async_buf_add_str(line, ",\"request\":");
  async_buf_add_uint(line, x->number);
  add_member(line, "method", x->request.method);
  add_member(line, "target", x->request.target);
  async_buf_add_str(line, ",\"body_bytes\":");
  async_buf_add_uint(line, x->body_bytes);
  async_buf_add_str(line,
                    complete ? ",\"complete\":true" : ",\"complete\":false");
  async_buf_add_str(line, ",\"headers\":");
  add_json_headers(line, &x->request);
  async_buf_add_str(line, "}\n");
  fwrite(line->data, 1, line->len, x->origin->log);
  fflush(x->origin->log);
  async_buf_clear(line);
}
