#include "async/addr.h"

#include "async/error.h"
#include "async/loop.h"
#include "async/scope.h"
#include "tap.h"

static const char *text_of(const char *address, uint16_t port)
{
  static char text[ASYNC_ADDR_TEXT_BYTES];
  struct async_addr addr;
  if (async_addr_parse(&addr, address, port) < 0)
    return "no address";
  CHECK_INT(async_addr_port(&addr), port);
  async_addr_text(text, &addr);
  return text;
}

static void numeric_addresses_are_read_and_written(void)
{
  CHECK_STR(text_of("127.0.0.1", 80), "127.0.0.1:80");
  CHECK_STR(text_of("255.255.255.255", 65535), "255.255.255.255:65535");
  CHECK_STR(text_of("::1", 443), "[::1]:443");
  CHECK_STR(text_of("[::1]", 443), "[::1]:443");
  CHECK_STR(text_of("2001:DB8::0:1", 1), "[2001:db8::1]:1");
  CHECK_STR(text_of("::ffff:127.0.0.1", 1), "[::ffff:127.0.0.1]:1");
  CHECK_STR(text_of("fe80::1%lo", 1), "[fe80::1%lo]:1");
}

static void what_is_not_an_address_is_refused(void)
{
  static const char *const bad[] = {
    "",       "localhost", "127.0.0", "127.0.0.1:80",   "1.2.3.256",
    ":::",    "[::1]:80",  "[]",      "fe80::1%nosuch", "[::1",
    "0x7f.1", " ::1",
  };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    CHECK_STR(text_of(bad[i], 1), "no address");
}

static void a_path_fits_or_is_refused(void)
{
  char path[200], text[ASYNC_ADDR_TEXT_BYTES];
  struct async_addr addr;
  memset(path, 'x', sizeof(path));
  path[108] = '\0';
  CHECK_INT(async_addr_unix(&addr, path), ASYNC_ETOOLONG);
  CHECK_INT(async_addr_unix(&addr, ""), ASYNC_ETOOLONG);
  path[107] = '\0';
  CHECK_INT(async_addr_unix(&addr, path), 0);
  async_addr_text(text, &addr);
  CHECK_INT(strlen(text), 5 + 107);
  CHECK_STR(text + 5, path);
  CHECK_INT(async_addr_unix(&addr, "@name"), 0);
  async_addr_text(text, &addr);
  CHECK_STR(text, "unix:@name");
  CHECK_INT(async_addr_port(&addr), 0);
}

static int resolve(void *arg)
{
  struct async_addr *found = NULL;
  size_t count = 0;
  char text[ASYNC_ADDR_TEXT_BYTES];
  (void)arg;
  CHECK_INT(async_addr_resolve("127.0.0.1", 80, &found, &count), 0);
  CHECK_INT(count, 1);
  free(found);
  CHECK_INT(async_addr_resolve("localhost", 80, &found, &count), 0);
  CHECK(count >= 1);
  for (size_t i = 0; i < count; i++) {
    async_addr_text(text, &found[i]);
    CHECK(strcmp(text, "127.0.0.1:80") == 0 || strcmp(text, "[::1]:80") == 0);
  }
  free(found);
  return 0;
}

static void localhost_is_the_loopback(void)
{
  CHECK_INT(async_run(resolve, NULL, NULL), 0);
}

static int resolve_cancelled(void *arg)
{
  struct async_addr *found = NULL;
  struct async_scope scope;
  size_t count;
  (void)arg;
  async_scope_enter(&scope, ASYNC_NEVER);
  async_scope_cancel(&scope);
  CHECK_INT(async_addr_resolve("localhost", 80, &found, &count),
            ASYNC_ECANCELED);
  CHECK(found == NULL);
  return async_scope_leave(&scope, 0);
}

static void a_cancelled_lookup_leaves_nothing_behind(void)
{
  CHECK_INT(async_run(resolve_cancelled, NULL, NULL), 0);
}

static int resolve_abandoned(void *arg)
{
  struct async_addr *found = NULL;
  size_t count;
  (void)arg;
  for (int i = 0; i < 20; i++) {
    int rc;
    ASYNC_WITHIN(i * 20 * ASYNC_US, rc,
                 async_addr_resolve("localhost", 80, &found, &count));
    CHECK(rc == 0 || rc == ASYNC_ETIMEDOUT);
    if (rc == 0)
      free(found);
  }
  return 0;
}

static void an_abandoned_lookup_leaves_nothing_behind(void)
{
  CHECK_INT(async_run(resolve_abandoned, NULL, NULL), 0);
}

static const struct tap_test tests[] = {
  TEST(numeric_addresses_are_read_and_written),
  TEST(what_is_not_an_address_is_refused),
  TEST(a_path_fits_or_is_refused),
  TEST(localhost_is_the_loopback),
  TEST(a_cancelled_lookup_leaves_nothing_behind),
  TEST(an_abandoned_lookup_leaves_nothing_behind),
};

TAP_MAIN(tests)
