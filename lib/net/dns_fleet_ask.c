/* The way of an ask, from its start to the wire. */
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/task.h"
#include "net/dns_fleet_priv.h"

enum { HEADER = 12, TYPE_AND_CLASS = 4, LABEL_MOST = 63, NAME_MOST = 255 };
enum { SKIP_MOST = 32 };

/* Where the question of a query ends, or 0 if it has not just one. */
static size_t question_end(const unsigned char *message, size_t len)
{
  size_t at = HEADER;
  if (len <= HEADER || len > UINT16_MAX || message[4] != 0 || message[5] != 1)
    return 0;
  while (at < len && message[at] != 0) {
    if (message[at] > LABEL_MOST)
      return 0;
    at += message[at] + 1u;
  }
  at += 1 + TYPE_AND_CLASS;
  return at <= len && at <= HEADER + NAME_MOST + TYPE_AND_CLASS ? at : 0;
}

/* Sending. */

static void remember(struct async_dns_tried *tried, int index)
{
  if (!tried || index > UINT16_MAX)
    return;
  tried->items[tried->count % ASYNC_DNS_TRIED] = (uint16_t)index;
  if (tried->count < UINT16_MAX)
    tried->count++;
}

void asy_fleet_look_later(const struct asy_fleet_resolver *resolver,
                          struct async_dns_ask *ask)
{
  int64_t usual_ns = asy_fleet_usual(resolver);
  ask->look_ns = ask->expires_ns;
  if (usual_ns && !ask->doubted)
    ask->look_ns = async_time_add(async_now(), usual_ns);
  if (ask->look_ns > ask->expires_ns)
    ask->look_ns = ask->expires_ns;
  asy_fleet_expect(ask->fleet, ask);
}

void asy_fleet_send(struct asy_fleet_resolver *resolver,
                    struct async_dns_ask *ask, bool tcp)
{
  struct async_dns_fleet *fleet = ask->fleet;
  int64_t now_ns = async_now();
  ask->state = ASY_FLEET_SENT;
  ask->resolver = resolver->index;
  ask->sent_ns = now_ns;
  ask->tcp = tcp;
  ask->flight = NULL;
  if (ask->limit_ns && !ask->deadline_ns)
    ask->deadline_ns = async_time_add(now_ns, ask->limit_ns);
  ask->expires_ns = async_time_add(now_ns, asy_fleet_timeout(resolver));
  if (ask->deadline_ns && ask->deadline_ns < ask->expires_ns)
    ask->expires_ns = ask->deadline_ns;
  asy_fleet_look_later(resolver, ask);
  fleet->in_flight++;
  asy_fleet_took(resolver, now_ns);
  if (ask->prepare)
    ask->prepare(ask);
  int err = tcp ? asy_fleet_tcp_send(resolver, ask)
                : fleet->wire->send(resolver, ask);
  if (err < 0)
    asy_fleet_lost(ask, err, true);
}

static void take_off(struct asy_fleet_resolver *resolver,
                     struct async_dns_ask *ask)
{
  bool tcp =
      resolver->given.tcp || ask->fleet->opts.tcp == ASYNC_DNS_TCP_ALWAYS;
  remember(ask->tried, resolver->index);
  asy_fleet_send(resolver, ask, tcp);
}

static void pump_wanted(struct asy_fleet_resolver *resolver)
{
  while (resolver->ready && !async_list_empty(&resolver->queue)) {
    struct async_dns_ask *ask = asy_fleet_ask(resolver->queue.next);
    asy_fleet_leave_queue(ask);
    take_off(resolver, ask);
  }
}

/* Who cannot go yet, because it was everywhere else already, lets those behind
 * it pass. */
void asy_fleet_pump(struct async_dns_fleet *fleet)
{
  size_t skipped = 0;
  if (fleet->pumping || fleet->closing || fleet->queued == 0)
    return;
  fleet->pumping = true;
  ASYNC_LIST_EACH (node, &fleet->wanted)
    pump_wanted(ASYNC_CONTAINER_OF(node, struct asy_fleet_resolver, wanted));
  ASYNC_LIST_EACH (node, &fleet->queue) {
    struct async_dns_ask *ask = asy_fleet_ask(node);
    if (fleet->able_count == 0 || skipped == SKIP_MOST)
      break;
    struct asy_fleet_resolver *resolver = asy_fleet_pick(fleet, ask);
    skipped += resolver == NULL;
    if (!resolver)
      continue;
    asy_fleet_leave_queue(ask);
    take_off(resolver, ask);
  }
  fleet->pumping = false;
}

static void enqueue(struct async_dns_fleet *fleet, struct async_dns_ask *ask)
{
  ask->state = ASY_FLEET_QUEUED;
  ask->queued_ns = async_now();
  fleet->queued++;
  asy_fleet_tick_start(fleet);
  if (ask->deadline_ns) {
    ask->expires_ns = ask->look_ns = ask->deadline_ns;
    asy_fleet_expect(fleet, ask);
  }
  if (ask->want < 0) {
    async_list_push(&fleet->queue, &ask->node);
    return;
  }
  struct asy_fleet_resolver *resolver = fleet->resolvers[ask->want];
  if (async_list_empty(&resolver->queue))
    async_list_push(&fleet->wanted, &resolver->wanted);
  async_list_push(&resolver->queue, &ask->node);
}

void asy_fleet_again(struct async_dns_ask *ask)
{
  ask->tcp_retry = false;
  enqueue(ask->fleet, ask);
  asy_fleet_soon(ask->fleet);
}

/* Starting. */

/* The operation's node is free for us; it leads to the ask, wherever the
 * operation itself may be. */
static int ask_abort(struct async_op *op)
{
  struct async_dns_ask *ask =
      ASYNC_CONTAINER_OF(op->node.next, struct async_dns_ask, self);
  async_list_remove(&op->node);
  if (ask->state == ASY_FLEET_QUEUED)
    asy_fleet_leave_queue(ask);
  else if (ask->state == ASY_FLEET_SENT)
    asy_fleet_leave_flight(ask, ASY_FLEET_ABANDONED, async_now());
  async_list_remove(&ask->node);
  asy_fleet_soon(ask->fleet); /* somebody else may have its place */
  return ASYNC_OP_WITHDRAWN;
}

static void begin(struct async_dns_fleet *fleet, struct async_dns_ask *ask,
                  struct async_op *op)
{
  async_op_start(op, "dns ask", ask_abort);
  async_list_init(&ask->self);
  async_list_push(&ask->self, &op->node);
  async_list_init(&ask->node);
  async_list_init(&ask->timer);
  ask->op = op;
  ask->fleet = fleet;
  ask->resolver = -1;
  ask->tcp = ask->tcp_retry = ask->doubted = false;
  ask->verdict = ASYNC_DNS_GOOD;
  ask->sent_ns = ask->rtt_ns = 0;
  ask->reply = NULL;
  ask->reply_bytes = 0;
  ask->question_end = (uint16_t)question_end(ask->message, ask->message_bytes);
}

void async_dns_ask_start(struct async_dns_fleet *fleet,
                         struct async_dns_ask *ask, struct async_op *op)
{
  begin(fleet, ask, op);
  bool is_known = ask->want < 0 || (size_t)ask->want < fleet->count;
  if (!ask->question_end || !is_known || fleet->closing) {
    asy_fleet_end_soon(ask, ASYNC_EINVAL);
    return;
  }
  struct async_list *queue =
      ask->want < 0 ? &fleet->queue : &fleet->resolvers[ask->want]->queue;
  struct asy_fleet_resolver *resolver =
      async_list_empty(queue) ? asy_fleet_pick(fleet, ask) : NULL;
  if (resolver)
    take_off(resolver, ask);
  else
    enqueue(fleet, ask);
}

int async_dns_ask_run(struct async_dns_fleet *fleet, struct async_dns_ask *ask)
{
  struct async_op op;
  int err = async_check();
  if (err < 0)
    return err;
  async_dns_ask_start(fleet, ask, &op);
  return async_await(&op);
}
