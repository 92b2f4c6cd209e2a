/* async/udp.h (io): datagrams. */
#ifndef ASYNC_UDP_H
#define ASYNC_UDP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "async/addr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct async_udp;

/* Binds a socket.
 *
 * out      on success the socket, to be closed with async_udp_close
 * address  numeric; its family is the socket's: "0.0.0.0", "::"
 * port     0: the system chooses
 *
 * Returns 0, ASYNC_EINVAL, ASYNC_ENOMEM or the system's error. Does not park.
 */
int async_udp_open(struct async_udp **out, const char *address, uint16_t port);

/* Fixes the other side: sends go there, and only its datagrams and its ICMP
 * errors arrive. Returns 0 or the system's error. Does not park. */
int async_udp_connect(struct async_udp *udp, const struct async_addr *peer);

/* Waits for a datagram; one task at a time.
 *
 * from  NULL, or on success the sender
 *
 * Returns its length (an empty one is 0; what does not fit is lost and not
 * counted), ASYNC_ECANCELED or the system's error, such as -ECONNREFUSED.
 */
ssize_t async_udp_recv(struct async_udp *udp, void *out, size_t len,
                       struct async_addr *from);

/* Sends a datagram, waiting for room in the socket's buffer.
 *
 * to  NULL once it is connected
 *
 * Returns 0, ASYNC_ECANCELED or the system's error.
 */
int async_udp_send(struct async_udp *udp, const void *bytes, size_t len,
                   const struct async_addr *to);

/* The address it is bound to. */
const struct async_addr *async_udp_addr(const struct async_udp *udp);

/* The descriptor, for options of one's own. */
int async_udp_fd(const struct async_udp *udp);

/* Closes and frees it; NULL is fine. */
void async_udp_close(struct async_udp *udp);

#ifdef __cplusplus
}
#endif
#endif
