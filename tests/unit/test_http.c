#include "async/http.h"

#include "async/stream.h"
#include "http_world.h"

/* Connections. */

static int reuses(void *arg)
{
  struct world *world = arg;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  CHECK_INT(async_http_connections(world->http), 0);
  for (int i = 0; i < 20; i++)
    check_ok(world);
  CHECK_INT(world->origin->accepted, 1);
  CHECK_INT(world->origin->requests, 20);
  CHECK_INT(async_http_connections(world->http), 1);
  async_http_close(world->http);
  wait_for(&world->origin->gone, 1);
  return 0;
}

static void keeps_a_connection_for_the_next_transfer(void)
{
  run_test(reuses);
}

static int notices_bye(void *arg)
{
  struct world *world = arg;
  CURLcode code;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  for (int i = 0; i < 10; i++) {
    CHECK_INT(get(world, "/bye", &code, NULL), 0);
    CHECK_INT(code, CURLE_OK);
    wait_for(&world->origin->open, 0);
    CHECK_INT(async_sleep(2 * ASYNC_MS), 0);
  }
  CHECK_INT(world->origin->accepted, 10);
  async_http_close(world->http);
  return 0;
}

static void opens_another_when_the_server_closed_the_idle_one(void)
{
  run_test(notices_bye);
}

static int resets(void *arg)
{
  struct world *world = arg;
  CURLcode code;
  size_t bytes;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  for (int i = 0; i < 20; i++) {
    CHECK_INT(get(world, "/rst", &code, &bytes), 0);
    CHECK_INT(code, CURLE_OK);
    CHECK_INT(bytes, 3);
    CHECK_INT(get(world, "/reset", &code, NULL), 0);
    CHECK_INT(code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING, 1);
  }
  async_http_close(world->http);
  return 0;
}

static void reads_what_was_sent_before_a_reset(void)
{
  run_test(resets);
}

/* A port that nobody listens on. */
static uint16_t closed_port(void)
{
  struct sockaddr_in addr = { .sin_family = AF_INET };
  socklen_t len = sizeof(addr);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
  CHECK(getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
  close(fd);
  return ntohs(addr.sin_port);
}

static int is_refused(void *arg)
{
  struct world *world = arg;
  uint16_t port = world->origin->port;
  CURLcode code;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  for (int i = 0; i < 5; i++) {
    world->origin->port = closed_port();
    CHECK_INT(get(world, "/ok", &code, NULL), 0);
    CHECK_INT(code, CURLE_COULDNT_CONNECT);
    CHECK_INT(async_http_connections(world->http), i > 0);
    world->origin->port = port;
    check_ok(world); /* and keeps this one */
  }
  async_http_close(world->http);
  return 0;
}

static void reports_a_refused_connection(void)
{
  run_test(is_refused);
}

/* A host all of whose addresses refuse but the last. */
static struct curl_slist *many_addresses(const struct world *world)
{
  char line[128];
  snprintf(line, sizeof(line),
           "many.test:%d:127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5,127.0.0.6,"
           "127.0.0.7,127.0.0.1",
           world->origin->port);
  return curl_slist_append(NULL, line);
}

static int write_later(void *fd)
{
  CHECK_INT(async_sleep(ASYNC_MS), 0);
  CHECK_INT(write(*(int *)fd, "x", 1), 1);
  return 0;
}

/* Whoever gets the numbers that libcurl gave back can wait for them. */
static void check_numbers_are_free(void)
{
  struct async_group group;
  struct async_stream *stream;
  char byte;
  int fds[2];
  CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  CHECK_INT(async_stream_open_fd(&stream, fds[0], ASYNC_STREAM_OWN), 0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, write_later, &fds[1]), 0);
  CHECK_INT(async_stream_read(stream, &byte, 1), 1);
  CHECK_INT(async_group_close(&group), 0);
  async_stream_close(stream);
  close(fds[1]);
}

/* libcurl opens and closes sockets that are no connections (its resolver's; a
 * label of 70 bytes needs no network to fail) and connections that fail. Their
 * descriptors come back as others'. */
static int reuses_numbers(void *arg)
{
  struct world *world = arg;
  struct curl_slist *many = many_addresses(world);
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  for (int i = 0; i < 30; i++) {
    size_t bytes;
    CURLcode code;
    char url[128];
    CURL *easy = easy_to(world, "/ok", &bytes);
    bool unknown = i % 3 == 2;
    snprintf(url, sizeof(url), "http://%s:%d/%s",
             unknown ? "a2345678901234567890123456789012345678901234567890"
                       "12345678901234567890"
                     : "many.test",
             world->origin->port, i % 3 ? "ok" : "bye");
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, many);
    int64_t start_ns = async_now();
    CHECK_INT(async_http_perform(world->http, easy, 1, &code), 0);
    CHECK_INT(code, unknown ? CURLE_COULDNT_RESOLVE_HOST : CURLE_OK);
    CHECK(async_now() - start_ns < 900 * ASYNC_MS); /* no missed event */
    curl_easy_cleanup(easy);
    check_numbers_are_free();
  }
  async_http_close(world->http);
  curl_slist_free_all(many);
  return 0;
}

static void does_not_confuse_descriptors_that_come_back(void)
{
  run_test(reuses_numbers);
}

/* Many at once. */

static int many(void *arg)
{
  struct world *world = arg;
  CHECK_INT(async_http_open(&world->http, &world->opts), 0);
  for (int round = 0; round < 3; round++)
    run_many(world, 200);
  CHECK_INT(world->origin->requests, 600);
  /* Each round finds the connections of the one before. */
  CHECK(world->origin->accepted <= 208);
  CHECK_INT(async_http_connections(world->http), world->origin->accepted);
  async_http_close(world->http);
  wait_for(&world->origin->open, 0);
  return 0;
}

static void runs_200_transfers_at_once_on_one_multi_handle(void)
{
  struct world world = { .path = "/ok",
                         .opts = { .transfers = 200, .per_multi = 200 } };
  CHECK_INT(with_world(many, &world, NULL), 0);
}

static void runs_200_transfers_at_once_on_many_multi_handles(void)
{
  struct world world = { .path = "/ok",
                         .opts = { .transfers = 200, .per_multi = 16 } };
  CHECK_INT(with_world(many, &world, NULL), 0);
}

static int has_homes(void *arg)
{
  struct world *world = arg;
  CURLcode code;
  size_t bytes;
  CHECK_INT(async_http_open(&world->http, &world->opts), 0);
  for (uint64_t i = 0; i < 40; i++) {
    CURL *easy = easy_to(world, "/ok", &bytes);
    CHECK_INT(async_http_perform(world->http, easy, i % 2, &code), 0);
    CHECK_INT(code, CURLE_OK);
    curl_easy_cleanup(easy);
  }
  CHECK_INT(world->origin->accepted, 2);
  async_http_close(world->http);
  return 0;
}

static void transfers_of_one_affinity_share_a_connection(void)
{
  struct world world = { .opts = { .transfers = 64, .per_multi = 4 } };
  CHECK_INT(with_world(has_homes, &world, NULL), 0);
}

static int too_many(void *arg)
{
  struct world *world = arg;
  CHECK_INT(async_http_open(&world->http, &world->opts), 0);
  run_many(world, 50);
  async_http_close(world->http);
  return 0;
}

static void takes_more_transfers_than_it_was_sized_for(void)
{
  struct world world = { .path = "/ok",
                         .opts = { .transfers = 4, .per_multi = 2 } };
  CHECK_INT(with_world(too_many, &world, NULL), 0);
}

static int big(void *arg)
{
  struct world *world = arg;
  CURLcode code;
  size_t bytes;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  CHECK_INT(get(world, "/big", &code, &bytes), 0);
  CHECK_INT(code, CURLE_OK);
  CHECK_INT(bytes, ORIGIN_BIG);
  run_many(world, 8);
  async_http_close(world->http);
  return 0;
}

static void reads_bodies_that_come_in_pieces(void)
{
  struct world world = { .path = "/big" };
  CHECK_INT(with_world(big, &world, NULL), 0);
}

/* Ends. */

static int closes_unused(void *arg)
{
  struct world *world = arg;
  CHECK_INT(async_http_open(&world->http, &world->opts), 0);
  CHECK_INT(async_http_connections(world->http), 0);
  async_http_close(world->http);
  async_http_close(NULL);
  return 0;
}

static void closes_without_having_been_used(void)
{
  struct world world = { .opts = { .transfers = 1000 } };
  CHECK_INT(with_world(closes_unused, &world, NULL), 0);
}

static int closes_last(void *arg)
{
  struct world *world = arg;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  run_many(world, 10); /* no easy handle is left after this */
  async_http_close(world->http);
  CHECK_INT(world->origin->accepted, 10);
  return 0; /* the loop ends at once */
}

static void closes_idle_connections_after_the_last_easy_handle(void)
{
  run_test(closes_last);
}

static int in_simulated_time(void *arg)
{
  struct world *world = arg;
  int rc;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  int64_t start_ns = async_now();
  ASYNC_WITHIN(ASYNC_MS, rc, get(world, "/ok", NULL, NULL));
  CHECK_INT(rc, 0);
  CHECK_INT(async_now(), start_ns);
  async_http_close(world->http);
  return 0;
}

static void simulated_time_stands_still_during_a_transfer(void)
{
  struct world world = { 0 };
  struct async_run_opts opts = { .virtual_time = true };
  CHECK_INT(with_world(in_simulated_time, &world, &opts), 0);
}

static int fails_early(void *arg)
{
  struct world *world = arg;
  CURLcode code;
  size_t bytes;
  CHECK_INT(async_http_open(&world->http, NULL), 0);
  CURL *easy = easy_to(world, "/ok", &bytes);
  curl_easy_setopt(easy, CURLOPT_URL, "gibberish://x");
  CHECK_INT(async_http_perform(world->http, easy, 1, &code), 0);
  CHECK_INT(code, CURLE_UNSUPPORTED_PROTOCOL);
  CHECK_STR(async_err_text(ASYNC_ERROR_FROM_CURL(code)),
            curl_easy_strerror(code));
  CURLM *other = curl_multi_init();
  curl_multi_add_handle(other, easy);
  CHECK_INT(async_http_perform(world->http, easy, 1, &code), ASYNC_EINVAL);
  curl_multi_remove_handle(other, easy);
  curl_multi_cleanup(other);
  curl_easy_cleanup(easy);
  async_http_close(world->http);
  return 0;
}

static void reports_what_libcurl_refuses(void)
{
  run_test(fails_early);
}

static const struct tap_test tests[] = {
  TEST(keeps_a_connection_for_the_next_transfer),
  TEST(opens_another_when_the_server_closed_the_idle_one),
  TEST(reads_what_was_sent_before_a_reset),
  TEST(reports_a_refused_connection),
  TEST(does_not_confuse_descriptors_that_come_back),
  TEST(runs_200_transfers_at_once_on_one_multi_handle),
  TEST(runs_200_transfers_at_once_on_many_multi_handles),
  TEST(transfers_of_one_affinity_share_a_connection),
  TEST(takes_more_transfers_than_it_was_sized_for),
  TEST(reads_bodies_that_come_in_pieces),
  TEST(closes_without_having_been_used),
  TEST(closes_idle_connections_after_the_last_easy_handle),
  TEST(simulated_time_stands_still_during_a_transfer),
  TEST(reports_what_libcurl_refuses),
};

TAP_MAIN(tests)
