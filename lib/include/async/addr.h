/* async/addr.h (io): socket addresses and their text. */
#ifndef ASYNC_ADDR_H
#define ASYNC_ADDR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_addr {
  struct sockaddr_storage storage;
  socklen_t len;
};

/* Reads a numeric address: "127.0.0.1", "::1", "[::1]", "fe80::1%eth0".
 *
 * out  untouched on failure
 *
 * Returns 0 or ASYNC_EINVAL.
 */
int async_addr_parse(struct async_addr *out, const char *text, uint16_t port);

/* The address of a Unix socket. A path that begins with '@' is a name outside
 * the file system (Linux).
 *
 * Returns 0 or ASYNC_ETOOLONG.
 */
int async_addr_unix(struct async_addr *out, const char *path);

/* The port, or 0 where there is none. */
uint16_t async_addr_port(const struct async_addr *addr);

#define ASYNC_ADDR_TEXT_BYTES 128

/* Writes "127.0.0.1:80", "[::1]:80", "unix:/run/x" and a NUL.
 *
 * out  ASYNC_ADDR_TEXT_BYTES bytes
 */
void async_addr_text(char *out, const struct async_addr *addr);

/* Looks up a host name as the system does (hosts file, DNS, ...), on a thread
 * of the pool; a numeric address is not looked up.
 *
 * out    on success `count` addresses, at least one, given: free() them
 * count  their number
 *
 * Returns 0, -ENOENT for a name without addresses, ASYNC_EAGAIN if the
 * resolver could not tell, ASYNC_ENOMEM or ASYNC_ECANCELED.
 */
int async_addr_resolve(const char *host, uint16_t port, struct async_addr **out,
                       size_t *count);

#ifdef __cplusplus
}
#endif
#endif
