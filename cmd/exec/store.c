#include "exec/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/task.h"

/* Between two looks at the other tasks. */
enum { CHUNKS_A_STEP = 16 };

void exec_store_init(struct exec_store *store, struct exec_pool *pool)
{
  *store = (struct exec_store){ .pool = pool, .spill = EXEC_SPILL_INIT };
}

bool exec_store_empty(const struct exec_store *store)
{
  return store->spill.bytes == 0 && (!store->first || store->first->len == 0);
}

static void drop_first(struct exec_store *store)
{
  struct exec_chunk *chunk = store->first;
  store->first = chunk->next;
  if (!store->first)
    store->last = NULL;
  store->memory -= chunk->cap;
  exec_pool_give(store->pool, chunk);
}

void exec_store_done(struct exec_store *store)
{
  while (store->first)
    drop_first(store);
  exec_spill_done(&store->spill);
}

static int add_chunk(struct exec_store *store)
{
  struct exec_chunk *chunk = exec_pool_take(store->pool);
  if (!chunk)
    return ASYNC_ENOMEM;
  if (store->last)
    store->last->next = chunk;
  else
    store->first = chunk;
  store->last = chunk;
  store->memory += chunk->cap;
  return 0;
}

static bool may_grow(const struct exec_store *store,
                     enum exec_store_claim claim)
{
  return !store->last || claim == EXEC_STORE_BEYOND ||
         exec_pool_has_room(store->pool, claim == EXEC_STORE_FAVOURED);
}

int exec_store_room(struct exec_store *store, enum exec_store_claim claim,
                    char **room, size_t *len)
{
  if (!store->last || store->last->len == store->last->cap) {
    if (!may_grow(store, claim))
      return ASYNC_EAGAIN;
    int err = add_chunk(store);
    if (err < 0)
      return err;
  }
  *room = store->last->bytes + store->last->len;
  *len = store->last->cap - store->last->len;
  return 0;
}

void exec_store_add(struct exec_store *store, size_t len)
{
  store->last->len += len;
  assert(store->last->len <= store->last->cap);
}

int exec_store_spill(struct exec_store *store, const char *dir)
{
  int err = exec_spill_open(&store->spill, dir);
  for (unsigned i = 1; err == 0 && store->first; i++) {
    struct exec_chunk *chunk = store->first;
    err = exec_spill_add(&store->spill, chunk->bytes, chunk->len);
    if (err < 0)
      break;
    if (chunk == store->last) {
      chunk->len = 0;
      break;
    }
    drop_first(store);
    if (i % CHUNKS_A_STEP == 0)
      async_yield();
  }
  return err;
}

/* Taking. */

static int take_file(struct exec_store *store, exec_store_put *put, void *ctx)
{
  char few[1024], *many = malloc(EXEC_CHUNK_BYTES);
  char *piece = many ? many : few;
  size_t size = many ? EXEC_CHUNK_BYTES : sizeof(few);
  int err = 0;
  for (uint64_t at = store->spill.done; at < store->spill.bytes;) {
    uint64_t left = store->spill.bytes - at;
    ssize_t got = exec_spill_read(&store->spill, piece,
                                  left < size ? (size_t)left : size, at);
    if (got < 0) {
      err = (int)got;
      break;
    }
    put(ctx, piece, (size_t)got);
    at += (uint64_t)got;
  }
  free(many);
  exec_spill_done(&store->spill);
  return err;
}

int exec_store_take(struct exec_store *store, size_t keep, exec_store_put *put,
                    void *ctx)
{
  int err = store->spill.bytes ? take_file(store, put, ctx) : 0;
  while (store->first) {
    struct exec_chunk *chunk = store->first;
    size_t rest = chunk == store->last ? keep : 0;
    assert(rest <= chunk->len);
    size_t len = chunk->len - rest;
    if (len)
      put(ctx, chunk->bytes, len);
    if (rest) {
      memmove(chunk->bytes, chunk->bytes + len, rest);
      chunk->len = rest;
      break;
    }
    drop_first(store);
  }
  return err;
}

/* The last chunk is the one that is not full, or the only one. */
void exec_store_settle(struct exec_store *store)
{
  struct exec_chunk *last = store->last;
  if (!last)
    return;
  if (last == store->first && last->len == 0) {
    drop_first(store);
    return;
  }
  struct exec_chunk *small = exec_pool_shrink(store->pool, last);
  if (small == last)
    return;
  struct exec_chunk **link = &store->first;
  while (*link != last)
    link = &(*link)->next;
  *link = small;
  store->last = small;
  store->memory = store->memory - EXEC_CHUNK_BYTES + small->cap;
}
