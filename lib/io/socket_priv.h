/* What TCP and Unix sockets have in common. */
#ifndef ASY_SOCKET_PRIV_H
#define ASY_SOCKET_PRIV_H

#include "async/addr.h"

struct async_listener;
struct async_stream;

/* A socket that does not wait and is not inherited. Returns the descriptor or
 * an error. */
int asy_socket_open(int family, int type);

/* Connects, waiting for it. The result is a stream. */
int asy_socket_connect(struct async_stream **out,
                       const struct async_addr *addr);

/* Connects to the first of several addresses that lets us. */
int asy_tcp_connect_any(struct async_stream **out,
                        const struct async_addr *addrs, size_t count);

/* Binds and listens. The result is a listener. */
int asy_socket_listen(struct async_listener **out,
                      const struct async_addr *addr);

/* Answers go out at once: our writers hand over what belongs together. */
void asy_socket_no_delay(int fd, const struct async_addr *addr);

/* The address a socket is bound to. Returns 0 or an error. */
int asy_socket_name(int fd, struct async_addr *out);

#endif
