#include "async/hash.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"

enum { FEWEST_BUCKETS = 16 };

/* Folds the 128-bit product, the mixing step of wyhash (Wang Yi, public
 * domain). */
static uint64_t mix(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
  uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  uint64_t middle = a1 * b0 + (a0 * b0 >> 32), cross = a0 * b1;
  uint64_t carry = ((uint64_t)(uint32_t)middle + (uint32_t)cross) >> 32;
  uint64_t high = a1 * b1 + (middle >> 32) + (cross >> 32) + carry;
  return a * b ^ high;
#endif
}

/* Up to eight bytes as a little-endian number, so that a hash is the same on
 * every machine. */
static uint64_t load(const unsigned char *p, size_t len)
{
  uint64_t word = 0;
  memcpy(&word, p, len);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

uint64_t async_hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
  static const uint64_t k0 = 0xa0761d6478bd642f, k1 = 0xe7037ed1a0b428db;
  const unsigned char *p = bytes;
  uint64_t hash = seed ^ k0 ^ len;
  for (; len > 8; len -= 8, p += 8)
    hash = mix(hash ^ load(p, 8), k1);
  hash = mix(hash ^ (len ? load(p, len) : 0), k1 ^ len);
  return mix(hash, k0);
}

void async_hash_done(struct async_hash *table)
{
  free(table->buckets);
  *table = (struct async_hash)ASYNC_HASH_INIT;
}

struct async_hash_node *async_hash_find(const struct async_hash *table,
                                        uint64_t hash,
                                        async_hash_equal_fn *equal,
                                        const void *key)
{
  if (!table->bucket_count)
    return NULL;
  struct async_hash_node *node =
      table->buckets[hash & (table->bucket_count - 1)];
  while (node && !(node->hash == hash && equal(node, key)))
    node = node->next;
  return node;
}

static int grow(struct async_hash *table)
{
  size_t count = table->bucket_count ? table->bucket_count * 2 : FEWEST_BUCKETS;
  struct async_hash_node **buckets =
      calloc(count, sizeof(struct async_hash_node *));
  if (!buckets)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < table->bucket_count; i++) {
    struct async_hash_node *node = table->buckets[i];
    while (node) {
      struct async_hash_node *next = node->next;
      node->next = buckets[node->hash & (count - 1)];
      buckets[node->hash & (count - 1)] = node;
      node = next;
    }
  }
  free(table->buckets);
  table->buckets = buckets;
  table->bucket_count = count;
  return 0;
}

int async_hash_insert(struct async_hash *table, struct async_hash_node *node,
                      uint64_t hash)
{
  if (table->count >= table->bucket_count) {
    int err = grow(table);
    if (err < 0)
      return err;
  }
  node->hash = hash;
  node->next = table->buckets[hash & (table->bucket_count - 1)];
  table->buckets[hash & (table->bucket_count - 1)] = node;
  table->count++;
  return 0;
}

void async_hash_remove(struct async_hash *table, struct async_hash_node *node)
{
  struct async_hash_node **at =
      &table->buckets[node->hash & (table->bucket_count - 1)];
  while (*at != node)
    at = &(*at)->next;
  *at = node->next;
  table->count--;
}
