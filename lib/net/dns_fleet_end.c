/* The end of an ask. It is told at once where nobody is surprised (a reply came,
 * time ran out), and on the next turn where somebody would be (it was being
 * started). */
#include "async/error.h"
#include "net/dns_fleet_priv.h"

enum { FLAG_TC = 0x02, RCODE_MASK = 0x0f };
enum { FORMERR = 1, SERVFAIL = 2, NOTIMP = 4, REFUSED = 5 };

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
  fleet->busy++;
  async_now_hold();
}

void asy_fleet_leave(struct async_dns_fleet *fleet)
{
  if (fleet->busy == 1) {
    asy_fleet_pump(fleet);
    asy_fleet_wire_flush(fleet);
  }
  fleet->busy--;
  async_now_release();
}

void asy_fleet_leave_queue(struct async_dns_ask *ask)
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

void asy_fleet_leave_flight(struct async_dns_ask *ask, enum asy_fleet_end end,
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

static bool is_short(int rc)
{
  return rc == -EMFILE || rc == -ENFILE || rc == -ENOBUFS;
}

bool asy_fleet_is_ours(int rc)
{
  return rc == ASYNC_ENOMEM || is_short(rc);
}

/* As long as something is on its way, its end gives descriptors back; else
 * somebody in this process may, soon. */
static bool may_end(struct async_dns_fleet *fleet, int64_t now_ns)
{
  if (fleet->short_ns == 0)
    fleet->short_ns = now_ns ? now_ns : 1;
  return fleet->in_flight > 0 ||
         now_ns - fleet->short_ns < ASY_FLEET_PATIENCE_NS;
}

static bool waits_for_room(struct async_dns_ask *ask, int rc)
{
  struct async_dns_fleet *fleet = ask->fleet;
  int64_t now_ns = async_now();
  if (!is_short(rc) || fleet->closing || !may_end(fleet, now_ns))
    return false;
  asy_fleet_hold(fleet->resolvers[ask->resolver], now_ns + ASY_FLEET_TICK_NS);
  asy_fleet_again(ask);
  return true;
}

void asy_fleet_lost(struct async_dns_ask *ask, int rc, bool soon)
{
  enum asy_fleet_end end = rc == ASYNC_ETIMEDOUT   ? ASY_FLEET_TIMEOUT
                           : asy_fleet_is_ours(rc) ? ASY_FLEET_ABANDONED
                                                   : ASY_FLEET_ERROR;
  /* A shared connection may hang because of one query of many. */
  if (ask->tcp && rc == ASYNC_ETIMEDOUT)
    ask->fleet->resolvers[ask->resolver]->disappointed = true;
  asy_fleet_leave_flight(ask, end, async_now());
  if (waits_for_room(ask, rc))
    return;
  if (end != ASY_FLEET_ABANDONED && asy_fleet_goes_on(ask->fleet, ask))
    asy_fleet_again(ask);
  else if (soon)
    asy_fleet_end_soon(ask, rc);
  else
    asy_fleet_end(ask, rc);
}

/* When those that were sent later are answered, it is lost by the look of it,
 * and another may be sent in its place; its answer is still welcome. */
void asy_fleet_doubt(struct async_dns_ask *ask)
{
  struct asy_fleet_resolver *resolver = ask->fleet->resolvers[ask->resolver];
  if (resolver->answer_ns > ask->sent_ns && !ask->doubted) {
    ask->doubted = true;
    resolver->doubted++;
    asy_fleet_refresh(resolver, async_now());
  }
  asy_fleet_look_later(resolver, ask);
}

void asy_fleet_expired(struct async_dns_ask *ask)
{
  if (ask->state == ASY_FLEET_SENT) {
    asy_fleet_lost(ask, ASYNC_ETIMEDOUT, false);
    return;
  }
  asy_fleet_leave_queue(ask);
  asy_fleet_end(ask, ASYNC_ETIMEDOUT);
}

void asy_fleet_cut_off(struct async_dns_ask *ask, int rc)
{
  if (ask->state == ASY_FLEET_QUEUED)
    asy_fleet_leave_queue(ask);
  else if (ask->state == ASY_FLEET_SENT)
    asy_fleet_leave_flight(ask, ASY_FLEET_ABANDONED, async_now());
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

/* It is not the answer yet. Returns whether the same resolver is asked again. */
static bool asks_again(struct async_dns_ask *ask,
                       enum async_dns_verdict verdict, int64_t now_ns)
{
  struct asy_fleet_resolver *resolver = ask->fleet->resolvers[ask->resolver];
  bool over_tcp = verdict == ASYNC_DNS_TRUNCATED && !ask->tcp &&
                  ask->fleet->opts.tcp != ASYNC_DNS_TCP_NEVER;
  if (!over_tcp && verdict != ASYNC_DNS_AGAIN)
    return false;
  resolver->count.truncated += over_tcp;
  ask->tcp_retry |= over_tcp;
  asy_fleet_leave_flight(ask, ASY_FLEET_ANSWERED, now_ns);
  asy_fleet_send(resolver, ask, ask->tcp || over_tcp);
  return true;
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

/* FORMERR and NOTIMP are about how it was asked: that is the caller's to hear. */
static bool is_no_use(enum async_dns_verdict verdict,
                      const unsigned char *reply)
{
  return verdict == ASYNC_DNS_MALFORMED ||
         (verdict == ASYNC_DNS_FAILING && (reply[3] & RCODE_MASK) == REFUSED);
}

bool asy_fleet_reply(struct async_dns_ask *ask, const unsigned char *reply,
                     size_t len, bool cut)
{
  struct async_dns_fleet *fleet = ask->fleet;
  enum async_dns_verdict verdict = judge(ask, reply, len, cut);
  int64_t now_ns = async_now();
  if (verdict == ASYNC_DNS_DROP)
    return false;
  if (verdict != ASYNC_DNS_GOOD && asks_again(ask, verdict, now_ns))
    return true;
  ask->verdict = verdict;
  ask->rtt_ns = now_ns - ask->sent_ns;
  count_reply(fleet->resolvers[ask->resolver], reply);
  asy_fleet_leave_flight(ask, end_of(verdict), now_ns);
  if (verdict != ASYNC_DNS_GOOD && is_no_use(verdict, reply) &&
      asy_fleet_goes_on(fleet, ask)) {
    asy_fleet_again(ask);
    return true;
  }
  int rc = keep(ask, reply, len);
  if (rc == 0 && verdict == ASYNC_DNS_MALFORMED)
    rc = ASYNC_EENCODING;
  asy_fleet_end(ask, rc);
  return true;
}
