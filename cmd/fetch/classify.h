/* cmd/fetch/classify.h: what a failure is, and whether it may be repeated. */
#ifndef FETCH_CLASSIFY_H
#define FETCH_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "async/fan.h"
#include "job/error.h"
#include "opt/list.h"

/* The words of --retry-on. */
enum fetch_cause {
  FETCH_CAUSE_FINAL = 0, /* nothing that another time would change */
  FETCH_CAUSE_TIMEOUT,
  FETCH_CAUSE_DNS,
  FETCH_CAUSE_CONNECT,
  FETCH_CAUSE_RESET,
  FETCH_CAUSE_TLS,
  FETCH_CAUSE_PARTIAL,
  FETCH_CAUSE_STATUS
};

/* HTTP statuses 100 to 599, a bit each. */
struct fetch_statuses {
  uint64_t bits[8];
};

struct fetch_retry_on {
  struct fetch_statuses statuses;
  bool causes[FETCH_CAUSE_STATUS]; /* by enum fetch_cause */
};

/* Each word adds to what those before it made; "!" in front takes away.
 *
 * words  "503", "500-504", "5xx"; for retry_on also "all" and the causes
 *
 * Return 0 or ASYNC_EINVAL.
 */
int fetch_statuses_parse(struct fetch_statuses *set,
                         const struct opt_list *words);
int fetch_retry_on_parse(struct fetch_retry_on *set,
                         const struct opt_list *words);

bool fetch_statuses_have(const struct fetch_statuses *set, long status);

/* Whether the text is one such word; for the option's table. */
bool fetch_is_status_word(const char *text);
bool fetch_is_retry_word(const char *text);

/* What a result of libcurl means. */
struct fetch_verdict {
  enum job_error_kind kind;
  enum fetch_cause cause;
  const char *text; /* a sentence for people, if libcurl has no better one */
};

struct fetch_verdict fetch_verdict_of_curl(CURLcode code);

/* What a failed attempt tells the engine.
 *
 * status  the server's, if the cause is that; else ignored
 */
enum async_fan_class fetch_class(const struct fetch_retry_on *set,
                                 enum fetch_cause cause, long status);

#endif
