#include "resolve/client.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"
#include "resolve/check.h"
#include "resolve/operands.h"
#include "resolve/resolvers.h"
#include "resolve/system.h"
#include "resolve/work.h"

/* Entries between source and record: enough for retries not to stop the rest. */
enum { WINDOW_LEAST = 1024 };

/* Names of which it is known whether there is a wildcard below: some 10 MiB. */
enum { LEVELS_MOST = 32768 };

/* The operands and the options. */

static int read_types(struct resolve_client *client)
{
  const struct opt_list *words = &client->opts.types;
  for (size_t i = 0; i < words->count; i++)
    resolve_types_add(&client->types, words->items[i], strlen(words->items[i]));
  client->types_given = client->types.count > 0;
  if (!client->types_given)
    client->types = (struct resolve_types){ 1, { ASYNC_DNS_A } };
  return COMMAND_OK;
}

static int read_words(struct resolve_client *client)
{
  struct resolve_opts *opts = &client->opts;
  int status = resolve_operands_take(client->run, opts, &client->types,
                                     &client->operands);
  if (status != COMMAND_OK)
    return status;
  read_types(client);
  client->klass =
      (uint16_t)async_dns_class_parse(opts->klass, strlen(opts->klass));
  int style = resolve_style_of(opts->job.format ? opts->job.format : "text");
  client->style = style < 0 ? RESOLVE_STYLE_SIMPLE : (enum resolve_style)style;
  resolve_codes_init(&client->retry_on, &opts->job.retry_on);
  client->only.words = &opts->only;
  client->not .words = &opts->not ;
  for (size_t i = 0; i < opts->fail_on.count; i++) {
    bool nodata = strcasecmp(opts->fail_on.items[i], "nodata") == 0;
    client->fails_nodata |= nodata;
    client->fails_nxdomain |= !nodata;
  }
  return COMMAND_OK;
}

/* Bytes of others could tell a terminal anything. */
static int check_output(const struct resolve_client *client)
{
  if (client->style != RESOLVE_STYLE_WIRE || !isatty(STDOUT_FILENO))
    return COMMAND_OK;
  job_say_error(client->run->log,
                "--format wire is binary and not for a terminal: redirect it "
                "to a file or a program");
  return COMMAND_USAGE;
}

/* The network. */

static struct async_dns_fleet_opts fleet_opts(const struct resolve_opts *opts)
{
  bool v6 = opts->source && strchr(opts->source, ':');
  return (struct async_dns_fleet_opts){
    .rotate = opts->rotate,
    .tcp = opts->tcp,
    .rate_per_s = opts->resolver_rate.per_s,
    .jobs = (unsigned)opts->resolver_jobs,
    .timeout_ns = opts->attempt_timeout_ns,
    .sockets = (unsigned)opts->sockets,
    .rcvbuf_bytes = opts->rcvbuf_bytes,
    .source4 = v6 ? NULL : opts->source,
    .source6 = v6 ? opts->source : NULL,
    .interface = opts->interface,
    .seed = opts->job.seed,
  };
}

static int open_fleet(struct resolve_client *client,
                      const struct resolve_resolvers *resolvers)
{
  struct async_dns_fleet_opts opts = fleet_opts(&client->opts);
  opts.resolvers = resolvers->items;
  opts.count = client->resolvers = resolvers->count;
  int err = async_dns_fleet_open(&client->fleet, &opts);
  if (err == 0)
    return COMMAND_OK;
  job_say_error(client->run->log, "cannot ask resolvers: %s",
                async_err_text(err));
  return err == ASYNC_EINVAL ? COMMAND_USAGE : COMMAND_IO;
}

static int open_resolvers(struct resolve_client *client)
{
  struct resolve_resolvers resolvers;
  struct async_dns_fleet_opts opts = fleet_opts(&client->opts);
  int status =
      resolve_resolvers_read(&resolvers, &client->opts, client->run->log);
  if (status == COMMAND_OK &&
      resolve_check_wanted(&client->opts, resolvers.count))
    status = resolve_check_run(client, &resolvers, &opts);
  if (status == COMMAND_OK)
    status = open_fleet(client, &resolvers);
  resolve_resolvers_done(&resolvers);
  return status;
}

/* The rest. */

static int open_failed(struct resolve_client *client)
{
  const char *path = client->opts.failed;
  int err = path ? job_out_open_file(&client->failed, path) : 0;
  if (err < 0)
    job_say_error(client->run->log, "cannot write %s: %s", path,
                  async_err_text(err));
  return err < 0 ? COMMAND_IO : COMMAND_OK;
}

static int open_queries(struct resolve_client *client)
{
  int err = resolve_query_init(&client->query, &client->opts);
  resolve_flights_init(&client->flights, client->fleet, &client->query);
  resolve_pace_init(&client->pace,
                    client->opts.job.jobs == 0 ? client->fleet : NULL);
  client->flights.pace = &client->pace;
  if (err < 0)
    job_say_error(client->run->log, "%s", async_err_text(err));
  return err < 0 ? COMMAND_IO : COMMAND_OK;
}

static void free_client(struct resolve_client *client)
{
  resolve_source_close(client->source);
  resolve_levels_done(&client->levels);
  async_dns_close(client->dns);
  async_dns_fleet_close(client->fleet);
  resolve_flights_done(&client->flights);
  resolve_query_done(&client->query);
  opt_list_done(&client->opts.resolvers);
  free(client->operands);
  free(client);
}

static int open_parts(struct resolve_client *client)
{
  int status = read_words(client);
  if (status == COMMAND_OK)
    status = check_output(client);
  if (status == COMMAND_OK)
    status = client->opts.system ? resolve_system_open(client)
                                 : open_resolvers(client);
  if (status == COMMAND_OK)
    status = resolve_work_check(client);
  if (status == COMMAND_OK)
    status = open_queries(client);
  if (status == COMMAND_OK)
    status = resolve_source_open(&client->source, client);
  return status == COMMAND_OK ? open_failed(client) : status;
}

static int copy_list(struct opt_list *out, const struct opt_list *list)
{
  int err = 0;
  *out = (struct opt_list){ .count = 0 };
  for (size_t i = 0; i < list->count && err == 0; i++)
    err = opt_list_add(out, list->items[i]);
  return err;
}

static size_t jobs_of_auto(const struct resolve_opts *opts)
{
  bool in_tasks = opts->system || resolve_needs_work(opts);
  return in_tasks ? RESOLVE_PACE_WORK_JOBS : RESOLVE_PACE_JOBS;
}

int resolve_client_open(struct job_run *run, void **ctx)
{
  struct resolve_client *client = calloc(1, sizeof(*client));
  if (!client) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  const struct resolve_opts *opts = run->tool_opts;
  client->run = run;
  client->opts = *opts;
  client->attempts = opts->job.retries + 1;
  resolve_levels_init(&client->levels, client, LEVELS_MOST);
  async_sem_init(&client->votes, RESOLVE_VOTES_MOST);
  int status = COMMAND_IO;
  if (run->jobs == 0)
    run->jobs = jobs_of_auto(opts);
  if (copy_list(&client->opts.resolvers, &opts->resolvers) == 0)
    status = open_parts(client);
  else
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
  run->window = run->jobs + WINDOW_LEAST;
  run->needs_input &= opts->check_resolvers != RESOLVE_CHECK_ONLY;
  if (status == COMMAND_OK)
    *ctx = client;
  else
    free_client(client);
  return status;
}

struct resolve_round resolve_client_round(struct resolve_client *client,
                                          int64_t deadline_ns)
{
  return (struct resolve_round){
    .flights = &client->flights,
    .retry_on = &client->retry_on,
    .attempts = client->attempts,
    .deadline_ns = deadline_ns,
  };
}

int resolve_status(void *ctx, int status)
{
  struct resolve_client *client = ctx;
  int err = client->opts.failed ? job_out_close(&client->failed) : 0;
  if (err == 0)
    return status;
  job_say_error(client->run->log, "cannot write %s: %s", client->opts.failed,
                async_err_text(err));
  return COMMAND_IO;
}

void resolve_client_close(void *ctx)
{
  free_client(ctx);
}
