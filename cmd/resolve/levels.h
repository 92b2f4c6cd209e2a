/* cmd/resolve/levels.h: which names have a wildcard below them, found out once
 * a run by asking for names that nobody can have made. */
#ifndef RESOLVE_LEVELS_H
#define RESOLVE_LEVELS_H

#include "async/event.h"
#include "async/hash.h"
#include "async/list.h"
#include "resolve/inquiry.h"
#include "resolve/marks.h"

struct resolve_client;

enum resolve_level_kind {
  RESOLVE_LEVEL_NONE,    /* no wildcard: the names do not exist */
  RESOLVE_LEVEL_ANSWERS, /* they have records */
  RESOLVE_LEVEL_SERVFAIL /* nobody can tell */
};

/* What names below another one get, for one type. */
struct resolve_level {
  struct async_hash_node node;
  struct async_list place; /* the one that was not used for longest first */
  unsigned char *name;     /* in lower case; owned */
  uint8_t name_bytes;
  uint16_t type, klass;
  int resolver; /* that has to be asked, or ASYNC_DNS_ANY */
  size_t users; /* tasks that look at it */
  bool known, probing;
  int err; /* why it is not known */
  struct async_event changed;

  enum resolve_level_kind kind;
  struct resolve_marks marks; /* of all probes */
  bool varies;                /* they did not get the same */
};

struct resolve_levels {
  struct resolve_client *client;
  struct async_hash table;
  struct async_list order;
  size_t most; /* kept, but for those in use */
};

void resolve_levels_init(struct resolve_levels *levels,
                         struct resolve_client *client, size_t most);
void resolve_levels_done(struct resolve_levels *levels);

/* Finds out, or waits for who does that already.
 *
 * name  the level's, in wire form
 * like  type, class and resolver of the question
 * out   on success given: resolve_level_leave it
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM, or the error of the probes.
 */
int resolve_level_get(struct resolve_levels *levels, const unsigned char *name,
                      size_t bytes, const struct resolve_question *like,
                      int64_t deadline_ns, struct resolve_level **out);
void resolve_level_leave(struct resolve_level *level);

/* What finds out: sets `known` and what follows it. Returns as
 * resolve_level_get. */
int resolve_level_probe(struct resolve_levels *levels,
                        struct resolve_level *level, int64_t deadline_ns);

/* Asks one resolver once more, and adds what it says. Resolvers, and servers
 * behind them, do not all give the same.
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM or the error of the probe.
 */
int resolve_level_widen(struct resolve_levels *levels,
                        struct resolve_level *level, int resolver,
                        int64_t deadline_ns);

/* Whether it is known that names there get SERVFAIL; asks nobody. */
bool resolve_level_is_failing(struct resolve_levels *levels,
                              const unsigned char *name, size_t bytes,
                              const struct resolve_question *like);

#endif
