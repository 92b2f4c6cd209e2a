/* The bridge to c-ares, for the files of this folder.
 *
 * What is asked travels as a flight:
 *  1. launched: it gets a channel with room, opened if need be, or waits in
 *     the pool's queue, where it can be withdrawn;
 *  2. sent: c-ares has it and cannot give it back. Who asked may leave, the
 *     flight goes on without passengers;
 *  3. landed: c-ares called back. If it did so while it was being called, the
 *     end is put off to the next turn, because nothing ends inside its start;
 *  4. ended: who asked is told, the memory is freed.
 * Lookups and raw queries differ in how replies are judged, so each kind has a
 * pool of channels of its own; so have addresses to be found in the hosts file
 * alone. */
#ifndef ASY_DNS_PRIV_H
#define ASY_DNS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

/* The classic calls are all that 1.18 has. */
#define CARES_NO_DEPRECATED
#include <ares.h>

#include "async/dns.h"
#include "async/hash.h"
#include "async/list.h"
#include "async/timer.h"

struct asy_dns_pool;

struct asy_dns_channel {
  struct asy_dns_pool *pool;
  ares_channel ares;
  struct async_list sockets;
  size_t in_flight; /* queries; the lookup of both families is two */
};

struct asy_dns_pool {
  struct async_dns *dns;
  struct asy_dns_channel **channels;
  size_t count, most, next; /* next: where there was room the last time */
  int flags;
  const char *sources;     /* "f": the hosts file alone; NULL: the system's */
  struct async_list queue; /* of flights */
};

enum { ASY_DNS_LOOKUPS, ASY_DNS_QUERIES, ASY_DNS_HOSTS, ASY_DNS_POOLS };

struct async_dns {
  struct async_dns_opts opts; /* with the defaults filled in */
  char *servers, *source4, *source6, *interface;
  struct asy_dns_pool pools[ASY_DNS_POOLS];
  struct async_hash lookups; /* that have not ended, by text and family */

  struct async_list landed;   /* flights that end on the next turn */
  struct async_list stranded; /* operations that end so without a flight */
  struct async_timer soon;

  uv_timer_t tick;
  size_t in_flight; /* flights that c-ares has */
  size_t waiting;   /* operations that are not done */
  bool sending, closing;
};

enum asy_dns_state { ASY_DNS_QUEUED, ASY_DNS_SENT, ASY_DNS_LANDED };

struct asy_dns_flight {
  struct async_list node; /* in pool->queue, or in dns->landed */
  struct asy_dns_pool *pool;
  struct asy_dns_channel *channel; /* once sent */
  void (*send)(struct asy_dns_flight *flight);
  void (*end)(struct asy_dns_flight *flight); /* frees it */
  size_t queries;
  int rc;
  enum asy_dns_state state;
};

/* One lookup for everybody who asks for the same at the same time. */
struct asy_dns_lookup {
  struct asy_dns_flight base;
  struct async_hash_node node; /* in dns->lookups */
  struct async_list waiters;
  const struct asy_dns_lookup_kind *kind;
  int family;
  char *text; /* what is looked up; behind the kind's own struct */
};

struct asy_dns_lookup_kind {
  const char *name; /* of the operation */
  size_t pool;
  size_t bytes; /* of a struct that begins with a lookup; zeroed */
  void (*send)(struct asy_dns_flight *flight);
  int (*give)(struct asy_dns_lookup *lookup, void *out); /* once a waiter */
  void (*done)(struct asy_dns_lookup *lookup); /* NULL: nothing to free */
};

/* Looks up `text`, or joins those who do already. Parks.
 *
 * out  for `give`, when the lookup landed with 0
 *
 * Returns what `give` does, ASYNC_ECANCELED, ASYNC_ENOMEM or c-ares' error.
 */
int asy_dns_look_up(struct async_dns *dns,
                    const struct asy_dns_lookup_kind *kind, const char *text,
                    int family, void *out);

/* Makes c-ares ready; for what comes before async_dns_open. */
void asy_dns_library_init(void);

/* An error of ours for a status of c-ares. */
int asy_dns_error(int status);

/* The same for the end of a query that is being sent: c-ares says "refused" where
 * the system had no socket for it, too. */
int asy_dns_send_error(int status);

/* Opens the pool's next channel. Returns 0, ASYNC_ENOMEM, ASYNC_EINVAL for the
 * servers, or c-ares' error. */
int asy_dns_channel_open(struct asy_dns_pool *pool);

/* Ends every flight in the pool, and frees its channels. */
void asy_dns_pool_done(struct asy_dns_pool *pool);

/* Has c-ares look at its sockets (or ARES_SOCKET_BAD) and at the clock. */
void asy_dns_channel_run(struct asy_dns_channel *channel,
                         ares_socket_t readable, ares_socket_t writable);

/* Sends a flight or queues it. Cannot fail: it may land at once. */
void asy_dns_launch(struct asy_dns_flight *flight);

/* For the callbacks of c-ares: the flight is over, with this result. */
void asy_dns_land(struct asy_dns_flight *flight, int rc);

/* Whether the flight was still in the queue; it is not, then, any more. */
bool asy_dns_withdraw(struct asy_dns_flight *flight);

/* Sends what waited for room. */
void asy_dns_pump(struct asy_dns_pool *pool);

/* Ends, on the next turn, an operation for which there was no memory. */
void asy_dns_strand(struct async_dns *dns, struct async_op *op);

/* Ends what was put off to the next turn. */
void asy_dns_end_landed(struct async_dns *dns);

/* Runs c-ares' clock while it has flights. */
void asy_dns_tick_start(struct async_dns *dns);

/* Counts an operation that waits; while there are any the loop does. */
void asy_dns_wait(struct async_dns *dns);
void asy_dns_wait_over(struct async_dns *dns);

#endif
