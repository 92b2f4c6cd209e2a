/* What goes together with --system. */
#include <assert.h>
#include <string.h>

#include "async/error.h"
#include "command.h"
#include "opt/value.h"
#include "resolve/client.h"
#include "resolve/system.h"

/* Types. */

/* Returns the one type that stands for them, or ASYNC_EINVAL. */
static int one_type(const struct resolve_types *types)
{
  bool v4 = false, v6 = false, names = false, others = false;
  for (size_t i = 0; i < types->count; i++) {
    v4 |= types->items[i] == ASYNC_DNS_A;
    v6 |= types->items[i] == ASYNC_DNS_AAAA;
    names |= types->items[i] == ASYNC_DNS_PTR;
    others |= types->items[i] != ASYNC_DNS_A &&
              types->items[i] != ASYNC_DNS_AAAA &&
              types->items[i] != ASYNC_DNS_PTR;
  }
  if (others || ((v4 || v6) && names))
    return ASYNC_EINVAL;
  if (v4 && v6)
    return ASYNC_DNS_TYPE_ANY;
  return v4 ? ASYNC_DNS_A : v6 ? ASYNC_DNS_AAAA : ASYNC_DNS_PTR;
}

int resolve_system_types(struct resolve_types *types, struct job_item *item,
                         bool reverse)
{
  int type = one_type(types);
  if (type < 0)
    return job_error_set(item, JOB_ERROR_INPUT, 0,
                         "--system looks up A, AAAA, or both, or PTR of an "
                         "address, and no other type");
  if (reverse && type != ASYNC_DNS_PTR)
    return job_error_set(item, JOB_ERROR_INPUT, 0,
                         "of an address, --system looks up PTR only");
  *types = (struct resolve_types){ 1, { (uint16_t)type } };
  return 0;
}

static int check_types(struct resolve_client *client)
{
  if (!client->types_given)
    client->types =
        (struct resolve_types){ 2, { ASYNC_DNS_A, ASYNC_DNS_AAAA } };
  int type = one_type(&client->types);
  bool reverse = client->opts.reverse && client->types_given;
  if (type < 0 || (reverse && type != ASYNC_DNS_PTR)) {
    job_say_error(client->run->log, "--type: expected %s with --system%s",
                  reverse ? "PTR" : "A, AAAA, or both, or PTR alone,",
                  reverse ? " and --reverse" : "");
    return COMMAND_USAGE;
  }
  client->opts.reverse |= type == ASYNC_DNS_PTR;
  return COMMAND_OK;
}

/* Options. */

/* Those that say how DNS is to be asked, or by whom. */
static const char *const refused[] = {
  "class",
  "resolvers",
  "rotate",
  "resolver-rate",
  "resolver-jobs",
  "check-resolvers",
  "check-name",
  "trusted",
  "tcp",
  "dnssec",
  "cd",
  "ad",
  "recurse",
  "edns",
  "bufsize",
  "ecs",
  "nsid",
  "cookie",
  "ednsopt",
  "0x20",
  "agree",
  "compare",
  "soa-check",
  "server-port",
  "wildcard",
  "details",
  "ipv4",
  "ipv6",
  "sockets",
  "rcvbuf",
};

static bool is_same_text(const char *a, const char *b)
{
  return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Whether the row's field has another value than at first. */
static bool is_changed(const struct opt_row *row,
                       const struct resolve_opts *opts,
                       const struct resolve_opts *initial)
{
  const void *a = (const char *)opts + row->offset;
  const void *b = (const char *)initial + row->offset;
  unsigned value;
  switch (row->kind) {
  case OPT_KIND_STRING:
    return !is_same_text(*(char *const *)a, *(char *const *)b);
  case OPT_KIND_LIST:
    return ((const struct opt_list *)a)->count > 0;
  case OPT_KIND_SET: /* several share the field */
    memcpy(&value, a, sizeof(value));
    return value == row->min;
  default:
    return memcmp(a, b, row->width) != 0;
  }
}

static int refuse(struct resolve_client *client, const struct opt_row *row)
{
  const char *no = row->kind == OPT_KIND_FLAG && row->negatable ? "no-" : "";
  bool resolvers = strcmp(row->long_name, "resolvers") == 0;
  job_say_error(client->run->log,
                "--%s%s%s and --system do not go together: it asks as the C "
                "library would",
                no, row->long_name, resolvers ? " (or @RESOLVER)" : "");
  return COMMAND_USAGE;
}

static int check_rows(struct resolve_client *client, const struct opt_set *set,
                      const struct resolve_opts *initial)
{
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    bool on;
    const struct opt_row *row =
        opt_set_find(set, refused[i], strlen(refused[i]), &on);
    assert(row);
    if (is_changed(row, &client->opts, initial))
      return refuse(client, row);
  }
  return COMMAND_OK;
}

static int check_options(struct resolve_client *client)
{
  struct opt_set set;
  struct resolve_opts initial;
  memset(&initial, 0, sizeof(initial));
  int err = opt_set_init(&set, resolve_tables);
  int status = COMMAND_IO;
  if (err == 0)
    err = opt_values_init(&set, &initial);
  if (err == 0)
    status = check_rows(client, &set, &initial);
  else
    job_say_error(client->run->log, "%s", async_err_text(err));
  opt_values_done(&set, &initial);
  opt_set_done(&set);
  return status;
}

static int check_format(struct resolve_client *client)
{
  enum resolve_style style = client->style;
  if (style != RESOLVE_STYLE_FULL && style != RESOLVE_STYLE_ZONE &&
      style != RESOLVE_STYLE_WIRE)
    return COMMAND_OK;
  job_say_error(client->run->log,
                "--format %s and --system do not go together: there is no "
                "message to show; expected text, short, list, ndjson, tsv, csv "
                "or a template",
                client->opts.job.format);
  return COMMAND_USAGE;
}

int resolve_system_check(struct resolve_client *client)
{
  int status = check_options(client);
  if (status == COMMAND_OK)
    status = check_format(client);
  return status == COMMAND_OK ? check_types(client) : status;
}
