#include "exec/crossing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "command.h"

struct list {
  char *const *items;
  size_t count;
  bool along; /* :::+ */
  size_t at;
};

struct exec_crossing {
  struct list *lists;
  size_t count;
  bool over;
};

/* Reading the operands. */

static int say(struct job_run *run, const char *text)
{
  job_say_error(run->log, "%s", text);
  return COMMAND_USAGE;
}

static int add_list(struct exec_crossing *crossing, char *const *words,
                    size_t count)
{
  struct list *more =
      realloc(crossing->lists, (crossing->count + 1) * sizeof(*more));
  if (!more)
    return ASYNC_ENOMEM;
  crossing->lists = more;
  more[crossing->count++] =
      (struct list){ .items = words + 1,
                     .count = count - 1,
                     .along = strcmp(words[0], ":::+") == 0 };
  return 0;
}

bool exec_crossing_is_mark(const char *word)
{
  return strcmp(word, ":::") == 0 || strcmp(word, ":::+") == 0;
}

static int read_lists(struct exec_crossing *crossing, struct job_run *run)
{
  char *const *words = run->operands;
  size_t left = run->operand_count;
  if (strcmp(words[0], ":::") != 0)
    return say(run, ":::+ needs a ::: before it");
  while (left > 0) {
    size_t count = 1;
    while (count < left && !exec_crossing_is_mark(words[count]))
      count++;
    if (add_list(crossing, words, count) < 0) {
      say(run, async_err_text(ASYNC_ENOMEM));
      return COMMAND_IO;
    }
    if (count == 1)
      crossing->over = true;
    words += count;
    left -= count;
  }
  return COMMAND_OK;
}

int exec_crossing_new(struct exec_crossing **out, struct job_run *run)
{
  struct exec_crossing *crossing = calloc(1, sizeof(*crossing));
  if (!crossing) {
    say(run, async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  int status = read_lists(crossing, run);
  if (status == COMMAND_OK)
    *out = crossing;
  else
    exec_crossing_free(crossing);
  return status;
}

void exec_crossing_free(struct exec_crossing *crossing)
{
  if (crossing)
    free(crossing->lists);
  free(crossing);
}

/* Making entries. */

static const char *value_of(const struct list *list)
{
  return list->items[list->at];
}

/* The columns, named by their numbers; one list alone has none. */
static int set_fields(const struct exec_crossing *crossing,
                      struct job_entry *entry)
{
  char name[24];
  entry->fields = json_object();
  if (!entry->fields)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < crossing->count; i++) {
    const char *value = value_of(&crossing->lists[i]);
    snprintf(name, sizeof(name), "%zu", i + 1);
    json_t *text = json_stringn_nocheck(value, strlen(value));
    if (json_object_set_new(entry->fields, name, text) < 0)
      return ASYNC_ENOMEM;
  }
  return 0;
}

static int set_entry(const struct exec_crossing *crossing,
                     struct job_entry *entry)
{
  struct async_buf text = ASYNC_BUF_INIT;
  for (size_t i = 0; i < crossing->count; i++) {
    if (i > 0)
      async_buf_add_char(&text, ' ');
    async_buf_add_str(&text, value_of(&crossing->lists[i]));
  }
  const char *joined = async_buf_str(&text);
  int err = joined ? job_entry_set_text(entry, joined, text.len) : ASYNC_ENOMEM;
  async_buf_done(&text);
  if (err == 0 && crossing->count > 1)
    err = set_fields(crossing, entry);
  return err;
}

/* Those that go along take a step with the one before them; the shortest of them
 * ends them all. */
static size_t length_of(const struct exec_crossing *crossing, size_t leader)
{
  size_t shortest = crossing->lists[leader].count;
  for (size_t i = leader + 1; i < crossing->count; i++) {
    if (!crossing->lists[i].along)
      break;
    if (crossing->lists[i].count < shortest)
      shortest = crossing->lists[i].count;
  }
  return shortest;
}

static size_t move(struct exec_crossing *crossing, size_t leader, bool back)
{
  size_t i = leader;
  do {
    crossing->lists[i].at = back ? 0 : crossing->lists[i].at + 1;
    i++;
  } while (i < crossing->count && crossing->lists[i].along);
  return crossing->lists[leader].at;
}

static void advance(struct exec_crossing *crossing)
{
  for (size_t leader = crossing->count; leader-- > 0;) {
    if (crossing->lists[leader].along)
      continue;
    if (move(crossing, leader, false) < length_of(crossing, leader))
      return;
    move(crossing, leader, true);
  }
  crossing->over = true;
}

int exec_crossing_next(struct exec_crossing *crossing, struct job_item *item)
{
  if (crossing->over)
    return ASYNC_EOF;
  int err = set_entry(crossing, &item->entry);
  if (err == 0)
    advance(crossing);
  return err;
}
