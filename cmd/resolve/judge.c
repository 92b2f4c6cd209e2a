/* One attempt is one query to one resolver; it needs no task. Trying again,
 * elsewhere, is the engine's business. */
#include "resolve/judge.h"

#include <assert.h>

#include "async/error.h"
#include "async/timer.h"
#include "resolve/client.h"
#include "resolve/failed.h"
#include "resolve/soa.h"
#include "resolve/votes.h"

int resolve_next(void *ctx, struct job_item *item)
{
  struct resolve_client *client = ctx;
  if (client->opts.check_resolvers == RESOLVE_CHECK_ONLY)
    return ASYNC_EOF;
  int err = resolve_pace_wait(&client->pace);
  if (err < 0)
    return err;
  return resolve_source_next(client->source, (struct resolve_item *)item);
}

int resolve_prepare(void *ctx, struct job_item *base)
{
  (void)ctx;
  ((struct resolve_item *)base)->limit.timeout_ns = base->timeout_ns;
  return 0;
}

/* Starting. */

/* Forgets the attempt before. */
void resolve_begin(struct resolve_item *item)
{
  resolve_item_take(item, NULL);
}

void resolve_begin_now(struct resolve_item *item)
{
  struct resolve_limit *limit = &item->limit;
  resolve_begin(item);
  if (limit->deadline_ns == 0 && limit->timeout_ns > 0)
    limit->deadline_ns = async_in(limit->timeout_ns);
}

void resolve_item_take(struct resolve_item *item, struct resolve_flight *flight)
{
  resolve_flight_leave(item->flight);
  item->flight = flight;
  item->replied = false;
  item->result = RESOLVE_NONE;
}

void resolve_start(void *ctx, struct job_item *base,
                   struct async_fan_attempt *attempt, struct async_op *op)
{
  struct resolve_client *client = ctx;
  struct resolve_item *item = (struct resolve_item *)base;
  (void)attempt;
  resolve_begin(item);
  resolve_flight_start(&client->flights, item, item->plain, op);
}

/* Ends without a reply. */

static void fail(struct async_fan_attempt *attempt, bool again)
{
  attempt->outcome = again ? ASYNC_FAN_RETRY : ASYNC_FAN_FAILED;
  attempt->rc = ASYNC_EFAIL;
}

static const char *resolver_of(const struct resolve_client *client,
                               const struct resolve_item *item)
{
  int index = item->flight ? item->flight->ask.resolver : -1;
  if (client->opts.system)
    return "the system's resolvers";
  return index < 0 ? "any resolver"
                   : async_dns_fleet_text(client->fleet, (size_t)index);
}

static bool is_late(const struct resolve_item *item)
{
  return item->limit.deadline_ns > 0 && async_now() >= item->limit.deadline_ns;
}

static void judge_error(struct resolve_client *client,
                        struct resolve_item *item,
                        struct async_fan_attempt *attempt, int rc)
{
  const char *resolver = resolver_of(client, item);
  switch (rc) {
  case ASYNC_ECANCELED:
    attempt->outcome = ASYNC_FAN_FAILED;
    attempt->rc = rc;
    return;
  case ASYNC_ETIMEDOUT:
    job_error_set(&item->item, JOB_ERROR_TIMEOUT, rc, "no answer from %s",
                  resolver);
    fail(attempt, client->retry_on.timeout && !is_late(item));
    return;
  case ASYNC_EENCODING:
    job_error_set(&item->item, JOB_ERROR_PROTO, rc,
                  "a malformed answer from %s", resolver);
    fail(attempt, client->retry_on.badreply && !is_late(item));
    return;
  case ASYNC_ENOMEM:
  case ASYNC_ETOOLONG:
  case ASYNC_EINVAL:
    job_error_set(&item->item, JOB_ERROR_INTERNAL, rc, "%s",
                  async_err_text(rc));
    fail(attempt, false);
    return;
  default:
    job_error_set(&item->item, JOB_ERROR_CONNECT, rc, "%s: %s", resolver,
                  async_err_text(rc));
    fail(attempt, client->retry_on.network && !is_late(item));
  }
}

/* Replies. */

/* Whether there is a record of the type that was asked for. */
static bool has_data(const struct resolve_item *item)
{
  struct async_dns_record record;
  unsigned type = item->question.type;
  async_dns_record_begin(&record, &item->message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record))
    if (record.type == type || type == ASYNC_DNS_TYPE_ANY)
      return true;
  return false;
}

static enum resolve_result result_of(const struct resolve_item *item)
{
  switch (item->message.rcode) {
  case ASYNC_DNS_NOERROR:
    return has_data(item) ? RESOLVE_ANSWER : RESOLVE_NODATA;
  case ASYNC_DNS_NXDOMAIN:
    return RESOLVE_NXDOMAIN;
  default:
    return RESOLVE_ERROR;
  }
}

static void judge_rcode(struct resolve_client *client,
                        struct resolve_item *item,
                        struct async_fan_attempt *attempt)
{
  char word[ASYNC_DNS_WORD_MAX];
  unsigned rcode = item->message.rcode;
  job_error_set(&item->item, JOB_ERROR_DNS, (int)rcode, "%s from %s",
                async_dns_rcode_name(rcode, word), resolver_of(client, item));
  /* Old servers do not know EDNS. */
  if (rcode == ASYNC_DNS_FORMERR || rcode == ASYNC_DNS_NOTIMP)
    item->plain = true;
  fail(attempt, resolve_codes_have(&client->retry_on, rcode) && !is_late(item));
}

void resolve_judge_message(struct resolve_client *client,
                           struct resolve_item *item,
                           struct async_fan_attempt *attempt)
{
  item->replied = true;
  item->result = result_of(item);
  if (item->result == RESOLVE_ERROR)
    judge_rcode(client, item, attempt);
  else
    attempt->outcome = ASYNC_FAN_OK;
}

static void judge_reply(struct resolve_client *client,
                        struct resolve_item *item,
                        struct async_fan_attempt *attempt)
{
  assert(item->flight); /* that has replied */
  if (resolve_flight_read(item->flight, &item->message) < 0)
    judge_error(client, item, attempt, ASYNC_EENCODING);
  else
    resolve_judge_message(client, item, attempt);
}

/* For the next attempt. Who joined a query of others has a time of his own. */
static void take_over(struct resolve_item *item,
                      const struct resolve_flight *flight)
{
  const struct async_dns_ask *ask = &flight->ask;
  struct resolve_limit *limit = &item->limit;
  item->tried = flight->tried;
  if (!limit->timeout_ns || limit->deadline_ns || !ask->sent_ns)
    return;
  int64_t first_ns =
      ask->limit_ns ? ask->deadline_ns - ask->limit_ns : ask->sent_ns;
  limit->deadline_ns = async_time_add(first_ns, limit->timeout_ns);
}

void resolve_judge_end(struct resolve_client *client, struct resolve_item *item,
                       struct async_fan_attempt *attempt, int rc)
{
  if (item->flight)
    take_over(item, item->flight);
  if (rc < 0)
    judge_error(client, item, attempt, rc);
  else
    judge_reply(client, item, attempt);
}

void resolve_judge(void *ctx, struct job_item *base,
                   struct async_fan_attempt *attempt, struct async_op *op)
{
  resolve_judge_end(ctx, (struct resolve_item *)base, attempt, op->rc);
}

/* Ends. */

static void judge_as_failure(struct resolve_client *client,
                             struct resolve_item *item)
{
  struct job_item *base = &item->item;
  bool nxdomain = item->result == RESOLVE_NXDOMAIN && client->fails_nxdomain;
  bool nodata = item->result == RESOLVE_NODATA && client->fails_nodata;
  if (base->outcome != JOB_OUTCOME_OK || (!nxdomain && !nodata))
    return;
  base->outcome = JOB_OUTCOME_FAILED;
  job_error_set(base, JOB_ERROR_DNS, nxdomain ? (int)ASYNC_DNS_NXDOMAIN : 0,
                "%s",
                nxdomain ? "there is no such name"
                         : "the name has no record of this type");
}

void resolve_ended(void *ctx, struct job_item *base,
                   const struct async_fan_result *result)
{
  struct resolve_client *client = ctx;
  struct resolve_item *item = (struct resolve_item *)base;
  (void)result;
  judge_as_failure(client, item);
  if (client->opts.failed && base->outcome != JOB_OUTCOME_OK)
    resolve_failed_add(client, item);
  base->hidden = (client->only.words->count > 0 &&
                  !resolve_filter_hits(&client->only, item)) ||
                 resolve_filter_hits(&client->not, item);
}

void resolve_item_done(struct job_item *base)
{
  struct resolve_item *item = (struct resolve_item *)base;
  resolve_flight_leave(item->flight);
  resolve_votes_free(item->votes);
  resolve_servers_free(item->servers);
  async_buf_done(&item->made);
  resolve_question_done(&item->question);
}
