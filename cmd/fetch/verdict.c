#include "fetch/verdict.h"

#include <errno.h>
#include <string.h>

#include <ares.h>

#include "async/error.h"
#include "fetch/body.h"
#include "job/count.h"

/* Sentences. */

static struct job_item *item_of(struct fetch_exchange *exchange)
{
  return &exchange->item->item;
}

static void say_timeout(struct fetch_exchange *exchange)
{
  static const char *const what[] = {
    [FETCH_PHASE_CONNECT] = "no connection after",
    [FETCH_PHASE_FIRST_BYTE] = "no answer after",
    [FETCH_PHASE_STALL] = "nothing more came for",
  };
  enum fetch_phase phase = exchange->dog.phase;
  struct async_buf text = ASYNC_BUF_INIT;
  job_add_duration(&text, exchange->dog.limits_ns[phase]);
  const char *limit = async_buf_str(&text);
  job_error_set(item_of(exchange), JOB_ERROR_TIMEOUT, ASYNC_ETIMEDOUT, "%s %s",
                what[phase], limit ? limit : "the time limit");
  async_buf_done(&text);
}

/* Errors of libcurl have a sentence of ours, or a better one of its own. */
static void say_curl(struct fetch_exchange *exchange, CURLcode code,
                     const struct fetch_verdict *verdict)
{
  const char *own = exchange->handle->message;
  bool better =
      verdict->kind == JOB_ERROR_TLS || verdict->kind == JOB_ERROR_PROTO;
  job_error_set(item_of(exchange), verdict->kind, ASYNC_ERROR_FROM_CURL(code),
                better && *own ? "%s: %s" : "%s", verdict->text, own);
}

static void say_no_connection(struct fetch_exchange *exchange,
                              const struct fetch_url *url, CURLcode code)
{
  long system = 0;
  curl_easy_getinfo(exchange->handle->easy, CURLINFO_OS_ERRNO, &system);
  int err = system > 0 ? -(int)system : ASYNC_ERROR_FROM_CURL(code);
  job_error_set(item_of(exchange), JOB_ERROR_CONNECT, err,
                "no connection to %.*s port %u: %s", (int)url->host.len,
                url->host.at, (unsigned)url->port, async_err_text(err));
}

static void say_short(struct fetch_exchange *exchange)
{
  int64_t got = 0, wanted = -1;
  if (fetch_body_is_whole(exchange, &got, &wanted) || wanted < 0)
    job_error_set(item_of(exchange), JOB_ERROR_PROTO,
                  ASYNC_ERROR_FROM_CURL(CURLE_PARTIAL_FILE),
                  "the body is cut short: its end did not come");
  else
    job_error_set(item_of(exchange), JOB_ERROR_PROTO,
                  ASYNC_ERROR_FROM_CURL(CURLE_PARTIAL_FILE),
                  "the body is cut short: %lld of %lld bytes", (long long)got,
                  (long long)wanted);
}

void fetch_verdict_of_io(struct fetch_exchange *exchange, int err)
{
  const char *name = async_buf_str(&exchange->handle->name);
  if (err == -ENOSPC || err == -EDQUOT || err == -EROFS || err == -EIO ||
      err == -EFBIG)
    exchange->client->own_failure = true;
  if (err == -EEXIST)
    job_error_set(item_of(exchange), JOB_ERROR_IO, err, "%s exists already",
                  name ? name : "the file");
  else
    job_error_set(item_of(exchange), JOB_ERROR_IO, err, "cannot write %s: %s",
                  name && exchange->sink == FETCH_SINK_FILE ? name : "the body",
                  async_err_text(err));
}

/* Causes. */

static enum fetch_cause judge_own(struct fetch_exchange *exchange,
                                  const struct fetch_url *url, int rc)
{
  if (rc == ASYNC_ETIMEDOUT) {
    say_timeout(exchange);
    return FETCH_CAUSE_TIMEOUT;
  }
  if (rc > ASYNC_ERROR_ARES_BASE) {
    job_error_set(item_of(exchange), JOB_ERROR_INTERNAL, rc, "%s",
                  async_err_text(rc));
    return FETCH_CAUSE_FINAL;
  }
  job_error_set(item_of(exchange), JOB_ERROR_DNS, rc, "cannot resolve %.*s: %s",
                (int)url->host.len, url->host.at, async_err_text(rc));
  /* That there is no such name is an answer; another try gets the same. */
  return rc == ASYNC_ERROR_FROM_ARES(ARES_ENOTFOUND) ||
                 rc == ASYNC_ERROR_FROM_ARES(ARES_ENODATA) ||
                 rc == ASYNC_ERROR_FROM_ARES(ARES_EBADNAME)
             ? FETCH_CAUSE_FINAL
             : FETCH_CAUSE_DNS;
}

/* A line beyond libcurl's limit is "out of memory" to it, before 8.4. */
static bool is_endless(const struct fetch_exchange *exchange)
{
  return exchange->endless_headers ||
         (exchange->code == CURLE_OUT_OF_MEMORY && exchange->answered &&
          !exchange->sink_chosen);
}

/* libcurl has one code for connections that break and chunks that are not. */
static bool is_garbled(const struct fetch_exchange *exchange)
{
  return exchange->code == CURLE_RECV_ERROR &&
         strstr(exchange->handle->message, "chunk") != NULL;
}

static enum fetch_cause judge_curl(struct fetch_exchange *exchange,
                                   const struct fetch_url *url)
{
  CURLcode code = exchange->code;
  struct fetch_verdict verdict = fetch_verdict_of_curl(code);
  if (is_endless(exchange)) {
    job_error_set(item_of(exchange), JOB_ERROR_PROTO, 0,
                  "the headers have no end: %zu bytes so far",
                  exchange->header_bytes);
    return FETCH_CAUSE_FINAL;
  }
  if (exchange->no_length) {
    job_error_set(item_of(exchange), JOB_ERROR_PROTO, 0,
                  "Content-Length is not one number that can be");
    return FETCH_CAUSE_FINAL;
  }
  if (exchange->io_err < 0) {
    fetch_verdict_of_io(exchange, exchange->io_err);
    return FETCH_CAUSE_FINAL;
  }
  if (is_garbled(exchange))
    verdict = fetch_verdict_of_curl(CURLE_WEIRD_SERVER_REPLY);
  if (code == CURLE_COULDNT_CONNECT)
    say_no_connection(exchange, url, code);
  else if (code == CURLE_PARTIAL_FILE)
    say_short(exchange);
  else if (verdict.cause == FETCH_CAUSE_TIMEOUT)
    say_timeout(exchange);
  else
    say_curl(exchange, code, &verdict);
  return verdict.cause;
}

bool fetch_verdict(struct fetch_exchange *exchange, const struct fetch_url *url,
                   int rc, enum fetch_cause *cause)
{
  int64_t got, wanted;
  if (rc < 0) {
    *cause = judge_own(exchange, url, rc);
    return false;
  }
  if (exchange->code != CURLE_OK) {
    *cause = judge_curl(exchange, url);
    return false;
  }
  if (!fetch_body_is_whole(exchange, &got, &wanted)) {
    say_short(exchange);
    *cause = FETCH_CAUSE_PARTIAL;
    return false;
  }
  if (!fetch_statuses_have(&exchange->client->ok_status, exchange->status)) {
    job_error_set(item_of(exchange), JOB_ERROR_HTTP, (int)exchange->status,
                  "HTTP status %ld", exchange->status);
    *cause = FETCH_CAUSE_STATUS;
    return false;
  }
  return true;
}
