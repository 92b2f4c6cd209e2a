/* cmd/fetch/client.h: what all requests of a run share. */
#ifndef FETCH_CLIENT_H
#define FETCH_CLIENT_H

#include <stdbool.h>

#include <curl/curl.h>

#include "async/dns.h"
#include "async/http.h"
#include "async/list.h"
#include "fetch/classify.h"
#include "fetch/file.h"
#include "fetch/names.h"
#include "fetch/options.h"
#include "fetch/redirect.h"
#include "fetch/shape.h"
#include "job/tool.h"

/* What becomes of bodies. */
enum fetch_sink { FETCH_SINK_NONE, FETCH_SINK_FILE, FETCH_SINK_STDOUT };

struct fetch_client {
  const struct fetch_opts *opts;
  struct job_log *log;
  struct job_out *out;
  size_t jobs, per_multi; /* 0: the usual number */
  struct async_http *http;
  struct async_dns *dns;
  bool resolves; /* by us; else libcurl knows where it goes (a proxy, ...) */
  bool proxied;
  struct fetch_names names;
  CURLSH *share; /* libcurl's cache of names, and cookies */
  enum fetch_sink sink;
  const char *template;
  struct fetch_files files;
  bool files_open;
  struct fetch_request request;
  struct fetch_retry_on retry_on;
  struct fetch_statuses ok_status;
  struct fetch_redirect_rules redirects;
  int64_t limits_ns[3]; /* by enum fetch_phase */
  bool own_failure;     /* our disk is full */
  unsigned hosts;       /* that were seen once, so far */

  /* For the set-up of handles. */
  struct async_list idle; /* handles */
  char *bundle;           /* certificates of authorities; NULL: libcurl's way */
  char *cookie;           /* the header's value, or NULL */
  bool keeps_cookies;     /* those that servers set, and those of files */
  char encodings[32];
  struct curl_slist *resolve, *connect_to; /* the user's */
  long http_version;
  bool no_http2_bodies; /* libcurl cannot be trusted with them */
  long buffer_bytes;
};

/* Begins a run: hooks of struct job_tool. */
int fetch_client_open(struct job_run *run, void **ctx);
void fetch_client_close(void *ctx);

#endif
