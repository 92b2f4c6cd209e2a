/* Datagrams in, many a system call, and whose they are. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "net/dns_fleet_wire_priv.h"

enum { HEADER = 12, ROUNDS = 8, SPARE = 2 };
enum { FLAG_QR = 0x80, RCODE_MASK = 0x0f };

struct asy_fleet_reader {
  struct mmsghdr messages[ASY_FLEET_BATCH];
  struct iovec parts[ASY_FLEET_BATCH];
  struct sockaddr_storage from[ASY_FLEET_BATCH];
  unsigned char bytes[ASY_FLEET_BATCH][ASY_FLEET_DATAGRAM];
};

/* Returns the number that came, at least one, or -errno. */
static int receive_many(int fd, struct mmsghdr *messages, unsigned count)
{
#ifdef __linux__
  int got = recvmmsg(fd, messages, count, MSG_DONTWAIT, NULL);
#else
  ssize_t len = count ? recvmsg(fd, &messages[0].msg_hdr, 0) : -1;
  int got = len < 0 ? -1 : 1;
  if (len >= 0)
    messages[0].msg_len = (unsigned)len;
#endif
  return got < 0 ? -errno : got;
}

static bool same_bytes(const unsigned char *a, const unsigned char *b,
                       size_t len)
{
  if (memcmp(a, b, len) == 0)
    return true;
  for (size_t i = 0; i < len; i++) {
    unsigned char x = a[i], y = b[i];
    x = x >= 'A' && x <= 'Z' ? (unsigned char)(x | 0x20) : x;
    y = y >= 'A' && y <= 'Z' ? (unsigned char)(y | 0x20) : y;
    if (x != y)
      return false;
  }
  return true;
}

/* An error may come without the question. */
static bool same_question(const struct async_dns_ask *ask,
                          const unsigned char *reply, size_t len)
{
  unsigned questions = (unsigned)(reply[4] << 8 | reply[5]);
  if (questions == 0)
    return (reply[3] & RCODE_MASK) != 0;
  return questions == 1 && len >= ask->question_end &&
         same_bytes(ask->message + HEADER, reply + HEADER,
                    ask->question_end - (size_t)HEADER);
}

bool asy_fleet_is_reply(const struct async_dns_ask *ask,
                        const unsigned char *reply, size_t len)
{
  return len >= HEADER && reply[2] & FLAG_QR &&
         memcmp(reply, ask->message, 2) == 0 && same_question(ask, reply, len);
}

static bool same_address(const struct async_addr *a,
                         const struct sockaddr_storage *b)
{
  if (a->storage.ss_family != b->ss_family)
    return false;
  if (b->ss_family == AF_INET) {
    const struct sockaddr_in *x = (const void *)&a->storage;
    const struct sockaddr_in *y = (const void *)b;
    return x->sin_port == y->sin_port &&
           x->sin_addr.s_addr == y->sin_addr.s_addr;
  }
  const struct sockaddr_in6 *x = (const void *)&a->storage;
  const struct sockaddr_in6 *y = (const void *)b;
  return x->sin6_port == y->sin6_port &&
         memcmp(&x->sin6_addr, &y->sin6_addr, sizeof(x->sin6_addr)) == 0;
}

/* from  NULL for a connected socket: the system has looked at it */
static bool deliver(struct asy_fleet_link *link, const unsigned char *reply,
                    size_t len, bool cut, const struct sockaddr_storage *from)
{
  if (len < HEADER || !(reply[2] & FLAG_QR))
    return false;
  uint16_t id = (uint16_t)(reply[0] << 8 | reply[1]);
  struct asy_fleet_flight *flight = link->ids[id % ASY_FLEET_IDS];
  for (; flight; flight = flight->next) {
    struct async_dns_ask *ask = flight->ask;
    if (flight->id != id || flight->wait)
      continue;
    if (from &&
        !same_address(&link->fleet->resolvers[ask->resolver]->given.addr, from))
      continue;
    if (!same_question(ask, reply, len))
      continue;
    if (asy_fleet_reply(ask, reply, len, cut))
      return true;
  }
  return false;
}

static void count_stray(struct asy_fleet_link *link,
                        const struct sockaddr_storage *from)
{
  struct async_dns_fleet *fleet = link->fleet;
  if (!from) {
    link->group->resolver->count.strays++;
    return;
  }
  for (size_t i = 0; i < fleet->count; i++)
    if (same_address(&fleet->resolvers[i]->given.addr, from)) {
      fleet->resolvers[i]->count.strays++;
      return;
    }
}

static void take(struct asy_fleet_link *link, size_t i)
{
  struct asy_fleet_reader *reader = link->fleet->reader;
  const struct mmsghdr *message = &reader->messages[i];
  const struct sockaddr_storage *from =
      link->group->resolver ? NULL : &reader->from[i];
  if (!deliver(link, reader->bytes[i], message->msg_len,
               message->msg_hdr.msg_flags & MSG_TRUNC, from))
    count_stray(link, from);
}

/* The kernel writes what it found over what was asked for. */
static void ready(struct asy_fleet_link *link)
{
  struct asy_fleet_reader *reader = link->fleet->reader;
  bool shared = !link->group->resolver;
  for (size_t i = 0; i < ASY_FLEET_BATCH; i++) {
    struct msghdr *header = &reader->messages[i].msg_hdr;
    header->msg_name = shared ? &reader->from[i] : NULL;
    header->msg_namelen = shared ? sizeof(reader->from[i]) : 0;
  }
}

void asy_fleet_wire_refused(struct asy_fleet_link *link, int err)
{
  if (!link->group->resolver)
    return;
  for (size_t i = 0; i < ASY_FLEET_FLIGHTS; i++) {
    struct asy_fleet_flight *flight = &link->flights[i];
    if (flight->ask && !flight->wait)
      asy_fleet_lost(flight->ask, err, true);
  }
}

void asy_fleet_wire_read(struct asy_fleet_link *link)
{
  struct asy_fleet_reader *reader = link->fleet->reader;
  for (int round = 0; round < ROUNDS && link->fd >= 0; round++) {
    ready(link);
    int got = receive_many(link->fd, reader->messages, ASY_FLEET_BATCH);
    if (got == -EINTR)
      continue;
    if (got < 0 && got != -EAGAIN) {
      asy_fleet_wire_refused(link, got);
      continue;
    }
    for (int i = 0; i < got; i++)
      take(link, (size_t)i);
    if (got < ASY_FLEET_BATCH - SPARE)
      return;
  }
}

int asy_fleet_reader_init(struct async_dns_fleet *fleet)
{
  struct asy_fleet_reader *reader = malloc(sizeof(*reader));
  if (!reader)
    return ASYNC_ENOMEM;
  memset(reader->messages, 0, sizeof(reader->messages));
  for (size_t i = 0; i < ASY_FLEET_BATCH; i++) {
    reader->parts[i] = (struct iovec){ reader->bytes[i], ASY_FLEET_DATAGRAM };
    reader->messages[i].msg_hdr.msg_iov = &reader->parts[i];
    reader->messages[i].msg_hdr.msg_iovlen = 1;
  }
  fleet->reader = reader;
  return 0;
}
