/* cmd/resolve/options.h: what `asynctool resolve` can be told. */
#ifndef RESOLVE_OPTIONS_H
#define RESOLVE_OPTIONS_H

#include "async/dns_fleet.h"
#include "opt/common.h"
#include "opt/opt.h"

enum resolve_check {
  RESOLVE_CHECK_AUTO, /* warn when there are more than four */
  RESOLVE_CHECK_OFF,
  RESOLVE_CHECK_WARN, /* say which are bad */
  RESOLVE_CHECK_DROP, /* do not ask those */
  RESOLVE_CHECK_ONLY  /* print the good ones, and no more */
};

enum resolve_wildcard {
  RESOLVE_WILDCARD_OFF,
  RESOLVE_WILDCARD_FILTER, /* what a wildcard answers counts as NXDOMAIN */
  RESOLVE_WILDCARD_MARK    /* it only says so in the record */
};

enum resolve_ip { RESOLVE_IP_BOTH, RESOLVE_IP_V4, RESOLVE_IP_V6 };

/* --agree N/M[:trusted] */
struct resolve_agree {
  unsigned needed, asked; /* 0: not used */
  bool trusted;           /* only trusted resolvers vote */
};

/* --resolver-rate N, auto; 0: no limit */
struct resolve_rate {
  double per_s; /* as in struct async_dns_fleet_opts */
};

struct resolve_opts {
  struct job_opts job;

  /* Questions */
  struct opt_list types;
  char *klass;
  bool reverse;
  uint64_t max_expand;
  char *words; /* --brute: a file of labels */

  /* Resolvers */
  struct opt_list resolvers; /* texts, or names of files */
  bool system;               /* hosts file, search list: none of these */
  enum async_dns_rotate rotate;
  struct resolve_rate resolver_rate;
  size_t resolver_jobs; /* 0: as the fleet sees fit */
  enum resolve_check check_resolvers;
  char *check_name;
  char *trusted;

  /* Queries */
  enum async_dns_tcp tcp;
  bool dnssec, cd, ad, nsid, cookie, case_random, recurse, edns;
  uint64_t bufsize;
  char *subnet;
  struct opt_list edns_options; /* N:HEX */

  /* Answers */
  struct resolve_agree agree;
  bool compare, soa_check;
  uint64_t server_port; /* of those that --soa-check finds */
  enum resolve_wildcard wildcard;
  struct opt_list only, not ; /* rcodes and words */
  struct opt_list fail_on;
  char *failed; /* file of the entries without an answer */
  bool dedup;
  bool details; /* all sections in the records */

  /* Network */
  char *source;
  char *interface;
  enum resolve_ip ip;
  int64_t attempt_timeout_ns; /* 0: adaptive */
  size_t sockets;             /* at least */
  uint64_t rcvbuf_bytes;
};

extern const struct opt_table resolve_tables[];

#endif
