/* The end of a query puts its operation on a list; the task that waits for all
 * of them looks there, and asks again what needs it. */
#include "resolve/inquiry.h"

#include "async/error.h"
#include "async/scope.h"
#include "async/timer.h"

/* What came of an attempt. */

static bool is_failing(const struct resolve_codes *codes, int rc)
{
  switch (rc) {
  case ASYNC_ETIMEDOUT:
    return codes->timeout;
  case ASYNC_EENCODING:
    return codes->badreply;
  case ASYNC_ECANCELED:
  case ASYNC_ENOMEM:
  case ASYNC_EINVAL:
  case ASYNC_ETOOLONG:
    return false;
  default:
    return codes->network;
  }
}

bool resolve_round_doubts(const struct resolve_round *round,
                          const struct resolve_inquiry *inquiry)
{
  if (inquiry->rc < 0)
    return is_failing(round->retry_on, inquiry->rc);
  return resolve_codes_have(round->retry_on, inquiry->message.rcode);
}

bool resolve_round_is_late(const struct resolve_round *round)
{
  return round->deadline_ns > 0 && async_now() >= round->deadline_ns;
}

static bool goes_on(struct resolve_round *round,
                    struct resolve_inquiry *inquiry)
{
  if (!resolve_round_doubts(round, inquiry) || resolve_round_is_late(round))
    return false;
  return round->again ? round->again(round, inquiry)
                      : inquiry->attempts < round->attempts;
}

/* Attempts. */

static void on_end(struct async_op *op)
{
  struct resolve_round *round = op->ctx;
  async_list_push(&round->ended, &op->node);
  async_event_set(&round->wake);
}

static void ask(struct resolve_round *round, struct resolve_inquiry *inquiry)
{
  struct async_op *op = &inquiry->op;
  const struct resolve_limit limit = { .deadline_ns = round->deadline_ns };
  resolve_flight_leave(inquiry->flight);
  inquiry->attempts++;
  inquiry->flight =
      resolve_flight_ask(round->flights, &inquiry->question, &inquiry->tried,
                         &limit, inquiry->plain, op);
  round->running++;
  op->ctx = round;
  op->done = on_end;
  if (op->state == ASYNC_OP_DONE) /* it could not even begin */
    on_end(op);
}

static void read_end(struct resolve_inquiry *inquiry)
{
  const struct resolve_flight *flight = inquiry->flight;
  inquiry->rc = inquiry->op.rc;
  if (!flight)
    return;
  inquiry->tried = flight->tried;
  if (inquiry->rc == 0)
    inquiry->rc = async_dns_message_read(&inquiry->message, flight->reply.data,
                                         flight->reply.len);
  if (inquiry->rc < 0)
    return;
  /* Old servers do not know EDNS. */
  unsigned rcode = inquiry->message.rcode;
  inquiry->plain |= rcode == ASYNC_DNS_FORMERR || rcode == ASYNC_DNS_NOTIMP;
}

static void take_ended(struct resolve_round *round)
{
  struct async_list *node;
  async_event_clear(&round->wake);
  while ((node = async_list_shift(&round->ended)) != NULL) {
    struct async_op *op = ASYNC_CONTAINER_OF(node, struct async_op, node);
    struct resolve_inquiry *inquiry =
        ASYNC_CONTAINER_OF(op, struct resolve_inquiry, op);
    round->running--;
    read_end(inquiry);
    if (goes_on(round, inquiry))
      ask(round, inquiry);
  }
}

/* The run. */

/* The queries go on without us; they are no longer waited for. */
static void abandon(struct resolve_inquiry *items, size_t started, size_t count)
{
  for (size_t i = 0; i < started; i++)
    if (items[i].op.state == ASYNC_OP_STARTED)
      async_op_abort(&items[i].op);
  for (size_t i = 0; i < count; i++)
    if (items[i].op.state != ASYNC_OP_DONE || items[i].op.rc < 0)
      items[i].rc = ASYNC_ECANCELED;
}

int resolve_round_run(struct resolve_round *round,
                      struct resolve_inquiry *items, size_t count)
{
  size_t started = 0;
  size_t limit = round->limit ? round->limit : count;
  int err = async_check();
  round->running = 0;
  async_list_init(&round->ended);
  async_event_init(&round->wake);
  for (;;) {
    while (err == 0 && started < count && round->running < limit)
      ask(round, &items[started++]);
    if (err < 0 || round->running == 0)
      break;
    err = async_event_wait(&round->wake);
    if (err == 0)
      take_ended(round);
  }
  if (err < 0)
    abandon(items, started, count);
  return err;
}

void resolve_inquiries_done(struct resolve_inquiry *items, size_t count)
{
  for (size_t i = 0; i < count; i++)
    resolve_flight_leave(items[i].flight);
}

/* Words. */

const char *resolve_inquiry_server(const struct resolve_inquiry *inquiry)
{
  const struct resolve_flight *flight = inquiry->flight;
  int index = flight && flight->ask.resolver >= 0 ? flight->ask.resolver
                                                  : inquiry->question.resolver;
  return index < 0 || !flight
             ? "any resolver"
             : async_dns_fleet_text(flight->all->fleet, (size_t)index);
}

void resolve_inquiry_explain(const struct resolve_inquiry *inquiry,
                             struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  const char *server = resolve_inquiry_server(inquiry);
  if (inquiry->rc == 0)
    async_buf_printf(out, "%s from %s",
                     async_dns_rcode_name(inquiry->message.rcode, word),
                     server);
  else if (inquiry->rc == ASYNC_ETIMEDOUT)
    async_buf_printf(out, "no answer from %s", server);
  else if (inquiry->rc == ASYNC_EENCODING)
    async_buf_printf(out, "a malformed answer from %s", server);
  else
    async_buf_printf(out, "%s: %s", server, async_err_text(inquiry->rc));
}
