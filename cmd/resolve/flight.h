/* cmd/resolve/flight.h: queries on their way. Equal questions that are asked at
 * the same time are one query, whose reply all of them share. */
#ifndef RESOLVE_FLIGHT_H
#define RESOLVE_FLIGHT_H

#include "async/buf.h"
#include "async/dns_fleet.h"
#include "async/hash.h"
#include "resolve/cookie.h"
#include "resolve/item.h"
#include "resolve/pace.h"
#include "resolve/query.h"

struct resolve_flight {
  struct async_hash_node node; /* in the table, until it is over */
  struct resolve_flights *all;
  struct resolve_flight *next; /* of those that are free */
  size_t users;                /* items, and the query itself */
  struct async_list waiting;   /* operations of the items */
  struct async_dns_ask ask;
  struct async_dns_tried tried;
  struct async_op op;
  struct async_buf reply;
  struct async_dns_message message; /* the reply, where it came in */
  struct resolve_question question; /* its name is the query's, mostly */
  bool in_table, plain;
  bool has_cookie;      /* as it was sent last: */
  int cookie_of;        /* that of this resolver */
  unsigned bad_cookies; /* how often it complained */
  size_t query_bytes;
  unsigned char query[ASYNC_DNS_QUERY_MAX];
};

struct resolve_flights {
  struct async_dns_fleet *fleet;
  struct resolve_query *query;
  struct async_hash table;
  struct resolve_cookies cookies; /* --cookie */
  struct resolve_flight *free;
  struct resolve_pace *pace; /* NULL, or is told of every end */
  bool exact_case;
};

void resolve_flights_init(struct resolve_flights *flights,
                          struct async_dns_fleet *fleet,
                          struct resolve_query *query);

/* After the fleet was closed: every query has ended. */
void resolve_flights_done(struct resolve_flights *flights);

/* Asks an item's question, or joins those who ask it already.
 *
 * item  its flight is given back with resolve_flight_leave
 * op    started here; its rc is that of async_dns_ask_start
 */
void resolve_flight_start(struct resolve_flights *flights,
                          struct resolve_item *item, bool plain,
                          struct async_op *op);

/* The same for any question: its name is borrowed until this returns.
 *
 * tried  where it was asked before
 *
 * Returns the flight, to be given back; NULL without memory (op is done then).
 */
struct resolve_flight *resolve_flight_ask(
    struct resolve_flights *flights, const struct resolve_question *question,
    const struct async_dns_tried *tried, const struct resolve_limit *limit,
    bool plain, struct async_op *op);

/* One user more. */
struct resolve_flight *resolve_flight_ref(struct resolve_flight *flight);

/* What it was answered, when its operation ended with 0. Returns 0, or
 * ASYNC_EENCODING for what is no message at all. */
int resolve_flight_read(const struct resolve_flight *flight,
                        struct async_dns_message *out);

/* NULL is fine. */
void resolve_flight_leave(struct resolve_flight *flight);

#endif
