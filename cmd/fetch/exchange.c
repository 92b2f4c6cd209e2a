#include "fetch/exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "async/error.h"
#include "async/timer.h"
#include "fetch/body.h"

/* Headers of one answer, together; libcurl before 8.3 has no limit. */
enum { HEADER_BYTES = 256 * 1024 };

static int64_t since(int64_t began_ns)
{
  return async_now() - began_ns;
}

/* Callbacks. They run on the loop's stack and never park. */

/* The connection is there, and the request goes out next. */
static int on_connected(void *data, char *remote_ip, char *local_ip,
                        int remote_port, int local_port)
{
  struct fetch_exchange *exchange = ((struct fetch_handle *)data)->exchange;
  struct fetch_reply *reply = &exchange->item->reply;
  (void)local_ip, (void)remote_port, (void)local_port;
  exchange->sent = true;
  size_t len = strnlen(remote_ip, sizeof(reply->remote_ip) - 1);
  memcpy(reply->remote_ip, remote_ip, len);
  reply->remote_ip[len] = '\0';
  fetch_watchdog_enter(&exchange->dog, FETCH_PHASE_FIRST_BYTE);
  return CURL_PREREQFUNC_OK;
}

static void note_first_byte(struct fetch_exchange *exchange)
{
  exchange->answered = true;
  /* Our own stamp: before 8.3 STARTTRANSFER is when the request was sent. */
  exchange->item->reply.ttfb_ns = since(exchange->began_ns);
  fetch_watchdog_enter(&exchange->dog, FETCH_PHASE_STALL);
}

static bool has_value(const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (!strchr(" \t\r\n", text[i]))
      return true;
  return false;
}

/* libcurl takes the last of several, and none for one that is too large. */
static bool is_length_clear(struct fetch_exchange *exchange, const char *digits)
{
  errno = 0;
  int64_t value = strtoll(digits, NULL, 10);
  if (errno == ERANGE || (exchange->claimed >= 0 && exchange->claimed != value))
    exchange->no_length = true;
  exchange->claimed = value;
  return !exchange->no_length;
}

static bool is_header(const char *line, size_t len, const char *name)
{
  size_t name_len = strlen(name);
  return len > name_len && strncasecmp(line, name, name_len) == 0;
}

static size_t on_header(char *line, size_t size, size_t count, void *data)
{
  struct fetch_exchange *exchange = ((struct fetch_handle *)data)->exchange;
  size_t len = size * count;
  if (!exchange->answered)
    note_first_byte(exchange);
  fetch_watchdog_feed(&exchange->dog);
  exchange->header_bytes += len;
  if (exchange->header_bytes > HEADER_BYTES) {
    exchange->endless_headers = true;
    return 0;
  }
  /* A new status line: what came before was for a login, or "100 Continue". */
  if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
    exchange->moved = false;
    exchange->claimed = -1;
  } else if (is_header(line, len, "location:")) {
    exchange->moved = has_value(line + 9, len - 9);
  } else if (is_header(line, len, "content-length:")) {
    return is_length_clear(exchange, line + 15) ? len : 0;
  }
  return len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
  struct fetch_exchange *exchange = ((struct fetch_handle *)data)->exchange;
  size_t len = size * count;
  if (!exchange->answered)
    note_first_byte(exchange);
  fetch_watchdog_feed(&exchange->dog);
  return fetch_body_write(exchange, bytes, len) < 0 && len > 0 ? 0 : len;
}

void fetch_exchange_set_callbacks(struct fetch_handle *handle)
{
  CURL *easy = handle->easy;
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, handle);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, handle);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, handle);
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

/* What libcurl knows afterwards. */

static const char *version_name(CURL *easy)
{
  long version = CURL_HTTP_VERSION_NONE;
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  switch (version) {
  case CURL_HTTP_VERSION_1_0:
    return "1.0";
  case CURL_HTTP_VERSION_1_1:
    return "1.1";
  case CURL_HTTP_VERSION_2_0:
    return "2";
  case CURL_HTTP_VERSION_3:
    return "3";
  default:
    return NULL;
  }
}

/* A span of libcurl's, which began at `performed_ns` of the attempt. */
static int64_t stage_end(CURL *easy, CURLINFO info, int64_t performed_ns)
{
  curl_off_t us = 0;
  curl_easy_getinfo(easy, info, &us);
  return us > 0 ? performed_ns + us * ASYNC_US : 0;
}

static void note_connection(struct fetch_exchange *exchange,
                            int64_t performed_ns)
{
  CURL *easy = exchange->handle->easy;
  struct fetch_reply *reply = &exchange->item->reply;
  long connects = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  reply->conn_reused = connects == 0;
  reply->connect_ns = reply->tls_ns = 0;
  if (connects == 0)
    return;
  /* Only of connections that came about: the others' are wrong before 8.0. */
  reply->connect_ns = stage_end(easy, CURLINFO_CONNECT_TIME_T, performed_ns);
  reply->tls_ns = stage_end(easy, CURLINFO_APPCONNECT_TIME_T, performed_ns);
}

static void note_answer(struct fetch_exchange *exchange)
{
  CURL *easy = exchange->handle->easy;
  struct fetch_reply *reply = &exchange->item->reply;
  char *type = NULL;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &exchange->status);
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
  reply->status = exchange->status;
  reply->http_version = version_name(easy);
  free(reply->content_type);
  reply->content_type = type ? strdup(type) : NULL;
}

/* The exchange itself. */

static int perform(struct fetch_exchange *exchange, uint64_t affinity)
{
  struct fetch_handle *handle = exchange->handle;
  int64_t performed_ns = since(exchange->began_ns);
  handle->exchange = exchange;
  handle->message[0] = '\0';
  int rc = async_http_perform(exchange->client->http, handle->easy, affinity,
                              &exchange->code);
  if (exchange->sent)
    note_connection(exchange, performed_ns);
  if (exchange->answered)
    note_answer(exchange);
  return rc;
}

static int resolve(struct fetch_exchange *exchange, const struct fetch_url *url,
                   struct fetch_name **name)
{
  struct fetch_client *client = exchange->client;
  if (!client->resolves)
    return 0;
  int rc = fetch_names_get(&client->names, url, name);
  if (rc == 0 && *name)
    exchange->item->reply.dns_ns = since(exchange->began_ns);
  return rc;
}

int fetch_exchange_run(struct fetch_exchange *exchange,
                       const struct fetch_url *url, uint64_t affinity)
{
  struct fetch_names *names = &exchange->client->names;
  CURL *easy = exchange->handle->easy;
  struct curl_slist *told = NULL;
  struct fetch_name *name = NULL;
  fetch_watchdog_start(&exchange->dog, exchange->client->limits_ns);
  int rc = resolve(exchange, url, &name);
  if (rc == 0)
    rc = fetch_names_tell(names, name, easy, &told);
  if (rc == 0)
    rc = perform(exchange, affinity);
  rc = fetch_watchdog_stop(&exchange->dog, rc);
  if (told) {
    curl_easy_setopt(easy, CURLOPT_RESOLVE, NULL);
    curl_slist_free_all(told);
  }
  fetch_names_put(names, name, exchange->sent);
  return rc;
}
