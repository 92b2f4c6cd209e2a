/* The way of an ask. Its end is told at once where nobody is surprised (a reply
 * came, time ran out), and on the next turn where somebody would be (it was
 * being started). */
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "async/task.h"
#include "net/dns_fleet_priv.h"

enum { HEADER = 12, TYPE_AND_CLASS = 4, LABEL_MOST = 63, NAME_MOST = 255 };
enum { FLAG_TC = 0x02, RCODE_MASK = 0x0f };
enum { FORMERR = 1, SERVFAIL = 2, NOTIMP = 4, REFUSED = 5 };
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

enum async_dns_verdict async_dns_check(const struct async_dns_ask *ask,
                                       const unsigned char *reply, size_t len)
{
  (void)ask;
  (void)len;
  if (reply[2] & FLAG_TC)
    return ASYNC_DNS_TRUNCATED;
  switch (reply[3] & RCODE_MASK) {
  case FORMERR:
  case NOTIMP:
  case REFUSED:
    return ASYNC_DNS_FAILING;
  default:
    return ASYNC_DNS_GOOD;
  }
}

/* The end. */

static void on_soon(struct async_timer *timer)
{
  struct async_dns_fleet *fleet =
      ASYNC_CONTAINER_OF(timer, struct async_dns_fleet, soon);
  struct async_list ended, *node;
  async_list_init(&ended);
  async_list_splice(&ended, &fleet->ended);
  asy_fleet_enter(fleet);
  while ((node = async_list_shift(&ended)) != NULL) {
    struct async_dns_ask *ask = asy_fleet_ask(node);
    asy_fleet_end(ask, ask->rc);
  }
  asy_fleet_leave(fleet);
}

void asy_fleet_soon(struct async_dns_fleet *fleet)
{
  if (!async_timer_armed(&fleet->soon) && !fleet->closing)
    async_timer_set(&fleet->soon, async_now(), on_soon);
}

void asy_fleet_enter(struct async_dns_fleet *fleet)
{
  if (fleet->busy++ == 0)
    fleet->now_ns = async_now();
}

void asy_fleet_leave(struct async_dns_fleet *fleet)
{
  if (fleet->busy == 1) {
    asy_fleet_pump(fleet);
    asy_fleet_wire_flush(fleet);
  }
  fleet->busy--;
}

static void leave_queue(struct async_dns_ask *ask)
{
  struct async_dns_fleet *fleet = ask->fleet;
  fleet->queued--;
  async_list_remove(&ask->node);
  asy_fleet_expect_no_more(fleet, ask);
  if (ask->want < 0)
    return;
  struct asy_fleet_resolver *resolver = fleet->resolvers[ask->want];
  if (async_list_empty(&resolver->queue))
    async_list_remove(&resolver->wanted);
}

/* From here on it is between places, until it is ended or sent again. */
static void leave_flight(struct async_dns_ask *ask, enum asy_fleet_end end,
                         int64_t now_ns)
{
  struct async_dns_fleet *fleet = ask->fleet;
  if (ask->tcp)
    asy_fleet_tcp_forget(ask);
  else
    fleet->wire->forget(ask);
  asy_fleet_expect_no_more(fleet, ask);
  struct asy_fleet_resolver *resolver = fleet->resolvers[ask->resolver];
  fleet->in_flight--;
  resolver->doubted -= ask->doubted;
  ask->doubted = false;
  asy_fleet_gave(resolver, end, ask->sent_ns, now_ns);
}

void asy_fleet_end(struct async_dns_ask *ask, int rc)
{
  struct async_op *op = ask->op;
  async_list_remove(&ask->node);
  async_list_remove(&op->node);
  async_op_done(op, rc);
}

void asy_fleet_end_soon(struct async_dns_ask *ask, int rc)
{
  ask->state = ASY_FLEET_ENDED;
  ask->rc = rc;
  async_list_push(&ask->fleet->ended, &ask->node);
  asy_fleet_soon(ask->fleet);
}

/* Errors of ours say nothing about the resolver. */
static bool is_ours(int rc)
{
  return rc == ASYNC_ENOMEM || rc == -EMFILE || rc == -ENFILE ||
         rc == -ENOBUFS || rc == ASYNC_ERROR_FROM_ARES(ARES_EDESTRUCTION);
}

void asy_fleet_lost(struct async_dns_ask *ask, int rc, bool soon)
{
  enum asy_fleet_end end = rc == ASYNC_ETIMEDOUT ? ASY_FLEET_TIMEOUT
                           : is_ours(rc)         ? ASY_FLEET_ABANDONED
                                                 : ASY_FLEET_ERROR;
  leave_flight(ask, end, asy_fleet_now(ask->fleet));
  if (soon)
    asy_fleet_end_soon(ask, rc);
  else
    asy_fleet_end(ask, rc);
}

static void look_later(const struct asy_fleet_resolver *resolver,
                       struct async_dns_ask *ask)
{
  int64_t usual_ns = asy_fleet_usual(resolver);
  ask->look_ns = ask->expires_ns;
  if (usual_ns && !ask->doubted)
    ask->look_ns = async_time_add(asy_fleet_now(ask->fleet), usual_ns);
  if (ask->look_ns > ask->expires_ns)
    ask->look_ns = ask->expires_ns;
  asy_fleet_expect(ask->fleet, ask);
}

/* When those that were sent later are answered, it is lost by the look of it,
 * and another may be sent in its place; its answer is still welcome. */
void asy_fleet_doubt(struct async_dns_ask *ask)
{
  struct asy_fleet_resolver *resolver = ask->fleet->resolvers[ask->resolver];
  if (resolver->answer_ns > ask->sent_ns && !ask->doubted) {
    ask->doubted = true;
    resolver->doubted++;
    asy_fleet_refresh(resolver, asy_fleet_now(ask->fleet));
  }
  look_later(resolver, ask);
}

void asy_fleet_expired(struct async_dns_ask *ask)
{
  if (ask->state == ASY_FLEET_SENT) {
    asy_fleet_lost(ask, ASYNC_ETIMEDOUT, false);
    return;
  }
  leave_queue(ask);
  asy_fleet_end(ask, ASYNC_ETIMEDOUT);
}

void asy_fleet_cut_off(struct async_dns_ask *ask, int rc)
{
  if (ask->state == ASY_FLEET_QUEUED)
    leave_queue(ask);
  else if (ask->state == ASY_FLEET_SENT)
    leave_flight(ask, ASY_FLEET_ABANDONED, asy_fleet_now(ask->fleet));
  asy_fleet_end(ask, rc);
}

/* Replies. */

static int keep(struct async_dns_ask *ask, const unsigned char *reply,
                size_t len)
{
  ask->reply = reply;
  ask->reply_bytes = len;
  if (!ask->keep)
    return 0;
  async_buf_clear(ask->keep);
  async_buf_add(ask->keep, reply, len);
  int err = ask->keep->err;
  ask->reply = err < 0 ? NULL : (const unsigned char *)ask->keep->data;
  return err;
}

static void count_reply(struct asy_fleet_resolver *resolver,
                        const unsigned char *reply)
{
  int rcode = reply[3] & RCODE_MASK;
  resolver->count.refused += rcode == REFUSED;
  resolver->count.servfail += rcode == SERVFAIL;
}

static enum asy_fleet_end end_of(enum async_dns_verdict verdict)
{
  return verdict == ASYNC_DNS_MALFORMED ? ASY_FLEET_MALFORMED
         : verdict == ASYNC_DNS_FAILING ? ASY_FLEET_FAILING
                                        : ASY_FLEET_ANSWERED;
}

static void send_to(struct asy_fleet_resolver *resolver,
                    struct async_dns_ask *ask, bool tcp);

static void again_over_tcp(struct async_dns_ask *ask, int64_t now_ns)
{
  struct asy_fleet_resolver *resolver = ask->fleet->resolvers[ask->resolver];
  resolver->count.truncated++;
  leave_flight(ask, ASY_FLEET_ANSWERED, now_ns);
  ask->tcp_retry = true;
  send_to(resolver, ask, true);
}

static enum async_dns_verdict judge(const struct async_dns_ask *ask,
                                    const unsigned char *reply, size_t len,
                                    bool cut)
{
  async_dns_check_fn *check = ask->check ? ask->check : async_dns_check;
  enum async_dns_verdict verdict = check(ask, reply, len);
  bool whole = verdict == ASYNC_DNS_GOOD || verdict == ASYNC_DNS_MALFORMED;
  return cut && whole ? ASYNC_DNS_TRUNCATED : verdict;
}

bool asy_fleet_reply(struct async_dns_ask *ask, const unsigned char *reply,
                     size_t len, bool cut)
{
  struct async_dns_fleet *fleet = ask->fleet;
  enum async_dns_verdict verdict = judge(ask, reply, len, cut);
  int64_t now_ns = asy_fleet_now(fleet);
  if (verdict == ASYNC_DNS_DROP)
    return false;
  if (verdict == ASYNC_DNS_TRUNCATED && !ask->tcp &&
      fleet->opts.tcp != ASYNC_DNS_TCP_NEVER) {
    again_over_tcp(ask, now_ns);
    return true;
  }
  ask->verdict = verdict;
  ask->rtt_ns = now_ns - ask->sent_ns;
  count_reply(fleet->resolvers[ask->resolver], reply);
  int rc = keep(ask, reply, len);
  leave_flight(ask, end_of(verdict), now_ns);
  if (rc == 0 && verdict == ASYNC_DNS_MALFORMED)
    rc = ASYNC_EENCODING;
  asy_fleet_end(ask, rc);
  return true;
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

static void send_to(struct asy_fleet_resolver *resolver,
                    struct async_dns_ask *ask, bool tcp)
{
  struct async_dns_fleet *fleet = ask->fleet;
  int64_t now_ns = asy_fleet_now(fleet);
  ask->state = ASY_FLEET_SENT;
  ask->resolver = resolver->index;
  ask->sent_ns = now_ns;
  ask->tcp = tcp;
  ask->flight = NULL;
  ask->expires_ns = async_time_add(now_ns, asy_fleet_timeout(resolver));
  if (ask->deadline_ns && ask->deadline_ns < ask->expires_ns)
    ask->expires_ns = ask->deadline_ns;
  look_later(resolver, ask);
  fleet->in_flight++;
  asy_fleet_took(resolver, now_ns);
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
  send_to(resolver, ask, tcp);
}

static void pump_wanted(struct asy_fleet_resolver *resolver)
{
  while (resolver->able && !async_list_empty(&resolver->queue)) {
    struct async_dns_ask *ask = asy_fleet_ask(resolver->queue.next);
    leave_queue(ask);
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
    leave_queue(ask);
    take_off(resolver, ask);
  }
  fleet->pumping = false;
}

static void enqueue(struct async_dns_fleet *fleet, struct async_dns_ask *ask)
{
  ask->state = ASY_FLEET_QUEUED;
  ask->queued_ns = asy_fleet_now(fleet);
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

/* Starting. */

/* The operation's node is free for us; it leads to the ask, wherever the
 * operation itself may be. */
static int ask_abort(struct async_op *op)
{
  struct async_dns_ask *ask =
      ASYNC_CONTAINER_OF(op->node.next, struct async_dns_ask, self);
  async_list_remove(&op->node);
  if (ask->state == ASY_FLEET_QUEUED)
    leave_queue(ask);
  else if (ask->state == ASY_FLEET_SENT)
    leave_flight(ask, ASY_FLEET_ABANDONED, asy_fleet_now(ask->fleet));
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
