/* cmd/fetch/shape.h: what a request says: method, headers, body. */
#ifndef FETCH_SHAPE_H
#define FETCH_SHAPE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "async/buf.h"
#include "fetch/options.h"
#include "job/item.h"

/* The run has one; an entry with fields of its own has another. */
struct fetch_request {
  char *method;
  bool has_body;
  struct async_buf body;
  struct curl_slist *headers; /* all of them */
  struct curl_slist *foreign; /* those that go to other origins, too */
  bool repeatable;            /* sending it twice does no harm */
};

/* The request that the options describe; files are read.
 *
 * message  for people, if a file cannot be read
 *
 * Returns 0, ASYNC_ENOMEM, or another error with a message. In every case
 * fetch_request_done is due.
 */
int fetch_request_init(struct fetch_request *request,
                       const struct fetch_opts *opts,
                       struct async_buf *message);
/* Adds a header, unless the user has one of that name or has removed it. Returns
 * 0, ASYNC_ENOMEM or ASYNC_EINVAL. */
int fetch_request_add_usual(struct fetch_request *request, const char *name,
                            const char *value);
void fetch_request_done(struct fetch_request *request);

/* The fields "method", "headers" and "body" of an entry, over the run's.
 *
 * out  NULL if it has none of them
 *
 * Returns 0, or -1 after job_error_set.
 */
int fetch_request_of_entry(struct fetch_request **out, struct job_item *item,
                           const struct fetch_request *run,
                           const struct fetch_opts *opts);

/* Sets the options of a handle.
 *
 * foreign  the destination is not the entry's: no login goes there
 * as_get   a redirect made it a GET without a body
 */
void fetch_request_apply(const struct fetch_request *request, CURL *easy,
                         bool foreign, bool as_get);

#endif
