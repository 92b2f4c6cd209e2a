#include "resolve/question.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <idn2.h>

#include "async/error.h"
#include "job/utf8.h"

enum { SHOWN_MOST = 256 };

/* Types. */

static int add_type(struct resolve_types *types, int type)
{
  if (type < 0 || types->count == RESOLVE_TYPES)
    return ASYNC_EINVAL;
  types->items[types->count++] = (uint16_t)type;
  return 0;
}

static int add_one(struct resolve_types *types, const char *word, size_t len)
{
  static const char both[] = "ANY4";
  if (len == sizeof(both) - 1 && strncasecmp(word, both, len) == 0) {
    int err = add_type(types, ASYNC_DNS_A);
    return err < 0 ? err : add_type(types, ASYNC_DNS_AAAA);
  }
  return add_type(types, async_dns_type_parse(word, len));
}

int resolve_types_add(struct resolve_types *types, const char *word, size_t len)
{
  const char *end = word + len;
  while (word <= end) {
    const char *comma = memchr(word, ',', (size_t)(end - word));
    size_t part = (size_t)((comma ? comma : end) - word);
    int err = add_one(types, word, part);
    if (err < 0)
      return err;
    word += part + 1;
  }
  return 0;
}

/* Errors. */

/* What is not UTF-8 is in the record's input, as bytes; messages are text. */
int resolve_refuse(struct job_item *item, const char *what, const char *text,
                   size_t len, const char *why)
{
  const char *between = *why ? ": " : "";
  if (!job_is_utf8(text, len))
    return job_error_set(item, JOB_ERROR_INPUT, 0, "%s%s%s", what, between,
                         why);
  if (len > SHOWN_MOST)
    return job_error_set(item, JOB_ERROR_INPUT, 0, "%s, of %zu bytes%s%s", what,
                         len, between, why);
  return job_error_set(item, JOB_ERROR_INPUT, 0, "%s: '%.*s'%s%s", what,
                       (int)len, text, between, why);
}

static int refuse_name(struct job_item *item, const char *text, size_t len,
                       const char *why)
{
  return resolve_refuse(item, "not a name", text, len, why);
}

/* Lines. */

static bool is_blank(char c)
{
  return c == ' ' || c == '\t';
}

/* The next word from *at on; its length, 0 at the end. A blank behind a
 * backslash is part of the name. */
static size_t next_word(const char **at)
{
  size_t len = 0;
  while (is_blank(**at))
    ++*at;
  while ((*at)[len] && !is_blank((*at)[len]))
    len += (*at)[len] == '\\' && (*at)[len + 1] ? 2 : 1;
  return len;
}

static int read_word(struct resolve_line *line, struct job_item *item,
                     const char *word, size_t len)
{
  if (*word == '@') {
    line->resolver = word + 1;
    line->resolver_len = len - 1;
    return 0;
  }
  if (resolve_types_add(&line->types, word, len) < 0)
    return resolve_refuse(item, "neither a type of records nor a @resolver",
                          word, len, "");
  return 0;
}

/* Of a URL the host: what fetch has recorded can be asked about. */
static void cut_url(struct resolve_line *line)
{
  static const char mark[] = "://";
  enum { MARK = sizeof(mark) - 1 };
  const char *end = line->name + line->name_len;
  const char *at = memchr(line->name, mark[0], line->name_len);
  if (!at || end - at < MARK || memcmp(at, mark, MARK) != 0)
    return;
  at += MARK;
  size_t len = strcspn(at, "/?# \t");
  len = at + len < end ? len : (size_t)(end - at);
  const char *user = memrchr(at, '@', len);
  if (user) {
    len -= (size_t)(user + 1 - at);
    at = user + 1;
  }
  bool quoted = len > 0 && *at == '[';
  at += quoted;
  const char *host_end = memchr(at, quoted ? ']' : ':', len - quoted);
  line->name = at;
  line->name_len = host_end ? (size_t)(host_end - at) : len - quoted;
}

int resolve_line_read(struct resolve_line *line, struct job_item *item)
{
  const char *at = item->entry.text;
  *line = (struct resolve_line){ .name_len = next_word(&at) };
  line->name = at;
  if (line->name_len == 0)
    return job_error_set(item, JOB_ERROR_INPUT, 0, "no name");
  at += line->name_len;
  for (size_t len; (len = next_word(&at)) > 0; at += len)
    if (read_word(line, item, at, len) < 0)
      return -1;
  cut_url(line);
  return line->name_len > 0
             ? 0
             : job_error_set(item, JOB_ERROR_INPUT, 0, "a URL without a host");
}

/* Names. */

static bool is_ascii(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] >= 0x80)
      return false;
  return true;
}

static int read_ascii(struct job_item *item, const char *text, size_t len,
                      unsigned char *out)
{
  int bytes = async_dns_name_parse(text, len, out);
  if (bytes == ASYNC_ETOOLONG)
    return refuse_name(item, text, len,
                       "a label has at most 63 bytes, a name 255");
  if (bytes < 0)
    return refuse_name(item, text, len,
                       "an empty label, or \\ before what it cannot escape");
  return bytes;
}

/* As browsers and curl do: with the mapping of UTS 46. */
static int read_idn(struct job_item *item, const char *text, size_t len,
                    unsigned char *out)
{
  char *copy = strndup(text, len), *ascii = NULL;
  if (!copy)
    return job_error_set(item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                         async_err_text(ASYNC_ENOMEM));
  int rc =
      idn2_to_ascii_8z(copy, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  free(copy);
  if (rc != IDN2_OK)
    return refuse_name(item, text, len, idn2_strerror(rc));
  int bytes = read_ascii(item, ascii, strlen(ascii), out);
  idn2_free(ascii);
  return bytes;
}

int resolve_name_read(struct job_item *item, const char *text, size_t len,
                      unsigned char *out)
{
  return is_ascii(text, len) ? read_ascii(item, text, len, out)
                             : read_idn(item, text, len, out);
}

int resolve_question_name(struct resolve_question *question,
                          const unsigned char *wire, size_t len)
{
  question->name = malloc(len);
  if (!question->name)
    return ASYNC_ENOMEM;
  memcpy(question->name, wire, len);
  question->name_bytes = (uint8_t)len;
  return 0;
}

void resolve_question_name_add(const struct resolve_question *question,
                               struct async_buf *out)
{
  async_dns_name_add(out, question->name);
  if (question->relative && !out->err)
    out->len--;
}

void resolve_question_type_add(const struct resolve_question *question,
                               struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, question->both
                             ? "A,AAAA"
                             : async_dns_type_name(question->type, word));
}

void resolve_question_done(struct resolve_question *question)
{
  free(question->name);
  question->name = NULL;
}
