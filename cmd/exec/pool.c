#include "exec/pool.h"

#include <stdlib.h>
#include <string.h>

#include "async/op.h"

void exec_pool_init(struct exec_pool *pool, size_t limit)
{
  *pool = (struct exec_pool){ .limit = limit };
  async_list_init(&pool->waiting);
}

void exec_pool_done(struct exec_pool *pool)
{
  while (pool->spare) {
    struct exec_chunk *chunk = pool->spare;
    pool->spare = chunk->next;
    free(chunk);
  }
}

bool exec_pool_has_room(const struct exec_pool *pool, bool favoured)
{
  size_t limit = favoured ? pool->limit : pool->limit - pool->limit / 4;
  return pool->used + EXEC_CHUNK_BYTES <= limit;
}

static struct exec_chunk *new_chunk(size_t cap)
{
  struct exec_chunk *chunk = malloc(sizeof(*chunk) + cap);
  if (chunk)
    chunk->cap = cap;
  return chunk;
}

struct exec_chunk *exec_pool_take(struct exec_pool *pool)
{
  struct exec_chunk *chunk = pool->spare;
  if (chunk)
    pool->spare = chunk->next;
  else
    chunk = new_chunk(EXEC_CHUNK_BYTES);
  if (!chunk)
    return NULL;
  chunk->next = NULL;
  chunk->len = 0;
  pool->used += chunk->cap;
  return chunk;
}

void exec_pool_give(struct exec_pool *pool, struct exec_chunk *chunk)
{
  pool->used -= chunk->cap;
  if (chunk->cap == EXEC_CHUNK_BYTES) {
    chunk->next = pool->spare;
    pool->spare = chunk;
  } else {
    free(chunk);
  }
  exec_pool_wake(pool);
}

struct exec_chunk *exec_pool_shrink(struct exec_pool *pool,
                                    struct exec_chunk *chunk)
{
  if (chunk->len > chunk->cap / 2)
    return chunk;
  struct exec_chunk *small = new_chunk(chunk->len);
  if (!small)
    return chunk;
  memcpy(small->bytes, chunk->bytes, chunk->len);
  small->len = chunk->len;
  small->next = chunk->next;
  pool->used += small->cap;
  exec_pool_give(pool, chunk);
  return small;
}

void exec_pool_wake(struct exec_pool *pool)
{
  struct async_list *node;
  while ((node = async_list_shift(&pool->waiting)) != NULL)
    async_op_done(ASYNC_CONTAINER_OF(node, struct async_op, node), 0);
}

static int leave(struct async_op *op)
{
  async_list_remove(&op->node);
  return ASYNC_OP_WITHDRAWN;
}

int exec_pool_wait(struct exec_pool *pool)
{
  struct async_op op;
  async_op_start(&op, "room for output", leave);
  async_list_push(&pool->waiting, &op.node);
  return async_await(&op);
}
