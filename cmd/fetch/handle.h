/* cmd/fetch/handle.h: libcurl's handles, with the run's options set.
 *
 * They are kept, because a new one costs more than the request's other parts
 * together. What a request changed is set back before the next. */
#ifndef FETCH_HANDLE_H
#define FETCH_HANDLE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "async/list.h"
#include "fetch/client.h"
#include "fetch/file.h"

struct fetch_exchange;

struct fetch_handle {
  CURL *easy;
  struct async_list node;          /* among the idle ones */
  struct fetch_exchange *exchange; /* that its callbacks are for */
  struct fetch_file file;
  struct async_buf name; /* the file's */
  bool altered;          /* other options than the run's are set */
  bool closes;           /* the connection is closed afterwards */
  char message[CURL_ERROR_SIZE];
};

/* A handle with the run's options. NULL: no memory. */
struct fetch_handle *fetch_handle_get(struct fetch_client *client);
void fetch_handle_put(struct fetch_client *client, struct fetch_handle *handle);
void fetch_handle_free(struct fetch_handle *handle);

/* Sets the options for one request; only what differs from the last one costs
 * anything.
 *
 * request  the run's, or the entry's
 */
void fetch_handle_aim(struct fetch_client *client, struct fetch_handle *handle,
                      const char *url, const struct fetch_request *request,
                      bool foreign, bool as_get, bool keep_connection);

#endif
