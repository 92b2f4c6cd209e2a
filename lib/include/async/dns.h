/* async/dns.h (net): names to addresses and back, and raw queries, over c-ares.
 *
 * Lookups honour the hosts file and the search list; raw queries go to the
 * servers as they are. A channel of c-ares carries at most 256 queries, so
 * that one bad reply or a full source port costs few; more channels are opened
 * as they are needed. */
#ifndef ASYNC_DNS_H
#define ASYNC_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "async/op.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_dns;

struct async_dns_opts {
  const char *servers; /* "addr[:port],..."; NULL: the system's */
  int64_t timeout_ns;  /* of the first try, doubling; 0: 500 ms */
  unsigned tries;      /* 0: 4 */
  size_t per_channel;  /* queries in flight a channel; 0: 256 */
  size_t channels;     /* most channels for lookups, and for queries; 0: 4 */
  bool rotate;         /* spread queries over the servers; else the first */
  const char *source4, *source6; /* NULL, or numeric addresses to send from */
  const char *interface;         /* NULL, or the interface to send from */
};

#define ASYNC_DNS_OPTS_INIT                                                    \
  {                                                                            \
    .servers = NULL                                                            \
  }

/* Starts a resolver on this loop.
 *
 * Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL for a server that cannot be parsed,
 * or c-ares' error.
 */
int async_dns_open(struct async_dns **out, const struct async_dns_opts *opts);

/* Frees it; NULL is fine. Queries that were cancelled end here; those that were
 * not end with ARES_EDESTRUCTION. Shielded; does not park. */
void async_dns_close(struct async_dns *dns);

#define ASYNC_DNS_ADDRESSES 64

struct async_dns_address {
  int family; /* AF_INET or AF_INET6 */
  unsigned char bytes[16];
};

struct async_dns_addresses {
  size_t count; /* in the order in which they should be tried */
  uint32_t ttl_s;
  char name[256]; /* that has them: with what the search list put behind it,
                     and aliases followed; "": the host's own, or too long */
  struct async_dns_address items[ASYNC_DNS_ADDRESSES];
};

/* Finds the addresses of a host.
 *
 * host    a name; an address in text form is its own answer
 * family  AF_UNSPEC, AF_INET or AF_INET6
 *
 * Returns 0, ASYNC_ECANCELED, or c-ares' error (async_err_text explains it).
 * Lookups of the same name in flight at the same time are one query.
 * Source: RFC 6724 for the order.
 */
int async_dns_lookup(struct async_dns *dns, const char *host, int family,
                     struct async_dns_addresses *out);

/* Finds the names of an address, in the hosts file or among PTR records: first
 * the one that getnameinfo() gives, then its aliases.
 *
 * out    on success the names are appended, a NUL behind each; presentation
 *        format, without the final dot
 * ttl_s  NULL, or set to the shortest TTL; 0 for the hosts file
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM, or c-ares' error. Equal lookups in
 * flight at the same time are one query.
 */
int async_dns_reverse(struct async_dns *dns,
                      const struct async_dns_address *address,
                      struct async_buf *out, uint32_t *ttl_s);

/* Writes the address as text. out  46 bytes. Returns out. */
char *async_dns_address_text(const struct async_dns_address *address,
                             char *out);

struct async_dns_query {
  struct async_op op;
  int timeouts;         /* tries that got no answer */
  unsigned char *reply; /* the message, owned by the query; NULL without one */
  size_t reply_bytes;
  struct async_dns *dns; /* this and the next: the resolver's */
  void *flight;
};

/* From c-ares 1.28 on a reply is not the bytes that came but what c-ares writes
 * of them, and a name is that of a host; dns_fleet.h has neither limit.
 *
 * Starts one query of class `klass` and type `type`; the operation's rc is 0
 * for any reply (NXDOMAIN and SERVFAIL included), else an error. Cancelled, its
 * reply is dropped when it comes; until then it occupies its channel. Any number
 * may be started: those without a channel wait their turn.
 *
 * query  kept until its operation is done; then async_dns_query_done frees the
 *        reply
 */
void async_dns_query_start(struct async_dns *dns, struct async_dns_query *query,
                           const char *name, int klass, int type);
int async_dns_query_run(struct async_dns *dns, struct async_dns_query *query,
                        const char *name, int klass, int type);
void async_dns_query_done(struct async_dns_query *query);

/* The same for a message in wire format, sent as it is; its id should be hard
 * to guess.
 *
 * message  copied; at most 65535 bytes
 */
void async_dns_query_send(struct async_dns *dns, struct async_dns_query *query,
                          const unsigned char *message, size_t len);

#ifdef __cplusplus
}
#endif
#endif
