#include "request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "async/time.h"

/* Cuts a string at the first `c`. Returns what is behind it, or NULL. */
static char *cut(char *text, char c)
{
  char *at = text ? strchr(text, c) : NULL;
  if (!at)
    return NULL;
  *at = '\0';
  return at + 1;
}

static char *trim(char *text)
{
  text += strspn(text, " \t");
  size_t len = strlen(text);
  while (len > 0 && strchr(" \t\r", text[len - 1]))
    text[--len] = '\0';
  return text;
}

/* A proxy gets "http://host/path": only the path matters here. */
static char *without_origin(char *target)
{
  if (strncmp(target, "http://", 7) != 0)
    return target;
  char *path = strchr(target + 7, '/');
  return path ? path : target + strlen(target);
}

static int parse_first_line(struct request *request, char *line)
{
  request->method = line;
  request->target = cut(line, ' ');
  char *version = cut(request->target, ' ');
  if (!version || strncmp(version, "HTTP/1.", 7) != 0)
    return 400;
  request->http10 = version[7] == '0';
  return 0;
}

/* The path and the query are cut out of a copy of the target. */
static void split_target(struct request *request, char *copy)
{
  request->path = without_origin(copy);
  char *query = cut(request->path, '?');
  request->query = query ? query : request->path + strlen(request->path);
}

static void split_path(struct request *request, char *copy)
{
  for (char *at = copy + (*copy == '/'); at && *at;) {
    if (request->segment_count == SEGMENTS_MAX)
      return;
    request->segments[request->segment_count++] = at;
    at = cut(at, '/');
  }
}

static int parse_header(struct request *request, char *line)
{
  if (request->header_count == HEADERS_MAX)
    return 431;
  char *value = cut(line, ':');
  if (!value || line[0] == ' ')
    return 400;
  request->headers[request->header_count++] =
      (struct header){ line, trim(value) };
  return 0;
}

/* The target is needed three times: whole for the log, cut at the question
 * mark, and cut at the slashes. The copies go behind the head, where the
 * caller left room. */
static char *copy_to(char *room, const char *text)
{
  size_t len = strlen(text);
  memcpy(room, text, len + 1);
  return room;
}

int request_parse(struct request *request, char *head, size_t len)
{
  memset(request, 0, offsetof(struct request, headers));
  request->header_count = request->segment_count = 0;
  char *next = cut(head, '\n');
  int status = parse_first_line(request, trim(head));
  if (status)
    return status;
  while (next && *next != '\r' && *next != '\n' && *next) {
    char *line = next;
    next = cut(line, '\n');
    status = parse_header(request, line);
    if (status)
      return status;
  }
  char *room = head + len + 1;
  split_target(request, copy_to(room, request->target));
  room += strlen(request->target) + 1;
  split_path(request, copy_to(room, request->path));
  return 0;
}

const char *request_header(const struct request *request, const char *name)
{
  for (size_t i = 0; i < request->header_count; i++)
    if (strcasecmp(request->headers[i].name, name) == 0)
      return request->headers[i].value;
  return NULL;
}

bool request_header_has(const struct request *request, const char *name,
                        const char *word)
{
  const char *at = request_header(request, name);
  size_t len = strlen(word);
  while (at && *at) {
    at += strspn(at, " \t,");
    size_t item = strcspn(at, " \t,;");
    if (item == len && strncasecmp(at, word, len) == 0)
      return true;
    at += item + strcspn(at + item, ",");
  }
  return false;
}

/* The query's parameter, not decoded. Returns NULL if it is not there. */
static const char *find_param(const struct request *request, const char *name,
                              size_t *len)
{
  size_t name_len = strlen(name);
  const char *at = request->query;
  while (*at) {
    size_t item = strcspn(at, "&");
    if (item >= name_len && strncmp(at, name, name_len) == 0 &&
        (item == name_len || at[name_len] == '=')) {
      *len = item == name_len ? 0 : item - name_len - 1;
      return at + item - *len;
    }
    at += item + (at[item] == '&');
  }
  return NULL;
}

static int hex(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void decode_percent(struct async_buf *out, const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%' && i + 2 < len && hex(text[i + 1]) >= 0 &&
        hex(text[i + 2]) >= 0) {
      c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    }
    async_buf_add_char(out, c);
  }
}

bool request_param(const struct request *request, const char *name,
                   struct async_buf *out)
{
  size_t len;
  const char *value = find_param(request, name, &len);
  if (value)
    decode_percent(out, value, len);
  return value != NULL;
}

static int64_t number_param(const struct request *request, const char *name,
                            int64_t missing, int64_t (*parse)(const char *))
{
  char text[32];
  size_t len;
  const char *value = find_param(request, name, &len);
  if (!value || len >= sizeof(text))
    return missing;
  memcpy(text, value, len);
  text[len] = '\0';
  int64_t number = parse(text);
  return number < 0 ? missing : number;
}

int64_t request_param_size(const struct request *request, const char *name,
                           int64_t missing)
{
  return number_param(request, name, missing, parse_size);
}

int64_t request_param_duration(const struct request *request, const char *name,
                               int64_t missing)
{
  return number_param(request, name, missing, parse_duration);
}

const char *request_segment(const struct request *request, size_t index,
                            const char *missing)
{
  return index < request->segment_count ? request->segments[index] : missing;
}

int64_t parse_size(const char *text)
{
  char *end;
  long long number = strtoll(text, &end, 10);
  if (end == text || number < 0)
    return -1;
  static const char units[] = "kMGT";
  const char *unit = *end ? strchr(units, *end) : NULL;
  if (!unit)
    return *end ? -1 : number;
  if (end[1] || number > (INT64_MAX >> 40))
    return -1;
  return number << (10 * (unit - units + 1));
}

int64_t parse_duration(const char *text)
{
  static const struct {
    const char *name;
    double ns;
  } units[] = { { "", 1e9 },   { "s", 1e9 },  { "ms", 1e6 },
                { "us", 1e3 }, { "m", 60e9 }, { "h", 3600e9 } };
  char *end;
  double number = strtod(text, &end);
  if (end == text || !(number >= 0 && number < 1e6))
    return -1;
  for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
    if (strcmp(end, units[i].name) == 0)
      return (int64_t)(number * units[i].ns);
  return -1;
}
