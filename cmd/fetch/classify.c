#include "fetch/classify.h"

#include <string.h>

#include "async/error.h"

/* Statuses. */

enum { STATUS_FIRST = 100, STATUS_LAST = 599 };

bool fetch_statuses_have(const struct fetch_statuses *set, long status)
{
  if (status < STATUS_FIRST || status > STATUS_LAST)
    return false;
  unsigned bit = (unsigned)(status - STATUS_FIRST);
  return set->bits[bit / 64] >> bit % 64 & 1;
}

static void put(struct fetch_statuses *set, int first, int last, bool on)
{
  for (int status = first; status <= last; status++) {
    unsigned bit = (unsigned)(status - STATUS_FIRST);
    uint64_t mask = UINT64_C(1) << bit % 64;
    if (on)
      set->bits[bit / 64] |= mask;
    else
      set->bits[bit / 64] &= ~mask;
  }
}

/* "404"; 0: not a status. */
static int read_status(const char *text)
{
  int value = 0;
  for (int i = 0; i < 3; i++) {
    if (text[i] < '0' || text[i] > '9')
      return 0;
    value = value * 10 + (text[i] - '0');
  }
  return value >= STATUS_FIRST && value <= STATUS_LAST ? value : 0;
}

/* "404", "500-504" or "5xx". */
static bool read_range(const char *text, int *first, int *last)
{
  if (text[0] >= '1' && text[0] <= '5' && strcmp(text + 1, "xx") == 0) {
    *first = (text[0] - '0') * 100;
    *last = *first + 99;
    return true;
  }
  *first = *last = read_status(text);
  if (*first && text[3] == '-')
    *last = read_status(text += 4);
  return *first && *last >= *first && text[3] == '\0';
}

static const char *after_not(const char *word, bool *on)
{
  *on = *word != '!';
  return *on ? word : word + 1;
}

int fetch_statuses_parse(struct fetch_statuses *set,
                         const struct opt_list *words)
{
  int first, last;
  bool on;
  *set = (struct fetch_statuses){ .bits = { 0 } };
  for (size_t i = 0; i < words->count; i++) {
    if (!read_range(after_not(words->items[i], &on), &first, &last))
      return ASYNC_EINVAL;
    put(set, first, last, on);
  }
  return 0;
}

bool fetch_is_status_word(const char *text)
{
  int first, last;
  bool on;
  return read_range(after_not(text, &on), &first, &last);
}

/* What to retry on. */

static const char *const cause_words[] = {
  [FETCH_CAUSE_TIMEOUT] = "timeout", [FETCH_CAUSE_DNS] = "dns",
  [FETCH_CAUSE_CONNECT] = "connect", [FETCH_CAUSE_RESET] = "reset",
  [FETCH_CAUSE_TLS] = "tls",         [FETCH_CAUSE_PARTIAL] = "partial",
};

/* "all" is not more than all that another time may change. */
static bool read_cause(const char *word, bool on, bool *causes)
{
  bool all = strcmp(word, "all") == 0, found = all;
  for (int i = FETCH_CAUSE_TIMEOUT; i < FETCH_CAUSE_STATUS; i++) {
    if (!all && strcmp(word, cause_words[i]) != 0)
      continue;
    found = true;
    causes[i] = on;
  }
  return found;
}

int fetch_retry_on_parse(struct fetch_retry_on *set,
                         const struct opt_list *words)
{
  *set = (struct fetch_retry_on){ .causes = { false } };
  for (size_t i = 0; i < words->count; i++) {
    int first = 400, last = STATUS_LAST;
    bool on;
    const char *word = after_not(words->items[i], &on);
    bool cause = read_cause(word, on, set->causes);
    if (!cause && !read_range(word, &first, &last))
      return ASYNC_EINVAL;
    if (!cause || strcmp(word, "all") == 0)
      put(&set->statuses, first, last, on);
  }
  return 0;
}

bool fetch_is_retry_word(const char *text)
{
  bool on, causes[FETCH_CAUSE_STATUS];
  return fetch_is_status_word(text) ||
         read_cause(after_not(text, &on), true, causes);
}

/* libcurl's results. */

static const struct row {
  CURLcode code;
  struct fetch_verdict verdict;
} rows[] = {
#define ROW(code, kind, cause, text)                                           \
  {                                                                            \
    code,                                                                      \
    {                                                                          \
      JOB_ERROR_##kind, FETCH_CAUSE_##cause, text                              \
    }                                                                          \
  }
  /* We have looked at the scheme: this is an answer that would be HTTP/0.9. */
  ROW(CURLE_UNSUPPORTED_PROTOCOL, PROTO, FINAL, "the answer is not HTTP"),
  ROW(CURLE_URL_MALFORMAT, INPUT, FINAL, "it is not a URL"),
  ROW(CURLE_COULDNT_RESOLVE_PROXY, DNS, DNS, "the proxy's name is unknown"),
  ROW(CURLE_COULDNT_RESOLVE_HOST, DNS, DNS, "the host's name is unknown"),
  ROW(CURLE_COULDNT_CONNECT, CONNECT, CONNECT, "no connection"),
  ROW(CURLE_INTERFACE_FAILED, CONNECT, FINAL,
      "cannot connect from the interface"),
  ROW(CURLE_PROXY, CONNECT, CONNECT, "the proxy refused"),
  ROW(CURLE_SEND_ERROR, CONNECT, RESET, "the connection broke"),
  ROW(CURLE_RECV_ERROR, CONNECT, RESET, "the connection broke"),
  ROW(CURLE_GOT_NOTHING, PROTO, RESET,
      "the server closed the connection without an answer"),
  ROW(CURLE_WEIRD_SERVER_REPLY, PROTO, FINAL, "the answer is not HTTP"),
  ROW(CURLE_PARTIAL_FILE, PROTO, PARTIAL, "the body is cut short"),
  ROW(CURLE_BAD_CONTENT_ENCODING, PROTO, FINAL,
      "the compressed body is corrupt"),
  ROW(CURLE_HTTP2, PROTO, RESET, "the HTTP/2 connection broke"),
  ROW(CURLE_HTTP2_STREAM, PROTO, RESET, "the HTTP/2 stream was reset"),
  ROW(CURLE_FILESIZE_EXCEEDED, LIMIT, FINAL, "the body is too large"),
  ROW(CURLE_TOO_MANY_REDIRECTS, HTTP, FINAL, "too many redirects"),
  ROW(CURLE_LOGIN_DENIED, HTTP, FINAL, "the login was refused"),
  ROW(CURLE_AUTH_ERROR, HTTP, FINAL, "the login failed"),
  ROW(CURLE_OPERATION_TIMEDOUT, TIMEOUT, TIMEOUT, "timed out"),
  ROW(CURLE_SSL_CONNECT_ERROR, TLS, TLS, "the TLS handshake failed"),
  ROW(CURLE_PEER_FAILED_VERIFICATION, TLS, FINAL,
      "the server's certificate is not to be trusted"),
  ROW(CURLE_SSL_ISSUER_ERROR, TLS, FINAL, "the issuer is not the expected one"),
  ROW(CURLE_SSL_INVALIDCERTSTATUS, TLS, FINAL,
      "the server's certificate was revoked"),
  ROW(CURLE_SSL_PINNEDPUBKEYNOTMATCH, TLS, FINAL, "the public key is another"),
  ROW(CURLE_SSL_CERTPROBLEM, TLS, FINAL, "our certificate cannot be used"),
  ROW(CURLE_SSL_CLIENTCERT, TLS, FINAL, "the server wants a certificate"),
  ROW(CURLE_SSL_CACERT_BADFILE, TLS, FINAL,
      "the file of certificate authorities cannot be used"),
  ROW(CURLE_SSL_CIPHER, TLS, FINAL, "no cipher in common"),
  ROW(CURLE_USE_SSL_FAILED, TLS, FINAL, "no TLS"),
  ROW(CURLE_WRITE_ERROR, IO, FINAL, "the body could not be written"),
  ROW(CURLE_READ_ERROR, IO, FINAL, "the body to send could not be read"),
  ROW(CURLE_OUT_OF_MEMORY, INTERNAL, FINAL, "no memory"),
#undef ROW
};

struct fetch_verdict fetch_verdict_of_curl(CURLcode code)
{
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
    if (rows[i].code == code)
      return rows[i].verdict;
  return (struct fetch_verdict){ JOB_ERROR_PROTO, FETCH_CAUSE_FINAL,
                                 curl_easy_strerror(code) };
}

/* For the engine. */

static enum async_fan_class class_of_status(long status)
{
  if (status == 429 || status == 503)
    return ASYNC_FAN_OVERLOADED;
  return status >= 500 ? ASYNC_FAN_SICK : ASYNC_FAN_RETRY;
}

enum async_fan_class fetch_class(const struct fetch_retry_on *set,
                                 enum fetch_cause cause, long status)
{
  if (cause == FETCH_CAUSE_STATUS)
    return fetch_statuses_have(&set->statuses, status) ? class_of_status(status)
                                                       : ASYNC_FAN_FAILED;
  if (!set->causes[cause])
    return ASYNC_FAN_FAILED;
  switch (cause) {
  case FETCH_CAUSE_TIMEOUT:
  case FETCH_CAUSE_RESET:
    return ASYNC_FAN_OVERLOADED;
  case FETCH_CAUSE_PARTIAL:
    return ASYNC_FAN_RETRY;
  default:
    return ASYNC_FAN_SICK;
  }
}
