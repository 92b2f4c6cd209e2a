#include <arpa/inet.h>

#include <ares.h>

#include "async/dns.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/task.h"
#include "async/time.h"
#include "tap.h"

#include "responder.h"

/* What a test's tasks share. */
struct world {
  struct responder *responder;
  struct async_dns *dns;
  struct async_dns_opts opts;
  int rc;
  uint32_t ttl_s;
};

static void run_test(async_task_fn *fn)
{
  struct world world = { .responder = responder_start() };
  CHECK_INT(async_run(fn, &world, NULL), 0);
  responder_stop(world.responder);
}

static void open_dns(struct world *world)
{
  world->opts.servers = world->responder->server;
  CHECK_INT(async_dns_open(&world->dns, &world->opts), 0);
}

/* The names of an address, with commas between; NULL: the error is rc. */
static const char *names_of(struct world *world, const char *text)
{
  static char names[256];
  struct async_buf found = ASYNC_BUF_INIT;
  struct async_dns_address address = {
    .family = strchr(text, ':') ? AF_INET6 : AF_INET,
  };
  CHECK_INT(inet_pton(address.family, text, address.bytes), 1);
  world->rc = async_dns_reverse(world->dns, &address, &found, &world->ttl_s);
  CHECK(world->rc == 0 || found.len == 0);
  for (size_t i = 0; i + 1 < found.len; i++)
    if (!found.data[i])
      found.data[i] = ',';
  CHECK(found.len < sizeof(names));
  if (found.len > 0)
    memcpy(names, found.data, found.len);
  async_buf_done(&found);
  return world->rc == 0 ? names : NULL;
}

static int reverses(void *arg)
{
  struct world *world = arg;
  open_dns(world);
  CHECK_STR(names_of(world, "192.0.2.1"), "first.test,second.test");
  CHECK_INT(world->ttl_s, 300);
  CHECK_STR(names_of(world, "2001:db8::1"), "first.test,second.test");
  CHECK_INT(world->responder->queries, 2);
  CHECK(!names_of(world, "192.0.2.99"));
  CHECK_INT(world->rc, ASYNC_ERROR_FROM_ARES(ARES_ENOTFOUND));
  CHECK(!names_of(world, "192.0.2.66"));
  CHECK(world->rc == ASYNC_ERROR_FROM_ARES(ARES_ESERVFAIL) ||
        world->rc == ASYNC_ERROR_FROM_ARES(ARES_ECONNREFUSED)); /* 1.18 */
  async_dns_close(world->dns);
  return 0;
}

static void finds_the_names_of_an_address_in_their_order(void)
{
  run_test(reverses);
}

static int reverses_localhost(void *arg)
{
  struct world *world = arg;
  open_dns(world);
  CHECK(strncmp(names_of(world, "127.0.0.1"), "localhost", 9) == 0);
  CHECK_INT(world->ttl_s, 0);
  CHECK_INT(world->responder->queries, 0);
  async_dns_close(world->dns);
  return 0;
}

static int reverse_fails(void *arg)
{
  struct world *world = arg;
  world->opts.timeout_ns = 20 * ASYNC_MS;
  world->opts.tries = 1;
  open_dns(world);
  CHECK(!names_of(world, "192.0.2.77"));
  CHECK_INT(world->rc, ASYNC_ERROR_FROM_ARES(ARES_ETIMEOUT));
  async_dns_close(world->dns);
  return 0;
}

static void an_address_without_an_answer_is_no_address_without_a_name(void)
{
  run_test(reverse_fails);
}

static void finds_names_in_the_hosts_file(void)
{
  run_test(reverses_localhost);
}

static int reverse_task(void *arg)
{
  CHECK_STR(names_of(arg, "192.0.2.1"), "first.test,second.test");
  return 0;
}

static int merges_reverse(void *arg)
{
  struct world *world = arg;
  struct async_group group;
  open_dns(world);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < 5; i++)
    CHECK_INT(async_spawn(&group, reverse_task, world), 0);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(world->responder->queries, 1);
  async_dns_close(world->dns);
  return 0;
}

static void equal_addresses_are_one_query(void)
{
  run_test(merges_reverse);
}

static int leaves(void *arg)
{
  struct world *world = arg;
  struct async_buf names = ASYNC_BUF_INIT;
  struct async_dns_address address = { AF_INET, { 192, 0, 2, 77 } };
  int rc;
  open_dns(world);
  ASYNC_WITHIN(10 * ASYNC_MS, rc,
               async_dns_reverse(world->dns, &address, &names, NULL));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(names.len, 0);
  async_dns_close(world->dns); /* and one is still out here */
  return 0;
}

static void who_asks_may_leave(void)
{
  run_test(leaves);
}

static const struct tap_test tests[] = {
  TEST(finds_the_names_of_an_address_in_their_order),
  TEST(finds_names_in_the_hosts_file),
  TEST(an_address_without_an_answer_is_no_address_without_a_name),
  TEST(equal_addresses_are_one_query),
  TEST(who_asks_may_leave),
};

TAP_MAIN(tests)
