#include "fan/lane_priv.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_LANES = 1024, VERDICTS = 16, EVICT_TRIES = 2, DATA_ALIGN = 16 };

static const int64_t COOLDOWN_NS = 30 * ASYNC_SEC;

void *async_lane_data(struct async_lane *lane)
{
  return lane->data;
}

const char *async_lane_key(const struct async_lane *lane, size_t *len)
{
  *len = lane->key_len;
  return lane->key;
}

uint64_t async_lane_hash(const struct async_lane *lane)
{
  return lane->node.hash;
}

bool async_lane_busy(const struct async_lane *lane)
{
  return lane->taken > 1;
}

void asy_lanes_init(struct asy_lanes *lanes, const struct async_lane_opts *opts,
                    size_t jobs)
{
  *lanes = (struct asy_lanes){ .opts = *opts, .jobs = jobs };
  async_list_init(&lanes->idle);
  if (!lanes->opts.idle_lanes)
    lanes->opts.idle_lanes = IDLE_LANES;
  if (!lanes->opts.breaker_cooldown_ns)
    lanes->opts.breaker_cooldown_ns = COOLDOWN_NS;
}

void asy_lane_free(struct async_lane *lane)
{
  if (!lane)
    return;
  async_timer_clear(&lane->timer);
  if (lane->lanes->opts.data_done && !lane->common)
    lane->lanes->opts.data_done(lane->data);
  free(lane);
}

static void drop(struct async_lane *lane)
{
  struct asy_lanes *lanes = lane->lanes;
  async_hash_remove(&lanes->table, &lane->node);
  async_list_remove(&lane->place_node);
  lanes->idle_count--;
  asy_lane_free(lane);
}

static struct async_lane *idle_lane(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct async_lane, place_node);
}

void asy_lanes_done(struct asy_lanes *lanes)
{
  while (!async_list_empty(&lanes->idle))
    drop(idle_lane(lanes->idle.next));
  async_hash_done(&lanes->table);
}

/* A lane that holds a verdict on its destination is worth remembering, until
 * the verdict is over. */
static bool forgettable(const struct async_lane *lane, int64_t now_ns)
{
  return lane->breaker.open_until_ns <= now_ns &&
         async_bucket_full(&lane->bucket, now_ns);
}

/* Verdicts stay, but not all of them: there may be as many destinations as
 * there are entries. */
static void evict(struct asy_lanes *lanes)
{
  int64_t now_ns = async_now();
  size_t kept = lanes->opts.idle_lanes;
  for (int i = 0; i < EVICT_TRIES && lanes->idle_count > kept; i++) {
    struct async_list *node = lanes->idle.next;
    if (forgettable(idle_lane(node), now_ns) ||
        lanes->idle_count / VERDICTS >= kept) {
      drop(idle_lane(node));
    } else {
      async_list_remove(node);
      async_list_push(&lanes->idle, node);
    }
  }
}

struct key {
  const char *text;
  size_t len;
};

static bool has_key(const struct async_hash_node *node, const void *arg)
{
  const struct key *key = arg;
  const struct async_lane *lane =
      ASYNC_CONTAINER_OF(node, struct async_lane, node);
  return lane->key_len == key->len &&
         memcmp(lane->key, key->text, key->len) == 0;
}

static void set_limits(struct async_lane *lane,
                       const struct async_lane_opts *opts, int64_t now_ns)
{
  unsigned cap =
      (unsigned)(opts->concurrency ? opts->concurrency : lane->lanes->jobs);
  struct async_breaker_opts breaker = {
    .failures = opts->breaker_failures,
    .cooldown_ns = opts->breaker_cooldown_ns,
  };
  async_bucket_init(&lane->bucket, opts->rate_per_s, opts->rate_burst, now_ns);
  async_bucket_tolerate(&lane->bucket, ASY_LANE_LATE_NS);
  async_breaker_init(&lane->breaker, &breaker);
  if (opts->adaptive)
    async_limit_init(&lane->limit, 1, cap, cap, opts->slow_ns);
  if (opts->retry_budget > 0)
    async_budget_init_percent(&lane->budget, opts->retry_budget);
}

static struct async_lane *lane_new(struct asy_lanes *lanes, const char *key,
                                   size_t len, int64_t now_ns)
{
  size_t data_at = sizeof(struct async_lane) + len + 1;
  data_at = (data_at + DATA_ALIGN - 1) & ~(size_t)(DATA_ALIGN - 1);
  struct async_lane *lane = calloc(1, data_at + lanes->opts.data_bytes);
  if (!lane)
    return NULL;
  lane->lanes = lanes;
  lane->data = (char *)lane + data_at;
  lane->common = !key;
  lane->key_len = len;
  if (key)
    memcpy(lane->key, key, len);
  async_list_init(&lane->place_node);
  async_list_init(&lane->queue);
  if (key)
    set_limits(lane, &lanes->opts, now_ns);
  return lane;
}

struct async_lane *asy_lane_get(struct asy_lanes *lanes, const char *key,
                                size_t len, int64_t now_ns)
{
  if (!key)
    return lane_new(lanes, NULL, 0, now_ns);
  struct key wanted = { key, len };
  uint64_t hash = async_hash_bytes(key, len, 0);
  struct async_hash_node *node =
      async_hash_find(&lanes->table, hash, has_key, &wanted);
  struct async_lane *lane;
  if (node) {
    lane = ASYNC_CONTAINER_OF(node, struct async_lane, node);
  } else {
    lane = lane_new(lanes, key, len, now_ns);
    if (!lane)
      return NULL;
    if (async_hash_insert(&lanes->table, &lane->node, hash) < 0) {
      asy_lane_free(lane);
      return NULL;
    }
  }
  if (lane->references++ == 0 && node) {
    async_list_remove(&lane->place_node);
    lanes->idle_count--;
  }
  lane->taken++;
  return lane;
}

void asy_lane_put(struct async_lane *lane)
{
  struct asy_lanes *lanes = lane->lanes;
  if (lane->common || --lane->references > 0)
    return;
  async_list_remove(&lane->place_node);
  async_list_push(&lanes->idle, &lane->place_node);
  lanes->idle_count++;
  if (lanes->idle_count > lanes->opts.idle_lanes)
    evict(lanes);
}

enum asy_lane_answer asy_lane_start(struct async_lane *lane, int64_t now_ns,
                                    int64_t *when_ns)
{
  size_t cap = lane->common ? 0 : lane->lanes->opts.concurrency;
  if ((cap && lane->running >= cap) || !async_limit_allow(&lane->limit))
    return ASY_LANE_FULL;
  *when_ns = async_bucket_peek(&lane->bucket, now_ns);
  if (*when_ns > now_ns)
    return ASY_LANE_LATER;
  if (async_breaker_enter(&lane->breaker, now_ns, when_ns) < 0)
    return ASY_LANE_OPEN;
  async_bucket_reserve(&lane->bucket, 1, now_ns, NULL);
  async_limit_acquire(&lane->limit);
  lane->running++;
  return ASY_LANE_START;
}
