/* A server that does what the URL says, also what no server should. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "async/buf.h"
#include "request.h"

struct async_stream;

struct origin {
  FILE *log; /* or NULL */
  const char *log_path;
  int64_t start_ns;
  uint64_t connections;
  struct key *keys; /* state of the paths that have some: state.c */
};

/* One request and its answer. */
struct exchange {
  struct origin *origin;
  struct async_stream *stream;
  struct request request;
  struct async_buf body; /* of the request, where a route wants it */
  uint64_t body_bytes;
  struct async_buf out; /* of the answer, until it is sent */
  uint64_t connection, number;
  bool head;  /* the answer has no body */
  bool close; /* no further request on this connection */
};

/* Answers. Returns 0, or an error after which the connection is closed. */
typedef int route_fn(struct exchange *x);

struct route {
  const char *name; /* the path's first segment */
  route_fn *fn;
  bool wants_body;
};

/* The tables of the routes_*.c, each ended by a row without a name. */
extern const struct route ROUTES_PLAIN[], ROUTES_BYTES[], ROUTES_STATE[],
    ROUTES_BAD[], ROUTES_STORE[];

/* Finds a route by the path's first segment. Returns NULL for none. */
const struct route *find_route(const char *name);

/* Serves one connection: the handler for async_serve. */
struct async_addr;
int serve_connection(struct async_stream *stream, const struct async_addr *peer,
                     void *arg);

/* Writes one line about a request; shows it to the other processes at once. */
void log_request(struct exchange *x, bool complete);

/* Appends a string of JSON with its quotation marks; bytes that are not UTF-8
 * are taken for Latin-1. */
void add_json_string(struct async_buf *out, const char *text, size_t len);

/* Appends an object of the headers, their names in lower case. */
void add_json_headers(struct async_buf *out, const struct request *request);

/* State by key, made when it is first asked for. */
struct key {
  struct key *next;
  char *name;
  int64_t hits;
  int64_t now, most; /* in flight */
  int64_t window_ns; /* when the rate's window began */
  char *value;
  size_t value_len;
  bool stored;
};
struct key *find_key(struct origin *origin, const char *kind, const char *name);
void free_keys(struct origin *origin);

/* Building an answer. */

/* Starts one: status line, and what the query asks for: `close`, any number of
 * `header=Name:Value`. */
void reply_start(struct exchange *x, int status);
void reply_header(struct exchange *x, const char *name, const char *value);
void reply_header_int(struct exchange *x, const char *name, int64_t value);

/* Ends the head, and says how long the body is; -1: chunked. */
void reply_end_head(struct exchange *x, int64_t body_bytes);

/* Sends what was built so far. */
int reply_flush(struct exchange *x);

/* A whole answer. `type` NULL: text/plain. */
int reply(struct exchange *x, int status, const char *type, const char *body,
          size_t len);
int reply_text(struct exchange *x, int status, const char *text);

/* Waits until the client goes away. Returns an error, so that we do, too. */
int wait_for_client(struct exchange *x);

/* The bytes of every generated body: lines of 16 bytes that count up, so that
 * each place has bytes of its own. */
void add_pattern(struct async_buf *out, int64_t from, int64_t len);

/* Sends len bytes of it in blocks. */
int send_pattern(struct exchange *x, int64_t from, int64_t len);

#endif
