#include "resolve/system.h"

#include <string.h>
#include <sys/socket.h>

#include <ares.h>

#include "async/error.h"
#include "async/scope.h"
#include "command.h"
#include "resolve/client.h"
#include "resolve/judge.h"
#include "resolve/made.h"
#include "resolve/work.h"

enum {
  TRY_MS = 2000, /* for one answer of one resolver */
  PER_CHANNEL = 256
};

/* The lookups. */

static struct async_dns_opts dns_opts(const struct resolve_client *client)
{
  const struct resolve_opts *opts = &client->opts;
  bool v6 = opts->source && strchr(opts->source, ':');
  return (struct async_dns_opts){
    .timeout_ns = opts->attempt_timeout_ns > 0 ? opts->attempt_timeout_ns
                                               : TRY_MS * ASYNC_MS,
    .tries = 1, /* --retries says how often */
    .per_channel = PER_CHANNEL,
    .channels = 2 * client->run->jobs / PER_CHANNEL + 1, /* two families */
    .source4 = v6 ? NULL : opts->source,
    .source6 = v6 ? opts->source : NULL,
    .interface = opts->interface,
  };
}

int resolve_system_open(struct resolve_client *client)
{
  int status = resolve_system_check(client);
  if (status != COMMAND_OK)
    return status;
  struct async_dns_opts opts = dns_opts(client);
  int err = async_dns_open(&client->dns, &opts);
  if (err == 0)
    return COMMAND_OK;
  job_say_error(client->run->log, "cannot look up names: %s",
                async_err_text(err));
  return err == ASYNC_EINVAL ? COMMAND_USAGE : COMMAND_IO;
}

int resolve_system_prepare(void *ctx, struct job_item *base)
{
  struct resolve_item *item = (struct resolve_item *)base;
  struct async_dns_address address;
  if (item->question.type == ASYNC_DNS_PTR &&
      !resolve_made_address(&item->question, &address))
    return job_error_set(base, JOB_ERROR_INPUT, 0,
                         "neither an address nor the name of one in reverse");
  return resolve_work_prepare(ctx, base);
}

static int look_up_family(struct async_dns *dns, struct resolve_item *item,
                          const char *host, int family)
{
  struct async_dns_addresses found;
  int err = async_dns_lookup(dns, host, family, &found);
  if (err == 0)
    resolve_made_addresses(item, &found);
  return err;
}

/* Of both families c-ares tells the worst only if it came last: where one has
 * no address, the other may have got no answer. */
static int look_up_each(struct async_dns *dns, struct resolve_item *item,
                        const char *host)
{
  int err = look_up_family(dns, item, host, AF_INET);
  if (err == ASYNC_ERROR_FROM_ARES(ARES_ENODATA))
    err = look_up_family(dns, item, host, AF_INET6);
  return err;
}

static int look_up_name(struct async_dns *dns, struct resolve_item *item)
{
  struct async_buf name = ASYNC_BUF_INIT;
  unsigned type = item->question.type;
  int family = type == ASYNC_DNS_A      ? AF_INET
               : type == ASYNC_DNS_AAAA ? AF_INET6
                                        : AF_UNSPEC;
  resolve_question_name_add(&item->question, &name);
  const char *host = async_buf_str(&name);
  int err = host ? look_up_family(dns, item, host, family) : ASYNC_ENOMEM;
  if (err == ASYNC_ERROR_FROM_ARES(ARES_ENODATA) && family == AF_UNSPEC)
    err = look_up_each(dns, item, host);
  async_buf_done(&name);
  return err;
}

static int look_up_address(struct async_dns *dns, struct resolve_item *item)
{
  struct async_buf names = ASYNC_BUF_INIT;
  struct async_dns_address address;
  uint32_t ttl_s = 0;
  if (!resolve_made_address(&item->question, &address))
    return ASYNC_EINVAL;
  int err = async_dns_reverse(dns, &address, &names, &ttl_s);
  if (err == 0)
    resolve_made_names(item, &names, ttl_s);
  async_buf_done(&names);
  return err;
}

/* What came of it. */

/* Returns the rcode that a status stands for, or -1. */
static int rcode_of(int err)
{
  static const struct {
    int status, rcode;
  } pairs[] = {
    { ARES_SUCCESS, ASYNC_DNS_NOERROR },
    { ARES_ENODATA, ASYNC_DNS_NOERROR },
    { ARES_ENOTFOUND, ASYNC_DNS_NXDOMAIN },
    { ARES_EFORMERR, ASYNC_DNS_FORMERR },
    { ARES_ESERVFAIL, ASYNC_DNS_SERVFAIL },
    { ARES_ENOTIMP, ASYNC_DNS_NOTIMP },
    { ARES_EREFUSED, ASYNC_DNS_REFUSED },
  };
  for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
    if (err == (pairs[i].status ? ASYNC_ERROR_FROM_ARES(pairs[i].status) : 0))
      return pairs[i].rcode;
  return -1;
}

/* In the words that resolve_judge_end knows. */
static int error_of(int err)
{
  switch (err) {
  case ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT):
    return ASYNC_ETIMEDOUT;
  case ASYNC_ERROR_FROM_ARES(ARES_EBADRESP):
    return ASYNC_EENCODING;
  default:
    return err;
  }
}

static void judge(struct resolve_client *client, struct resolve_item *item,
                  struct async_fan_attempt *attempt, int err)
{
  int rcode = rcode_of(err);
  if (rcode >= 0) {
    if (err < 0)
      resolve_made_rcode(item, (unsigned)rcode);
    err = resolve_made_end(item);
  }
  if (err == 0) {
    resolve_judge_message(client, item, attempt);
    return;
  }
  resolve_judge_end(client, item, attempt, error_of(err));
  if (err == ASYNC_ERROR_FROM_ARES(ARES_EBADNAME)) {
    job_error_set(&item->item, JOB_ERROR_INPUT, err, "not the name of a host");
    attempt->outcome = ASYNC_FAN_FAILED;
  } else if (err == ASYNC_ERROR_FROM_ARES(ARES_ECONNREFUSED)) {
    /* c-ares 1.18 says no more. */
    job_error_set(&item->item, JOB_ERROR_CONNECT, err,
                  "the system's resolvers cannot be reached, or refuse or fail "
                  "to answer");
  }
}

void resolve_system_work(void *ctx, struct job_item *base,
                         struct async_fan_attempt *attempt)
{
  struct resolve_client *client = ctx;
  struct resolve_item *item = (struct resolve_item *)base;
  struct async_scope scope;
  attempt->rc = 0;
  resolve_begin_now(item);
  async_scope_enter(&scope, item->limit.deadline_ns > 0
                                ? item->limit.deadline_ns
                                : ASYNC_NEVER);
  int err = item->question.type == ASYNC_DNS_PTR
                ? look_up_address(client->dns, item)
                : look_up_name(client->dns, item);
  judge(client, item, attempt, async_scope_leave(&scope, err));
}
