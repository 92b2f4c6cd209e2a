/* One task probes a level; the others that need it wait. If that task is cut
 * off, one of the others takes over. */
#include "resolve/levels.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/scope.h"
#include "resolve/client.h"

enum { PROBES = 2, LABEL = 16 };

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

/* Probes. */

/* 80 random bits; nobody has a name of that by accident. */
static size_t write_name(struct resolve_client *client, unsigned char *out,
                         const struct resolve_level *level)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  size_t label = LABEL, room = ASYNC_DNS_NAME_MAX - level->name_bytes;
  if (room < label + 1)
    label = room > 0 ? room - 1 : 0;
  if (label == 0)
    return 0;
  out[0] = (unsigned char)label;
  resolve_random_fill(&client->query.random, out + 1, label);
  for (size_t i = 1; i <= label; i++)
    out[i] = (unsigned char)letters[out[i] % 32];
  memcpy(out + 1 + label, level->name, level->name_bytes);
  return 1 + label + level->name_bytes;
}

static bool has_data(const struct resolve_inquiry *inquiry)
{
  return inquiry->rc == 0 && inquiry->message.rcode == ASYNC_DNS_NOERROR &&
         inquiry->message.held[ASYNC_DNS_ANSWER] > 0;
}

static bool has_rcode(const struct resolve_inquiry *inquiry, unsigned rcode)
{
  return inquiry->rc == 0 && inquiry->message.rcode == rcode;
}

/* Adds a probe's answer to those before. */
static int add_answer(struct resolve_level *level,
                      const struct resolve_inquiry *probe, bool first)
{
  struct resolve_marks marks = RESOLVE_MARKS_INIT;
  int err = resolve_marks_add(&marks, &probe->message, &probe->question);
  if (err == 0 && !first)
    level->varies |= marks.records.len != level->marks.records.len ||
                     !resolve_marks_within(&marks, &level->marks, false);
  if (err == 0)
    err = resolve_marks_add(&level->marks, &probe->message, &probe->question);
  resolve_marks_done(&marks);
  return err;
}

/* A name that does not exist is proof, an answer too; SERVFAIL is it only if
 * nothing else came. */
static int learn(struct resolve_level *level,
                 const struct resolve_inquiry *probes)
{
  bool missing = false, failing = false, answered = false;
  int err = 0;
  for (size_t i = 0; i < PROBES && err == 0; i++) {
    if (has_data(&probes[i])) {
      err = add_answer(level, &probes[i], !answered);
      answered = true;
    }
    missing |= has_rcode(&probes[i], ASYNC_DNS_NXDOMAIN) ||
               has_rcode(&probes[i], ASYNC_DNS_NOERROR);
    failing |= has_rcode(&probes[i], ASYNC_DNS_SERVFAIL);
  }
  if (err < 0)
    return err;
  if (!answered && !missing && !failing)
    return probes[0].rc < 0 ? probes[0].rc : ASYNC_EFAIL;
  level->kind = answered  ? RESOLVE_LEVEL_ANSWERS
                : missing ? RESOLVE_LEVEL_NONE
                          : RESOLVE_LEVEL_SERVFAIL;
  level->known = true;
  return 0;
}

static int probe(struct resolve_levels *levels, struct resolve_level *level,
                 int64_t deadline_ns)
{
  struct resolve_client *client = levels->client;
  unsigned char names[PROBES][ASYNC_DNS_NAME_MAX];
  struct resolve_inquiry probes[PROBES] = { { .rc = 0 } };
  struct resolve_round round = resolve_client_round(client, deadline_ns);
  for (size_t i = 0; i < PROBES; i++) {
    size_t bytes = write_name(client, names[i], level);
    level->known |= bytes == 0; /* no name fits below it, so there is none */
    probes[i].question = (struct resolve_question){
      .name = names[i],
      .name_bytes = (uint8_t)bytes,
      .type = level->type,
      .klass = level->klass,
      .resolver = level->resolver,
      .trusted = true,
    };
  }
  int err = level->known ? 0 : resolve_round_run(&round, probes, PROBES);
  if (err == 0 && !level->known)
    err = learn(level, probes);
  resolve_inquiries_done(probes, PROBES);
  return err;
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
  err = level->err = probe(levels, level, deadline_ns);
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
