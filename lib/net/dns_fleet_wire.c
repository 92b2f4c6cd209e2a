/* The sockets of the links: datagrams out and in, many a system call. */
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_fleet_priv.h"

enum { HEADER = 12, ROUNDS = 8, SPARE = 2 };
enum { FLAG_QR = 0x80, RCODE_MASK = 0x0f };

#ifndef __linux__
struct mmsghdr {
  struct msghdr msg_hdr;
  unsigned msg_len;
};
#endif

struct asy_fleet_reader {
  struct mmsghdr messages[ASY_FLEET_BATCH];
  struct iovec parts[ASY_FLEET_BATCH];
  struct sockaddr_storage from[ASY_FLEET_BATCH];
  unsigned char bytes[ASY_FLEET_BATCH][ASY_FLEET_DATAGRAM];
};

/* Both return the number of messages, at least one, or -errno. */

static int send_many(int fd, struct mmsghdr *messages, unsigned count)
{
#ifdef __linux__
  int sent = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
#else
  int sent = count && sendmsg(fd, &messages[0].msg_hdr, 0) < 0 ? -1 : 1;
#endif
  return sent < 0 ? -errno : sent;
}

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

/* The query was not sent, or the resolver's host says that nobody is there. */
static void fail(struct asy_fleet_flight *flight, int err)
{
  asy_fleet_lost(flight->ask, err, true);
}

/* An ICMP error came for something that was sent on this socket: all of it went
 * to the same place. */
static void fail_sent(struct asy_fleet_link *link, int err)
{
  if (!link->group->resolver)
    return;
  for (size_t i = 0; i < ASY_FLEET_FLIGHTS; i++) {
    struct asy_fleet_flight *flight = &link->flights[i];
    if (flight->ask && !flight->wait)
      fail(flight, err);
  }
}

/* Out. */

/* The caller's message, with the id that c-ares gave it: 1.34 has its own. */
static void set_message(struct asy_fleet_flight *flight, struct msghdr *message,
                        struct iovec *parts, unsigned char *id)
{
  const struct async_dns_ask *ask = flight->ask;
  unsigned char *bytes = (unsigned char *)(uintptr_t)ask->message;
  id[0] = (unsigned char)(flight->id >> 8);
  id[1] = (unsigned char)flight->id;
  *message = (struct msghdr){ .msg_iov = parts, .msg_iovlen = 2 };
  if (memcmp(bytes, id, 2) == 0) {
    parts[0] = (struct iovec){ bytes, ask->message_bytes };
    message->msg_iovlen = 1;
  } else {
    parts[0] = (struct iovec){ id, 2 };
    parts[1] = (struct iovec){ bytes + 2, ask->message_bytes - 2 };
  }
  if (flight->link->group->resolver)
    return;
  struct async_addr *to = &ask->fleet->resolvers[ask->resolver]->given.addr;
  message->msg_name = &to->storage;
  message->msg_namelen = to->len;
}

/* Sends a batch of what waits. Returns the number that are dealt with. */
static size_t send_batch(struct asy_fleet_link *link, size_t from)
{
  struct mmsghdr messages[ASY_FLEET_BATCH];
  struct iovec parts[ASY_FLEET_BATCH][2];
  unsigned char ids[ASY_FLEET_BATCH][2];
  struct asy_fleet_flight *flights[ASY_FLEET_BATCH];
  unsigned count = 0;
  size_t at = from;
  for (; at < link->wait_count && count < ASY_FLEET_BATCH; at++) {
    if (!link->wait[at])
      continue;
    flights[count] = link->wait[at];
    set_message(link->wait[at], &messages[count].msg_hdr, parts[count],
                ids[count]);
    count++;
  }
  if (count == 0)
    return at - from;
  int sent = send_many(link->fd, messages, count);
  if (sent == -EAGAIN || sent == -EINTR || sent == -ENOBUFS) {
    link->blocked = sent != -EINTR;
    return 0;
  }
  if (sent == -ECONNREFUSED) { /* of an earlier one; it is cleared by now */
    fail_sent(link, sent);
    sent = send_many(link->fd, messages, count);
  }
  if (sent < 0) {
    fail(flights[0], sent);
    return 0; /* it has left the row; the others are tried again */
  }
  for (int i = 0; i < sent; i++) {
    link->wait[flights[i]->wait - 1] = NULL;
    flights[i]->wait = 0;
  }
  return (unsigned)sent == count ? at - from : 0;
}

static void watch(struct asy_fleet_link *link);

static void flush(struct asy_fleet_link *link)
{
  size_t done = 0;
  while (done < link->wait_count && !link->blocked && link->fd >= 0)
    done += send_batch(link, done);
  if (done == link->wait_count) {
    link->wait_count = 0;
    async_list_remove(&link->dirty);
    return;
  }
  size_t left = 0;
  for (size_t i = done; i < link->wait_count; i++) {
    struct asy_fleet_flight *flight = link->wait[i];
    if (!flight)
      continue;
    link->wait[left++] = flight;
    flight->wait = (uint16_t)left;
  }
  link->wait_count = left;
  watch(link);
}

void asy_fleet_wire_flush(struct async_dns_fleet *fleet)
{
  ASYNC_LIST_EACH (node, &fleet->dirty) {
    struct asy_fleet_link *link =
        ASYNC_CONTAINER_OF(node, struct asy_fleet_link, dirty);
    if (!link->blocked)
      flush(link);
  }
}

/* There is a place for each flight, unless some that were given up are still in
 * the row. */
static void close_up(struct asy_fleet_link *link)
{
  size_t left = 0;
  for (size_t i = 0; i < link->wait_count; i++) {
    struct asy_fleet_flight *flight = link->wait[i];
    if (!flight)
      continue;
    link->wait[left++] = flight;
    flight->wait = (uint16_t)left;
  }
  link->wait_count = left;
}

void asy_fleet_wire_put(struct asy_fleet_flight *flight)
{
  struct asy_fleet_link *link = flight->link;
  struct async_dns_fleet *fleet = link->fleet;
  if (link->wait_count == ASY_FLEET_FLIGHTS)
    close_up(link);
  link->wait[link->wait_count++] = flight;
  flight->wait = (uint16_t)link->wait_count;
  if (async_list_empty(&link->dirty))
    async_list_push(&fleet->dirty, &link->dirty);
  if (!fleet->busy)
    asy_fleet_soon(fleet);
}

/* In. */

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
static bool deliver(struct asy_fleet_link *link, unsigned char *reply,
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
    memcpy(reply, ask->message, 2);
    if (asy_fleet_reply(ask, reply, len, cut))
      return true;
    reply[0] = (unsigned char)(id >> 8);
    reply[1] = (unsigned char)id;
  }
  return false;
}

static void count_stray(struct asy_fleet_link *link,
                        const struct sockaddr_storage *from)
{
  if (link->group->resolver) {
    link->group->resolver->count.strays++;
    return;
  }
  struct async_dns_fleet *fleet = link->fleet;
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

static void read_all(struct asy_fleet_link *link)
{
  struct asy_fleet_reader *reader = link->fleet->reader;
  for (int round = 0; round < ROUNDS && link->fd >= 0; round++) {
    ready(link);
    int got = receive_many(link->fd, reader->messages, ASY_FLEET_BATCH);
    if (got == -EINTR)
      continue;
    if (got < 0 && got != -EAGAIN) {
      fail_sent(link, got);
      continue;
    }
    for (int i = 0; i < got; i++)
      take(link, (size_t)i);
    if (got < ASY_FLEET_BATCH - SPARE)
      return;
  }
}

static void on_event(uv_poll_t *poll, int status, int events)
{
  struct asy_fleet_link *link = poll->data;
  struct async_dns_fleet *fleet = link->fleet;
  if (status < 0 || events & UV_WRITABLE)
    link->blocked = false;
  asy_fleet_enter(fleet);
  if (status < 0 || events & UV_READABLE)
    read_all(link);
  asy_fleet_leave(fleet);
  if (link->poll == poll && (status < 0 || events & UV_WRITABLE))
    watch(link);
}

static void watch(struct asy_fleet_link *link)
{
  if (link->poll)
    uv_poll_start(link->poll, UV_READABLE | (link->blocked ? UV_WRITABLE : 0),
                  on_event);
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

/* Sockets. */

/* Larger than the system's limit where we may; else as large as it allows. */
static void set_buffer(int fd, size_t bytes)
{
  int size = bytes < INT32_MAX ? (int)bytes : INT32_MAX;
#ifdef SO_RCVBUFFORCE
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) == 0)
    return;
#endif
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int bind_to(const struct async_dns_fleet *fleet, int fd, int family)
{
  const char *text = family == AF_INET ? fleet->source4 : fleet->source6;
  struct async_addr addr;
#ifdef SO_BINDTODEVICE
  if (fleet->interface &&
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, fleet->interface,
                 (socklen_t)strlen(fleet->interface)) < 0)
    return -errno;
#endif
  /* Unbound and not connected, it would have no port until it sends. */
  if (!text)
    return 0;
  int err = async_addr_parse(&addr, text, 0);
  if (err < 0)
    return err;
  return bind(fd, (const struct sockaddr *)&addr.storage, addr.len) < 0 ? -errno
                                                                        : 0;
}

static int set_up(struct asy_fleet_link *link, int fd)
{
  const struct asy_fleet_group *group = link->group;
  int flags = fcntl(fd, F_GETFL);
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || flags < 0 ||
      fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
    return -errno;
  set_buffer(fd, link->fleet->opts.rcvbuf_bytes);
  int err = bind_to(link->fleet, fd, group->family);
  if (err < 0 || !group->resolver)
    return err;
  const struct async_addr *to = &group->resolver->given.addr;
  return connect(fd, (const struct sockaddr *)&to->storage, to->len) < 0
             ? -errno
             : 0;
}

static void free_poll(uv_handle_t *handle)
{
  free(handle);
}

static int start_poll(struct asy_fleet_link *link, int fd)
{
  uv_poll_t *poll = calloc(1, sizeof(*poll));
  if (!poll)
    return ASYNC_ENOMEM;
  int err = uv_poll_init_socket(async_loop_uv(), poll, fd);
  if (err < 0) {
    free(poll);
    return err;
  }
  uv_unref((uv_handle_t *)poll);
  poll->data = link;
  link->poll = poll;
  link->blocked = false;
  watch(link);
  return 0;
}

int asy_fleet_socket_open(struct asy_fleet_link *link)
{
  if (link->fd >= 0) /* c-ares wants another one; there is one a link */
    return -EMFILE;
  int fd = socket(link->group->family, SOCK_DGRAM, 0);
  if (fd < 0)
    return -errno;
  int err = set_up(link, fd);
  if (err == 0)
    err = start_poll(link, fd);
  if (err < 0) {
    close(fd);
    return err;
  }
  link->fd = fd;
  return 0;
}

void asy_fleet_socket_close(struct asy_fleet_link *link)
{
  if (link->poll)
    uv_close((uv_handle_t *)link->poll, free_poll);
  if (link->fd >= 0)
    close(link->fd);
  link->poll = NULL;
  link->fd = -1;
}
