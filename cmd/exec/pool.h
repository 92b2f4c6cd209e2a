/* cmd/exec/pool.h: the memory of --buffer-size, in chunks that are used again.
 *
 * The last quarter of it is for the one that is favoured, so that somebody can
 * end and give its memory back. The limit is for those who ask: who has to get
 * on may take more. */
#ifndef EXEC_POOL_H
#define EXEC_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "async/list.h"

enum { EXEC_CHUNK_BYTES = 64 * 1024 };

struct exec_chunk {
  struct exec_chunk *next;
  size_t len, cap;
  char bytes[];
};

struct exec_pool {
  struct exec_chunk *spare;
  size_t used, limit; /* bytes */
  struct async_list waiting;
};

void exec_pool_init(struct exec_pool *pool, size_t limit);
void exec_pool_done(struct exec_pool *pool);

bool exec_pool_has_room(const struct exec_pool *pool, bool favoured);

/* Takes an empty chunk, also beyond the limit. Returns NULL if the system has
 * no memory. */
struct exec_chunk *exec_pool_take(struct exec_pool *pool);
void exec_pool_give(struct exec_pool *pool, struct exec_chunk *chunk);

/* Moves what a chunk holds into a smaller one, if that is worth it. */
struct exec_chunk *exec_pool_shrink(struct exec_pool *pool,
                                    struct exec_chunk *chunk);

/* Those who wait should look again. */
void exec_pool_wake(struct exec_pool *pool);

/* Waits until something has changed. Returns 0 or ASYNC_ECANCELED. */
int exec_pool_wait(struct exec_pool *pool);

#endif
