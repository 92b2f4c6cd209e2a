/* async/unix.h (io): stream sockets of the local machine. */
#ifndef ASYNC_UNIX_H
#define ASYNC_UNIX_H

#ifdef __cplusplus
extern "C" {
#endif

struct async_listener;
struct async_stream;

/* Connects to a socket; paths are those of async_addr_unix.
 *
 * out  on success the connection, to be closed with async_stream_close
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ETOOLONG, ASYNC_ENOMEM or the system's
 * error.
 */
int async_unix_connect(struct async_stream **out, const char *path);

/* Listens. A socket that is there but that nobody listens on any more is
 * replaced.
 *
 * out  on success a listener, to be closed with async_listener_close
 *
 * Returns 0, -EADDRINUSE, ASYNC_ETOOLONG, ASYNC_ENOMEM or the system's error.
 * Does not park.
 */
int async_unix_listen(struct async_listener **out, const char *path);

#ifdef __cplusplus
}
#endif
#endif
