/* async/serve.h (io): a server, one task a connection.
 *
 *   listener -> accept -> task: handler(stream) -> close
 *
 * It serves until the program is told to stop (async_stopping), then drains:
 *  1. no connection is accepted any more, and the listener is closed;
 *  2. handlers that wait in async_serve_more are told to end; others have
 *     `drain_ns` to finish;
 *  3. those that are left are cancelled. */
#ifndef ASYNC_SERVE_H
#define ASYNC_SERVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_addr;
struct async_listener;
struct async_stream;

/* Serves one connection in a task of its own.
 *
 * stream  borrowed; closed when the handler has returned
 * peer    borrowed
 *
 * What it returns is counted, and otherwise ignored: a connection that failed
 * does not end the server.
 */
typedef int async_serve_fn(struct async_stream *stream,
                           const struct async_addr *peer, void *arg);

/* Zero means the default. */
struct async_serve_opts {
  size_t max_connections; /* 1024; more wait in the socket's queue */
  int64_t drain_ns;       /* 10 s; 1 is as good as at once */
  size_t stack_bytes;     /* of a handler's task: the loop's default */
};

#define ASYNC_SERVE_OPTS_INIT                                                  \
  {                                                                            \
    0, 0, 0                                                                    \
  }

/* What happened so far. */
struct async_serve_stats {
  uint64_t accepted, failed; /* failed: the handler's result was negative */
  size_t live, peak;
};

/* Runs a server until the program stops.
 *
 * listener  given; closed before draining, and on every error
 * arg       kept until it returns
 * opts      copied; NULL means ASYNC_SERVE_OPTS_INIT
 * stats     NULL, or kept up to date while it runs
 *
 * Returns 0 after draining (also if connections had to be cancelled),
 * ASYNC_ECANCELED if its scope was cancelled, or the listener's error; on both
 * its connections are cancelled.
 */
int async_serve(struct async_listener *listener, async_serve_fn *handler,
                void *arg, const struct async_serve_opts *opts,
                struct async_serve_stats *stats);

/* For a handler between two requests: waits until the client has sent more or
 * has closed, or the program stops.
 *
 * Returns 1 if there is something to read (the end is), 0 if the connection
 * should be closed because the program stops, or an error.
 */
int async_serve_more(struct async_stream *stream);

#ifdef __cplusplus
}
#endif
#endif
