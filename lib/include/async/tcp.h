/* async/tcp.h (io): TCP connections. */
#ifndef ASYNC_TCP_H
#define ASYNC_TCP_H

#include <stdint.h>

#include "async/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_listener;
struct async_stream;

/* Connects to a host by name or numeric address.
 *
 * out  on success the connection, to be closed with async_stream_close
 *
 * A name is resolved with async_addr_resolve; its addresses, families taken in
 * turn, are tried one by one, the next one 250 ms after the last or as soon as
 * that failed, and the first connection is kept.
 *
 * Returns 0, an error of async_addr_resolve, or the first address's error.
 * Source: RFC 8305, sections 4 and 5.
 */
int async_tcp_connect(struct async_stream **out, const char *host,
                      uint16_t port);

/* Connects to one address. Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM or the
 * system's error. */
int async_tcp_connect_addr(struct async_stream **out,
                           const struct async_addr *addr);

/* Listens on a numeric address.
 *
 * out      on success a listener, to be closed with async_listener_close
 * address  "127.0.0.1", "::1"; "::" is every address of both families
 * port     0: the system chooses
 *
 * Returns 0, ASYNC_EINVAL (not an address), ASYNC_ENOMEM or the system's error.
 * Does not park.
 */
int async_tcp_listen(struct async_listener **out, const char *address,
                     uint16_t port);

#ifdef __cplusplus
}
#endif
#endif
