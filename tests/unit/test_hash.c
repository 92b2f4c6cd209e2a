#include "async/hash.h"

#include "async/list.h"
#include "async/rng.h"
#include "tap.h"

enum { MEMBERS = 20000 };

struct item {
  struct async_hash_node node;
  char key[32];
  bool in;
};

static struct item items[MEMBERS];

static uint64_t hash_of(const char *key)
{
  return async_hash_bytes(key, strlen(key), 1);
}

static bool has_key(const struct async_hash_node *node, const void *key)
{
  const char *own = (const char *)node + offsetof(struct item, key);
  return strcmp(own, key) == 0;
}

/* Everything is equal, so that only the stored hash tells nodes apart. */
static bool always(const struct async_hash_node *node, const void *key)
{
  return node && !key;
}

static struct item *find(const struct async_hash *table, const char *key)
{
  struct async_hash_node *node =
      async_hash_find(table, hash_of(key), has_key, key);
  return node ? ASYNC_CONTAINER_OF(node, struct item, node) : NULL;
}

static void an_empty_table_finds_nothing(void)
{
  struct async_hash table = ASYNC_HASH_INIT;
  CHECK(!find(&table, "x"));
  async_hash_done(&table);
}

static void it_agrees_with_a_plain_array(void)
{
  struct async_hash table = ASYNC_HASH_INIT;
  struct async_rng rng;
  size_t in = 0;
  async_rng_init(&rng, 6);
  for (int i = 0; i < MEMBERS; i++)
    snprintf(items[i].key, sizeof(items[i].key), "host-%d.example", i);
  for (int step = 0; step < 4 * MEMBERS; step++) {
    struct item *item = &items[async_rng_below(&rng, MEMBERS)];
    CHECK(find(&table, item->key) == (item->in ? item : NULL));
    if (item->in)
      async_hash_remove(&table, &item->node);
    else
      CHECK_INT(async_hash_insert(&table, &item->node, hash_of(item->key)), 0);
    in += item->in ? -(size_t)1 : 1;
    item->in = !item->in;
    CHECK_INT(table.count, in);
  }
  async_hash_done(&table);
  CHECK(!table.buckets && !table.count && !table.bucket_count);
}

static void nodes_of_one_bucket_are_told_apart(void)
{
  struct async_hash table = ASYNC_HASH_INIT;
  static struct async_hash_node nodes[20];
  for (uint64_t i = 0; i < 20; i++)
    CHECK_INT(async_hash_insert(&table, &nodes[i], i << 32), 0);
  for (uint64_t i = 0; i < 20; i++)
    CHECK(async_hash_find(&table, i << 32, always, NULL) == &nodes[i]);
  for (uint64_t i = 0; i < 20; i += 2)
    async_hash_remove(&table, &nodes[i]);
  for (uint64_t i = 0; i < 20; i++)
    CHECK(async_hash_find(&table, i << 32, always, NULL) ==
          (i % 2 ? &nodes[i] : NULL));
  async_hash_done(&table);
}

/* Lists are cut into shards by it, on different machines. */
static void hashes_are_the_same_for_ever(void)
{
  CHECK(async_hash_bytes("", 0, 0) == 0x34d2fe82daccaea6);
  CHECK(async_hash_bytes("a", 1, 0) == 0x05739ac98ccc83aa);
  CHECK(async_hash_bytes("example.com", 11, 0) == 0xf20dde003cd8bb66);
  CHECK(async_hash_bytes("example.com", 11, 1) == 0xd4f96c2dff724417);
  CHECK(async_hash_bytes("0123456789abcdef", 16, 7) == 0xe535e221705a6c8e);
}

static void every_byte_and_the_length_count(void)
{
  unsigned char bytes[40] = { 0 };
  uint64_t seen[400];
  size_t count = 0;
  for (size_t len = 0; len <= sizeof(bytes); len++) {
    seen[count++] = async_hash_bytes(bytes, len, 0);
    for (size_t i = 0; i < len && len % 8 < 2; i++) {
      bytes[i] = 1;
      seen[count++] = async_hash_bytes(bytes, len, 0);
      bytes[i] = 0;
    }
  }
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < i; k++)
      CHECK(seen[i] != seen[k]);
}

/* Chi-squared with 255 degrees of freedom: 330 is one in a thousand. */
static void check_spread(unsigned shift)
{
  unsigned counts[256] = { 0 };
  double sum = 0, expected = MEMBERS / 256.0;
  for (int i = 0; i < MEMBERS; i++) {
    char key[32];
    snprintf(key, sizeof(key), "http://h/%d", i);
    counts[hash_of(key) >> shift & 255]++;
  }
  for (int i = 0; i < 256; i++)
    sum += (counts[i] - expected) * (counts[i] - expected) / expected;
  CHECK(sum < 330);
}

static void similar_keys_spread_evenly_over_all_bits(void)
{
  for (unsigned shift = 0; shift <= 56; shift += 8)
    check_spread(shift);
}

static const struct tap_test tests[] = {
  TEST(an_empty_table_finds_nothing),
  TEST(it_agrees_with_a_plain_array),
  TEST(nodes_of_one_bucket_are_told_apart),
  TEST(hashes_are_the_same_for_ever),
  TEST(every_byte_and_the_length_count),
  TEST(similar_keys_spread_evenly_over_all_bits),
};

TAP_MAIN(tests)
