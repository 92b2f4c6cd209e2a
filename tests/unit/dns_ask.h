/* dns_ask.h: queries for the tests of the fleet. */
#ifndef DNS_ASK_H
#define DNS_ASK_H

#include "async/dns.h"
#include "async/dns_fleet.h"
#include "async/error.h"
#include "tap.h"

enum { ASK_MESSAGE = 300, ASK_HEADER = 12 };

/* One question: a name without escapes, type A, class IN. */
struct dns_ask {
  struct async_dns_ask ask;
  struct async_dns_tried tried;
  struct async_op op;
  struct async_buf reply;
  unsigned done;
  unsigned char message[ASK_MESSAGE];
};

static inline size_t dns_ask_write(unsigned char *message, uint16_t id,
                                   const char *name)
{
  static const unsigned char HEAD[ASK_HEADER] = { [2] = 1, [5] = 1 };
  unsigned char *at = message + ASK_HEADER;
  memcpy(message, HEAD, sizeof(HEAD));
  message[0] = (unsigned char)(id >> 8);
  message[1] = (unsigned char)id;
  while (*name) {
    size_t len = strcspn(name, ".");
    *at++ = (unsigned char)len;
    memcpy(at, name, len);
    at += len;
    name += len + (name[len] == '.');
  }
  memcpy(at, "\0\0\1\0\1", 5);
  return (size_t)(at - message) + 5;
}

static inline void dns_ask_init(struct dns_ask *ask, uint16_t id,
                                const char *name)
{
  memset(ask, 0, sizeof(*ask));
  ask->ask.message = ask->message;
  ask->ask.message_bytes = dns_ask_write(ask->message, id, name);
  ask->ask.want = ASYNC_DNS_ANY;
  ask->ask.keep = &ask->reply;
}

static inline void dns_ask_done(struct dns_ask *ask)
{
  async_buf_done(&ask->reply);
}

static inline void dns_ask_count(struct async_op *op)
{
  ASYNC_CONTAINER_OF(op, struct dns_ask, op)->done++;
}

static inline void dns_ask_start(struct async_dns_fleet *fleet,
                                 struct dns_ask *ask)
{
  async_dns_ask_start(fleet, &ask->ask, &ask->op);
  CHECK_INT(ask->op.state, ASYNC_OP_STARTED); /* never ends inside */
  ask->op.done = dns_ask_count;
}

static inline struct async_dns_resolver dns_resolver(const char *text)
{
  struct async_dns_resolver resolver;
  const char *why = "";
  if (async_dns_resolver_parse(&resolver, text, &why) < 0)
    CHECK_STR(why, "");
  return resolver;
}

#endif
