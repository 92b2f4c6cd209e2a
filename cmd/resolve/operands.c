#include "resolve/operands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"
#include "resolve/choices.h"

/* +words. */

static void set_dnssec(struct resolve_opts *opts, bool on)
{
  opts->dnssec = on;
}

static void set_cd(struct resolve_opts *opts, bool on)
{
  opts->cd = on;
}

static void set_ad(struct resolve_opts *opts, bool on)
{
  opts->ad = on;
}

static void set_recurse(struct resolve_opts *opts, bool on)
{
  opts->recurse = on;
}

static void set_edns(struct resolve_opts *opts, bool on)
{
  opts->edns = on;
}

static void set_nsid(struct resolve_opts *opts, bool on)
{
  opts->nsid = on;
}

static void set_cookie(struct resolve_opts *opts, bool on)
{
  opts->cookie = on;
}

static void set_tcp(struct resolve_opts *opts, bool on)
{
  opts->tcp = on ? ASYNC_DNS_TCP_ALWAYS : ASYNC_DNS_TCP_AUTO;
}

static void set_ignore(struct resolve_opts *opts, bool on)
{
  opts->tcp = on ? ASYNC_DNS_TCP_NEVER : ASYNC_DNS_TCP_AUTO;
}

static void set_short(struct resolve_opts *opts, bool on)
{
  static char style[] = "short";
  if (on)
    opts->job.format = style;
}

static const struct {
  const char *word;
  void (*set)(struct resolve_opts *opts, bool on);
} plus_words[] = {
  { "dnssec", set_dnssec },   { "cd", set_cd },       { "cdflag", set_cd },
  { "ad", set_ad },           { "adflag", set_ad },   { "rec", set_recurse },
  { "recurse", set_recurse }, { "edns", set_edns },   { "nsid", set_nsid },
  { "cookie", set_cookie },   { "tcp", set_tcp },     { "vc", set_tcp },
  { "ignore", set_ignore },   { "short", set_short },
};

static bool take_subnet(struct resolve_opts *opts, const char *text)
{
  opts->subnet = (char *)(uintptr_t)text;
  return resolve_is_subnet(text);
}

static bool take_bufsize(struct resolve_opts *opts, const char *text)
{
  return opt_read_count(text, &opts->bufsize) == 0 && opts->bufsize >= 512 &&
         opts->bufsize <= 65535;
}

/* Returns whether it is one of dig's words, and was taken. */
static bool take_plus(struct resolve_opts *opts, const char *text)
{
  bool on = strncmp(text, "no", 2) != 0;
  static const char subnet[] = "subnet=", bufsize[] = "bufsize=";
  if (strncmp(text, subnet, sizeof(subnet) - 1) == 0)
    return take_subnet(opts, text + sizeof(subnet) - 1);
  if (strncmp(text, bufsize, sizeof(bufsize) - 1) == 0)
    return take_bufsize(opts, text + sizeof(bufsize) - 1);
  for (size_t i = 0; i < sizeof(plus_words) / sizeof(plus_words[0]); i++) {
    if (strcmp(text + (on ? 0 : 2), plus_words[i].word) == 0) {
      plus_words[i].set(opts, on);
      return true;
    }
  }
  return false;
}

/* The words between. */

/* A file of that name is a list; so is "-". */
static bool is_file(const char *text)
{
  return access(text, F_OK) == 0;
}

static int refuse(struct job_run *run, const char *text, const char *expected)
{
  job_say_error(run->log, "'%s': expected %s", text, expected);
  return COMMAND_USAGE;
}

/* Returns the exit status; *taken: it is no entry. */
static int take(struct job_run *run, struct resolve_opts *opts,
                struct resolve_types *types, const char *text, bool *taken)
{
  *taken = true;
  if (*text == '@')
    return opt_list_add(&opts->resolvers, text + 1) < 0 ? COMMAND_IO
                                                        : COMMAND_OK;
  if (*text == '+')
    return take_plus(opts, text + 1)
               ? COMMAND_OK
               : refuse(run, text,
                        "+[no]dnssec, +[no]cd, +[no]ad, +[no]recurse, "
                        "+[no]edns, +[no]nsid, +[no]cookie, +[no]tcp, "
                        "+[no]ignore, +short, +subnet=NET or +bufsize=N");
  if (!is_file(text) && resolve_types_add(types, text, strlen(text)) == 0)
    return COMMAND_OK;
  *taken = false;
  return COMMAND_OK;
}

int resolve_operands_take(struct job_run *run, struct resolve_opts *opts,
                          struct resolve_types *types, char ***operands)
{
  size_t count = 0;
  char **left = calloc(run->operand_count + 1, sizeof(*left));
  int status = left ? COMMAND_OK : COMMAND_IO;
  for (size_t i = 0; i < run->operand_count && status == COMMAND_OK; i++) {
    bool taken;
    status = take(run, opts, types, run->operands[i], &taken);
    if (!taken)
      left[count++] = run->operands[i];
  }
  if (status == COMMAND_IO)
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
  if (status != COMMAND_OK) {
    free(left);
    return status;
  }
  *operands = left;
  run->operands = left;
  run->operand_count = count;
  return COMMAND_OK;
}
