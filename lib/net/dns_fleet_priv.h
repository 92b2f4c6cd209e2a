/* A fleet of resolvers, for the files of this folder.
 *
 * An ask travels like this:
 *  1. queued: in the fleet's queue, or in that of the resolver it wants;
 *  2. a resolver is picked that can take it now (dns_fleet_pick.c): it is not
 *     ill, has room, and its rate allows it;
 *  3. sent over a link (dns_fleet_link.c), a UDP socket on which datagrams are
 *     sent and read in batches (dns_fleet_out.c, dns_fleet_in.c); or over TCP,
 *     by a stream (dns_fleet_tcp.c, dns_fleet_stream.c);
 *  4. a reply that fits is judged (dns_fleet_end.c), or time runs out
 *     (dns_fleet_time.c);
 *  5. the resolver's health is kept (dns_fleet_health.c), who asked is told. */
#ifndef ASY_DNS_FLEET_PRIV_H
#define ASY_DNS_FLEET_PRIV_H

#include <netinet/in.h>

#include "async/bucket.h"
#include "async/dns_fleet.h"
#include "async/hash.h"
#include "async/heap.h"
#include "async/rng.h"
#include "net/dns_priv.h"

enum {
  ASY_FLEET_FLIGHTS = 256, /* a link's: more are easier to spoof */
  ASY_FLEET_IDS = 512,     /* buckets of a link's table, a power of two */
  ASY_FLEET_BATCH = 64,    /* datagrams a system call */
  ASY_FLEET_DATAGRAM = 4096,
  ASY_FLEET_SHARE = 32, /* with more resolvers, sockets are shared by all */
  ASY_FLEET_SLOTS = 256 /* of the wheel */
};

#define ASY_FLEET_TICK_NS     (20 * ASYNC_MS)
#define ASY_FLEET_PATIENCE_NS (2 * ASYNC_SEC)

enum asy_fleet_state {
  ASY_FLEET_QUEUED,
  ASY_FLEET_SENT,
  ASY_FLEET_ENDED /* is told on the next turn */
};

enum asy_fleet_end {
  ASY_FLEET_ANSWERED,
  ASY_FLEET_FAILING,
  ASY_FLEET_MALFORMED,
  ASY_FLEET_TIMEOUT,
  ASY_FLEET_ERROR,
  ASY_FLEET_ABANDONED
};

/* How many queries a resolver is trusted with: dns_fleet_window.c. */
struct asy_fleet_window {
  unsigned size, most;
  unsigned before; /* the size to go back to, if the larger one does not pay */
  unsigned answered, peak; /* this round */
  double lost;             /* the share of late */
  int64_t since_ns, cut_ns, next_ns, pause_ns;
  int64_t settled_ns; /* what is answered from then on was sent in this size */
  double best_per_s;
  bool trying; /* whether the larger size pays is being found out */
};

/* A rate that goes down when queries are lost or refused: dns_fleet_rate.c. */
struct asy_fleet_rate {
  double per_s, most_per_s; /* per_s 0: no limit */
  bool fixed;
  struct async_bucket bucket;
  int64_t since_ns;
  unsigned answered, failed; /* in this round */
};

/* Links: those of a resolver, or those that all share. */
struct asy_fleet_group {
  struct asy_fleet_link **links;
  size_t count, next;
  int family;
  struct asy_fleet_resolver *resolver; /* NULL: shared */
};

struct asy_fleet_resolver {
  struct async_dns_resolver given;
  struct async_dns_fleet *fleet;
  char text[ASYNC_DNS_RESOLVER_TEXT_BYTES];
  struct async_hash_node node; /* by that text */
  int index;
  bool extra;  /* asked only by those who want it */
  bool able;   /* to take one now */
  bool ready;  /* the same, for those who want this one and no other */
  bool talks;  /* the last that was sent got a reply, whatever it said */
  bool proven; /* has answered, is known to work, or there is no other */
  unsigned unproven_jobs; /* in flight until then */

  struct asy_fleet_window window;
  struct asy_fleet_rate rate;
  struct async_breaker breaker;
  int64_t rtt_ns, rtt_var_ns;
  int64_t answer_ns; /* of the last answer */
  int64_t hold_ns;   /* nothing is sent before: there was no socket for it */
  int64_t ill_ns;    /* since when the breaker is not closed */

  size_t place;                /* in fleet->able, from 1; 0: is not there */
  struct async_heap_node wake; /* when its rate or its breaker lets it */
  struct async_list queue;     /* of asks that want it */
  struct async_list wanted;    /* in fleet->wanted while there are any */

  unsigned in_flight;
  unsigned doubted; /* of them, are lost by the look of it */
  struct async_dns_resolver_stats count;
  struct async_histogram *rtt;
  struct asy_fleet_group group;
  struct async_list streams; /* over TCP */
  size_t stream_count;
  bool disappointed; /* by a shared connection: not to be shared again */
};

/* Time: slots of a tick each; what is later goes round again. */
struct asy_fleet_wheel {
  struct async_list slots[ASY_FLEET_SLOTS];
  int64_t tick; /* the last one that was looked at */
  size_t count;
};

/* What a query's bytes travel over; tests put another in its place. */
struct asy_fleet_wire {
  /* Sends ask->message. Returns 0 or an error; must not end it. */
  int (*send)(struct asy_fleet_resolver *resolver, struct async_dns_ask *ask);
  /* Forgets that it was sent. */
  void (*forget)(struct async_dns_ask *ask);
};

struct async_dns_fleet {
  struct async_dns_fleet_opts opts; /* with the defaults filled in */
  char *source4, *source6, *interface;
  const struct asy_fleet_wire *wire;
  struct async_rng rng;

  struct asy_fleet_resolver **resolvers;
  struct async_hash texts; /* resolvers by theirs */
  size_t room;             /* for so many */
  size_t count, own;       /* own: those that any ask may go to */
  size_t trusted, healthy, proven;
  size_t talking; /* of its own, however ill */
  unsigned most_weight;
  int64_t ill_ns;   /* since when none of its own is healthy */
  int64_t short_ns; /* since when descriptors are short; 0: are not */
  struct asy_fleet_resolver **able;
  size_t able_count;
  size_t cursor;
  unsigned turns; /* of the one at the cursor */
  struct async_heap wakes;
  struct async_timer wake;

  struct async_list queue, wanted;
  struct async_list ended;
  struct async_timer soon;
  struct asy_fleet_wheel wheel;
  struct async_timer tick;

  struct asy_fleet_group shared[2]; /* IPv4 and IPv6 */
  struct async_list idle;           /* streams that nobody uses */
  struct async_list dirty;          /* links that have something to send */
  struct asy_fleet_reader *reader;

  size_t queued, in_flight;
  unsigned busy;
  bool pumping, closing;
};

static inline struct async_dns_ask *asy_fleet_ask(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct async_dns_ask, node);
}

/* Time. */

/* Around what may end or start many: time stands still, and then the rest is
 * sent at once. */
void asy_fleet_enter(struct async_dns_fleet *fleet);
void asy_fleet_leave(struct async_dns_fleet *fleet);

/* Has what is left to do done on the next turn. */
void asy_fleet_soon(struct async_dns_fleet *fleet);

void asy_fleet_time_init(struct async_dns_fleet *fleet);
void asy_fleet_time_done(struct async_dns_fleet *fleet);

/* Has the ask looked at when ask->look_ns is over. */
void asy_fleet_expect(struct async_dns_fleet *fleet, struct async_dns_ask *ask);
void asy_fleet_expect_no_more(struct async_dns_fleet *fleet,
                              struct async_dns_ask *ask);

/* Runs the tick while anything is queued or in flight. */
void asy_fleet_tick_start(struct async_dns_fleet *fleet);

/* Asks. */

/* Sends what can be sent now. */
void asy_fleet_pump(struct async_dns_fleet *fleet);

/* Sends it to that resolver, and has it looked at when an answer is late. */
void asy_fleet_send(struct asy_fleet_resolver *resolver,
                    struct async_dns_ask *ask, bool tcp);
void asy_fleet_look_later(const struct asy_fleet_resolver *resolver,
                          struct async_dns_ask *ask);

/* Puts it in the queue again, behind those that wait. */
void asy_fleet_again(struct async_dns_ask *ask);

/* Takes it out of where it is; it is to be ended, or sent again. */
void asy_fleet_leave_queue(struct async_dns_ask *ask);
void asy_fleet_leave_flight(struct async_dns_ask *ask, enum asy_fleet_end end,
                            int64_t now_ns);

/* Whether an error says nothing about the resolver. */
bool asy_fleet_is_ours(int rc);

/* Ends an ask that is nowhere any more: at once, or on the next turn. */
void asy_fleet_end(struct async_dns_ask *ask, int rc);
void asy_fleet_end_soon(struct async_dns_ask *ask, int rc);

/* Ends one wherever it is. */
void asy_fleet_cut_off(struct async_dns_ask *ask, int rc);

/* Its time is over. */
void asy_fleet_expired(struct async_dns_ask *ask);

/* It takes longer than usual. */
void asy_fleet_doubt(struct async_dns_ask *ask);

/* A reply that may be the ask's. Returns whether it was. */
bool asy_fleet_reply(struct async_dns_ask *ask, const unsigned char *reply,
                     size_t len, bool cut);

/* The send or the connection failed, or no reply came. */
void asy_fleet_lost(struct async_dns_ask *ask, int rc, bool soon);

/* Picking. */

/* The resolver for this ask, or NULL: not now. */
struct asy_fleet_resolver *asy_fleet_pick(struct async_dns_fleet *fleet,
                                          const struct async_dns_ask *ask);

/* Whether an ask that failed goes on elsewhere, for which nobody has to ask
 * again. */
bool asy_fleet_goes_on(const struct async_dns_fleet *fleet,
                       const struct async_dns_ask *ask);

/* Whether nobody who could answer it is healthy, and since when. */
bool asy_fleet_hopeless(const struct async_dns_fleet *fleet,
                        const struct async_dns_ask *ask, int64_t *since_ns);

/* Health. */

/* The one with that text, or NULL. */
struct asy_fleet_resolver *asy_fleet_resolver_find(
    const struct async_dns_fleet *fleet, const char *text);

int asy_fleet_resolver_new(struct async_dns_fleet *fleet,
                           const struct async_dns_resolver *given, bool extra);
void asy_fleet_resolver_free(struct asy_fleet_resolver *resolver);

/* Looks again whether it is able, and when to look the next time. */
void asy_fleet_refresh(struct asy_fleet_resolver *resolver, int64_t now_ns);

/* Nothing is sent to it before then, and not more than now after that. */
void asy_fleet_hold(struct asy_fleet_resolver *resolver, int64_t until_ns);

/* One more was sent. */
void asy_fleet_took(struct asy_fleet_resolver *resolver, int64_t now_ns);

/* One has ended. */
void asy_fleet_gave(struct asy_fleet_resolver *resolver, enum asy_fleet_end end,
                    int64_t sent_ns, int64_t now_ns);

/* So many failures in a row make it ill. */
unsigned asy_fleet_failures(const struct asy_fleet_resolver *resolver);

/* How many are sent to it at once. */
unsigned asy_fleet_trust(const struct asy_fleet_resolver *resolver);

int64_t asy_fleet_timeout(const struct asy_fleet_resolver *resolver);

/* How long an answer takes at most, as a rule; 0: not known. */
int64_t asy_fleet_usual(const struct asy_fleet_resolver *resolver);

void asy_fleet_window_init(struct asy_fleet_window *window, unsigned start,
                           unsigned most, int64_t now_ns);
void asy_fleet_window_answered(struct asy_fleet_window *window,
                               unsigned in_flight, int64_t rtt_ns,
                               int64_t now_ns);
void asy_fleet_window_full(struct asy_fleet_window *window, unsigned in_flight,
                           int64_t now_ns);
void asy_fleet_window_lost(struct asy_fleet_window *window, int64_t sent_ns,
                           int64_t now_ns);

/* per_s  0 or less: no limit; at first, and at most unless it is fixed */
void asy_fleet_rate_init(struct asy_fleet_rate *rate, double per_s, bool fixed,
                         int64_t now_ns);
void asy_fleet_rate_learn(struct asy_fleet_rate *rate, bool failed,
                          int64_t now_ns);

/* The wire. */

extern const struct asy_fleet_wire asy_fleet_udp;

/* A link: one socket. */
struct asy_fleet_flight {
  struct asy_fleet_flight *next; /* free, or in the same bucket */
  struct async_dns_ask *ask;     /* NULL: nobody waits */
  struct asy_fleet_link *link;
  uint16_t id;   /* the one on the wire */
  uint16_t wait; /* its place among what is to be sent, from 1; 0: was sent */
};

struct asy_fleet_link {
  struct async_dns_fleet *fleet;
  struct asy_fleet_group *group;
  uv_poll_t *poll;
  int fd;       /* -1: none */
  bool blocked; /* the socket's buffer is full */
  size_t in_flight;

  struct async_list dirty;
  size_t wait_count;
  struct asy_fleet_flight *wait[ASY_FLEET_FLIGHTS];
  struct asy_fleet_flight *free;
  struct asy_fleet_flight *ids[ASY_FLEET_IDS];
  struct asy_fleet_flight flights[ASY_FLEET_FLIGHTS];
};

void asy_fleet_group_done(struct asy_fleet_group *group);

/* The socket. */
int asy_fleet_socket_open(struct asy_fleet_link *link);
void asy_fleet_socket_close(struct asy_fleet_link *link);
void asy_fleet_wire_flush(struct async_dns_fleet *fleet);
void asy_fleet_wire_put(struct asy_fleet_flight *flight);
int asy_fleet_reader_init(struct async_dns_fleet *fleet);

/* Over TCP. */
int asy_fleet_tcp_send(struct asy_fleet_resolver *resolver,
                       struct async_dns_ask *ask);
void asy_fleet_tcp_done(struct asy_fleet_resolver *resolver);
void asy_fleet_tcp_forget(struct async_dns_ask *ask);

#endif
