/* cmd/fetch/trip.h: a request, and on to where it is redirected. */
#ifndef FETCH_TRIP_H
#define FETCH_TRIP_H

#include "async/fan.h"
#include "fetch/exchange.h"

struct fetch_trip {
  struct fetch_client *client;
  struct fetch_item *item;
  struct async_fan_attempt *attempt;
  const struct fetch_request *request;
  struct fetch_handle *handle;
  struct fetch_exchange exchange; /* the last one */
  struct fetch_url here;
  char *here_text; /* where a redirect led, or NULL */
  int64_t began_ns;
  unsigned followed;
  bool foreign, as_get;
  bool kept; /* the body */
};

/* Goes to the item's URL, and follows redirects.
 *
 * Returns 0 with the last exchange; 1 after job_error_set, for a redirect that
 * is not followed; or what fetch_exchange_run returned.
 */
int fetch_trip_run(struct fetch_trip *trip);
void fetch_trip_done(struct fetch_trip *trip);

#endif
