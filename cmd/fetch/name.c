/* Plan: 1. the template is walked, literal text goes out as it is, a field is
 * written by its function, which replaces what is not safe inside a component;
 * 2. at each "/" and at the end the component that was just written is looked
 * at as a whole: empty, ".", "..", too long. */
#include "fetch/name.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "async/error.h"
#include "job/utf8.h"

struct writer {
  struct async_buf *out;
  const struct fetch_url *url;
  uint64_t index;
  unsigned width; /* the number behind ":" */
  size_t start;   /* where the current component begins */
  bool from_url;  /* a field is part of the component */
};

/* The bytes of a control character that begins here: one of ASCII, two of the
 * others, in UTF-8; 0: it is none. */
static size_t control_len(const char *text, size_t len)
{
  unsigned char first = (unsigned char)text[0];
  if (first < 0x20 || first == 0x7f)
    return 1;
  return first == 0xc2 && len > 1 && (unsigned char)text[1] < 0xa0 ? 2 : 0;
}

static int hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
    return (c | 0x20) - 'a' + 10;
  return -1;
}

/* Appends with %XX read. */
static void add_decoded(struct async_buf *out, struct fetch_span text)
{
  for (size_t i = 0; i < text.len; i++) {
    int high = -1, low = -1;
    if (text.at[i] == '%' && i + 2 < text.len) {
      high = hex_value(text.at[i + 1]);
      low = hex_value(text.at[i + 2]);
    }
    if (high < 0 || low < 0) {
      async_buf_add_char(out, text.at[i]);
    } else {
      async_buf_add_char(out, (char)(high << 4 | low));
      i += 2;
    }
  }
}

/* Bytes that are no character of a name become "_": separators, controls, and
 * all beyond ASCII unless together they are UTF-8. */
static void make_safe(char *text, size_t len)
{
  bool utf8 = job_is_utf8(text, len);
  for (size_t i = 0; i < len; i++) {
    size_t bad = control_len(text + i, len - i);
    if (text[i] == '/' || (!utf8 && (unsigned char)text[i] >= 0x80))
      bad = 1;
    memset(text + i, '_', bad);
  }
}

/* Decoded only if that gives readable text: "%2F" stays "%2F". */
static void add_component(struct writer *writer, struct fetch_span text)
{
  struct async_buf *out = writer->out;
  size_t start = out->len;
  add_decoded(out, text);
  if (out->err || out->len == start)
    return;
  bool readable = job_is_utf8(out->data + start, out->len - start);
  for (size_t i = start; i < out->len; i++)
    readable &=
        out->data[i] != '/' && control_len(out->data + i, out->len - i) == 0;
  if (!readable) {
    out->len = start;
    async_buf_add(out, text.at, text.len);
  }
  if (!out->err)
    make_safe(out->data + start, out->len - start);
}

/* The fields. */

static struct fetch_span last_segment(const struct fetch_url *url)
{
  struct fetch_span path = url->path;
  size_t start = path.len;
  while (start > 0 && path.at[start - 1] != '/')
    start--;
  return (struct fetch_span){ path.at + start, path.len - start };
}

/* Where the extension begins, or the end: "a.b" 1, ".a" 2, "a." 2. */
static size_t extension_at(const char *text, size_t len)
{
  for (size_t i = len; i > 1; i--)
    if (text[i - 1] == '.')
      return i == len ? len : i - 1;
  return len;
}

static void add_host(struct writer *writer)
{
  add_component(writer, writer->url->host);
}

static void add_name(struct writer *writer)
{
  struct fetch_span segment = last_segment(writer->url);
  if (segment.len == 0)
    segment = (struct fetch_span){ "index.html", 10 };
  segment.len = extension_at(segment.at, segment.len);
  add_component(writer, segment);
}

static void add_ext(struct writer *writer)
{
  struct fetch_span segment = last_segment(writer->url);
  if (segment.len == 0)
    segment = (struct fetch_span){ "index.html", 10 };
  size_t at = extension_at(segment.at, segment.len);
  add_component(writer,
                (struct fetch_span){ segment.at + at, segment.len - at });
}

static void add_query(struct writer *writer)
{
  add_component(writer, writer->url->query);
}

static void add_index(struct writer *writer)
{
  char digits[20];
  unsigned count = 0;
  for (uint64_t left = writer->index; left > 0; left /= 10)
    digits[count++] = (char)('0' + left % 10);
  for (unsigned i = count; i < writer->width; i++)
    async_buf_add_char(writer->out, '0');
  while (count > 0)
    async_buf_add_char(writer->out, digits[--count]);
}

static void add_sha256(struct writer *writer)
{
  static const char HEX[] = "0123456789abcdef";
  unsigned char hash[32] = { 0 };
  const char *text = writer->url->text;
  EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL);
  for (unsigned i = 0; i < writer->width; i++)
    async_buf_add_char(writer->out, HEX[hash[i / 2] >> (i % 2 ? 0 : 4) & 15]);
}

static void end_component(struct writer *writer, bool last);

/* Goes on behind a "/" that came out of the URL. */
static void next_component(struct writer *writer)
{
  end_component(writer, false);
  async_buf_add_char(writer->out, '/');
  writer->start = writer->out->len;
  writer->from_url = true;
}

static void add_path(struct writer *writer)
{
  struct fetch_span path = writer->url->path;
  size_t segments = 0, start = 0;
  for (size_t i = 0; i <= path.len; i++) {
    if (i < path.len && path.at[i] != '/')
      continue;
    bool last = i == path.len;
    if (i > start || last) {
      if (segments++ > 0)
        next_component(writer);
      add_component(writer, (struct fetch_span){ path.at + start, i - start });
    }
    start = i + 1;
  }
}

static const struct field {
  const char *name;
  void (*add)(struct writer *writer);
  unsigned width, width_max; /* what ":N" is without it, and at most */
} fields[] = {
  { "host", add_host, 0, 0 },       { "path", add_path, 0, 0 },
  { "name", add_name, 0, 0 },       { "ext", add_ext, 0, 0 },
  { "query", add_query, 0, 0 },     { "index", add_index, 0, 18 },
  { "sha256", add_sha256, 64, 64 },
};

/* Reads "{name:8}"; `*text` moves behind it. NULL: it is not a field. */
static const struct field *read_field(const char **text, unsigned *width)
{
  const char *name = *text + 1;
  size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
  const char *end = name + len;
  const struct field *found = NULL;
  for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
    if (strlen(fields[i].name) == len &&
        strncmp(fields[i].name, name, len) == 0)
      found = &fields[i];
  if (!found)
    return NULL;
  *width = found->width;
  if (*end == ':' && found->width_max > 0) {
    *width = 0;
    for (end++; *end >= '0' && *end <= '9' && *width < 100; end++)
      *width = *width * 10 + (unsigned)(*end - '0');
  }
  if (*end != '}' || *width > found->width_max)
    return NULL;
  *text = end + 1;
  return found;
}

int fetch_name_check(const char *template)
{
  unsigned width;
  for (const char *p = template; *p;) {
    if (p[0] == '{' && p[1] == '{')
      p += 2;
    else if (*p != '{')
      p++;
    else if (!read_field(&p, &width))
      return ASYNC_EINVAL;
  }
  return 0;
}

bool fetch_name_stays(const char *template)
{
  size_t left = strlen(template);
  if (*template == '/')
    return false;
  for (const char *p = template; left > 0; p++, left--) {
    bool starts = p == template || p[-1] == '/';
    if (control_len(p, left) > 0 ||
        (starts && p[0] == '.' && p[1] == '.' && (p[2] == '/' || !p[2])))
      return false;
  }
  return true;
}

/* Shortens what is too long in front of its extension, at a character. */
static void shorten(struct async_buf *out, size_t start)
{
  char *text = out->data + start;
  size_t len = out->len - start;
  if (len <= FETCH_NAME_BYTES)
    return;
  size_t ext = extension_at(text, len);
  if (len - ext > 32)
    ext = len;
  size_t keep = FETCH_NAME_BYTES - (len - ext);
  while (keep > 1 && ((unsigned char)text[keep] & 0xc0) == 0x80)
    keep--;
  memmove(text + keep, text + ext, len - ext);
  out->len = start + keep + (len - ext);
}

static void end_component(struct writer *writer, bool last)
{
  struct async_buf *out = writer->out;
  size_t len = out->len - writer->start;
  if (len == 0 && last)
    async_buf_add_str(out, "index.html");
  else if (len == 0 && writer->from_url)
    async_buf_add_char(out, '_'); /* "{query}/x" is not "/x" */
  if (out->err || out->len == writer->start)
    return;
  char *text = out->data + writer->start;
  /* Not only "." and ".." themselves: "..%2f" looks like trouble, too. */
  if (writer->from_url && len > 0 && text[0] == '.' &&
      (len == 1 || text[1] == '.'))
    memset(text, '_', len == 1 ? 1 : 2);
  shorten(out, writer->start);
}

static void add_literal(struct writer *writer, char c)
{
  if (c == '/')
    end_component(writer, false);
  async_buf_add_char(writer->out, c);
  if (c != '/')
    return;
  writer->start = writer->out->len;
  writer->from_url = false;
}

void fetch_name_add(struct async_buf *out, const char *template,
                    const struct fetch_url *url, uint64_t index)
{
  struct writer writer = {
    .out = out, .url = url, .index = index, .start = out->len
  };
  for (const char *p = template; *p && !out->err;) {
    const struct field *field = NULL;
    if (p[0] == '{' && p[1] == '{')
      p++;
    else if (*p == '{')
      field = read_field(&p, &writer.width);
    if (!field) {
      add_literal(&writer, *p++);
      continue;
    }
    writer.from_url = true;
    field->add(&writer);
  }
  end_component(&writer, true);
}

void fetch_name_add_numbered(struct async_buf *out, const char *name,
                             uint64_t number)
{
  async_buf_add_str(out, name);
  async_buf_add_char(out, '.');
  async_buf_add_uint(out, number);
}
