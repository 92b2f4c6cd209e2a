/* -j auto takes no more names than the resolvers can make use of. */
#include "async/dns.h" /* that of the network is linked */
#include "dns_world.h"
#include "resolve/pace.h"

enum { SENT = 64, MANY = SENT + RESOLVE_PACE_QUEUE };

static struct resolve_pace pace;

static void on_end(struct async_op *op)
{
  ASYNC_CONTAINER_OF(op, struct dns_ask, op)->done++;
  resolve_pace_ended(&pace);
}

/* As many as the resolver bears at first, and `queued` more. */
static struct dns_ask *ask_many(struct world *world, int queued)
{
  struct dns_ask *all = calloc(MANY, sizeof(*all));
  CHECK(all);
  for (int i = 0; i < SENT + queued; i++) {
    char name[32];
    snprintf(name, sizeof(name), "hold%d.test", i);
    dns_ask_init(&all[i], (uint16_t)i, name);
    dns_ask_start(world->fleet, &all[i]);
    all[i].op.done = on_end;
  }
  CHECK_INT((int)async_dns_fleet_queued(world->fleet), queued);
  return all;
}

static void leave(struct dns_ask *all, int count)
{
  for (int i = 0; i < count; i++) {
    async_op_abort(&all[i].op);
    dns_ask_done(&all[i]);
  }
  free(all);
}

static void short_queue(struct world *world)
{
  struct dns_ask *all = ask_many(world, RESOLVE_PACE_QUEUE - 1);
  resolve_pace_init(&pace, world->fleet);
  CHECK_INT(resolve_pace_wait(&pace), 0);
  for (int i = 0; i < MANY - 1; i++)
    CHECK_INT(all[i].done, 0);
  leave(all, MANY - 1);
}

static void goes_on_while_the_queue_is_short(void)
{
  struct world world = { .body = short_queue, .opts = { .ramp = SENT } };
  run_world(&world);
}

static void long_queue(struct world *world)
{
  struct dns_ask *all = ask_many(world, RESOLVE_PACE_QUEUE);
  resolve_pace_init(&pace, world->fleet);
  wait_for(world, SENT);
  dns_server_release(world->server);
  CHECK_INT(resolve_pace_wait(&pace), 0);
  CHECK(async_dns_fleet_queued(world->fleet) < RESOLVE_PACE_QUEUE);
  int done = 0;
  for (int i = 0; i < MANY; i++)
    done += (int)all[i].done;
  CHECK(done > 0);
  leave(all, MANY);
}

static void waits_for_the_end_of_a_query_when_it_is_long(void)
{
  struct world world = { .body = long_queue, .opts = { .ramp = SENT } };
  run_world(&world);
}

static void without_limit(struct world *world)
{
  struct dns_ask *all = ask_many(world, RESOLVE_PACE_QUEUE);
  resolve_pace_init(&pace, NULL);
  CHECK_INT(resolve_pace_wait(&pace), 0);
  leave(all, MANY);
}

static void never_waits_for_a_number(void)
{
  struct world world = { .body = without_limit, .opts = { .ramp = SENT } };
  run_world(&world);
}

static const struct tap_test tests[] = {
  TEST(goes_on_while_the_queue_is_short),
  TEST(waits_for_the_end_of_a_query_when_it_is_long),
  TEST(never_waits_for_a_number),
};

TAP_MAIN(tests)
