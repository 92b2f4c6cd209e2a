/* cmd/resolve/item.h: one question on its way. */
#ifndef RESOLVE_ITEM_H
#define RESOLVE_ITEM_H

#include "async/dns_fleet.h"
#include "async/dns_message.h"
#include "job/item.h"

struct resolve_flight;
struct resolve_votes;
struct resolve_servers;

struct resolve_question {
  unsigned char *name; /* wire form; owned */
  uint8_t name_bytes;
  uint16_t type, klass;
  int resolver;   /* that has to be asked, or ASYNC_DNS_ANY */
  bool trusted;   /* only trusted resolvers may be asked */
  bool authority; /* asked of a zone's own server: not recursive */

  /* --system */
  bool both;     /* A and AAAA at once; the type is ANY */
  bool relative; /* the search list is good for it */
};

/* What an attempt was worth, beyond the outcome. */
enum resolve_result {
  RESOLVE_NONE, /* no reply at all */
  RESOLVE_ANSWER,
  RESOLVE_NODATA, /* the name exists, but nothing of the type */
  RESOLVE_NXDOMAIN,
  RESOLVE_ERROR /* another rcode */
};

/* Until when a question may take. */
struct resolve_limit {
  int64_t timeout_ns;  /* for all attempts together, from when the first is
                          sent; 0: none */
  int64_t deadline_ns; /* 0: not sent yet, or none */
};

struct resolve_item {
  struct job_item item;
  struct resolve_question question;
  struct async_dns_tried tried;
  struct resolve_limit limit;
  bool plain;       /* without EDNS, which was not understood */
  bool one_of_many; /* questions of its entry */

  struct resolve_flight *flight;    /* of the last attempt; shared */
  struct async_dns_message message; /* its reply, when `replied` */
  bool replied;
  struct async_buf made; /* the reply, if it was us who wrote it: --system */
  unsigned made_answers;
  bool wildcard;        /* what answered is one */
  bool wildcard_known;  /* that was found out */
  bool confirmed;       /* trusted resolvers were heard */
  bool hijacked;        /* trusted resolvers said otherwise */
  const char *hijacker; /* whose answer that was; the fleet's */
  enum resolve_result result;
  struct resolve_votes *votes;     /* of --agree and --compare */
  struct resolve_servers *servers; /* of --soa-check */
};

#endif
