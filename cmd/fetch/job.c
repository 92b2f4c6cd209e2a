/* One attempt at one URL:
 *
 *   1. the name of the file; if it is taken and that matters, no request
 *   2. a request, and on to where it is redirected, as often as is allowed
 *   3. what came of it: a file, an error, a class for the engine */
#include "fetch/job.h"

#include <errno.h>

#include "async/error.h"
#include "async/timer.h"
#include "fetch/body.h"
#include "fetch/name.h"
#include "fetch/trip.h"
#include "fetch/verdict.h"

/* Entries. */

int fetch_prepare(void *ctx, struct job_item *base)
{
  struct fetch_client *client = ctx;
  struct fetch_item *item = (struct fetch_item *)base;
  const char *why = "";
  int err = fetch_url_parse(&item->url, base->entry.text, &why);
  if (err == ASYNC_EINVAL)
    return job_error_set(base, JOB_ERROR_INPUT, 0, "not a URL to fetch: %s",
                         why);
  if (err < 0)
    return job_error_set(base, JOB_ERROR_INTERNAL, err, "%s",
                         async_err_text(err));
  if (!base->entry.fields)
    return 0;
  if (job_entry_string(base, "output", &item->output) < 0)
    return -1;
  if (item->output && fetch_name_check(item->output) < 0)
    return job_error_set(base, JOB_ERROR_INPUT, 0,
                         "output '%s': expected text with " FETCH_NAME_FIELDS,
                         item->output);
  if (item->output && !fetch_name_stays(item->output))
    return job_error_set(base, JOB_ERROR_INPUT, 0,
                         "output '%s': leads out of the directory, or has a "
                         "control character",
                         item->output);
  return fetch_request_of_entry(&item->own, base, &client->request,
                                client->opts);
}

const char *fetch_key(void *ctx, struct job_item *base, size_t *len)
{
  const struct fetch_item *item = (struct fetch_item *)base;
  (void)ctx;
  *len = item->url.origin.len;
  return item->url.origin.at;
}

/* What an attempt begins with. */

/* The name as the template makes it; a number may be added at the end. */
static int name_file(struct fetch_trip *trip)
{
  const struct fetch_item *item = trip->item;
  struct async_buf *name = &trip->handle->name;
  const char *template = item->output ? item->output : trip->client->template;
  if (trip->client->sink != FETCH_SINK_FILE)
    return 0;
  async_buf_clear(name);
  fetch_name_add(name, template, &item->url, item->item.seq + 1);
  return async_buf_str(name) ? 0 : ASYNC_ENOMEM;
}

/* Whether the file is there, and it is no use to fetch it. That it is not there
 * yet is no promise: at the end the kernel decides. */
static bool is_taken(const struct fetch_trip *trip)
{
  enum fetch_collision policy = trip->client->opts->on_collision;
  return trip->client->sink == FETCH_SINK_FILE &&
         (policy == FETCH_COLLISION_ERROR || policy == FETCH_COLLISION_SKIP) &&
         fetch_files_have(&trip->client->files,
                          async_buf_str(&trip->handle->name));
}

static int begin(struct fetch_trip *trip)
{
  struct fetch_item *item = trip->item;
  if (trip->attempt->number > 1)
    fetch_item_retry(item, trip->began_ns);
  trip->request = item->own ? item->own : &trip->client->request;
  trip->handle = fetch_handle_get(trip->client);
  trip->exchange = (struct fetch_exchange){ .client = trip->client,
                                            .item = item,
                                            .handle = trip->handle };
  return trip->handle ? name_file(trip) : ASYNC_ENOMEM;
}

/* What it ends with. */

enum { WAIT_MOST_S = 1000000000 };

/* Returns whether the server asks for more patience than we have. */
static bool note_retry_after(struct fetch_trip *trip)
{
  int64_t most_ns = trip->client->opts->retry_after_max_ns;
  curl_off_t wait_s = 0;
  /* libcurl reads both forms, seconds and a date. */
  curl_easy_getinfo(trip->handle->easy, CURLINFO_RETRY_AFTER, &wait_s);
  if (wait_s > WAIT_MOST_S)
    wait_s = WAIT_MOST_S;
  if (most_ns > 0 && wait_s * ASYNC_SEC > most_ns)
    return true;
  trip->attempt->server_wait_ns = wait_s * ASYNC_SEC;
  return false;
}

static enum async_fan_class classify(struct fetch_trip *trip,
                                     enum fetch_cause cause)
{
  long status = trip->exchange.status;
  enum async_fan_class class =
      fetch_class(&trip->client->retry_on, cause, status);
  if (trip->exchange.sent && !trip->request->repeatable)
    class = ASYNC_FAN_FAILED;
  if (class == ASYNC_FAN_FAILED || cause != FETCH_CAUSE_STATUS)
    return class;
  return note_retry_after(trip) ? ASYNC_FAN_FAILED : class;
}

/* The answer is as it should be; now its body needs a name. */
static void keep(struct fetch_trip *trip)
{
  struct async_fan_attempt *attempt = trip->attempt;
  int err = fetch_body_keep(&trip->exchange);
  trip->kept = err == 0;
  if (err == 0 || (err == -EEXIST &&
                   trip->client->opts->on_collision == FETCH_COLLISION_SKIP))
    return;
  fetch_verdict_of_io(&trip->exchange, err);
  attempt->outcome = ASYNC_FAN_FAILED;
  attempt->rc = err;
}

static void fail(struct fetch_trip *trip, enum fetch_cause cause)
{
  struct async_fan_attempt *attempt = trip->attempt;
  attempt->outcome = classify(trip, cause);
  attempt->rc = ASYNC_EFAIL;
  bool final = attempt->outcome == ASYNC_FAN_FAILED || attempt->last;
  if (cause == FETCH_CAUSE_STATUS && final &&
      trip->client->opts->fail_with_body)
    trip->kept = fetch_body_keep(&trip->exchange) == 0;
}

static void conclude(struct fetch_trip *trip, int rc)
{
  struct async_fan_attempt *attempt = trip->attempt;
  enum fetch_cause cause = FETCH_CAUSE_FINAL;
  /* It may have ended in the turn in which all was stopped: too late. */
  if (rc == 0)
    rc = async_check();
  if (rc == ASYNC_ECANCELED) {
    attempt->rc = rc;
    attempt->outcome = classify(trip, FETCH_CAUSE_TIMEOUT);
  } else if (rc > 0) {
    fail(trip, FETCH_CAUSE_FINAL);
  } else if (fetch_verdict(&trip->exchange, &trip->here, rc, &cause)) {
    keep(trip);
  } else {
    fail(trip, cause);
  }
}

/* The file is there already. */
static void leave_alone(struct fetch_trip *trip)
{
  if (trip->client->opts->on_collision == FETCH_COLLISION_SKIP)
    return;
  fetch_verdict_of_io(&trip->exchange, -EEXIST);
  trip->attempt->outcome = ASYNC_FAN_FAILED;
  trip->attempt->rc = -EEXIST;
}

static void end(struct fetch_trip *trip)
{
  int64_t now_ns = async_now();
  struct fetch_item *item = trip->item;
  enum job_error_kind kind = trip->attempt->rc == ASYNC_ECANCELED
                                 ? JOB_ERROR_TIMEOUT
                                 : item->item.error.kind;
  item->reply.total_ns = now_ns - trip->began_ns;
  fetch_item_note(item, kind, trip->began_ns, now_ns);
  if (trip->handle)
    fetch_handle_put(trip->client, trip->handle);
  fetch_trip_done(trip);
}

void fetch_work(void *ctx, struct job_item *base,
                struct async_fan_attempt *attempt)
{
  struct fetch_trip trip = { .client = ctx,
                             .item = (struct fetch_item *)base,
                             .attempt = attempt,
                             .began_ns = async_now() };
  int err = begin(&trip);
  if (err < 0) {
    job_error_set(base, JOB_ERROR_INTERNAL, err, "%s", async_err_text(err));
    attempt->outcome = ASYNC_FAN_FAILED;
    attempt->rc = err;
  } else if (is_taken(&trip)) {
    leave_alone(&trip);
  } else {
    conclude(&trip, fetch_trip_run(&trip));
    if (!trip.kept)
      fetch_body_drop(&trip.exchange);
  }
  end(&trip);
}
