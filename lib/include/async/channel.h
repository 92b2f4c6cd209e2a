/* async/channel.h (sync): a bounded queue of items between tasks of one loop.
 *
 * Items are copied. After close, senders fail and receivers drain what is
 * left, then see the end. */
#ifndef ASYNC_CHANNEL_H
#define ASYNC_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/list.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a send does when the channel is full. */
enum async_channel_policy {
  ASYNC_CHANNEL_WAIT = 0, /* waits: back-pressure */
  ASYNC_CHANNEL_DROP_NEW, /* forgets the item, counts it */
  ASYNC_CHANNEL_DROP_OLD  /* forgets the oldest item, counts it */
};

struct async_channel {
  size_t item_bytes, capacity, count, head;
  char *items;
  enum async_channel_policy policy;
  bool closed;
  uint64_t dropped;
  struct async_list senders, receivers;
};

/* A channel for `capacity` items of `item_bytes`; capacity 0 hands each item
 * from sender to receiver (ASYNC_CHANNEL_WAIT only).
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int async_channel_init(struct async_channel *channel, size_t item_bytes,
                       size_t capacity, enum async_channel_policy policy);

/* Frees the items that are left. Nobody may be waiting. */
void async_channel_done(struct async_channel *channel);

/* Sends one item (copied). Returns 0, ASYNC_ECLOSED or ASYNC_ECANCELED. */
int async_channel_send(struct async_channel *channel, const void *item);

/* Receives one item. Returns 0, ASYNC_EOF when closed and empty, or
 * ASYNC_ECANCELED. */
int async_channel_recv(struct async_channel *channel, void *item);

/* The same without waiting: ASYNC_EAGAIN when it would have to. Not
 * checkpoints; usable from callbacks. */
int async_channel_try_send(struct async_channel *channel, const void *item);
int async_channel_try_recv(struct async_channel *channel, void *item);

/* Closes it; a second call does nothing. */
void async_channel_close(struct async_channel *channel);

#ifdef __cplusplus
}
#endif
#endif
