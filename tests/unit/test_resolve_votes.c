/* Several resolvers, one question: --agree, --compare, --trusted,
 * --check-resolvers. */
#include "command.h"
#include "resolve_world.h"

static const struct zone_row honest[] = {
  { "www.x.test", "A", "192.0.2.1 192.0.2.2" },
  { "www.x.test", "AAAA", "2001:db8::1" },
  { "good.test", "A", "192.0.2.1" },
  { "sick.test", "RCODE", "SERVFAIL" },
  { NULL, NULL, NULL },
};

/* The same in another order. */
static const struct zone_row reversed[] = {
  { "WWW.X.test", "A", "192.0.2.2 192.0.2.1" },
  { "good.test", "A", "192.0.2.1" },
  { "www.x.test", "AAAA", "2001:db8::1" },
  { "sick.test", "RCODE", "SERVFAIL" },
  { NULL, NULL, NULL },
};

static const struct zone_row lying[] = {
  { "*.test", "A", "203.0.113.66" },
  { "*.invalid", "A", "203.0.113.66" },
  { NULL, NULL, NULL },
};

static const struct zone_row silent[] = {
  { "*.test", "RCODE", "DROP" },
  { "*.invalid", "RCODE", "DROP" },
  { NULL, NULL, NULL },
};

static const struct zone_row refusing[] = {
  { "*.test", "RCODE", "REFUSED" },
  { "*.invalid", "RCODE", "REFUSED" },
  { NULL, NULL, NULL },
};

#define TABLES(...)                                                            \
  (const struct zone_row *const[])                                             \
  {                                                                            \
    __VA_ARGS__, NULL                                                          \
  }

static void takes_what_enough_of_them_say(void)
{
  struct world *world = world_start(TABLES(honest, lying, reversed));
  CHECK_RUN(world_ask(world, "--agree 2/3", "www.x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"outcome\":\"ok\"");
  CHECK_HAS(world->out, "\"agree\":\"2/3\"");
  CHECK_HAS(world->out, "203.0.113.66"); /* among the votes */
  CHECK_INT(count_of(world->out, "\"resolvers\":["), 2);
  world_stop(world);
}

static void says_how_they_differ(void)
{
  struct world *world = world_start(TABLES(honest, lying, silent));
  CHECK_RUN(world_ask(world, "--agree 2/3 --timeout 1s", "nobody.test\n"), 1,
            world);
  CHECK_HAS(world->out, "\"outcome\":\"failed\"");
  CHECK_HAS(world->out, "\"kind\":\"dns\"");
  CHECK_HAS(world->out, "2 of 3 have to agree: ");
  CHECK_HAS(world->out, "1 says NXDOMAIN");
  CHECK_HAS(world->out, "1 says 203.0.113.66");
  CHECK_HAS(world->out, "1 says nothing");
  CHECK_HAS(world->out, "\"agree\":\"1/3\"");
  CHECK_HAS(world->out, "\"error\":\"ETIMEDOUT\"");
  CHECK_HAS(world->out, "\"result\":null");
  world_stop(world);
}

static void that_nothing_exists_can_be_agreed_on(void)
{
  struct world *world = world_start(TABLES(honest, reversed));
  CHECK_RUN(world_ask(world, "--agree 2/2", "nobody.test\n"), 0, world);
  CHECK_HAS(world->out, "\"result\":\"nxdomain\"");
  CHECK_HAS(world->out, "\"agree\":\"2/2\"");
  world_stop(world);
}

/* Whoever is drawn first, two that answer are found. */
static void another_stands_in_for_one_that_does_not_answer(void)
{
  struct world *world = world_start(TABLES(silent, honest, refusing, reversed));
  for (int i = 0; i < 2; i++) {
    CHECK_RUN(
        world_ask(world, "--agree 2/2 --attempt-timeout 100ms", "good.test\n"),
        0, world);
    CHECK_HAS(world->out, "\"agree\":\"2/2\"");
  }
  world_stop(world);
}

static void an_error_they_all_have_is_that_error(void)
{
  struct world *world = world_start(TABLES(honest, reversed));
  CHECK_RUN(world_ask(world, "--agree 2/2", "sick.test\n"), 1, world);
  CHECK_HAS(world->out, "\"rcode\":\"SERVFAIL\"");
  CHECK_HAS(world->out, "\"attempts\":1,");
  world_stop(world);
}

static void no_more_can_vote_than_there_are(void)
{
  struct world *world = world_start(TABLES(honest, reversed));
  CHECK_RUN(world_ask(world, "--agree 2/3", "www.x.test\n"), 2, world);
  CHECK_HAS(world->err, "there are only 2 resolvers");
  CHECK_RUN(world_ask(world, "--agree 1/1:trusted", "www.x.test\n"), 2, world);
  CHECK_HAS(world->err, "there are only 0 trusted resolvers");
  CHECK_RUN(world_ask(world, "--agree 1/1 --compare", "www.x.test\n"), 2,
            world);
  CHECK_INT(world->servers[0].queries + world->servers[1].queries, 0);
  world_stop(world);
}

static void only_trusted_ones_vote_if_told_so(void)
{
  struct world *world = world_start(TABLES(lying, honest, lying, reversed));
  char words[256];
  snprintf(words, sizeof(words), "-r %s,%s --trusted %s,%s --agree 2/2:trusted",
           world->servers[0].address, world->servers[2].address,
           world->servers[1].address, world->servers[3].address);
  CHECK_RUN(world_run(world, words, "www.x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"agree\":\"2/2\"");
  CHECK_INT(world->servers[0].queries + world->servers[2].queries, 0);
  world_stop(world);
}

static void order_and_case_are_no_difference(void)
{
  struct world *world = world_start(TABLES(honest, reversed));
  CHECK_RUN(world_ask(world, "--compare", "www.x.test A,AAAA\nno.test\n"), 0,
            world);
  CHECK_INT(count_of(world->out, "\"agree\":\"2/2\""), 3);
  CHECK_INT(count_of(world->out, "\"outcome\":\"ok\""), 3);
  world_stop(world);
}

static void a_difference_is_a_failure(void)
{
  struct world *world = world_start(TABLES(honest, lying, reversed));
  CHECK_RUN(world_ask(world, "--compare", "good.test\n"), 1, world);
  CHECK_HAS(world->out, "the answers differ: 2 say 192.0.2.1, "
                        "1 says 203.0.113.66");
  CHECK_HAS(world->out, "\"agree\":\"2/3\"");
  CHECK_HAS(world->out, "\"result\":\"answer\"");
  world_stop(world);
}

static void silence_is_a_difference_too(void)
{
  struct world *world = world_start(TABLES(honest, silent));
  CHECK_RUN(world_ask(world, "--compare --retries 1 --attempt-timeout 500ms",
                      "good.test\n"),
            1, world);
  CHECK_HAS(world->out, "1 says 192.0.2.1, 1 says nothing");
  CHECK_INT(world->servers[1].queries, 2); /* a lost packet is no silence */
  world_stop(world);
}

static void a_resolver_of_the_line_is_compared_as_well(void)
{
  struct world *world = world_start(TABLES(honest, lying));
  char words[128], input[128];
  snprintf(words, sizeof(words), "-r %s --compare", world->servers[0].address);
  snprintf(input, sizeof(input), "good.test\ngood.test @%s\n",
           world->servers[1].address);
  CHECK_RUN(world_run(world, words, input), 1, world);
  CHECK_HAS(world->out, "\"agree\":\"1/1\"");
  CHECK_HAS(world->out, "\"agree\":\"1/2\"");
  world_stop(world);
}

/* Every question has its record, also if the run is cut off in the middle. */
static void each_question_has_a_record_when_time_is_up(void)
{
  struct world *world = world_start(TABLES(silent, silent, silent));
  CHECK_RUN(world_ask(world, "--agree 2/3 --deadline 200ms -j 3",
                      "a.test\nb.test\nc.test\nd.test\ne.test\n"),
            3, world);
  CHECK_INT(count_of(world->out, "\n"), 5);
  world_stop(world);
}

/* --trusted */

static int ask_trusting(struct world *world, const char *more,
                        const char *input)
{
  char words[256];
  /* Who is not trusted is the first on the list, and so asked first. */
  snprintf(words, sizeof(words), "-r %s --rotate round --trusted %s %s",
           world->servers[0].address, world->servers[1].address, more);
  return world_run(world, words, input);
}

static void an_answer_that_trusted_ones_deny_is_none(void)
{
  struct world *world = world_start(TABLES(lying, honest));
  CHECK_RUN(ask_trusting(world, "", "nobody.test\n"), 0, world);
  CHECK_HAS(world->out, "\"result\":\"nxdomain\"");
  CHECK_HAS(world->out, "\"hijacked\":true");
  CHECK_HAS(world->out, world->servers[0].address); /* the liar */
  CHECK_HAS(world->out, "\"answers\":[]");
  world_stop(world);
}

static void of_two_answers_the_trusted_one_is_reported(void)
{
  struct world *world = world_start(TABLES(lying, honest));
  CHECK_RUN(ask_trusting(world, "", "good.test\n"), 0, world);
  CHECK_HAS(world->out, "\"data\":\"192.0.2.1\"");
  CHECK_HAS(world->out, "\"hijacked\":true");
  CHECK(!strstr(world->out, "203.0.113.66"));
  world_stop(world);
}

static void what_is_confirmed_is_not_hijacked(void)
{
  struct world *world = world_start(TABLES(reversed, honest));
  CHECK_RUN(ask_trusting(world, "", "www.x.test\n"), 0, world);
  CHECK_HAS(world->out, "\"hijacked\":false");
  CHECK_INT(world->servers[1].queries, 1);
  world_stop(world);
}

static void without_confirmation_it_is_a_failure(void)
{
  struct world *world = world_start(TABLES(honest, silent));
  CHECK_RUN(ask_trusting(world, "--timeout 1s", "good.test\n"), 1, world);
  CHECK_HAS(world->out, "the answer was not confirmed: no answer from");
  CHECK_HAS(world->out, "\"hijacked\":null");
  world_stop(world);
}

/* --check-resolvers */

static void only_good_resolvers_are_printed(void)
{
  struct world *world = world_start(TABLES(honest, lying, silent, refusing));
  char expected[64];
  snprintf(expected, sizeof(expected), "udp://%s\n", world->servers[0].address);
  CHECK_RUN(world_ask(world,
                      "--check-resolvers=only --check-name good.test "
                      "--attempt-timeout 500ms",
                      ""),
            0, world);
  CHECK_STR(world->out, expected);
  CHECK_HAS(world->err, "127.0.0.2");
  CHECK_HAS(world->err, "lies");
  CHECK_HAS(world->err, "REFUSED from udp://127.0.0.4");
  CHECK_HAS(world->err, "no answer from udp://127.0.0.3");
  CHECK_HAS(world->err, "of 4 resolvers 1 are good");
  world_stop(world);
}

static void bad_resolvers_are_dropped(void)
{
  struct world *world = world_start(TABLES(lying, honest, refusing));
  CHECK_RUN(world_ask(world, "--check-resolvers=drop --check-name good.test",
                      "a.test\nb.test\nc.test\nd.test\n"),
            0, world);
  CHECK_INT(count_of(world->out, "\"result\":\"nxdomain\""), 4);
  CHECK_INT(world->servers[0].queries, 2);
  world_stop(world);
}

static void without_a_usable_resolver_nothing_is_read(void)
{
  struct world *world = world_start(TABLES(lying, refusing));
  CHECK_RUN(world_ask(world, "--check-resolvers=drop --check-name good.test",
                      "a.test\n"),
            4, world);
  CHECK_STR(world->out, "");
  CHECK_HAS(world->err, "no usable resolver");
  world_stop(world);
}

static void short_lists_are_not_checked_unless_asked(void)
{
  struct world *world = world_start(TABLES(honest, honest, honest, honest));
  CHECK_RUN(world_ask(world, "", "good.test\n"), 0, world);
  int queries = 0;
  for (size_t i = 0; i < world->count; i++)
    queries += world->servers[i].queries;
  CHECK_INT(queries, 1);
  world_stop(world);
}

static void long_lists_are(void)
{
  struct world *world =
      world_start(TABLES(honest, honest, honest, honest, lying));
  CHECK_RUN(world_ask(world, "--check-name good.test", "good.test\n"), 0,
            world);
  CHECK_HAS(world->err, "udp://127.0.0.5");
  CHECK_HAS(world->err, "lies");
  CHECK_INT(count_of(world->out, "\n"), 1);
  world_stop(world);
}

static const struct tap_test tests[] = {
  TEST(takes_what_enough_of_them_say),
  TEST(says_how_they_differ),
  TEST(that_nothing_exists_can_be_agreed_on),
  TEST(another_stands_in_for_one_that_does_not_answer),
  TEST(an_error_they_all_have_is_that_error),
  TEST(no_more_can_vote_than_there_are),
  TEST(only_trusted_ones_vote_if_told_so),
  TEST(order_and_case_are_no_difference),
  TEST(a_difference_is_a_failure),
  TEST(silence_is_a_difference_too),
  TEST(a_resolver_of_the_line_is_compared_as_well),
  TEST(each_question_has_a_record_when_time_is_up),
  TEST(an_answer_that_trusted_ones_deny_is_none),
  TEST(of_two_answers_the_trusted_one_is_reported),
  TEST(what_is_confirmed_is_not_hijacked),
  TEST(without_confirmation_it_is_a_failure),
  TEST(only_good_resolvers_are_printed),
  TEST(bad_resolvers_are_dropped),
  TEST(without_a_usable_resolver_nothing_is_read),
  TEST(short_lists_are_not_checked_unless_asked),
  TEST(long_lists_are),
};

TAP_MAIN(tests)
