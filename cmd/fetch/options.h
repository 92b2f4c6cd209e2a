/* cmd/fetch/options.h: what `asynctool fetch` can be told. */
#ifndef FETCH_OPTIONS_H
#define FETCH_OPTIONS_H

#include "opt/common.h"

enum fetch_ip { FETCH_IP_ANY, FETCH_IP_V4, FETCH_IP_V6 };

enum fetch_http { FETCH_HTTP_ANY, FETCH_HTTP_1_1, FETCH_HTTP_2 };

/* What to do when a file of that name exists, or was written in this run. */
enum fetch_collision {
  FETCH_COLLISION_UNIQUIFY,
  FETCH_COLLISION_ERROR,
  FETCH_COLLISION_OVERWRITE,
  FETCH_COLLISION_SKIP
};

/* Strings are NULL, and lists empty, unless the option was given. */
struct fetch_opts {
  struct job_opts job;

  /* Request */
  char *method;
  struct opt_list data;        /* joined with "&"; "@FILE" is a file */
  struct opt_list data_binary; /* the same, newlines kept */
  struct opt_list headers;     /* "Name: value", or "@FILE" of such lines */
  char *user_agent, *referer;
  bool head;
  bool compressed;

  /* Login and cookies */
  char *user; /* "name:password" */
  bool netrc;
  char *netrc_file;
  char *oauth2_bearer;
  struct opt_list cookies; /* "a=b; c=d", or a file's name */
  char *cookie_jar;

  /* Redirects */
  bool location;
  unsigned max_redirs;
  bool allow_downgrade;

  /* Connection */
  char *proxy, *noproxy;
  bool insecure;
  char *cacert, *cert, *key;
  struct opt_list resolve, connect_to;
  char *unix_socket, *interface;
  enum fetch_ip ip;
  enum fetch_http http;
  bool keepalive;

  /* Time; 0: off */
  int64_t connect_timeout_ns, first_byte_timeout_ns, stall_timeout_ns;

  /* Retries */
  bool retry_unsafe;
  int64_t retry_after_max_ns;

  /* Files */
  char *output; /* a template */
  char *dir;
  enum fetch_collision on_collision;
  bool discard;
  struct opt_list ok_status; /* "200", "200-299" or "2xx" each */
  bool fail_with_body;
};

extern const struct opt_table fetch_tables[];

#endif
