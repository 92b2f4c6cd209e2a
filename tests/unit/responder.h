/* responder.h: a small DNS server on 127.0.0.1, in a thread of its own.
 *
 * It answers A with 192.0.2.1, AAAA with 2001:db8::1 and PTR with first.test and
 * second.test, all for 300 s, but for names that begin with
 *   nx, 99   do not exist
 *   fail, 66 SERVFAIL
 *   drop, 77 no answer
 *   junk     first noise, then a reply with a wrong id, then the answer
 *   hold     the answer, once responder_release was called */
#ifndef RESPONDER_H
#define RESPONDER_H

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  RESPONDER_HELD = 2048,
  RESPONDER_MESSAGE = 512,
  RESPONDER_HEADER = 12,
  RESPONDER_TYPE_PTR = 12,
  RESPONDER_TYPE_AAAA = 28
};

struct responder_query {
  struct sockaddr_in from;
  size_t len;
  unsigned char bytes[RESPONDER_MESSAGE];
};

struct responder {
  char server[32]; /* address and port */
  atomic_int queries, ports, release;

  int fd, control[2];
  pthread_t thread;
  atomic_uchar seen[65536]; /* source ports */
  int held_count;
  struct responder_query held[RESPONDER_HELD];
};

static inline void responder_send(struct responder *responder,
                                  const struct responder_query *query,
                                  size_t len)
{
  sendto(responder->fd, query->bytes, len, 0,
         (const struct sockaddr *)&query->from, sizeof(query->from));
}

static inline unsigned char *responder_record(unsigned char *at,
                                              unsigned char type,
                                              const void *data,
                                              unsigned char len)
{
  const unsigned char record[] = {
    0xc0, RESPONDER_HEADER, 0, type, 0, 1, 0, 0, 1, 44, 0, len,
  };
  memcpy(at, record, sizeof(record));
  memcpy(at + sizeof(record), data, len);
  return at + sizeof(record) + len;
}

/* Makes the query a reply with this rcode, and with records if it is 0. */
static inline void responder_answer(struct responder *responder,
                                    struct responder_query *query, int rcode)
{
  static const unsigned char v4[] = { 192, 0, 2, 1 };
  static const unsigned char v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };
  static const char first[] = "\5first\4test", second[] = "\6second\4test";
  unsigned char *at = query->bytes + RESPONDER_HEADER;
  at += strlen((const char *)at) + 1;
  unsigned char type = at[1];
  query->bytes[2] |= 0x80;
  query->bytes[3] = (unsigned char)(0x80 | rcode);
  query->bytes[7] =
      rcode ? 0 : (unsigned char)(1 + (type == RESPONDER_TYPE_PTR));
  query->bytes[11] = 0; /* no EDNS in the reply */
  at += 4;
  if (rcode == 0 && type == RESPONDER_TYPE_PTR) {
    at = responder_record(at, type, first, sizeof(first));
    at = responder_record(at, type, second, sizeof(second));
  } else if (rcode == 0) {
    at = type == RESPONDER_TYPE_AAAA
             ? responder_record(at, type, v6, sizeof(v6))
             : responder_record(at, type, v4, sizeof(v4));
  }
  responder_send(responder, query, (size_t)(at - query->bytes));
}

static inline void responder_junk(struct responder *responder,
                                  struct responder_query *query)
{
  struct responder_query noise = *query;
  memset(noise.bytes, 0xff, 5);
  responder_send(responder, &noise, 5);
  noise = *query;
  noise.bytes[0] ^= 0xff;
  responder_answer(responder, &noise, 3);
  noise = *query;
  memset(noise.bytes + RESPONDER_HEADER, 0xc0, 40); /* endless pointers */
  noise.bytes[0] ^= 0xff;
  responder_send(responder, &noise, noise.len);
}

static inline bool responder_is(const struct responder_query *query,
                                const char *prefix)
{
  return strncmp((const char *)query->bytes + RESPONDER_HEADER + 1, prefix,
                 strlen(prefix)) == 0;
}

static inline void responder_serve(struct responder *responder,
                                   struct responder_query *query)
{
  atomic_fetch_add(&responder->queries, 1);
  if (!atomic_exchange(&responder->seen[ntohs(query->from.sin_port)], 1))
    atomic_fetch_add(&responder->ports, 1);
  if (responder_is(query, "drop") || responder_is(query, "77"))
    return;
  if (responder_is(query, "hold") && !atomic_load(&responder->release)) {
    if (responder->held_count < RESPONDER_HELD)
      responder->held[responder->held_count++] = *query;
    return;
  }
  if (responder_is(query, "junk"))
    responder_junk(responder, query);
  responder_answer(responder, query,
                   responder_is(query, "nx")     ? 3
                   : responder_is(query, "99")   ? 3
                   : responder_is(query, "fail") ? 2
                   : responder_is(query, "66")   ? 2
                                                 : 0);
}

static inline void *responder_main(void *arg)
{
  struct responder *responder = arg;
  struct pollfd fds[] = { { .fd = responder->fd, .events = POLLIN },
                          { .fd = responder->control[0], .events = POLLIN } };
  for (;;) {
    char byte;
    struct responder_query query;
    socklen_t len = sizeof(query.from);
    poll(fds, 2, -1);
    if (fds[1].revents) {
      if (read(responder->control[0], &byte, 1) != 1)
        return NULL;
      for (int i = 0; i < responder->held_count; i++)
        responder_answer(responder, &responder->held[i], 0);
      responder->held_count = 0;
    }
    ssize_t got = recvfrom(responder->fd, query.bytes, sizeof(query.bytes),
                           MSG_DONTWAIT, (struct sockaddr *)&query.from, &len);
    if (got <= RESPONDER_HEADER)
      continue;
    query.len = (size_t)got;
    responder_serve(responder, &query);
  }
}

/* From now on held names are answered at once. */
static inline void responder_release(struct responder *responder)
{
  atomic_store(&responder->release, 1);
  CHECK_INT(write(responder->control[1], "r", 1), 1);
}

static inline struct responder *responder_start(void)
{
  struct responder *responder = calloc(1, sizeof(*responder));
  struct sockaddr_in addr = { .sin_family = AF_INET };
  socklen_t len = sizeof(addr);
  int bytes = 1 << 20;
  CHECK(responder);
  responder->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setsockopt(responder->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(responder->fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
  CHECK(getsockname(responder->fd, (struct sockaddr *)&addr, &len) == 0);
  snprintf(responder->server, sizeof(responder->server), "127.0.0.1:%d",
           ntohs(addr.sin_port));
  CHECK(pipe(responder->control) == 0);
  CHECK(pthread_create(&responder->thread, NULL, responder_main, responder) ==
        0);
  return responder;
}

static inline void responder_stop(struct responder *responder)
{
  close(responder->control[1]);
  pthread_join(responder->thread, NULL);
  close(responder->control[0]);
  close(responder->fd);
  free(responder);
}

#endif
