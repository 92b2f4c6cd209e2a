/* Replies, and what is none, over sockets. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_world.h"

/* Replies. */

static void gets_bytes(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "a.test"), 0);
  CHECK_INT(one.ask.reply_bytes, one.ask.message_bytes + 16);
  CHECK(one.ask.reply == (const unsigned char *)one.reply.data);
  CHECK_INT(one.ask.reply[0], 0x12);
  CHECK_INT(one.ask.reply[1], 0x34);
  CHECK_INT(
      memcmp(one.ask.reply + 12, one.message + 12, one.ask.message_bytes - 12),
      0);
  CHECK(one.ask.rtt_ns > 0 && one.ask.rtt_ns < 2 * ASYNC_SEC);
  CHECK(!one.ask.tcp && !one.ask.tcp_retry);
  dns_ask_done(&one);
}

static void gets_the_bytes_that_came(void)
{
  run(gets_bytes);
  run_shared(gets_bytes);
}

static void any_rcode(struct world *world)
{
  check_rcode(world, "a.test", 0);
  check_rcode(world, "nx.test", 3);
  check_rcode(world, "fail.test", 2);
  check_rcode(world, "refuse.test", 5);
  check_rcode(world, "short.test", 5);
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.sent, 5);
  CHECK_INT(stats.answered, 5);
  CHECK_INT(stats.servfail, 1);
  CHECK_INT(stats.refused, 2);
  CHECK(stats.rtt_ns > 0);
  CHECK_INT(stats.strays, 0);
}

static void any_reply_is_an_answer_even_one_without_the_question(void)
{
  run(any_rcode);
  run_shared(any_rcode);
}

static void junk(struct world *world)
{
  check_rcode(world, "junk.test", 0);
  check_rcode(world, "a.test", 0);
  CHECK_INT(stats_of(world).strays, 4);
}

static void noise_wrong_ids_and_wrong_questions_are_passed_over(void)
{
  run(junk);
  run_shared(junk);
}

static void spoofed(struct world *world)
{
  struct dns_ask one;
  check_rcode(world, "spoof.test", 0);
  CHECK_INT(ask(world, &one, "forged.test"), ASYNC_ETIMEDOUT);
  CHECK(!one.ask.reply);
  dns_ask_done(&one);
}

static void a_reply_from_another_port_is_not_taken(void)
{
  struct world world = { .body = spoofed, .opts = { .timeout_ns = ASYNC_SEC } };
  run_world(&world);
  world.shared = true;
  run_world(&world);
}

static enum async_dns_verdict drops_first(const struct async_dns_ask *ask,
                                          const unsigned char *reply,
                                          size_t len)
{
  int *seen = ask->ctx;
  CHECK(len > 12);
  CHECK_INT(memcmp(reply, ask->message, 2), 0);
  return ++*seen == 1 ? ASYNC_DNS_DROP : ASYNC_DNS_GOOD;
}

static void dropped(struct world *world)
{
  struct dns_ask one;
  int seen = 0;
  dns_ask_init(&one, 7, "twice.test");
  one.ask.check = drops_first;
  one.ask.ctx = &seen;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), 0);
  CHECK_INT(seen, 2);
  CHECK_INT(stats_of(world).strays, 1);
  dns_ask_done(&one);
}

static void what_the_check_drops_is_waited_past(void)
{
  run(dropped);
}

/* Made ready for whom it goes to. */

struct made {
  int asked, replies;
  bool over_tcp, again;
};

static void make_ready(struct async_dns_ask *ask)
{
  struct made *made = ask->ctx;
  struct dns_ask *one = ASYNC_CONTAINER_OF(ask, struct dns_ask, ask);
  CHECK_INT(ask->resolver, 0);
  made->asked++;
  made->over_tcp = ask->tcp;
  one->message[ask->question_end] = (unsigned char)made->asked;
  ask->message_bytes = ask->question_end + 1u;
}

static enum async_dns_verdict wants_more(const struct async_dns_ask *ask,
                                         const unsigned char *reply, size_t len)
{
  struct made *made = ask->ctx;
  made->replies++;
  return made->again && made->replies < 3 ? ASYNC_DNS_AGAIN
                                          : async_dns_check(ask, reply, len);
}

static void check_made(struct world *world, const char *name, struct made made,
                       int asked)
{
  struct dns_ask one;
  dns_ask_init(&one, 7, name);
  one.ask.check = wants_more;
  one.ask.prepare = make_ready;
  one.ask.ctx = &made;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), 0);
  CHECK_INT(made.asked, asked);
  CHECK_INT(made.over_tcp, one.ask.tcp);
  CHECK_INT(rcode_of(&one), 0);
  dns_ask_done(&one);
}

static void made_ready(struct world *world)
{
  check_made(world, "a.test", (struct made){ .asked = 0 }, 1);
  CHECK_INT(stats_of(world).sent, 1);
  check_made(world, "tc.test", (struct made){ .asked = 0 }, 2);
  CHECK_INT(stats_of(world).sent, 3);
  CHECK_INT(world->server->queries, 3);
}

static void a_message_is_made_ready_each_time_it_is_sent(void)
{
  run(made_ready);
}

static void asked_again(struct world *world)
{
  check_made(world, "a.test", (struct made){ .again = true }, 3);
  CHECK_INT(stats_of(world).sent, 3);
  CHECK_INT(stats_of(world).answered, 3);
  CHECK_INT(world->server->over_tcp, 0);
}

static void over_tcp_again(struct world *world)
{
  check_made(world, "a.test", (struct made){ .again = true }, 3);
  CHECK_INT(world->server->over_tcp, 3);
}

static void the_check_may_have_it_sent_again(void)
{
  struct world world = { .body = over_tcp_again,
                         .opts = { .tcp = ASYNC_DNS_TCP_ALWAYS } };
  run(asked_again);
  run_world(&world);
}

static enum async_dns_verdict finds_bad(const struct async_dns_ask *ask,
                                        const unsigned char *reply, size_t len)
{
  bool bad = reply[7] && len < (size_t)ask->message_bytes + 16;
  return bad ? ASYNC_DNS_MALFORMED : ASYNC_DNS_GOOD;
}

enum { MANY = 1000, BAD_EVERY = 10 };

static void some_bad(struct world *world)
{
  struct dns_ask *all = calloc(MANY, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < MANY; i++) {
    char name[32];
    snprintf(name, sizeof(name), "%s%d.test", i % BAD_EVERY ? "a" : "bad", i);
    dns_ask_init(&all[i], (uint16_t)i, name);
    all[i].ask.check = finds_bad;
    all[i].ask.want = 0;
    dns_ask_start(world->fleet, &all[i]);
  }
  for (int i = 0; i < MANY; i++) {
    CHECK_INT(async_await(&all[i].op), i % BAD_EVERY ? 0 : ASYNC_EENCODING);
    dns_ask_done(&all[i]);
  }
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.malformed, MANY / BAD_EVERY);
  CHECK_INT(stats.sent, MANY);
  free(all);
}

static void a_malformed_reply_costs_nobody_else_anything(void)
{
  run(some_bad);
  run_shared(some_bad);
}

/* TCP. */

static void truncated(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "tc.test"), 0);
  CHECK(one.ask.tcp && one.ask.tcp_retry);
  CHECK_INT(one.ask.reply[2] & 2, 0);
  CHECK_INT(one.ask.reply[1], 0x34);
  CHECK_INT(world->server->over_tcp, 1);
  CHECK_INT(stats_of(world).truncated, 1);
  CHECK_INT(stats_of(world).sent, 2);
  dns_ask_done(&one);
  /* What does not fit into our buffer is the same. */
  CHECK_INT(ask(world, &one, "big.test"), 0);
  CHECK(one.ask.tcp);
  CHECK_INT(one.ask.reply_bytes, 5000);
  dns_ask_done(&one);
}

static void what_was_cut_off_is_asked_again_over_tcp(void)
{
  run(truncated);
  run_shared(truncated);
}

static void not_again(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "tc.test"), 0);
  CHECK(!one.ask.tcp && !one.ask.tcp_retry);
  CHECK_INT(one.ask.verdict, ASYNC_DNS_TRUNCATED);
  CHECK_INT(one.ask.reply[2] & 2, 2);
  CHECK_INT(world->server->over_tcp, 0);
  dns_ask_done(&one);
}

static void unless_tcp_is_off(void)
{
  struct world world = { .body = not_again,
                         .opts = { .tcp = ASYNC_DNS_TCP_NEVER } };
  run_world(&world);
}

static void all_tcp(struct world *world)
{
  enum { COUNT = 500 };
  struct dns_ask *all = calloc(COUNT, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < COUNT; i++) {
    char name[32];
    snprintf(name, sizeof(name), "a%d.test", i);
    dns_ask_init(&all[i], (uint16_t)(i * 7), name);
    dns_ask_start(world->fleet, &all[i]);
  }
  for (int i = 0; i < COUNT; i++) {
    CHECK_INT(async_await(&all[i].op), 0);
    CHECK(all[i].ask.tcp && !all[i].ask.tcp_retry);
    CHECK_INT(memcmp(all[i].ask.reply + 12, all[i].message + 12,
                     all[i].ask.message_bytes - 12),
              0);
    dns_ask_done(&all[i]);
  }
  CHECK_INT(world->server->over_tcp, COUNT);
  free(all);
}

static void everything_can_go_over_tcp(void)
{
  struct world world = { .body = all_tcp,
                         .opts = { .tcp = ASYNC_DNS_TCP_ALWAYS } };
  run_world(&world);
}

static void gone_tcp(struct world *world)
{
  struct dns_ask one;
  CHECK_INT(ask(world, &one, "drop.test"), ASYNC_ETIMEDOUT);
  CHECK(one.ask.tcp);
  dns_ask_done(&one);
  /* A cancelled one, and one that is out at the end. */
  dns_ask_init(&one, 1, "drop.test");
  dns_ask_start(world->fleet, &one);
  async_op_abort(&one.op);
  CHECK_INT(one.op.rc, ASYNC_ECANCELED);
  CHECK_INT(one.done, 1);
  CHECK_INT(ask(world, &one, "a.test"), 0);
  dns_ask_done(&one);
}

static void no_answer_over_tcp_is_a_timeout(void)
{
  struct world world = { .body = gone_tcp,
                         .opts = { .tcp = ASYNC_DNS_TCP_ALWAYS,
                                   .timeout_ns = ASYNC_SEC } };
  run_world(&world);
}

/* No answer. */

static void silent(struct world *world)
{
  struct dns_ask one;
  int64_t start_ns = async_now();
  CHECK_INT(ask(world, &one, "drop.test"), ASYNC_ETIMEDOUT);
  CHECK(async_now() - start_ns >= ASYNC_SEC);
  CHECK(!one.ask.reply);
  CHECK_INT(one.ask.resolver, 0);
  CHECK_INT(stats_of(world).timeouts, 1);
  check_rcode(world, "a.test", 0);
  dns_ask_done(&one);
}

static void no_answer_is_a_timeout(void)
{
  struct world world = { .body = silent, .opts = { .timeout_ns = ASYNC_SEC } };
  run_world(&world);
}

static void refused(struct world *world)
{
  struct async_dns_resolver nobody = dns_resolver("127.0.0.1:1");
  int index = async_dns_fleet_add(world->fleet, &nobody);
  struct dns_ask one;
  CHECK_INT(index, world->opts.count);
  CHECK_INT(async_dns_fleet_add(world->fleet, &nobody), index);
  dns_ask_init(&one, 1, "a.test");
  one.ask.want = index;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), -ECONNREFUSED);
  CHECK_INT(one.ask.resolver, index);
  CHECK_STR(async_dns_fleet_text(world->fleet, (size_t)index),
            "udp://127.0.0.1:1");
  one.ask.want = 0;
  CHECK_INT(async_dns_ask_run(world->fleet, &one.ask), 0);
  dns_ask_done(&one);
}

static void notices_at_once_that_nobody_listens(void)
{
  run(refused);
}

static void given_up(struct world *world)
{
  struct dns_ask first, second;
  dns_ask_init(&first, 0x4242, "hold1.test");
  dns_ask_init(&second, 0x4242, "hold2.test");
  dns_ask_start(world->fleet, &first);
  wait_for(world, 1);
  async_op_abort(&first.op);
  CHECK_INT(first.done, 1);
  CHECK_INT(first.op.rc, ASYNC_ECANCELED);
  CHECK_INT(async_dns_fleet_in_flight(world->fleet), 0);
  dns_ask_start(world->fleet, &second);
  wait_for(world, 2);
  dns_server_release(world->server);
  CHECK_INT(async_await(&second.op), 0);
  CHECK_INT(memcmp(second.ask.reply + 12, second.message + 12,
                   second.ask.message_bytes - 12),
            0);
  struct async_dns_resolver_stats stats = stats_of(world);
  CHECK_INT(stats.strays, 1);
  CHECK_INT(stats.abandoned, 1);
  CHECK_INT(stats.in_flight, 0);
  dns_ask_done(&first);
  dns_ask_done(&second);
}

static void a_late_answer_is_nobodys_even_with_the_same_id(void)
{
  run(given_up);
}

static void twins(struct world *world)
{
  struct dns_ask twin[3];
  for (int i = 0; i < 3; i++) {
    dns_ask_init(&twin[i], 0x4242, "hold.test");
    dns_ask_start(world->fleet, &twin[i]);
  }
  wait_for(world, 3);
  async_op_abort(&twin[1].op);
  dns_server_release(world->server);
  CHECK_INT(async_await(&twin[0].op), 0);
  CHECK_INT(async_await(&twin[2].op), 0);
  CHECK_INT(stats_of(world).strays, 1);
  check_rcode(world, "a.test", 0);
  for (int i = 0; i < 3; i++)
    dns_ask_done(&twin[i]);
}

static void equal_queries_with_the_same_id_each_get_an_answer(void)
{
  run(twins);
}

static const struct tap_test tests[] = {
  TEST(gets_the_bytes_that_came),
  TEST(any_reply_is_an_answer_even_one_without_the_question),
  TEST(noise_wrong_ids_and_wrong_questions_are_passed_over),
  TEST(a_reply_from_another_port_is_not_taken),
  TEST(what_the_check_drops_is_waited_past),
  TEST(a_message_is_made_ready_each_time_it_is_sent),
  TEST(the_check_may_have_it_sent_again),
  TEST(a_malformed_reply_costs_nobody_else_anything),
  TEST(what_was_cut_off_is_asked_again_over_tcp),
  TEST(unless_tcp_is_off),
  TEST(everything_can_go_over_tcp),
  TEST(no_answer_over_tcp_is_a_timeout),
  TEST(no_answer_is_a_timeout),
  TEST(notices_at_once_that_nobody_listens),
  TEST(a_late_answer_is_nobodys_even_with_the_same_id),
  TEST(equal_queries_with_the_same_id_each_get_an_answer),
};

TAP_MAIN(tests)
