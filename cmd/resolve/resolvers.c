#include "resolve/resolvers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"
#include "resolve/file.h"

struct reader {
  struct resolve_resolvers *out;
  const struct resolve_opts *opts;
  struct job_log *log;
  bool trusted; /* all that are read now are */
  bool named;   /* there was one, whatever its family */
};

void resolve_resolvers_done(struct resolve_resolvers *resolvers)
{
  free(resolvers->items);
  *resolvers = (struct resolve_resolvers){ .items = NULL };
}

static int no_memory(const struct reader *reader)
{
  job_say_error(reader->log, "%s", async_err_text(ASYNC_ENOMEM));
  return COMMAND_IO;
}

static bool is_wanted(const struct reader *reader,
                      const struct async_dns_resolver *resolver)
{
  enum resolve_ip ip = reader->opts->ip;
  int family = resolver->addr.storage.ss_family;
  return ip == RESOLVE_IP_BOTH ||
         family == (ip == RESOLVE_IP_V4 ? AF_INET : AF_INET6);
}

static int add(struct reader *reader, struct async_dns_resolver *resolver)
{
  struct resolve_resolvers *out = reader->out;
  reader->named = true;
  resolver->trusted |= reader->trusted;
  if (!is_wanted(reader, resolver))
    return COMMAND_OK;
  struct async_dns_resolver *more =
      realloc(out->items, (out->count + 1) * sizeof(*more));
  if (!more)
    return no_memory(reader);
  out->items = more;
  out->items[out->count++] = *resolver;
  return COMMAND_OK;
}

static int add_text(struct reader *reader, const char *text, const char *where,
                    size_t line)
{
  struct async_dns_resolver resolver;
  const char *why = "";
  if (async_dns_resolver_parse(&resolver, text, &why) == 0)
    return add(reader, &resolver);
  if (line)
    job_say_error(reader->log, "%s, line %zu: not a resolver: '%s': %s", where,
                  line, text, why);
  else
    job_say_error(reader->log,
                  "not a resolver, and no file: '%s': %s; expected "
                  "[udp://|tcp://]ADDRESS[:PORT]",
                  text, why);
  return COMMAND_USAGE;
}

/* Cuts `text` at the first of `delimiters`. Returns what follows, or NULL. */
static char *cut(char *text, const char *delimiters)
{
  char *end = strpbrk(text, delimiters);
  if (end)
    *end++ = '\0';
  return end;
}

static bool has_nul(const struct async_buf *text)
{
  return strlen(text->data) < text->len;
}

static int add_file(struct reader *reader, const char *path)
{
  struct async_buf text = ASYNC_BUF_INIT;
  int status = COMMAND_OK, err = resolve_file_read(path, &text);
  size_t number = 0;
  if (err == 0 && !async_buf_str(&text))
    err = ASYNC_ENOMEM;
  if (err < 0)
    job_say_error(reader->log, "cannot read %s: %s", path, async_err_text(err));
  else if (has_nul(&text))
    job_say_error(reader->log, "%s: contains a NUL byte", path);
  if (err < 0 || has_nul(&text))
    status = err < 0 ? COMMAND_IO : COMMAND_USAGE;
  for (char *line = status == COMMAND_OK ? text.data : NULL, *next;
       line && status == COMMAND_OK; line = next) {
    next = cut(line, "\n");
    number++;
    line += strspn(line, " \t\r");
    if (*line && *line != '#' && *line != ';')
      status = add_text(reader, line, path, number);
  }
  async_buf_done(&text);
  return status;
}

/* "192.0.2.1,192.0.2.2:5353" */
static int add_list(struct reader *reader, const char *list)
{
  int status = COMMAND_OK;
  char *copy = strdup(list);
  if (!copy)
    return no_memory(reader);
  for (char *text = copy, *next; text && status == COMMAND_OK; text = next) {
    next = cut(text, ",");
    if (*text)
      status = add_text(reader, text, NULL, 0);
  }
  free(copy);
  return status;
}

static int add_any(struct reader *reader, const char *text)
{
  return access(text, F_OK) == 0 ? add_file(reader, text)
                                 : add_list(reader, text);
}

static int add_system(struct reader *reader)
{
  struct async_dns_resolver *items;
  size_t count;
  int status = COMMAND_OK, err = async_dns_resolvers_system(&items, &count);
  if (err < 0) {
    job_say_error(reader->log, "the system's resolvers: %s",
                  async_err_text(err));
    return COMMAND_IO;
  }
  for (size_t i = 0; i < count && status == COMMAND_OK; i++)
    status = add(reader, &items[i]);
  free(items);
  return status;
}

static int check_count(const struct reader *reader)
{
  if (reader->out->count > 0)
    return COMMAND_OK;
  job_say_error(reader->log, "no resolver to ask%s",
                reader->named ? ": -4 and -6 leave none" : "");
  return COMMAND_IO;
}

int resolve_resolvers_read(struct resolve_resolvers *out,
                           const struct resolve_opts *opts, struct job_log *log)
{
  struct reader reader = { .out = out, .opts = opts, .log = log };
  int status = COMMAND_OK;
  *out = (struct resolve_resolvers){ .items = NULL };
  for (size_t i = 0; i < opts->resolvers.count && status == COMMAND_OK; i++)
    status = add_any(&reader, opts->resolvers.items[i]);
  if (opts->resolvers.count == 0)
    status = add_system(&reader);
  reader.trusted = true;
  if (status == COMMAND_OK && opts->trusted)
    status = add_any(&reader, opts->trusted);
  return status == COMMAND_OK ? check_count(&reader) : status;
}
