/* dns_server.h: a DNS server that misbehaves by name, over UDP and TCP on one
 * port, in a thread of its own.
 *
 * It answers A with 192.0.2.1, but for names that begin with
 *   nx, fail, refuse   that rcode
 *   drop     no answer
 *   tc       cut off over UDP; whole over TCP
 *   junk     noise, a wrong id and a wrong question; then the answer
 *   spoof    a refusal from another port; then the answer
 *   forged   only that refusal
 *   short    a refusal of 12 bytes
 *   bad      a record that breaks off
 *   twice    the answer, two times
 *   big      5000 bytes
 *   hold     the answer, once dns_server_release was called
 * Every n-th query is not answered if `drop_every` is set. */
#ifndef DNS_SERVER_H
#define DNS_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

enum {
  DNS_SERVER_HELD = 4096,
  DNS_SERVER_MESSAGE = 512,
  DNS_SERVER_REPLY = 5100,
  DNS_SERVER_CONNECTIONS = 16,
  DNS_SERVER_FDS = 3 + DNS_SERVER_CONNECTIONS
};

struct dns_server_query {
  struct sockaddr_storage from;
  socklen_t from_len;
  int fd; /* of the connection; -1: UDP */
  size_t len;
  unsigned char bytes[DNS_SERVER_MESSAGE];
};

struct dns_server {
  char server[64]; /* address and port */
  atomic_int queries, over_tcp, release, drop_every;
  atomic_int sources; /* ports that were asked from, over UDP */
  bool is_source[UINT16_MAX + 1];

  int udp, tcp, other, control[2];
  int connections[DNS_SERVER_CONNECTIONS];
  pthread_t thread;
  int held_count;
  struct dns_server_query held[DNS_SERVER_HELD];
};

static inline void dns_server_send(struct dns_server *server,
                                   const struct dns_server_query *query,
                                   const unsigned char *reply, size_t len)
{
  const struct sockaddr *to = (const struct sockaddr *)&query->from;
  unsigned char prefix[2] = { (unsigned char)(len >> 8), (unsigned char)len };
  if (query->fd < 0)
    sendto(server->udp, reply, len, 0, to, query->from_len);
  else if (send(query->fd, prefix, 2, MSG_NOSIGNAL | MSG_MORE) != 2 ||
           send(query->fd, reply, len, MSG_NOSIGNAL) != (ssize_t)len)
    return;
}

static inline bool dns_server_is(const struct dns_server_query *query,
                                 const char *prefix)
{
  return strncmp((const char *)query->bytes + 13, prefix, strlen(prefix)) == 0;
}

/* The reply with this rcode and an address if that is 0. Returns its length. */
static inline size_t dns_server_reply(const struct dns_server_query *query,
                                      int rcode, unsigned char *reply)
{
  static const unsigned char RECORD[] = { 0xc0, 12, 0, 1, 0,   1, 0, 0,
                                          1,    44, 0, 4, 192, 0, 2, 1 };
  size_t end = 12 + strlen((const char *)query->bytes + 12) + 5;
  memcpy(reply, query->bytes, end);
  reply[2] = (unsigned char)(reply[2] | 0x80);
  reply[3] = (unsigned char)(0x80 | rcode);
  reply[7] = rcode == 0;
  reply[11] = 0;
  if (rcode != 0)
    return end;
  memcpy(reply + end, RECORD, sizeof(RECORD));
  return end + sizeof(RECORD);
}

static inline void dns_server_junk(struct dns_server *server,
                                   const struct dns_server_query *query)
{
  unsigned char reply[DNS_SERVER_REPLY];
  memset(reply, 0xff, 5);
  dns_server_send(server, query, reply, 5);
  size_t len = dns_server_reply(query, 3, reply);
  reply[0] ^= 0x55;
  dns_server_send(server, query, reply, len);
  reply[0] ^= 0x55;
  reply[13] ^= 0x55;
  dns_server_send(server, query, reply, len);
  reply[13] ^= 0x55;
  reply[2] &= 0x7f; /* a query */
  dns_server_send(server, query, reply, len);
}

static inline void dns_server_spoof(struct dns_server *server,
                                    const struct dns_server_query *query)
{
  unsigned char reply[DNS_SERVER_REPLY];
  size_t len = dns_server_reply(query, 5, reply);
  sendto(server->other, reply, len, 0, (const struct sockaddr *)&query->from,
         query->from_len);
}

static inline void dns_server_answer(struct dns_server *server,
                                     const struct dns_server_query *query)
{
  unsigned char reply[DNS_SERVER_REPLY] = { 0 };
  int rcode = dns_server_is(query, "nx")       ? 3
              : dns_server_is(query, "fail")   ? 2
              : dns_server_is(query, "refuse") ? 5
                                               : 0;
  size_t len = dns_server_reply(query, rcode, reply);
  if (dns_server_is(query, "tc") && query->fd < 0)
    reply[2] |= 2;
  if (dns_server_is(query, "short")) {
    memset(reply + 4, 0, 8);
    reply[3] = 0x85;
    len = 12;
  }
  if (dns_server_is(query, "bad"))
    len -= 3;
  if (dns_server_is(query, "big"))
    len = 5000;
  if (dns_server_is(query, "twice"))
    dns_server_send(server, query, reply, len);
  dns_server_send(server, query, reply, len);
}

static inline void dns_server_serve(struct dns_server *server,
                                    const struct dns_server_query *query)
{
  int count = atomic_fetch_add(&server->queries, 1) + 1;
  int every = atomic_load(&server->drop_every);
  if (query->fd >= 0)
    atomic_fetch_add(&server->over_tcp, 1);
  if (dns_server_is(query, "drop") || (every && count % every == 0))
    return;
  if (dns_server_is(query, "hold") && !atomic_load(&server->release)) {
    if (server->held_count < DNS_SERVER_HELD)
      server->held[server->held_count++] = *query;
    return;
  }
  if (dns_server_is(query, "junk"))
    dns_server_junk(server, query);
  if (dns_server_is(query, "spoof") || dns_server_is(query, "forged"))
    dns_server_spoof(server, query);
  if (!dns_server_is(query, "forged"))
    dns_server_answer(server, query);
}

static inline bool dns_server_read_exactly(int fd, unsigned char *out,
                                           size_t len)
{
  return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

/* Returns whether the connection goes on. */
static inline bool dns_server_read_tcp(struct dns_server *server, int fd)
{
  struct dns_server_query query = { .fd = fd };
  unsigned char prefix[2];
  if (!dns_server_read_exactly(fd, prefix, 2))
    return false;
  query.len = (size_t)(prefix[0] << 8 | prefix[1]);
  if (query.len > sizeof(query.bytes) ||
      !dns_server_read_exactly(fd, query.bytes, query.len))
    return false;
  dns_server_serve(server, &query);
  return true;
}

/* The port is at the same place in both kinds of addresses. */
static inline void dns_server_note(struct dns_server *server,
                                   const struct dns_server_query *query)
{
  const struct sockaddr_in *from = (const void *)&query->from;
  bool *is_source = &server->is_source[ntohs(from->sin_port)];
  if (!*is_source)
    atomic_fetch_add(&server->sources, 1);
  *is_source = true;
}

static inline void dns_server_read_udp(struct dns_server *server)
{
  struct dns_server_query query = { .fd = -1 };
  for (int i = 0; i < 64; i++) {
    query.from_len = sizeof(query.from);
    ssize_t got =
        recvfrom(server->udp, query.bytes, sizeof(query.bytes), MSG_DONTWAIT,
                 (struct sockaddr *)&query.from, &query.from_len);
    if (got <= 12)
      return;
    query.len = (size_t)got;
    dns_server_note(server, &query);
    dns_server_serve(server, &query);
  }
}

static inline void dns_server_accept(struct dns_server *server)
{
  int fd = accept(server->tcp, NULL, NULL);
  for (int i = 0; fd >= 0 && i < DNS_SERVER_CONNECTIONS; i++)
    if (server->connections[i] < 0) {
      server->connections[i] = fd;
      return;
    }
  if (fd >= 0)
    close(fd);
}

static inline void dns_server_read_connections(struct dns_server *server,
                                               const struct pollfd *fds)
{
  for (int i = 0; i < DNS_SERVER_CONNECTIONS; i++)
    if (fds[i].revents && !dns_server_read_tcp(server, fds[i].fd)) {
      close(fds[i].fd);
      server->connections[i] = -1;
    }
}

static inline void *dns_server_main(void *arg)
{
  struct dns_server *server = arg;
  for (;;) {
    struct pollfd fds[DNS_SERVER_FDS] = {
      { .fd = server->udp, .events = POLLIN },
      { .fd = server->tcp, .events = POLLIN },
      { .fd = server->control[0], .events = POLLIN },
    };
    char byte;
    for (int i = 0; i < DNS_SERVER_CONNECTIONS; i++)
      fds[3 + i] =
          (struct pollfd){ .fd = server->connections[i], .events = POLLIN };
    poll(fds, DNS_SERVER_FDS, -1);
    if (fds[2].revents) {
      if (read(server->control[0], &byte, 1) != 1)
        return NULL;
      for (int i = 0; i < server->held_count; i++)
        dns_server_answer(server, &server->held[i]);
      server->held_count = 0;
    }
    dns_server_read_connections(server, fds + 3);
    dns_server_read_udp(server);
    if (fds[1].revents)
      dns_server_accept(server);
  }
}

/* From now on held names are answered at once. */
static inline void dns_server_release(struct dns_server *server)
{
  atomic_store(&server->release, 1);
  CHECK_INT(write(server->control[1], "r", 1), 1);
}

static inline int dns_server_bind(const char *address, int type, int port,
                                  int *bound)
{
  struct sockaddr_storage addr = { 0 };
  struct sockaddr_in *in = (void *)&addr;
  struct sockaddr_in6 *in6 = (void *)&addr;
  socklen_t len = sizeof(*in);
  int bytes = 4 << 20, on = 1;
  if (inet_pton(AF_INET, address, &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
  } else {
    CHECK_INT(inet_pton(AF_INET6, address, &in6->sin6_addr), 1);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons((uint16_t)port);
    len = sizeof(*in6);
  }
  int fd = socket(addr.ss_family, type | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, (struct sockaddr *)&addr, len) < 0 ||
      (type == SOCK_STREAM && listen(fd, 64) < 0)) {
    close(fd);
    return -1;
  }
  len = sizeof(addr);
  CHECK_INT(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
  *bound = ntohs(in->sin_port); /* at the same place in both */
  return fd;
}

/* A port that is free for both. */
static inline void dns_server_bind_both(struct dns_server *server,
                                        const char *address)
{
  int port, same;
  for (int i = 0; i < 100; i++) {
    server->udp = dns_server_bind(address, SOCK_DGRAM, 0, &port);
    if (server->udp < 0)
      SKIP("this machine does not have that address");
    server->tcp = dns_server_bind(address, SOCK_STREAM, port, &same);
    if (server->tcp >= 0) {
      bool is_v6 = strchr(address, ':') != NULL;
      snprintf(server->server, sizeof(server->server),
               is_v6 ? "[%s]:%d" : "%s:%d", address, port);
      return;
    }
    close(server->udp);
  }
  CHECK(!"a free port");
}

static inline struct dns_server *dns_server_start(const char *address)
{
  struct dns_server *server = calloc(1, sizeof(*server));
  int port;
  CHECK(server);
  for (int i = 0; i < DNS_SERVER_CONNECTIONS; i++)
    server->connections[i] = -1;
  dns_server_bind_both(server, address);
  server->other = dns_server_bind(address, SOCK_DGRAM, 0, &port);
  CHECK(server->other >= 0);
  CHECK_INT(pipe(server->control), 0);
  CHECK_INT(pthread_create(&server->thread, NULL, dns_server_main, server), 0);
  return server;
}

static inline void dns_server_stop(struct dns_server *server)
{
  close(server->control[1]);
  pthread_join(server->thread, NULL);
  for (int i = 0; i < DNS_SERVER_CONNECTIONS; i++)
    if (server->connections[i] >= 0)
      close(server->connections[i]);
  close(server->control[0]);
  close(server->udp);
  close(server->tcp);
  close(server->other);
  free(server);
}

#endif
