/* Connecting to a name.
 *
 *  1. The name is resolved.
 *  2. Its addresses are put in turn: a family that is broken here is then
 *     only every other attempt.
 *  3. Attempts start 250 ms apart, or as soon as one has failed; the first
 *     connection wins, the other attempts are cancelled. */
#include "async/tcp.h"

#include <stdlib.h>

#include "async/error.h"
#include "async/gather.h"
#include "async/stream.h"
#include "async/time.h"
#include "io/socket_priv.h"

/* Source: RFC 8305 section 5, "Connection Attempt Delay". */
static const int64_t ATTEMPT_DELAY_NS = 250 * ASYNC_MS;

int async_tcp_connect_addr(struct async_stream **out,
                           const struct async_addr *addr)
{
  return asy_socket_connect(out, addr);
}

struct attempt {
  struct async_addr addr;
  struct async_stream *stream;
};

static int try_to_connect(void *arg)
{
  struct attempt *attempt = arg;
  return asy_socket_connect(&attempt->stream, &attempt->addr);
}

static bool is_first_family(const struct async_addr *addrs, size_t index)
{
  return addrs[index].storage.ss_family == addrs[0].storage.ss_family;
}

/* The index of the next address that is (not) of the first one's family. */
static size_t next_of(const struct async_addr *addrs, size_t count, size_t from,
                      bool first_family)
{
  while (from < count && is_first_family(addrs, from) != first_family)
    from++;
  return from;
}

/* The resolver's order stands within a family (it is RFC 6724's). */
static void put_in_turn(struct attempt *attempts,
                        const struct async_addr *addrs, size_t count)
{
  size_t first = 0, other = next_of(addrs, count, 0, false);
  for (size_t i = 0; i < count; i++) {
    bool take_first = other == count || (i % 2 == 0 && first < count);
    size_t *taken = take_first ? &first : &other;
    attempts[i].addr = addrs[*taken];
    *taken = next_of(addrs, count, *taken + 1, take_first);
  }
}

/* Keeps one connection: two may have been made in the same turn. */
static int take_winner(struct async_stream **out, struct attempt *attempts,
                       const struct async_call *calls, size_t count, int rc,
                       size_t winner)
{
  for (size_t i = 0; i < count; i++)
    if (calls[i].rc == 0 && (rc < 0 || i != winner))
      async_stream_close(attempts[i].stream);
  if (rc == 0)
    *out = attempts[winner].stream;
  return rc;
}

int asy_tcp_connect_any(struct async_stream **out,
                        const struct async_addr *addrs, size_t count)
{
  struct attempt *attempts = calloc(count, sizeof(*attempts));
  struct async_call *calls = calloc(count, sizeof(*calls));
  size_t winner = 0;
  int rc = ASYNC_ENOMEM;
  if (attempts && calls) {
    put_in_turn(attempts, addrs, count);
    for (size_t i = 0; i < count; i++)
      calls[i] =
          (struct async_call){ .fn = try_to_connect, .arg = &attempts[i] };
    rc =
        async_gather(calls, count, ASYNC_GATHER_ANY, ATTEMPT_DELAY_NS, &winner);
    rc = take_winner(out, attempts, calls, count, rc, winner);
  }
  free(calls);
  free(attempts);
  return rc;
}

int async_tcp_connect(struct async_stream **out, const char *host,
                      uint16_t port)
{
  struct async_addr *addrs;
  size_t count;
  int rc = async_addr_resolve(host, port, &addrs, &count);
  if (rc < 0)
    return rc;
  rc = count == 1 ? asy_socket_connect(out, addrs)
                  : asy_tcp_connect_any(out, addrs, count);
  free(addrs);
  return rc;
}

int async_tcp_listen(struct async_listener **out, const char *address,
                     uint16_t port)
{
  struct async_addr addr;
  int err = async_addr_parse(&addr, address, port);
  return err < 0 ? err : asy_socket_listen(out, &addr);
}
