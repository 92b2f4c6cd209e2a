/* async/dns_fleet.h (net): many resolvers, one query at a time to one of them.
 *
 * A fleet knows its resolvers: their speed, how much they bear, whether they
 * are ill. A query (an ask) is one attempt:
 *
 *   queued -> a resolver that can take it now -> sent -> reply | error
 *
 * An ask never fails because all resolvers are busy: it waits its turn, first
 * come first served. Trying again, elsewhere, is the caller's business; `tried`
 * remembers where it was.
 *
 * Lists of resolvers have dead ones. So one that has never answered, where there
 * are others, gets two asks at a time and is left alone after two failures; and
 * a failure there is no attempt: the ask goes on, to one that is proven to work,
 * or that nothing speaks against while none is. Nothing is allocated for an ask, and none needs a
 * task: thousands at once are what this is made for. */
#ifndef ASYNC_DNS_FLEET_H
#define ASYNC_DNS_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/addr.h"
#include "async/breaker.h"
#include "async/buf.h"
#include "async/histogram.h"
#include "async/op.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Resolvers. */

struct async_dns_resolver {
  struct async_addr addr; /* with its port */
  double rate_per_s;      /* 0: the fleet's; below 0: no limit */
  unsigned jobs;          /* most in flight; 0: the fleet's */
  unsigned weight;        /* its share of the queries; 0: 1 */
  bool tcp;               /* never asked over UDP */
  bool trusted;
  bool works; /* is known to; else its first answer proves it */
};

/* Reads "[udp://|tcp://]ADDRESS[:PORT] [rate=N|auto|0] [weight=N] [jobs=N]
 * [trusted]"; an IPv6 address with a port is in brackets. rate=0 is no limit,
 * rate=auto and no rate at all the fleet's.
 *
 * out  untouched on failure
 * why  NULL, or on ASYNC_EINVAL a static text: what was wrong
 *
 * Returns 0 or ASYNC_EINVAL.
 */
int async_dns_resolver_parse(struct async_dns_resolver *out, const char *text,
                             const char **why);

#define ASYNC_DNS_RESOLVER_TEXT_BYTES (ASYNC_ADDR_TEXT_BYTES + 8)

/* Writes "udp://192.0.2.1:53" and a NUL.
 *
 * out  ASYNC_DNS_RESOLVER_TEXT_BYTES bytes
 */
void async_dns_resolver_text(char *out,
                             const struct async_dns_resolver *resolver);

/* The system's resolvers, with their ports, as c-ares finds them.
 *
 * out  on success `count` of them, at least one, given: free() them
 *
 * Returns 0, ASYNC_ENOMEM or c-ares' error.
 */
int async_dns_resolvers_system(struct async_dns_resolver **out, size_t *count);

/* The fleet. */

enum async_dns_rotate {
  ASYNC_DNS_FASTEST = 0, /* the better of two drawn: by RTT and load */
  ASYNC_DNS_RANDOM,
  ASYNC_DNS_ROUND,  /* one after the other */
  ASYNC_DNS_STICKY, /* any, and the same one again when it is tried again */
  ASYNC_DNS_HASH    /* the same name at the same resolver, if it can */
};

/* What to do about a reply that was cut off. */
enum async_dns_tcp {
  ASYNC_DNS_TCP_AUTO = 0, /* ask the same resolver again over TCP */
  ASYNC_DNS_TCP_ALWAYS,   /* never use UDP */
  ASYNC_DNS_TCP_NEVER     /* take it as it is */
};

struct async_dns_fleet_opts {
  const struct async_dns_resolver *resolvers; /* copied */
  size_t count;                               /* 0: the system's */
  enum async_dns_rotate rotate;
  enum async_dns_tcp tcp;
  double rate_per_s;  /* a resolver; 0: adaptive, at most 500 for public
                         addresses; below 0: no limit */
  unsigned jobs;      /* a resolver; 0: 200 for public addresses, 65536 for
                         loopback and private ones */
  int64_t timeout_ns; /* of one attempt; 0: from the RTT, 1 s to 4 s */
  unsigned ramp; /* in flight at first, and more as long as that pays; 0: 100,
                    and 2 until the first answer where there are others */
  unsigned failures;   /* in a row that open a resolver's breaker; 0: 10, and 2
                          until the first answer where there are others */
  int64_t cooldown_ns; /* of the breaker, doubling up to 30 s; 0: 1 s */
  unsigned sockets;    /* that a resolver is asked from, and more where they are
                       full; with more than 32 resolvers all share so many;
                       0: 1 */
  size_t rcvbuf_bytes; /* of a socket, if the system lets us; 0: 4 MiB */
  const char *source4, *source6; /* NULL, or the addresses to send from */
  const char *interface;         /* NULL, or the interface to send from */
  uint64_t seed;                 /* of the draws; 0: from the clock */
};

#define ASYNC_DNS_FLEET_OPTS_INIT                                              \
  {                                                                            \
    .resolvers = NULL                                                          \
  }

struct async_dns_fleet;

/* Opens a fleet on this loop; sockets are opened when they are needed.
 *
 * Returns 0, ASYNC_ENOMEM, ASYNC_EINVAL for a source address that cannot be
 * parsed or an option out of range, or c-ares' error.
 */
int async_dns_fleet_open(struct async_dns_fleet **out,
                         const struct async_dns_fleet_opts *opts);

/* Frees it; NULL is fine. Asks that are not done end with ASYNC_ECANCELED.
 * Not from an operation's `done`. Shielded; does not park. */
void async_dns_fleet_close(struct async_dns_fleet *fleet);

/* The number of resolvers; they are known by their index. */
size_t async_dns_fleet_count(const struct async_dns_fleet *fleet);

/* Its text, as async_dns_resolver_text; the fleet's. */
const char *async_dns_fleet_text(const struct async_dns_fleet *fleet,
                                 size_t index);
const struct async_dns_resolver *async_dns_fleet_resolver(
    const struct async_dns_fleet *fleet, size_t index);

/* Finds a resolver by address, port and transport, or adds it: for a server
 * named in one line of the input. Those added so are asked only when an ask
 * names them.
 *
 * Returns its index or ASYNC_ENOMEM.
 */
int async_dns_fleet_add(struct async_dns_fleet *fleet,
                        const struct async_dns_resolver *resolver);

/* Asking. */

/* What is made of a reply. */
enum async_dns_verdict {
  ASYNC_DNS_GOOD = 0,
  ASYNC_DNS_DROP,      /* not the answer to this: go on waiting */
  ASYNC_DNS_TRUNCATED, /* over TCP, please, unless that is off */
  ASYNC_DNS_AGAIN,     /* the same resolver wants it in another way: send it
                          again at once, as `prepare` makes it */
  ASYNC_DNS_FAILING,   /* an answer, which speaks against the resolver */
  ASYNC_DNS_MALFORMED  /* no answer, which speaks against the resolver */
};

struct async_dns_ask;

/* Judges a reply whose id is the query's and whose question, if it has one,
 * is too (without regard to case). Must not start or abort anything.
 *
 * reply  borrowed
 */
typedef enum async_dns_verdict async_dns_check_fn(
    const struct async_dns_ask *ask, const unsigned char *reply, size_t len);

/* Makes the message ready for the resolver that was picked, ask->resolver, each
 * time it is about to be sent: for what differs from one to the other. It may
 * change what comes behind the question, and `message_bytes`. Must not start or
 * abort anything. */
typedef void async_dns_prepare_fn(struct async_dns_ask *ask);

/* Where a name was asked; zeroed for one that was not. */
#define ASYNC_DNS_TRIED 8
struct async_dns_tried {
  uint16_t count;                  /* counts on when the places are used up */
  uint16_t items[ASYNC_DNS_TRIED]; /* indexes; the latest */
};

#define ASYNC_DNS_ANY (-1)

struct async_dns_ask {
  /* The caller's, set before it is started. */
  const unsigned char *message; /* borrowed until it is done */
  size_t message_bytes;
  async_dns_check_fn *check;     /* NULL: async_dns_check */
  async_dns_prepare_fn *prepare; /* NULL: it is the same for all */
  void *ctx;                     /* for `check` and whoever else */
  struct async_dns_tried *tried; /* NULL, or borrowed, read and added to */
  int want;            /* ASYNC_DNS_ANY or the index of the resolver to ask */
  bool trusted;        /* ask trusted resolvers only, if there are any */
  int64_t deadline_ns; /* 0: none; it ends then at the latest, sent or not */
  int64_t limit_ns;    /* 0: none; without a deadline, how long after it was
                          sent the first time that is */
  struct async_buf *keep; /* NULL, or where to put a copy of the reply; without
                             it the reply is gone when op's `done` returns */

  /* The result, when op is done. */
  int resolver;                   /* whom it was sent to last; -1: nobody */
  bool tcp;                       /* how */
  bool tcp_retry;                 /* over UDP it was TRUNCATED */
  enum async_dns_verdict verdict; /* of the reply, if there is one */
  int64_t sent_ns;            /* the loop's clock, the last time; 0: was not */
  int64_t rtt_ns;             /* from then to the reply */
  const unsigned char *reply; /* NULL without one */
  size_t reply_bytes;

  /* The fleet's. */
  struct async_op *op;
  struct async_dns_fleet *fleet;
  struct async_list self, node, timer;
  void *flight;
  int64_t queued_ns, expires_ns, look_ns;
  int rc;
  uint16_t question_end;
  uint8_t state;
  bool doubted;
};

/* Starts an ask.
 *
 * ask  kept until op is done
 * op   kept until it is done; started here. Its rc is 0 for a reply, whatever
 *      it says, and else
 *        ASYNC_ETIMEDOUT   no reply in time, or no resolver that works
 *        ASYNC_EENCODING   a reply that was found malformed
 *        -ECONNREFUSED, -ENETUNREACH, ...  the system's error
 *        ASYNC_EINVAL      the message is no query with one question
 *        ASYNC_ENOMEM, ASYNC_ECANCELED
 *
 * Source: RFC 5452 section 9 for what makes a reply ours: source address and
 * port (the socket is connected), id and question.
 */
void async_dns_ask_start(struct async_dns_fleet *fleet,
                         struct async_dns_ask *ask, struct async_op *op);

/* The same, waiting for the end in a task; `keep` should be set.
 *
 * Returns the operation's rc.
 */
int async_dns_ask_run(struct async_dns_fleet *fleet, struct async_dns_ask *ask);

/* The check for those that have none: cut off is TRUNCATED; REFUSED, NOTIMP
 * and FORMERR are FAILING; all else is GOOD. */
enum async_dns_verdict async_dns_check(const struct async_dns_ask *ask,
                                       const unsigned char *reply, size_t len);

/* Statistics. */

struct async_dns_resolver_stats {
  /* sent = answered + malformed + timeouts + errors + abandoned + in flight */
  uint64_t sent, answered, malformed, timeouts, errors, abandoned;
  uint64_t refused, servfail; /* among the answered */
  uint64_t truncated;         /* sent again over TCP, and so counted twice */
  uint64_t strays; /* datagrams that answered nothing: spoofed, late, twice */
  uint64_t opened; /* times the breaker did */
  enum async_breaker_state breaker;
  unsigned in_flight, window; /* window: how many it is trusted with now */
  double rate_per_s;          /* the present one; 0: no limit */
  int64_t rtt_ns;             /* smoothed; 0: not known */
  int64_t timeout_ns;         /* of the next attempt */
  const struct async_histogram *rtt; /* the fleet's; NULL beyond 64 resolvers */
};

void async_dns_fleet_stats(const struct async_dns_fleet *fleet, size_t index,
                           struct async_dns_resolver_stats *out);

/* Asks that wait for a resolver, and those that were sent. */
size_t async_dns_fleet_queued(const struct async_dns_fleet *fleet);
size_t async_dns_fleet_in_flight(const struct async_dns_fleet *fleet);

#ifdef __cplusplus
}
#endif
#endif
