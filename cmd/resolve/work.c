/* An attempt is, one after the other:
 *
 *   1. the answer: one query, or those of --agree, --compare, --soa-check
 *   2. --trusted: does somebody reliable say the same?
 *   3. --wildcard: would any name have got it? */
#include "resolve/work.h"

#include "async/error.h"
#include "async/scope.h"
#include "command.h"
#include "resolve/judge.h"
#include "resolve/soa.h"
#include "resolve/trusted.h"
#include "resolve/vote.h"
#include "resolve/wildcard.h"

bool resolve_needs_work(const struct resolve_opts *opts)
{
  return opts->agree.asked || opts->compare || opts->soa_check ||
         opts->trusted || opts->wildcard != RESOLVE_WILDCARD_OFF;
}

static int check_trusted(struct resolve_client *client)
{
  if (!client->opts.trusted)
    return COMMAND_OK;
  for (size_t i = 0; i < client->resolvers; i++)
    if (async_dns_fleet_resolver(client->fleet, i)->trusted)
      return COMMAND_OK;
  job_say_error(client->run->log, "--trusted %s: no resolver there",
                client->opts.trusted);
  return COMMAND_IO;
}

int resolve_work_check(struct resolve_client *client)
{
  const struct resolve_opts *opts = &client->opts;
  if ((opts->agree.asked > 0) + opts->compare + opts->soa_check > 1) {
    job_say_error(client->run->log,
                  "--agree, --compare and --soa-check do not go together");
    return COMMAND_USAGE;
  }
  int status = check_trusted(client);
  return status == COMMAND_OK ? resolve_vote_check(client) : status;
}

/* --timeout is for the question with all that belongs to it: each query has its
 * deadline, and there is no scope around an attempt. */
int resolve_work_prepare(void *ctx, struct job_item *item)
{
  int err = resolve_prepare(ctx, item);
  item->timeout_ns = 0;
  return err;
}

static void ask(struct resolve_client *client, struct resolve_item *item,
                struct async_fan_attempt *attempt)
{
  struct async_op op;
  int err = async_check();
  if (err < 0) {
    resolve_judge_end(client, item, attempt, err);
    return;
  }
  resolve_start(client, &item->item, attempt, &op);
  async_await(&op);
  resolve_judge(client, &item->item, attempt, &op);
}

/* These have tried all that there is to try. */
static void try_no_more(struct async_fan_attempt *attempt)
{
  if (attempt->outcome != ASYNC_FAN_OK)
    attempt->outcome = ASYNC_FAN_FAILED;
}

static void get_answer(struct resolve_client *client, struct resolve_item *item,
                       struct async_fan_attempt *attempt)
{
  const struct resolve_opts *opts = &client->opts;
  if (!opts->soa_check && !opts->agree.asked && !opts->compare) {
    ask(client, item, attempt);
    return;
  }
  resolve_begin_now(item);
  if (opts->soa_check)
    resolve_soa(client, item, attempt);
  else
    resolve_vote(client, item, attempt);
  try_no_more(attempt);
}

void resolve_work(void *ctx, struct job_item *base,
                  struct async_fan_attempt *attempt)
{
  struct resolve_client *client = ctx;
  struct resolve_item *item = (struct resolve_item *)base;
  const struct resolve_opts *opts = &client->opts;
  attempt->rc = 0;
  get_answer(client, item, attempt);
  if (opts->trusted && attempt->outcome == ASYNC_FAN_OK) {
    resolve_confirm(client, item, attempt);
    try_no_more(attempt);
  }
  if (opts->wildcard != RESOLVE_WILDCARD_OFF && !opts->soa_check)
    resolve_wildcard(client, item, attempt);
}
