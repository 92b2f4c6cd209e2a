#include "fetch/trip.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/hash.h"

/* Requests. */

enum { FEW_HOSTS = 64 };

/* A host that comes once in a long list needs no connection later: it would only
 * fill the cache, which libcurl walks. Whether there are many such hosts, the
 * first ones cannot know. */
static bool keeps_connection(struct fetch_trip *trip)
{
  const struct async_lane *lane = trip->attempt->lane;
  struct fetch_client *client = trip->client;
  if (!lane || async_lane_busy(lane))
    return true;
  return client->hosts < FEW_HOSTS && ++client->hosts;
}

static uint64_t affinity(const struct fetch_trip *trip)
{
  if (trip->attempt->lane && trip->followed == 0)
    return async_lane_hash(trip->attempt->lane);
  return async_hash_bytes(trip->here.origin.at, trip->here.origin.len, 0);
}

static int run_exchange(struct fetch_trip *trip)
{
  trip->item->reply.bytes = 0;
  trip->exchange = (struct fetch_exchange){ .client = trip->client,
                                            .item = trip->item,
                                            .handle = trip->handle,
                                            .began_ns = trip->began_ns };
  return fetch_exchange_run(&trip->exchange, &trip->here, affinity(trip));
}

/* The server closed a kept connection just when it was used again (and before
 * 8.0 libcurl takes such ones for alive): no answer will tell, and it is nobody's
 * fault. */
static bool was_stale(const struct fetch_trip *trip, int rc)
{
  const struct fetch_exchange *exchange = &trip->exchange;
  return rc == 0 && exchange->code != CURLE_OK && exchange->sent &&
         !exchange->answered && trip->item->reply.conn_reused &&
         fetch_verdict_of_curl(exchange->code).cause == FETCH_CAUSE_RESET &&
         trip->request->repeatable;
}

static int request(struct fetch_trip *trip)
{
  CURL *easy = trip->handle->easy;
  fetch_handle_aim(trip->client, trip->handle, trip->here.text, trip->request,
                   trip->foreign, trip->as_get, keeps_connection(trip));
  trip->item->reply.method = trip->as_get ? "GET" : trip->request->method;
  int rc = run_exchange(trip);
  if (was_stale(trip, rc)) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    rc = run_exchange(trip);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
  }
  return rc;
}

/* Redirects. */

static bool is_redirected(const struct fetch_trip *trip, char **target)
{
  const struct fetch_exchange *exchange = &trip->exchange;
  *target = NULL;
  if (!trip->client->opts->location || exchange->code != CURLE_OK ||
      !exchange->moved || !fetch_redirect_is(exchange->status))
    return false;
  curl_easy_getinfo(trip->handle->easy, CURLINFO_REDIRECT_URL, target);
  return *target != NULL;
}

static void move_to(struct fetch_trip *trip, char *text,
                    const struct fetch_url *there)
{
  struct fetch_reply *reply = &trip->item->reply;
  fetch_url_done(&trip->here);
  free(trip->here_text);
  trip->here = *there;
  trip->here_text = text;
  trip->followed++;
  trip->foreign = !fetch_url_same_origin(&trip->item->url, there);
  trip->as_get |=
      fetch_redirect_becomes_get(trip->exchange.status, reply->method);
  free(reply->final_url);
  reply->final_url = strdup(text);
}

/* Returns 0, ASYNC_ENOMEM, or 1 after job_error_set: it is not followed. */
static int follow(struct fetch_trip *trip, const char *target)
{
  struct fetch_url there;
  const char *why = NULL;
  char *text = strdup(target);
  if (!text)
    return ASYNC_ENOMEM;
  int err = fetch_url_parse(&there, text, &why);
  if (err == 0)
    why = fetch_redirect_refusal(&trip->client->redirects, trip->followed,
                                 &trip->here, &there);
  if (err == 0 && !why) {
    move_to(trip, text, &there);
    return 0;
  }
  if (why)
    job_error_set(&trip->item->item, JOB_ERROR_HTTP, (int)trip->exchange.status,
                  "not redirected to %s: %s", text, why);
  fetch_url_done(&there);
  free(text);
  return why ? 1 : err;
}

int fetch_trip_run(struct fetch_trip *trip)
{
  char *target;
  trip->here = trip->item->url;
  trip->here.owned = NULL;
  for (;;) {
    int rc = request(trip);
    if (rc < 0 || !is_redirected(trip, &target))
      return rc;
    rc = follow(trip, target);
    if (rc != 0)
      return rc;
  }
}

void fetch_trip_done(struct fetch_trip *trip)
{
  fetch_url_done(&trip->here);
  free(trip->here_text);
}
