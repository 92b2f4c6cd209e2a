#include "async/udp.h"

#include <sys/socket.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/timer.h"
#include "tap.h"

#define RUN(fn, arg, ...)                                                      \
  async_run((fn), (arg), &(struct async_run_opts){ __VA_ARGS__ })

static struct async_udp *open_udp(const char *address)
{
  struct async_udp *udp;
  CHECK_INT(async_udp_open(&udp, address, 0), 0);
  CHECK(async_addr_port(async_udp_addr(udp)) > 0);
  return udp;
}

/* Sends each datagram back to where it came from, until an empty one. */
static int echo(void *arg)
{
  struct async_udp *udp = arg;
  struct async_addr from;
  char block[2000];
  for (;;) {
    ssize_t got = async_udp_recv(udp, block, sizeof(block), &from);
    if (got <= 0)
      return (int)got;
    int rc = async_udp_send(udp, block, (size_t)got, &from);
    if (rc < 0)
      return rc;
  }
}

static int send_and_receive(void *arg)
{
  struct async_udp *server = open_udp(arg), *client = open_udp(arg);
  struct async_group group;
  struct async_addr from;
  char block[2000] = "hello";
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  async_spawn(&group, echo, server);
  for (size_t len = 1; len < 1400; len = len * 2 + 1) {
    CHECK_INT(async_udp_send(client, block, len, async_udp_addr(server)), 0);
    CHECK_INT(async_udp_recv(client, block, sizeof(block), &from), len);
    CHECK_INT(async_addr_port(&from), async_addr_port(async_udp_addr(server)));
  }
  CHECK_INT(async_udp_connect(client, async_udp_addr(server)), 0);
  CHECK_INT(async_udp_send(client, "four", 4, NULL), 0);
  CHECK_INT(async_udp_recv(client, block, 2, NULL), 2);
  CHECK_INT(async_udp_send(client, "", 0, NULL), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_udp_close(server);
  async_udp_close(client);
  async_udp_close(NULL);
  return 0;
}

static void datagrams_come_back(void)
{
  char address[] = "127.0.0.1";
  CHECK_INT(RUN(send_and_receive, address, .seed = 0), 0);
}

static void datagrams_come_back_over_ipv6(void)
{
  char address[] = "::1";
  struct async_udp *udp;
  int err = async_udp_open(&udp, address, 0);
  if (err < 0)
    SKIP("no IPv6");
  async_udp_close(udp);
  CHECK_INT(RUN(send_and_receive, address, .seed = 0), 0);
}

static int send_to_nobody(void *arg)
{
  struct async_udp *gone = open_udp("127.0.0.1");
  struct async_udp *client = open_udp("127.0.0.1");
  char byte;
  (void)arg;
  CHECK_INT(async_udp_connect(client, async_udp_addr(gone)), 0);
  async_udp_close(gone);
  CHECK_INT(async_udp_send(client, "x", 1, NULL), 0);
  CHECK_INT(async_udp_recv(client, &byte, 1, NULL), -ECONNREFUSED);
  async_udp_close(client);
  return 0;
}

static void a_connected_socket_learns_that_nobody_listens(void)
{
  CHECK_INT(RUN(send_to_nobody, NULL, .seed = 0), 0);
}

static int receive_nothing(void *arg)
{
  struct async_udp *udp = open_udp("127.0.0.1");
  char byte;
  int rc;
  (void)arg;
  ASYNC_WITHIN(5 * ASYNC_MS, rc, (int)async_udp_recv(udp, &byte, 1, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  async_udp_close(udp);
  return 0;
}

static void waiting_for_a_datagram_can_be_cancelled(void)
{
  struct async_stats stats;
  CHECK_INT(RUN(receive_nothing, NULL, .seed = 0), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.held, 0);
}

static void a_name_is_not_an_address(void)
{
  struct async_udp *udp = NULL;
  CHECK_INT(async_udp_open(&udp, "localhost", 0), ASYNC_EINVAL);
  CHECK(udp == NULL);
}

static const struct tap_test tests[] = {
  TEST(datagrams_come_back),
  TEST(datagrams_come_back_over_ipv6),
  TEST(a_connected_socket_learns_that_nobody_listens),
  TEST(waiting_for_a_datagram_can_be_cancelled),
  TEST(a_name_is_not_an_address),
};

TAP_MAIN(tests)
