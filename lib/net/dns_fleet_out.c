/* Datagrams out, many a system call. */
#include <assert.h>
#include <string.h>

#include "async/error.h"
#include "net/dns_fleet_wire_priv.h"

/* Returns the number that were sent, at least one, or -errno. */
static int send_many(int fd, struct mmsghdr *messages, unsigned count)
{
#ifdef __linux__
  int sent = sendmmsg(fd, messages, count, MSG_DONTWAIT | MSG_NOSIGNAL);
#else
  int sent = count && sendmsg(fd, &messages[0].msg_hdr, 0) < 0 ? -1 : 1;
#endif
  return sent < 0 ? -errno : sent;
}

static void set_message(struct asy_fleet_flight *flight, struct msghdr *message,
                        struct iovec *part)
{
  const struct async_dns_ask *ask = flight->ask;
  *part = (struct iovec){ (void *)(uintptr_t)ask->message, ask->message_bytes };
  *message = (struct msghdr){ .msg_iov = part, .msg_iovlen = 1 };
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
  struct iovec parts[ASY_FLEET_BATCH];
  struct asy_fleet_flight *flights[ASY_FLEET_BATCH];
  unsigned count = 0;
  size_t at = from;
  for (; at < link->wait_count && count < ASY_FLEET_BATCH; at++) {
    if (!link->wait[at])
      continue;
    flights[count] = link->wait[at];
    set_message(link->wait[at], &messages[count].msg_hdr, &parts[count]);
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
    asy_fleet_wire_refused(link, sent);
    sent = send_many(link->fd, messages, count);
  }
  if (sent < 0) {
    asy_fleet_lost(flights[0]->ask, sent, true);
    return 0; /* it has left the row; the others are tried again */
  }
  assert(sent <= (int)count);
  for (int i = 0; i < sent; i++) {
    link->wait[flights[i]->wait - 1] = NULL;
    flights[i]->wait = 0;
  }
  return (unsigned)sent == count ? at - from : 0;
}

/* Those that were sent or given up leave the row. */
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
  close_up(link);
  asy_fleet_socket_watch(link);
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

/* There is a place for each flight, once the row is closed up. */
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
