#include "async/tcp.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/listener.h"
#include "async/loop.h"
#include "async/stream.h"
#include "async/timer.h"
#include "async/unix.h"
#include "io/socket_priv.h"
#include "tap.h"

#define RUN(fn, arg, ...)                                                      \
  async_run((fn), (arg), &(struct async_run_opts){ __VA_ARGS__ })

static struct async_listener *listen_here(void)
{
  struct async_listener *listener;
  CHECK_INT(async_tcp_listen(&listener, "127.0.0.1", 0), 0);
  CHECK(async_listener_port(listener) > 0);
  return listener;
}

static struct async_stream *connect_to(struct async_listener *listener)
{
  struct async_stream *stream;
  CHECK_INT(async_tcp_connect_addr(&stream, async_listener_addr(listener)), 0);
  return stream;
}

/* Accepts one connection that says something, and says the same. */
static int echo_once(void *arg)
{
  struct async_stream *stream;
  struct async_addr peer;
  int64_t copied = 0;
  while (copied == 0) {
    int rc = async_listener_accept(arg, &stream, &peer);
    if (rc < 0)
      return rc;
    CHECK(peer.len > 0);
    copied = async_stream_copy(stream, stream, -1);
    CHECK_INT(async_stream_close(stream), 0);
  }
  return copied < 0 ? (int)copied : 0;
}

static int talk(struct async_stream *stream)
{
  char answer[6];
  CHECK_INT(async_stream_write(stream, "hello", 5), 0);
  CHECK_INT(async_stream_read_full(stream, answer, 5), 5);
  CHECK(memcmp(answer, "hello", 5) == 0);
  CHECK_INT(async_stream_shutdown(stream), 0);
  CHECK_INT(async_stream_read(stream, answer, 5), 0);
  return async_stream_close(stream);
}

static int talk_over_tcp(void *arg)
{
  struct async_listener *listener = listen_here();
  struct async_group group;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, echo_once, listener);
  CHECK_INT(talk(connect_to(listener)), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_listener_close(listener);
  async_listener_close(NULL);
  return 0;
}

static void a_connection_carries_both_ways(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(talk_over_tcp, NULL, .seed = 0), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.held, 0);
}

static int talk_by_name(void *arg)
{
  struct async_listener *listener = listen_here();
  struct async_stream *stream;
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, echo_once, listener);
  CHECK_INT(async_tcp_connect(&stream, arg, async_listener_port(listener)), 0);
  CHECK_INT(talk(stream), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_listener_close(listener);
  return 0;
}

static void a_host_may_be_a_name_or_an_address(void)
{
  char name[] = "localhost", address[] = "127.0.0.1";
  /* Where localhost is ::1 too, that one is refused, and the other is taken. */
  CHECK_INT(RUN(talk_by_name, name, .seed = 0), 0);
  CHECK_INT(RUN(talk_by_name, address, .seed = 0), 0);
}

static int connect_to_nobody(void *arg)
{
  struct async_listener *listener = listen_here();
  struct async_addr addr = *async_listener_addr(listener);
  struct async_stream *stream = NULL;
  (void)arg;
  async_listener_close(listener);
  CHECK_INT(async_tcp_connect_addr(&stream, &addr), -ECONNREFUSED);
  CHECK_INT(async_tcp_connect(&stream, "127.0.0.1", async_addr_port(&addr)),
            -ECONNREFUSED);
  CHECK_INT(async_tcp_connect(&stream, "localhost", async_addr_port(&addr)),
            -ECONNREFUSED);
  CHECK(stream == NULL);
  return 0;
}

static void a_closed_port_refuses(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(connect_to_nobody, NULL, .seed = 0), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.held + stats.tasks, 0);
}

/* Several addresses. */

/* The address of a listener whose queue is full: it does not answer. */
static struct async_addr hanging_address(int fds[8])
{
  struct async_addr addr;
  CHECK_INT(async_addr_parse(&addr, "127.0.0.1", 0), 0);
  struct sockaddr *any = (struct sockaddr *)&addr.storage;
  fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_INT(bind(fds[0], any, addr.len), 0);
  CHECK_INT(listen(fds[0], 0), 0);
  CHECK_INT(getsockname(fds[0], any, &addr.len), 0);
  for (int i = 1; i < 8; i++) {
    fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connect(fds[i], any, addr.len);
  }
  return addr;
}

static struct async_addr refusing_address(void)
{
  struct async_listener *listener = listen_here();
  struct async_addr addr = *async_listener_addr(listener);
  async_listener_close(listener);
  return addr;
}

static int try_several(void *arg)
{
  int fds[8];
  struct async_listener *listener = listen_here();
  struct async_stream *stream = NULL;
  struct async_addr good = *async_listener_addr(listener), bad, hanging;
  (void)arg;
  bad = refusing_address();
  CHECK_INT(asy_tcp_connect_any(
                &stream, (struct async_addr[]){ bad, bad, good, bad }, 4),
            0);
  CHECK_INT(async_stream_close(stream), 0);
  stream = NULL;
  CHECK_INT(asy_tcp_connect_any(&stream, (struct async_addr[]){ bad, bad }, 2),
            -ECONNREFUSED);
  CHECK(stream == NULL);
  hanging = hanging_address(fds);
  int64_t start_ns = async_now();
  CHECK_INT(
      asy_tcp_connect_any(&stream, (struct async_addr[]){ hanging, good }, 2),
      0);
  int64_t took_ns = async_now() - start_ns;
  CHECK(took_ns >= 249 * ASYNC_MS && took_ns < 20 * ASYNC_SEC);
  CHECK_INT(async_stream_close(stream), 0);
  int rc;
  stream = NULL;
  ASYNC_WITHIN(20 * ASYNC_MS, rc,
               asy_tcp_connect_any(
                   &stream, (struct async_addr[]){ hanging, hanging }, 2));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK(stream == NULL);
  for (int i = 0; i < 8; i++)
    close(fds[i]);
  async_listener_close(listener);
  return 0;
}

static void the_first_address_that_answers_is_taken(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(try_several, NULL, .seed = 0), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.held + stats.tasks + stats.timers, 0);
}

static int listen_badly(void *arg)
{
  struct async_listener *listener = listen_here(), *other = NULL;
  (void)arg;
  CHECK_INT(async_tcp_listen(&other, "localhost", 0), ASYNC_EINVAL);
  CHECK_INT(
      async_tcp_listen(&other, "127.0.0.1", async_listener_port(listener)),
      -EADDRINUSE);
  CHECK(other == NULL);
  async_listener_close(listener);
  return 0;
}

static void a_port_in_use_is_an_error(void)
{
  CHECK_INT(RUN(listen_badly, NULL, .seed = 0), 0);
}

static int accept_nothing(void *arg)
{
  struct async_listener *listener = listen_here();
  struct async_stream *stream = NULL;
  int rc;
  (void)arg;
  ASYNC_WITHIN(5 * ASYNC_MS, rc,
               async_listener_accept(listener, &stream, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK(stream == NULL);
  async_listener_close(listener);
  return 0;
}

static void accepting_can_be_cancelled(void)
{
  CHECK_INT(RUN(accept_nothing, NULL, .seed = 0), 0);
}

/* A peer that resets. */

static int reset_once(void *arg)
{
  struct linger hard = { .l_onoff = 1, .l_linger = 0 };
  struct async_stream *stream;
  char byte;
  int rc = async_listener_accept(arg, &stream, NULL);
  if (rc < 0)
    return rc;
  CHECK_INT(async_stream_read(stream, &byte, 1), 1);
  setsockopt(async_stream_fd(stream), SOL_SOCKET, SO_LINGER, &hard,
             sizeof(hard));
  return async_stream_close(stream);
}

static int be_reset(void *arg)
{
  struct async_listener *listener = listen_here();
  struct async_group group;
  char byte;
  (void)arg;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, reset_once, listener);
  struct async_stream *stream = connect_to(listener);
  CHECK_INT(async_stream_write(stream, "x", 1), 0);
  CHECK_INT(async_stream_read(stream, &byte, 1), -ECONNRESET);
  CHECK_INT(async_stream_write(stream, "x", 1), ASYNC_ECLOSED);
  CHECK_INT(async_stream_close(stream), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_listener_close(listener);
  return 0;
}

static void a_reset_is_an_error_and_no_signal(void)
{
  CHECK_INT(RUN(be_reset, NULL, .seed = 0), 0);
}

/* Without descriptors. */

static int free_some(void *arg)
{
  int *fds = arg;
  int rc = async_sleep(20 * ASYNC_MS);
  for (int i = 0; fds[i] >= 0; i++)
    close(fds[i]);
  return rc;
}

static void use_up_descriptors(int fds[32])
{
  struct rlimit limit = { .rlim_cur = 32, .rlim_max = 32 };
  int count = 0;
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
  while ((fds[count] = dup(0)) >= 0)
    count++;
  CHECK_INT(errno, EMFILE);
}

static int accept_without_descriptors(void *arg)
{
  int fds[33];
  struct async_listener *listener = listen_here();
  struct async_stream *client = connect_to(listener), *server;
  struct async_stats before, after;
  (void)arg;
  use_up_descriptors(fds);
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, free_some, fds);
  async_stats_get(&before);
  CHECK_INT(async_listener_accept(listener, &server, NULL), 0);
  async_stats_get(&after);
  CHECK(after.polls - before.polls < 20);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(async_stream_close(client), 0);
  CHECK_INT(async_stream_close(server), 0);
  async_listener_close(listener);
  return 0;
}

static void without_descriptors_accept_waits_and_does_not_spin(void)
{
  CHECK_INT(RUN(accept_without_descriptors, NULL, .seed = 0), 0);
}

/* Unix sockets. */

static int talk_over_unix(void *arg)
{
  const char *path = arg;
  struct async_listener *listener, *other = NULL;
  struct async_stream *stream;
  struct async_group group;
  CHECK_INT(async_unix_listen(&listener, path), 0);
  CHECK_INT(async_unix_listen(&other, path), -EADDRINUSE);
  CHECK_INT(async_listener_port(listener), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, echo_once, listener);
  CHECK_INT(async_unix_connect(&stream, path), 0);
  CHECK_INT(talk(stream), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_listener_close(listener);
  CHECK(async_unix_connect(&stream, path) < 0);
  return 0;
}

static void unix_path(char *out, size_t len)
{
  snprintf(out, len, "/tmp/test_tcp.%d.sock", (int)getpid());
}

static void unix_sockets_are_streams_too(void)
{
  char path[64], name[64];
  unix_path(path, sizeof(path));
  CHECK_INT(RUN(talk_over_unix, path, .seed = 0), 0);
  CHECK(access(path, F_OK) < 0);
  snprintf(name, sizeof(name), "@test_tcp.%d", (int)getpid());
  CHECK_INT(RUN(talk_over_unix, name, .seed = 0), 0);
}

static void a_socket_left_behind_is_replaced(void)
{
  char path[64];
  struct async_addr addr;
  unix_path(path, sizeof(path));
  CHECK_INT(async_addr_unix(&addr, path), 0);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_INT(bind(fd, (struct sockaddr *)&addr.storage, addr.len), 0);
  CHECK_INT(close(fd), 0);
  CHECK_INT(RUN(talk_over_unix, path, .seed = 0), 0);
}

static void a_file_in_its_place_is_kept(void)
{
  char path[64];
  struct async_listener *listener;
  unix_path(path, sizeof(path));
  FILE *file = fopen(path, "w");
  CHECK(file && fclose(file) == 0);
  CHECK_INT(async_unix_listen(&listener, path), -EADDRINUSE);
  CHECK_INT(unlink(path), 0);
}

static const struct tap_test tests[] = {
  TEST(a_connection_carries_both_ways),
  TEST(a_host_may_be_a_name_or_an_address),
  TEST(a_closed_port_refuses),
  TEST(the_first_address_that_answers_is_taken),
  TEST(a_port_in_use_is_an_error),
  TEST(accepting_can_be_cancelled),
  TEST(a_reset_is_an_error_and_no_signal),
  TEST(without_descriptors_accept_waits_and_does_not_spin),
  TEST(unix_sockets_are_streams_too),
  TEST(a_socket_left_behind_is_replaced),
  TEST(a_file_in_its_place_is_kept),
};

TAP_MAIN(tests)
