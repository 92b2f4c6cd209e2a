/* Datagrams in batches: fast enough to measure a client by it. */
#include <stdlib.h>
#include <string.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/error.h"
#include "async/list.h"
#include "async/udp.h"
#include "responder.h"

enum { BATCH = 64, ROUNDS = 16 };

#ifndef __linux__
struct mmsghdr {
  struct msghdr msg_hdr;
  unsigned msg_len;
};
#endif

struct slot {
  struct sockaddr_storage from;
  socklen_t from_len;
  unsigned char query[REPLY_MOST];
  unsigned char reply[REPLY_MOST];
};

struct batch {
  struct slot slots[BATCH];
  struct mmsghdr in[BATCH], out[2 * BATCH];
  struct iovec in_parts[BATCH], out_parts[2 * BATCH];
  unsigned out_count;
};

static int receive(int fd, struct mmsghdr *in)
{
#ifdef __linux__
  return recvmmsg(fd, in, BATCH, MSG_DONTWAIT, NULL);
#else
  ssize_t len = recvmsg(fd, &in[0].msg_hdr, MSG_DONTWAIT);
  in[0].msg_len = len > 0 ? (unsigned)len : 0;
  return len < 0 ? -1 : 1;
#endif
}

/* What does not fit into the socket's buffer is lost, as it may be. */
static void send_out(int fd, struct batch *batch)
{
#ifdef __linux__
  unsigned sent = 0;
  while (sent < batch->out_count) {
    int some = sendmmsg(fd, batch->out + sent, batch->out_count - sent, 0);
    sent += some > 0 ? (unsigned)some : 1;
  }
#else
  for (unsigned i = 0; i < batch->out_count; i++)
    sendmsg(fd, &batch->out[i].msg_hdr, 0);
#endif
  batch->out_count = 0;
}

/* Later. */

struct late {
  struct responder *responder;
  struct async_list node;
  struct async_timer timer;
  int fd;
  struct sockaddr_storage to;
  socklen_t to_len;
  size_t len;
  unsigned char bytes[];
};

static void send_late(struct async_timer *timer)
{
  struct late *late = ASYNC_CONTAINER_OF(timer, struct late, timer);
  sendto(late->fd, late->bytes, late->len, 0,
         (const struct sockaddr *)&late->to, late->to_len);
  async_list_remove(&late->node);
  late->responder->late_count--;
  free(late);
}

static void forget_late(struct responder *responder)
{
  struct async_list *node;
  while ((node = async_list_shift(&responder->late)) != NULL) {
    struct late *late = ASYNC_CONTAINER_OF(node, struct late, node);
    async_timer_clear(&late->timer);
    free(late);
  }
}

static void put_off(const struct exchange *x, const struct slot *slot, int fd)
{
  struct late *late = calloc(1, sizeof(*late) + x->reply_len);
  if (!late)
    return;
  late->responder = x->responder;
  late->fd = fd;
  late->to = slot->from;
  late->to_len = slot->from_len;
  late->len = x->reply_len;
  memcpy(late->bytes, x->reply, x->reply_len);
  async_list_push(&x->responder->late, &late->node);
  x->responder->late_count++;
  int64_t delay_ns = x->rules.number[RULE_DELAY] * ASYNC_MS;
  async_timer_set(&late->timer, async_in(delay_ns), send_late);
}

/* Now. */

static void put_out(struct batch *batch, struct slot *slot, size_t len)
{
  unsigned i = batch->out_count++;
  batch->out_parts[i] = (struct iovec){ slot->reply, len };
  batch->out[i].msg_hdr = (struct msghdr){
    .msg_name = &slot->from,
    .msg_namelen = slot->from_len,
    .msg_iov = &batch->out_parts[i],
    .msg_iovlen = 1,
  };
}

static void forge(const struct exchange *x, const struct slot *slot)
{
  unsigned char refusal[HEADER + NAME_MOST + 5];
  size_t len = build_refusal(x, refusal);
  sendto(async_udp_fd(x->responder->other), refusal, len, 0,
         (const struct sockaddr *)&slot->from, slot->from_len);
}

/* From the right address, but by somebody who has not seen the query. */
static void pose(const struct exchange *x, const struct slot *slot)
{
  unsigned char reply[UDP_MOST];
  if (!x->cookie || x->reply_len > sizeof(reply))
    return;
  memcpy(reply, x->reply, x->reply_len);
  reply[3] = (unsigned char)(reply[3] & 0xf0) | 5; /* REFUSED */
  spoil_cookie(reply, x->reply_len);
  sendto(async_udp_fd(x->responder->socket), reply, x->reply_len, 0,
         (const struct sockaddr *)&slot->from, slot->from_len);
}

static void serve(struct responder *responder, struct batch *batch,
                  struct slot *slot, size_t len)
{
  struct exchange x = { .responder = responder,
                        .query = slot->query,
                        .query_len = len,
                        .reply = slot->reply };
  if (!read_query(&x))
    return;
  responder->udp++;
  find_rules(&x);
  build_reply(&x);
  if (responder->log)
    log_query(&x, ntohs(((const struct sockaddr_in *)&slot->from)->sin_port));
  bool forged = has_rule(&x.rules, RULE_FORGED);
  if (forged || has_rule(&x.rules, RULE_SPOOF))
    forge(&x, slot);
  if (x.reply_len == 0 || forged) {
    responder->dropped++;
    return;
  }
  responder->answered++;
  if (has_rule(&x.rules, RULE_IMPOSTOR))
    pose(&x, slot);
  if (has_rule(&x.rules, RULE_DELAY)) {
    put_off(&x, slot, async_udp_fd(responder->socket));
    return;
  }
  put_out(batch, slot, x.reply_len);
  if (has_rule(&x.rules, RULE_TWICE))
    put_out(batch, slot, x.reply_len);
}

static void make_ready(struct batch *batch)
{
  for (size_t i = 0; i < BATCH; i++) {
    struct slot *slot = &batch->slots[i];
    batch->in_parts[i] = (struct iovec){ slot->query, sizeof(slot->query) };
    batch->in[i].msg_hdr = (struct msghdr){
      .msg_name = &slot->from,
      .msg_namelen = sizeof(slot->from),
      .msg_iov = &batch->in_parts[i],
      .msg_iovlen = 1,
    };
  }
}

/* Returns whether there may be more. */
static bool serve_batch(struct responder *responder, struct batch *batch)
{
  int fd = async_udp_fd(responder->socket);
  make_ready(batch);
  int got = receive(fd, batch->in);
  for (int i = 0; i < got; i++) {
    struct slot *slot = &batch->slots[i];
    slot->from_len = batch->in[i].msg_hdr.msg_namelen;
    serve(responder, batch, slot, batch->in[i].msg_len);
  }
  send_out(fd, batch);
  return got == BATCH;
}

/* The first datagram is waited for; what came with it is read at once. */
int serve_udp(void *arg)
{
  struct responder *responder = arg;
  struct batch *batch = calloc(1, sizeof(*batch));
  int err = batch ? 0 : ASYNC_ENOMEM;
  async_list_init(&responder->late);
  while (err == 0) {
    struct slot *slot = &batch->slots[0];
    struct async_addr from;
    ssize_t got = async_udp_recv(responder->socket, slot->query,
                                 sizeof(slot->query), &from);
    if (got < 0 && got != ASYNC_ECANCELED)
      continue; /* an ICMP error for some answer */
    if (got < 0) {
      err = (int)got;
      continue;
    }
    slot->from = from.storage;
    slot->from_len = from.len;
    serve(responder, batch, slot, (size_t)got);
    send_out(async_udp_fd(responder->socket), batch);
    for (int i = 0; i < ROUNDS && serve_batch(responder, batch); i++)
      ;
  }
  forget_late(responder);
  free(batch);
  return err;
}
