/* async/hash.h (base): a byte-string hash and an intrusive hash table.
 *
 * The table is chained and grows by doubling; nodes sit inside elements and
 * the caller compares keys, so nothing is allocated per element. */
#ifndef ASYNC_HASH_H
#define ASYNC_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 64-bit hash of a byte string; good enough for tables, not for secrets.
 *
 * seed  any number; the same seed gives the same hash on every machine
 */
uint64_t async_hash_bytes(const void *bytes, size_t len, uint64_t seed);

struct async_hash_node {
  struct async_hash_node *next;
  uint64_t hash;
};

struct async_hash {
  struct async_hash_node **buckets;
  size_t bucket_count; /* a power of two, or 0 */
  size_t count;
};

#define ASYNC_HASH_INIT                                                        \
  {                                                                            \
    NULL, 0, 0                                                                 \
  }

/* Whether the element of `node` has the key. */
typedef bool async_hash_equal_fn(const struct async_hash_node *node,
                                 const void *key);

/* Frees the buckets; the nodes are the caller's. Leaves the table empty. */
void async_hash_done(struct async_hash *table);

/* Returns the node with that hash for which `equal` says yes, or NULL. */
struct async_hash_node *async_hash_find(const struct async_hash *table,
                                        uint64_t hash,
                                        async_hash_equal_fn *equal,
                                        const void *key);

/* Adds a node; whether the key is there already is the caller's to know.
 *
 * node  kept until it is removed
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int async_hash_insert(struct async_hash *table, struct async_hash_node *node,
                      uint64_t hash);

/* Removes a node that is in the table. */
void async_hash_remove(struct async_hash *table, struct async_hash_node *node);

#ifdef __cplusplus
}
#endif
#endif
