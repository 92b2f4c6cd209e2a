#include "async/channel.h"

#include "async/rng.h"
#include "async/timer.h"
#include "op_once.h"

static void open_channel(struct async_channel *channel, size_t capacity)
{
  CHECK_INT(
      async_channel_init(channel, sizeof(int), capacity, ASYNC_CHANNEL_WAIT),
      0);
}

static int send_number(struct async_channel *channel, int number)
{
  return async_channel_send(channel, &number);
}

static int count_up(void *arg)
{
  struct async_channel *channel = arg;
  int rc = 0;
  for (int i = 0; i < 300 && rc == 0; i++)
    rc = send_number(channel, i);
  async_channel_close(channel);
  return rc;
}

static void check_stream(size_t capacity)
{
  struct async_channel channel;
  struct async_group group;
  int number, next = 0;
  open_channel(&channel, capacity);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, count_up, &channel), 0);
  while (async_channel_recv(&channel, &number) == 0)
    CHECK_INT(number, next++);
  CHECK_INT(next, 300);
  CHECK_INT(async_channel_recv(&channel, &number), ASYNC_EOF);
  CHECK_INT(async_group_close(&group), 0);
  async_channel_done(&channel);
}

SIM(items_arrive_in_the_order_in_which_they_were_sent)
{
  check_stream(1);
  check_stream(3);
  check_stream(1000);
}

SIM(without_capacity_items_go_from_hand_to_hand)
{
  check_stream(0);
}

SIM(a_send_that_finds_room_does_not_park)
{
  struct async_channel channel;
  struct async_stats before, after;
  int number;
  open_channel(&channel, 2);
  async_stats_get(&before);
  CHECK_INT(send_number(&channel, 1), 0);
  CHECK_INT(send_number(&channel, 2), 0);
  CHECK_INT(async_channel_recv(&channel, &number), 0);
  CHECK_INT(number, 1);
  async_stats_get(&after);
  CHECK_INT(after.switches, before.switches);
  async_channel_done(&channel);
}

SIM(a_full_channel_holds_the_sender_back)
{
  struct async_channel channel;
  int rc, number;
  open_channel(&channel, 2);
  CHECK_INT(send_number(&channel, 1), 0);
  CHECK_INT(send_number(&channel, 2), 0);
  ASYNC_WITHIN(ASYNC_SEC, rc, send_number(&channel, 3));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(async_channel_recv(&channel, &number), 0);
  CHECK_INT(send_number(&channel, 4), 0);
  CHECK_INT(async_channel_recv(&channel, &number), 0);
  CHECK_INT(number, 2);
  CHECK_INT(async_channel_recv(&channel, &number), 0);
  CHECK_INT(number, 4);
  async_channel_done(&channel);
}

SIM(a_cancelled_receive_leaves_its_memory_alone)
{
  struct async_channel channel;
  int rc, number = 42;
  open_channel(&channel, 1);
  ASYNC_WITHIN(ASYNC_SEC, rc, async_channel_recv(&channel, &number));
  CHECK_INT(rc, ASYNC_ETIMEDOUT);
  CHECK_INT(send_number(&channel, 7), 0);
  CHECK_INT(number, 42);
  async_channel_done(&channel);
}

static int send_one(void *arg)
{
  return send_number(arg, 9);
}

static int receive_one(void *arg)
{
  int number;
  return async_channel_recv(arg, &number);
}

SIM(closing_fails_waiting_senders_and_keeps_what_was_accepted)
{
  struct async_channel channel;
  struct async_group group;
  struct async_task *sender;
  int number;
  open_channel(&channel, 1);
  CHECK_INT(send_number(&channel, 1), 0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  CHECK_INT(async_spawn_handle(&group, send_one, &channel, &sender), 0);
  sim_settle();
  async_channel_close(&channel);
  async_channel_close(&channel);
  CHECK_INT(async_join(sender), ASYNC_ECLOSED);
  CHECK_INT(async_group_close(&group), ASYNC_ECLOSED);
  CHECK_INT(send_number(&channel, 2), ASYNC_ECLOSED);
  CHECK_INT(async_channel_recv(&channel, &number), 0);
  CHECK_INT(number, 1);
  CHECK_INT(async_channel_recv(&channel, &number), ASYNC_EOF);
  async_channel_done(&channel);
}

SIM(closing_tells_waiting_receivers_the_end)
{
  struct async_channel channel;
  struct async_group group;
  struct async_task *receivers[3];
  open_channel(&channel, 0);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_spawn_handle(&group, receive_one, &channel, &receivers[i]),
              0);
  sim_settle();
  async_channel_close(&channel);
  for (int i = 0; i < 3; i++)
    CHECK_INT(async_join(receivers[i]), ASYNC_EOF);
  CHECK_INT(async_group_close(&group), ASYNC_EOF);
  async_channel_done(&channel);
}

SIM(trying_never_waits)
{
  struct async_channel channel;
  int number = 5;
  open_channel(&channel, 1);
  CHECK_INT(async_channel_try_recv(&channel, &number), ASYNC_EAGAIN);
  CHECK_INT(async_channel_try_send(&channel, &number), 0);
  CHECK_INT(async_channel_try_send(&channel, &number), ASYNC_EAGAIN);
  number = 0;
  CHECK_INT(async_channel_try_recv(&channel, &number), 0);
  CHECK_INT(number, 5);
  async_channel_close(&channel);
  CHECK_INT(async_channel_try_send(&channel, &number), ASYNC_ECLOSED);
  CHECK_INT(async_channel_try_recv(&channel, &number), ASYNC_EOF);
  async_channel_done(&channel);
}

SIM(trying_without_capacity_needs_somebody_who_waits)
{
  struct async_channel channel;
  struct async_group group;
  int number = 1;
  open_channel(&channel, 0);
  CHECK_INT(async_channel_try_send(&channel, &number), ASYNC_EAGAIN);
  CHECK_INT(async_channel_try_recv(&channel, &number), ASYNC_EAGAIN);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  CHECK_INT(async_spawn(&group, send_one, &channel), 0);
  sim_settle();
  CHECK_INT(async_channel_try_recv(&channel, &number), 0);
  CHECK_INT(number, 9);
  CHECK_INT(async_spawn(&group, receive_one, &channel), 0);
  sim_settle();
  CHECK_INT(async_channel_try_send(&channel, &number), 0);
  CHECK_INT(async_group_close(&group), 0);
  async_channel_done(&channel);
}

static void check_drops(enum async_channel_policy policy, int first)
{
  struct async_channel channel;
  int number;
  CHECK_INT(async_channel_init(&channel, sizeof(int), 3, policy), 0);
  for (int i = 0; i < 10; i++)
    CHECK_INT(send_number(&channel, i), 0);
  CHECK_INT(channel.dropped, 7);
  for (int i = 0; i < 3; i++) {
    CHECK_INT(async_channel_try_recv(&channel, &number), 0);
    CHECK_INT(number, first + i);
  }
  CHECK_INT(async_channel_try_recv(&channel, &number), ASYNC_EAGAIN);
  async_channel_done(&channel);
}

SIM(a_full_channel_may_forget_the_new_item)
{
  check_drops(ASYNC_CHANNEL_DROP_NEW, 0);
}

SIM(a_full_channel_may_forget_the_oldest_item)
{
  check_drops(ASYNC_CHANNEL_DROP_OLD, 7);
}

SIM(a_size_that_overflows_is_out_of_memory)
{
  struct async_channel channel;
  CHECK_INT(async_channel_init(&channel, SIZE_MAX / 4, 16, ASYNC_CHANNEL_WAIT),
            ASYNC_ENOMEM);
}

/* Invariant 3: what was accepted was received or is left over, once, and each
 * sender's items in their order. Senders and receivers give up at random. */

enum { SENDERS = 4, RECEIVERS = 3, ITEMS = 30 };

struct traffic {
  struct async_channel channel;
  struct async_rng rng;
  int accepted[SENDERS][ITEMS], received[SENDERS][ITEMS];
  int left; /* senders that have not ended */
};

struct parcel {
  int sender, number;
};

struct party {
  struct traffic *traffic;
  int number;
};

static int64_t short_while(struct traffic *traffic)
{
  return (int64_t)async_rng_below(&traffic->rng, 4) * ASYNC_MS;
}

static int send_parcels(void *arg)
{
  const struct party *self = arg;
  struct traffic *traffic = self->traffic;
  for (int i = 0; i < ITEMS; i++) {
    int rc;
    struct parcel parcel = { self->number, i };
    ASYNC_WITHIN(short_while(traffic), rc,
                 async_channel_send(&traffic->channel, &parcel));
    CHECK(rc == 0 || rc == ASYNC_ETIMEDOUT || rc == ASYNC_ECLOSED);
    traffic->accepted[self->number][i] = rc == 0;
    if (async_rng_below(&traffic->rng, 3) == 0)
      CHECK_INT(async_sleep(short_while(traffic)), 0);
  }
  if (--traffic->left == 0)
    async_channel_close(&traffic->channel);
  return 0;
}

static void note(struct traffic *traffic, struct parcel parcel, int *last)
{
  traffic->received[parcel.sender][parcel.number]++;
  CHECK(parcel.number > last[parcel.sender]);
  last[parcel.sender] = parcel.number;
}

static int receive_parcels(void *arg)
{
  struct traffic *traffic = arg;
  int rc = 0, last[SENDERS] = { -1, -1, -1, -1 };
  while (rc != ASYNC_EOF && async_rng_below(&traffic->rng, 40) != 0) {
    struct parcel parcel;
    ASYNC_WITHIN(short_while(traffic), rc,
                 async_channel_recv(&traffic->channel, &parcel));
    if (rc == 0)
      note(traffic, parcel, last);
  }
  return 0;
}

static void drain(struct traffic *traffic)
{
  int last[SENDERS] = { -1, -1, -1, -1 };
  struct parcel parcel;
  while (async_channel_try_recv(&traffic->channel, &parcel) == 0)
    note(traffic, parcel, last);
}

static void check_parcels(const struct traffic *traffic)
{
  for (int i = 0; i < SENDERS; i++)
    for (int k = 0; k < ITEMS; k++)
      CHECK_INT(traffic->received[i][k], traffic->accepted[i][k]);
}

static int carry_parcels(void *arg)
{
  struct traffic traffic = { .left = SENDERS };
  struct party parties[SENDERS];
  struct async_group group;
  uint64_t seed = *(uint64_t *)arg;
  async_rng_init(&traffic.rng, seed);
  CHECK_INT(async_channel_init(&traffic.channel, sizeof(struct parcel),
                               seed % 5, ASYNC_CHANNEL_WAIT),
            0);
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  for (int i = 0; i < SENDERS; i++) {
    parties[i] = (struct party){ &traffic, i };
    CHECK_INT(async_spawn(&group, send_parcels, &parties[i]), 0);
  }
  for (int i = 0; i < RECEIVERS; i++)
    CHECK_INT(async_spawn(&group, receive_parcels, &traffic), 0);
  CHECK_INT(async_group_close(&group), 0);
  drain(&traffic);
  check_parcels(&traffic);
  async_channel_done(&traffic.channel);
  return 0;
}

static void what_is_accepted_is_received_or_left_over_once_and_in_order(void)
{
  for (uint64_t seed = 1; seed <= 200; seed++)
    CHECK_INT(sim_run(carry_parcels, &seed, seed), 0);
}

static void take_one(void *ctx)
{
  int number;
  async_channel_try_recv(ctx, &number);
}

static void put_one(void *ctx)
{
  int number = 1;
  async_channel_try_send(ctx, &number);
}

static void check_once(struct op_once_wait once)
{
  op_once_completes(&once);
  op_once_completed_wins(&once);
  op_once_is_cancelled(&once);
}

SIM(send_and_receive_end_once_and_never_inside_the_other)
{
  struct async_channel channel;
  open_channel(&channel, 0);
  check_once((struct op_once_wait){
      .wait = send_one, .complete = take_one, .ctx = &channel });
  check_once((struct op_once_wait){
      .wait = receive_one, .complete = put_one, .ctx = &channel });
  async_channel_done(&channel);
}

static const struct tap_test tests[] = {
  TEST(items_arrive_in_the_order_in_which_they_were_sent),
  TEST(without_capacity_items_go_from_hand_to_hand),
  TEST(a_send_that_finds_room_does_not_park),
  TEST(a_full_channel_holds_the_sender_back),
  TEST(a_cancelled_receive_leaves_its_memory_alone),
  TEST(closing_fails_waiting_senders_and_keeps_what_was_accepted),
  TEST(closing_tells_waiting_receivers_the_end),
  TEST(trying_never_waits),
  TEST(trying_without_capacity_needs_somebody_who_waits),
  TEST(a_full_channel_may_forget_the_new_item),
  TEST(a_full_channel_may_forget_the_oldest_item),
  TEST(a_size_that_overflows_is_out_of_memory),
  TEST(what_is_accepted_is_received_or_left_over_once_and_in_order),
  TEST(send_and_receive_end_once_and_never_inside_the_other),
};

TAP_MAIN(tests)
