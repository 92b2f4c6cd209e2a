/* A DNS server that does what the name says, also what no server should. */
#ifndef RESPONDER_H
#define RESPONDER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "async/list.h"
#include "async/timer.h"

struct async_udp;
struct async_stream;
struct async_addr;

enum {
  HEADER = 12,
  NAME_MOST = 255,
  UDP_MOST = 4096,
  REPLY_MOST = 16 * 1024,
  STATES = 65536,
  RULES = 32,
  COOKIE_BYTES = 8, /* the client's, and ours */
  COOKIE_OPTION = 4 + 2 * COOKIE_BYTES
};

/* What is done to a query, each at most once. */
enum rule {
  RULE_NX,
  RULE_NODATA,
  RULE_SERVFAIL,
  RULE_REFUSED,
  RULE_NOTIMP,
  RULE_FORMERR,
  RULE_DROP,      /* no answer */
  RULE_FLAKY,     /* the first N times no answer */
  RULE_SICK,      /* the first N times SERVFAIL */
  RULE_TC,        /* cut off over UDP */
  RULE_WRONGID,   /* with another id */
  RULE_WRONGNAME, /* with another question */
  RULE_LOWER,     /* with the question in lower case */
  RULE_LIE,       /* what is below "invalid" exists */
  RULE_SPOOF,     /* a refusal from another port, then the answer */
  RULE_FORGED,    /* only the refusal */
  RULE_SHORT,     /* REFUSED in 12 bytes */
  RULE_BAD,       /* a record that breaks off */
  RULE_TWICE,     /* the answer two times */
  RULE_MANY,      /* N records */
  RULE_CNAME,     /* by way of N other names */
  RULE_DELAY,     /* after N milliseconds */
  RULE_BUSY,      /* no answer while N others are delayed */
  RULE_COOKIE,    /* wants its cookie back, which changes each N queries */
  RULE_STALE,     /* BADCOOKIE over UDP, whatever comes */
  RULE_NOCOOKIE,  /* knows nothing of cookies */
  RULE_IMPOSTOR,  /* a refusal with another cookie, then the answer */
  RULE_TTL,
  RULE_CLOSE,
  RULE_LAST, /* N seconds */
  RULE_COUNT
};

struct rules {
  uint32_t set; /* bits */
  uint32_t number[RULE_COUNT];
};

static inline bool has_rule(const struct rules *rules, enum rule rule)
{
  return rules->set >> rule & 1;
}

struct responder {
  struct rules always;
  uint32_t every[RULE_COUNT]; /* 0: never */
  struct in_addr answer4;
  struct in6_addr answer6;
  FILE *log; /* or NULL */
  int64_t start_ns;
  uint64_t udp, tcp, dropped, answered;
  uint16_t times[STATES]; /* by the hash of name and type */
  struct async_udp *socket, *other;
  struct async_list late; /* answers that are put off */
  uint32_t late_count;
};

/* One query and what becomes of it. */
struct exchange {
  struct responder *responder;
  const unsigned char *query;
  size_t query_len;
  bool tcp;

  size_t question_end;
  uint16_t type;
  size_t udp_most; /* what its EDNS, or the lack of it, allows */
  bool edns;
  const unsigned char *cookie; /* NULL: none */
  size_t cookie_len;
  struct rules rules;

  unsigned char *reply; /* REPLY_MOST bytes */
  size_t reply_len;     /* 0: no answer */
};

/* Finds out what is asked. Returns whether it is a query. */
bool read_query(struct exchange *x);

/* What its first label says ("tc-delay200-x1"), and what the options do. */
void find_rules(struct exchange *x);

/* Sets a rule by its text, "delay200". Returns whether there is one. */
bool parse_rule(const char *text, size_t len, enum rule *rule,
                uint32_t *number);

/* Builds the reply. */
void build_reply(struct exchange *x);

/* Cookies: finds that of the query; says whether it is what we want; appends the
 * option to the reply; spoils it in what ends with it. */
void find_cookie(struct exchange *x, const unsigned char *options, size_t len);
bool wants_other_cookie(const struct exchange *x);
size_t write_cookie(const struct exchange *x, unsigned char *out);
void spoil_cookie(unsigned char *reply, size_t len);

/* A refusal of the same question, for the forger. */
size_t build_refusal(const struct exchange *x, unsigned char *out);

/* Writes the name as text. out  4 * NAME_MOST bytes */
void name_text(const struct exchange *x, char *out);

void log_query(const struct exchange *x, unsigned port);

/* Tasks. */
int serve_udp(void *arg);
int serve_tcp(struct async_stream *stream, const struct async_addr *peer,
              void *arg);

#endif
