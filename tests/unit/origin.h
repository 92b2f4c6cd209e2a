/* origin.h: a small HTTP/1.1 server on 127.0.0.1, in a thread of its own.
 *
 * What it does depends on the path:
 *   /ok     answers "ok\n"
 *   /big    answers 1 MiB
 *   /slow   does not answer
 *   /drip   sends half of a body and stops
 *   /bye    answers, then closes the connection without having said so
 *   /rst    answers, then resets the connection
 *   /reset  resets the connection instead */
#ifndef ORIGIN_H
#define ORIGIN_H

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ORIGIN_CONNECTIONS = 1024, ORIGIN_REQUEST = 1024, ORIGIN_BIG = 1 << 20 };

struct origin {
  uint16_t port;
  atomic_int requests, accepted;
  atomic_int open; /* connections */
  atomic_int gone; /* those that the client closed */

  pthread_t thread;
  int stop[2];
  size_t count;
  struct pollfd fds[ORIGIN_CONNECTIONS + 2]; /* the listener and stop first */
  char request[ORIGIN_CONNECTIONS + 2][ORIGIN_REQUEST];
  size_t len[ORIGIN_CONNECTIONS + 2];
};

static inline void origin_send(int fd, const char *data, size_t len)
{
  while (len > 0) {
    ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
    if (sent <= 0)
      return;
    data += sent;
    len -= (size_t)sent;
  }
}

static inline void origin_send_text(int fd, const char *text)
{
  origin_send(fd, text, strlen(text));
}

static inline void origin_send_big(int fd)
{
  static const char zeros[4096];
  char head[64];
  snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
           ORIGIN_BIG);
  origin_send_text(fd, head);
  for (int i = 0; i < ORIGIN_BIG; i += (int)sizeof(zeros))
    origin_send(fd, zeros, sizeof(zeros));
}

static inline void origin_drop(struct origin *origin, size_t at, bool reset)
{
  struct linger now = { 1, 0 };
  int fd = origin->fds[at].fd;
  if (reset)
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(fd);
  origin->fds[at].fd = -1;
  atomic_fetch_sub(&origin->open, 1);
}

static inline void origin_answer(struct origin *origin, size_t at)
{
  static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
  const char *path = strchr(origin->request[at], ' ') + 1;
  int fd = origin->fds[at].fd;
  atomic_fetch_add(&origin->requests, 1);
  if (strncmp(path, "/slow", 5) == 0)
    return;
  if (strncmp(path, "/drip", 5) == 0)
    origin_send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nok\n");
  else if (strncmp(path, "/big", 4) == 0)
    origin_send_big(fd);
  else if (strncmp(path, "/reset", 6) != 0)
    origin_send_text(fd, ok);
  if (strncmp(path, "/bye", 4) == 0)
    origin_drop(origin, at, false);
  if (strncmp(path, "/rst", 4) == 0 || strncmp(path, "/reset", 6) == 0)
    origin_drop(origin, at, true);
}

static inline void origin_read(struct origin *origin, size_t at)
{
  char *request = origin->request[at];
  size_t *len = &origin->len[at];
  ssize_t got =
      recv(origin->fds[at].fd, request + *len, ORIGIN_REQUEST - 1 - *len, 0);
  if (got <= 0) {
    atomic_fetch_add(&origin->gone, 1);
    origin_drop(origin, at, false);
    return;
  }
  *len += (size_t)got;
  request[*len] = '\0';
  if (!strstr(request, "\r\n\r\n"))
    return;
  *len = 0;
  origin_answer(origin, at);
}

static inline void origin_accept(struct origin *origin)
{
  int fd = accept(origin->fds[0].fd, NULL, NULL);
  size_t at = 2;
  if (fd < 0)
    return;
  while (at < origin->count && origin->fds[at].fd >= 0)
    at++;
  if (at == ORIGIN_CONNECTIONS + 2) {
    close(fd);
    return;
  }
  if (at == origin->count)
    origin->count++;
  origin->fds[at] = (struct pollfd){ .fd = fd, .events = POLLIN };
  origin->len[at] = 0;
  atomic_fetch_add(&origin->accepted, 1);
  atomic_fetch_add(&origin->open, 1);
}

static inline void *origin_main(void *arg)
{
  struct origin *origin = arg;
  for (;;) {
    poll(origin->fds, origin->count, -1);
    if (origin->fds[1].revents)
      break;
    for (size_t i = 2; i < origin->count; i++)
      if (origin->fds[i].fd >= 0 && origin->fds[i].revents)
        origin_read(origin, i);
    if (origin->fds[0].revents)
      origin_accept(origin);
  }
  for (size_t i = 0; i < origin->count; i++)
    if (origin->fds[i].fd >= 0)
      close(origin->fds[i].fd);
  return NULL;
}

static inline struct origin *origin_start(void)
{
  struct origin *origin = calloc(1, sizeof(*origin));
  struct sockaddr_in addr = { .sin_family = AF_INET };
  socklen_t len = sizeof(addr);
  CHECK(origin);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
  CHECK(listen(fd, ORIGIN_CONNECTIONS) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
  CHECK(pipe(origin->stop) == 0);
  origin->port = ntohs(addr.sin_port);
  origin->fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
  origin->fds[1] = (struct pollfd){ .fd = origin->stop[0], .events = POLLIN };
  origin->count = 2;
  CHECK(pthread_create(&origin->thread, NULL, origin_main, origin) == 0);
  return origin;
}

static inline void origin_stop(struct origin *origin)
{
  close(origin->stop[1]);
  pthread_join(origin->thread, NULL);
  free(origin);
}

#endif
