/* cmd/resolve/query.h: what all queries of a run have in common. */
#ifndef RESOLVE_QUERY_H
#define RESOLVE_QUERY_H

#include "async/buf.h"
#include "async/dns_message.h"
#include "resolve/item.h"
#include "resolve/options.h"
#include "resolve/random.h"

struct resolve_query {
  const struct resolve_opts *opts;
  uint16_t flags;
  struct async_buf options; /* EDNS, in wire form */
  struct resolve_random random;
};

/* Returns 0 or ASYNC_ENOMEM. */
int resolve_query_init(struct resolve_query *query,
                       const struct resolve_opts *opts);
void resolve_query_done(struct resolve_query *query);

/* Writes the query for a question; with --cookie there is room for one behind
 * it.
 *
 * plain  without EDNS: the resolver did not understand it
 * out    ASYNC_DNS_QUERY_MAX bytes
 *
 * Returns its length, or ASYNC_ETOOLONG: too many options.
 */
int resolve_query_write(struct resolve_query *query,
                        const struct resolve_question *question, bool plain,
                        unsigned char *out);

#endif
