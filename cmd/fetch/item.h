/* cmd/fetch/item.h: one URL on its way, and what is known about it. */
#ifndef FETCH_ITEM_H
#define FETCH_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "fetch/url.h"
#include "job/item.h"

struct fetch_request;

/* What an attempt found out; its record. */
struct fetch_reply {
  const char *method; /* NULL: nothing was sent yet */
  long status;        /* 0: no answer */
  const char *http_version;
  char *final_url;    /* NULL: not redirected */
  char *content_type; /* or NULL */
  char *file;         /* where the body is, or NULL */
  char remote_ip[46]; /* "": not connected */
  bool conn_reused;
  uint64_t bytes; /* of the body, as it was handed to us */

  /* Since the attempt began; 0: it did not happen. */
  int64_t dns_ns, connect_ns, tls_ns, ttfb_ns, total_ns;
};

/* An attempt that was repeated. */
struct fetch_tried {
  enum job_error_kind kind;
  long status;
  int64_t duration_ns, wait_ns; /* wait: until the next began */
};

struct fetch_item {
  struct job_item item;
  struct fetch_url url;
  struct fetch_request *own; /* what the entry itself asks for, or NULL */
  const char *output;        /* its own template; NULL: the run's */
  struct fetch_reply reply;
  struct fetch_tried *tried;
  unsigned tried_count;
  struct fetch_tried last; /* joins them if it is repeated */
  int64_t ended_ns;        /* the last attempt */
  struct async_buf body;   /* -o -: what will go to standard output */
  int spill_fd;            /* what did not fit in it; 0: none */
};

void fetch_reply_done(struct fetch_reply *reply);

/* Frees fetch's part of an item. */
void fetch_item_done(struct job_item *item);

/* Notes how an attempt ended, in case it is repeated. */
void fetch_item_note(struct fetch_item *item, enum job_error_kind kind,
                     int64_t began_ns, int64_t now_ns);

/* Begins another attempt: the last one joins `tried`, `reply` is empty again.
 */
void fetch_item_retry(struct fetch_item *item, int64_t now_ns);

#endif
