/* exec_words_world.h: command lines, and the arguments they make of entries. */
#ifndef EXEC_WORDS_WORLD_H
#define EXEC_WORDS_WORLD_H

#include <jansson.h>

#include "async/buf.h"
#include "async/error.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/words.h"
#include "tap.h"

enum { WORLD_WORDS = 16, WORLD_ENTRIES = 8 };

struct world {
  struct exec_opts opts;
  struct exec_words *words;
  struct exec_item item;
  struct job_entry more[WORLD_ENTRIES];
  struct async_buf message;
};

static inline struct world new_world(void)
{
  return (struct world){ .opts = { .max_args = 1, .max_chars = 128 * 1024 } };
}

static inline void drop_world(struct world *world)
{
  exec_words_free(world->words);
  exec_argv_done(&world->item.argv);
  for (size_t i = 0; i < world->item.more_count; i++)
    job_entry_done(&world->more[i]);
  job_item_done(&world->item.item);
  async_buf_done(&world->message);
}

/* Reads a command line: words with "|" between. */
static inline int read_line(struct world *world, const char *line)
{
  char *copy = strdup(line), *words[WORLD_WORDS], *rest = copy, *word;
  size_t count = 0;
  while (*line && (word = strsep(&rest, "|")) != NULL)
    words[count++] = word;
  exec_words_free(world->words);
  world->words = NULL;
  async_buf_clear(&world->message);
  int err = exec_words_new(&world->words, &world->opts, words, count,
                           &world->message);
  free(copy);
  return err;
}

static inline void set_entry(struct world *world, const char *text)
{
  CHECK_INT(job_entry_set_text(&world->item.item.entry, text, strlen(text)), 0);
}

static inline void add_entry(struct world *world, const char *text)
{
  struct job_entry *entry = &world->more[world->item.more_count++];
  CHECK_INT(job_entry_set_text(entry, text, strlen(text)), 0);
  world->item.more = world->more;
}

static inline void set_fields(struct world *world, const char *json)
{
  json_decref(world->item.item.entry.fields);
  world->item.item.entry.fields = json_loads(json, 0, NULL);
  CHECK(world->item.item.entry.fields);
}

/* The arguments as "[a][b]", or "!" and what is wrong. */
static inline const char *shown(struct world *world)
{
  struct async_buf *out = &world->message;
  async_buf_clear(out);
  job_error_clear(&world->item.item.error);
  if (exec_words_fill(world->words, &world->item, &world->item.argv) < 0) {
    async_buf_printf(out, "!%s", job_error_text(&world->item.item.error));
    return async_buf_str(out);
  }
  const struct exec_argv *argv = &world->item.argv;
  size_t bytes = 0;
  for (size_t i = 0; i < argv->count; i++) {
    async_buf_printf(out, "[%s]", argv->items[i]);
    bytes += strlen(argv->items[i]) + 1;
  }
  CHECK(!argv->items[argv->count]);
  CHECK_INT(argv->bytes, bytes);
  return async_buf_str(out);
}

/* What a command line makes of one entry. */
static inline void check_one(const struct exec_opts *opts, const char *line,
                             const char *entry, const char *expected)
{
  struct world world = new_world();
  if (opts)
    world.opts = *opts;
  set_entry(&world, entry);
  CHECK_INT(read_line(&world, line), 0);
  CHECK_STR(shown(&world), expected);
  drop_world(&world);
}

/* A command line that is wrong, and a part of what is said. */
static inline void check_wrong(const struct exec_opts *opts, const char *line,
                               const char *part)
{
  struct world world = new_world();
  if (opts)
    world.opts = *opts;
  CHECK_INT(read_line(&world, line), ASYNC_EINVAL);
  const char *message = async_buf_str(&world.message);
  if (!strstr(message, part))
    CHECK_STR(message, part);
  drop_world(&world);
}

#endif
