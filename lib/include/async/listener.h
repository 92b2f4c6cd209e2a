/* async/listener.h (io): sockets that accept connections. */
#ifndef ASYNC_LISTENER_H
#define ASYNC_LISTENER_H

#include <stdint.h>

#include "async/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_listener;
struct async_stream;

/* Makes a listener of a socket that listens already: one inherited from a
 * service manager, say.
 *
 * fd  given on success
 *
 * Returns 0, ASYNC_ENOMEM, or the system's error.
 */
int async_listener_open_fd(struct async_listener **out, int fd);

/* Waits for a connection; one task at a time.
 *
 * out   on success the connection, to be closed with async_stream_close
 * peer  NULL, or on success the other side's address
 *
 * Connections that were lost while they waited are passed over. Without file
 * descriptors (or memory in the kernel) it pauses for 100 ms and tries again:
 * clients wait in the queue of the socket meanwhile.
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM or the system's error.
 */
int async_listener_accept(struct async_listener *listener,
                          struct async_stream **out, struct async_addr *peer);

/* The address it listens on, with the port that the system chose. */
const struct async_addr *async_listener_addr(
    const struct async_listener *listener);

/* Its port, or 0 for a Unix socket. */
uint16_t async_listener_port(const struct async_listener *listener);

/* Closes and frees it; NULL is fine. The path of a Unix socket is removed.
 * Clients that wait to be accepted are refused. */
void async_listener_close(struct async_listener *listener);

#ifdef __cplusplus
}
#endif
#endif
