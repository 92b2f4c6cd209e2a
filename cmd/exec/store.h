/* cmd/exec/store.h: bytes in the order they came, until they can go out: first
 * those that went into a file, then those in memory. One task at a time. */
#ifndef EXEC_STORE_H
#define EXEC_STORE_H

#include <stdbool.h>

#include "exec/pool.h"
#include "exec/spill.h"

struct exec_store {
  struct exec_pool *pool;
  struct exec_spill spill;
  struct exec_chunk *first, *last;
  size_t memory; /* bytes of chunks */
};

void exec_store_init(struct exec_store *store, struct exec_pool *pool);
void exec_store_done(struct exec_store *store);

bool exec_store_empty(const struct exec_store *store);

/* Who asks for room. */
enum exec_store_claim {
  EXEC_STORE_COMMON,
  EXEC_STORE_FAVOURED, /* the pool's last quarter is for it */
  EXEC_STORE_BEYOND    /* it may have more than the pool's limit */
};

/* Finds room for bytes that come. A store without any memory gets its first
 * chunk in any case, or it could not get on.
 *
 * Returns 0, ASYNC_EAGAIN (the limit is reached), or ASYNC_ENOMEM.
 */
int exec_store_room(struct exec_store *store, enum exec_store_claim claim,
                    char **room, size_t *len);

/* So many bytes have come into the room. */
void exec_store_add(struct exec_store *store, size_t len);

/* Moves what is in memory into a file in `dir`; keeps one chunk, empty.
 * Returns 0 or the system's error: then nothing is lost. May park. */
int exec_store_spill(struct exec_store *store, const char *dir);

/* Where bytes go. May park. */
typedef void exec_store_put(void *ctx, const char *bytes, size_t len);

/* Hands over all but the last `keep` bytes, which came with the last add.
 *
 * Returns 0, or the system's error: the file could not be read.
 */
int exec_store_take(struct exec_store *store, size_t keep, exec_store_put *put,
                    void *ctx);

/* No more will come: takes no more memory than there are bytes. */
void exec_store_settle(struct exec_store *store);

#endif
