/* The items are a ring: `count` of them from `head` on. Receivers wait only
 * while it is empty and no sender waits; senders wait only while it is full. */
#include "async/channel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/task.h"
#include "sync/queue_priv.h"

struct sender {
  struct async_op op;
  const void *item;
};

struct receiver {
  struct async_op op;
  void *item;
};

int async_channel_init(struct async_channel *channel, size_t item_bytes,
                       size_t capacity, enum async_channel_policy policy)
{
  assert(item_bytes > 0);
  assert(capacity > 0 || policy == ASYNC_CHANNEL_WAIT);
  if (capacity > SIZE_MAX / item_bytes)
    return ASYNC_ENOMEM;
  char *items = capacity ? malloc(capacity * item_bytes) : NULL;
  if (capacity && !items)
    return ASYNC_ENOMEM;
  *channel = (struct async_channel){ .item_bytes = item_bytes,
                                     .capacity = capacity,
                                     .items = items,
                                     .policy = policy };
  async_list_init(&channel->senders);
  async_list_init(&channel->receivers);
  return 0;
}

void async_channel_done(struct async_channel *channel)
{
  assert(async_list_empty(&channel->senders));
  assert(async_list_empty(&channel->receivers));
  free(channel->items);
  channel->items = NULL;
  channel->count = 0;
}

/* The place of the item `offset` behind the head; offset <= capacity. */
static char *place(struct async_channel *channel, size_t offset)
{
  size_t index = channel->head + offset;
  if (index >= channel->capacity)
    index -= channel->capacity;
  return channel->items + index * channel->item_bytes;
}

static void put(struct async_channel *channel, const void *item)
{
  memcpy(place(channel, channel->count), item, channel->item_bytes);
  channel->count++;
}

static void drop_oldest(struct async_channel *channel)
{
  if (++channel->head == channel->capacity)
    channel->head = 0;
  channel->count--;
}

static void take(struct async_channel *channel, void *item)
{
  memcpy(item, place(channel, 0), channel->item_bytes);
  drop_oldest(channel);
}

static struct sender *first_sender(struct async_channel *channel)
{
  struct async_op *op = asy_queue_shift(&channel->senders);
  return op ? ASYNC_CONTAINER_OF(op, struct sender, op) : NULL;
}

static struct receiver *first_receiver(struct async_channel *channel)
{
  struct async_op *op = asy_queue_shift(&channel->receivers);
  return op ? ASYNC_CONTAINER_OF(op, struct receiver, op) : NULL;
}

int async_channel_try_send(struct async_channel *channel, const void *item)
{
  if (channel->closed)
    return ASYNC_ECLOSED;
  struct receiver *receiver = first_receiver(channel);
  if (receiver) {
    memcpy(receiver->item, item, channel->item_bytes);
    async_op_done(&receiver->op, 0);
    return 0;
  }
  if (channel->count == channel->capacity) {
    if (channel->policy == ASYNC_CHANNEL_WAIT)
      return ASYNC_EAGAIN;
    channel->dropped++;
    if (channel->policy == ASYNC_CHANNEL_DROP_NEW)
      return 0;
    drop_oldest(channel);
  }
  put(channel, item);
  return 0;
}

int async_channel_try_recv(struct async_channel *channel, void *item)
{
  struct sender *sender = first_sender(channel);
  if (channel->count > 0) {
    take(channel, item);
    if (sender)
      put(channel, sender->item);
  } else if (sender) {
    memcpy(item, sender->item, channel->item_bytes);
  } else {
    return channel->closed ? ASYNC_EOF : ASYNC_EAGAIN;
  }
  if (sender)
    async_op_done(&sender->op, 0);
  return 0;
}

int async_channel_send(struct async_channel *channel, const void *item)
{
  int rc = async_checkpoint();
  if (rc == 0)
    rc = async_channel_try_send(channel, item);
  if (rc != ASYNC_EAGAIN)
    return rc;
  struct sender sender = { .item = item };
  return asy_queue_wait(&channel->senders, &sender.op, "channel send",
                        asy_queue_abort);
}

int async_channel_recv(struct async_channel *channel, void *item)
{
  int rc = async_checkpoint();
  if (rc == 0)
    rc = async_channel_try_recv(channel, item);
  if (rc != ASYNC_EAGAIN)
    return rc;
  struct receiver receiver = { .item = item };
  return asy_queue_wait(&channel->receivers, &receiver.op, "channel receive",
                        asy_queue_abort);
}

void async_channel_close(struct async_channel *channel)
{
  channel->closed = true;
  asy_queue_end_all(&channel->receivers, ASYNC_EOF);
  asy_queue_end_all(&channel->senders, ASYNC_ECLOSED);
}
