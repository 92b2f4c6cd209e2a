/* A request as it came: parsed in place, not decoded. */
#ifndef ORIGIN_REQUEST_H
#define ORIGIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"

enum { HEADERS_MAX = 100, SEGMENTS_MAX = 16 };

struct header {
  char *name, *value;
};

struct request {
  char *method, *target, *path, *query; /* query: "" if there is none */
  bool http10;
  struct header headers[HEADERS_MAX];
  size_t header_count;
  char *segments[SEGMENTS_MAX]; /* of the path, between the slashes */
  size_t segment_count;
};

/* Reads a head in place.
 *
 * head  kept; `len` bytes with a NUL behind them, up to the empty line
 *
 * Returns 0, or the status to refuse it with.
 */
int request_parse(struct request *request, char *head, size_t len);

/* A header's value, or NULL. */
const char *request_header(const struct request *request, const char *name);

/* Whether a header's comma-separated list has the word. */
bool request_header_has(const struct request *request, const char *name,
                        const char *word);

/* Appends the decoded value of a parameter of the query.
 *
 * Returns whether it is there.
 */
bool request_param(const struct request *request, const char *name,
                   struct async_buf *out);

/* A parameter that is a number ("8k" is 8192), or `missing`. */
int64_t request_param_size(const struct request *request, const char *name,
                           int64_t missing);

/* A parameter that is a duration ("300ms", "2s", "1.5"), or `missing`. */
int64_t request_param_duration(const struct request *request, const char *name,
                               int64_t missing);

/* A segment of the path, or `missing`. */
const char *request_segment(const struct request *request, size_t index,
                            const char *missing);

int64_t parse_size(const char *text);     /* -1: not a size */
int64_t parse_duration(const char *text); /* in ns; -1: not a duration */

/* Appends text with %XX and + decoded. */
void decode_percent(struct async_buf *out, const char *text, size_t len);

#endif
