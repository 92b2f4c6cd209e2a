/* One task probes a level; the others that need it wait. If that task is cut
 * off, one of the others takes over. */
#include "resolve/levels.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "resolve/client.h"

/* The table. */

struct key {
  const unsigned char *name; /* in lower case */
  size_t bytes;
  uint16_t type, klass;
  int resolver;
};

static uint64_t hash_of(const struct key *key)
{
  return async_hash_bytes(key->name, key->bytes,
                          (uint64_t)(uint32_t)key->resolver << 32 |
                              (uint64_t)key->type << 16 | key->klass);
}

static bool is_same(const struct async_hash_node *node, const void *data)
{
  const struct resolve_level *level =
      ASYNC_CONTAINER_OF(node, const struct resolve_level, node);
  const struct key *key = data;
  return level->type == key->type && level->klass == key->klass &&
         level->resolver == key->resolver && level->name_bytes == key->bytes &&
         memcmp(level->name, key->name, key->bytes) == 0;
}

static struct key make_key(unsigned char *lower, const unsigned char *name,
                           size_t bytes, const struct resolve_question *like)
{
  for (size_t i = 0; i < bytes; i++)
    lower[i] = (unsigned char)tolower(name[i]);
  return (struct key){ lower, bytes, like->type, like->klass, like->resolver };
}

static struct resolve_level *find(struct resolve_levels *levels,
                                  const struct key *key)
{
  struct async_hash_node *node =
      async_hash_find(&levels->table, hash_of(key), is_same, key);
  return node ? ASYNC_CONTAINER_OF(node, struct resolve_level, node) : NULL;
}

static void drop(struct resolve_levels *levels, struct resolve_level *level)
{
  async_hash_remove(&levels->table, &level->node);
  async_list_remove(&level->place);
  resolve_marks_done(&level->marks);
  free(level->name);
  free(level);
}

static void make_room(struct resolve_levels *levels)
{
  ASYNC_LIST_EACH (node, &levels->order) {
    struct resolve_level *level =
        ASYNC_CONTAINER_OF(node, struct resolve_level, place);
    if (levels->table.count < levels->most)
      return;
    if (level->users == 0)
      drop(levels, level);
  }
}

static struct resolve_level *add(struct resolve_levels *levels,
                                 const struct key *key)
{
  make_room(levels);
  struct resolve_level *level = calloc(1, sizeof(*level));
  unsigned char *name = malloc(key->bytes);
  if (!level || !name ||
      async_hash_insert(&levels->table, &level->node, hash_of(key)) < 0) {
    free(level);
    free(name);
    return NULL;
  }
  memcpy(name, key->name, key->bytes);
  level->name = name;
  level->name_bytes = (uint8_t)key->bytes;
  level->type = key->type;
  level->klass = key->klass;
  level->resolver = key->resolver;
  async_event_init(&level->changed);
  async_list_push(&levels->order, &level->place);
  return level;
}

void resolve_levels_init(struct resolve_levels *levels,
                         struct resolve_client *client, size_t most)
{
  *levels = (struct resolve_levels){ .client = client,
                                     .table = ASYNC_HASH_INIT,
                                     .most = most };
  async_list_init(&levels->order);
}

void resolve_levels_done(struct resolve_levels *levels)
{
  if (!levels->client) /* there are none */
    return;
  while (!async_list_empty(&levels->order))
    drop(levels,
         ASYNC_CONTAINER_OF(levels->order.next, struct resolve_level, place));
  async_hash_done(&levels->table);
}

/* Levels. */

static int wait_for(struct resolve_level *level, int64_t deadline_ns)
{
  struct async_scope limit;
  async_scope_enter(&limit, deadline_ns ? deadline_ns : ASYNC_NEVER);
  int err = async_event_wait(&level->changed);
  return async_scope_leave(&limit, err);
}

static int find_out(struct resolve_levels *levels, struct resolve_level *level,
                    int64_t deadline_ns)
{
  int err = 0;
  while (err == 0 && level->probing) {
    err = wait_for(level, deadline_ns);
    /* If it cannot be found out, all know; only if its task was cut off has
     * another to begin again. */
    if (err == 0 && !level->probing && level->err != ASYNC_ECANCELED)
      err = level->err;
  }
  if (err < 0 || level->known)
    return err;
  level->probing = true;
  async_event_clear(&level->changed);
  err = level->err = resolve_level_probe(levels, level, deadline_ns);
  level->probing = false;
  async_event_set(&level->changed);
  return err;
}

int resolve_level_get(struct resolve_levels *levels, const unsigned char *name,
                      size_t bytes, const struct resolve_question *like,
                      int64_t deadline_ns, struct resolve_level **out)
{
  unsigned char lower[ASYNC_DNS_NAME_MAX];
  struct key key = make_key(lower, name, bytes, like);
  struct resolve_level *level = find(levels, &key);
  if (!level)
    level = add(levels, &key);
  if (!level)
    return ASYNC_ENOMEM;
  async_list_remove(&level->place);
  async_list_push(&levels->order, &level->place);
  level->users++;
  int err = level->known ? 0 : find_out(levels, level, deadline_ns);
  if (err == 0)
    *out = level;
  else
    resolve_level_leave(level);
  return err;
}

void resolve_level_leave(struct resolve_level *level)
{
  level->users--;
}

bool resolve_level_is_failing(struct resolve_levels *levels,
                              const unsigned char *name, size_t bytes,
                              const struct resolve_question *like)
{
  unsigned char lower[ASYNC_DNS_NAME_MAX];
  struct key key = make_key(lower, name, bytes, like);
  struct resolve_level *level = find(levels, &key);
  return level && level->known && level->kind == RESOLVE_LEVEL_SERVFAIL;
}
