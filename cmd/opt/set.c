/* The rows of one command, and how they are found. */
#include "opt/opt.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"

static const char no_prefix[] = "no-";

static size_t count_rows(const struct opt_table *tables)
{
  size_t count = 0;
  for (const struct opt_table *table = tables; table->rows; table++)
    for (const struct opt_row *row = table->rows; row->long_name; row++)
      count++;
  return count;
}

static const struct opt_change *find_change(const struct opt_change *changes,
                                            const char *name)
{
  for (const struct opt_change *c = changes; c && c->long_name; c++)
    if (strcmp(c->long_name, name) == 0)
      return c;
  return NULL;
}

static void apply_change(struct opt_row *row, const struct opt_change *change)
{
  if (change->short_name)
    row->short_name = change->short_name;
  if (change->initial)
    row->initial = change->initial;
  if (change->help)
    row->help = change->help;
  if (change->more)
    row->more = change->more;
  if (change->check)
    row->check = change->check;
  if (change->accepts)
    row->accepts = change->accepts;
}

static void add_table(struct opt_set *set, const struct opt_table *table)
{
  for (const struct opt_row *row = table->rows; row->long_name; row++) {
    const struct opt_change *change =
        find_change(table->changes, row->long_name);
    if (change && change->omit)
      continue;
    struct opt_row *copy = &set->rows[set->count++];
    *copy = *row;
    copy->offset += table->base;
    if (change)
      apply_change(copy, change);
  }
}

int opt_set_init(struct opt_set *set, const struct opt_table *tables)
{
  *set = (struct opt_set){ .rows = NULL };
  size_t count = count_rows(tables);
  set->rows = calloc(count + 1, sizeof(*set->rows));
  if (!set->rows)
    return ASYNC_ENOMEM;
  for (const struct opt_table *table = tables; table->rows; table++)
    add_table(set, table);
  return 0;
}

void opt_set_done(struct opt_set *set)
{
  free(set->rows);
  *set = (struct opt_set){ .rows = NULL };
}

static const struct opt_row *find_exactly(const struct opt_set *set,
                                          const char *name, size_t len)
{
  for (size_t i = 0; i < set->count; i++) {
    const char *candidate = set->rows[i].long_name;
    if (strlen(candidate) == len && memcmp(candidate, name, len) == 0)
      return &set->rows[i];
  }
  return NULL;
}

const struct opt_row *opt_set_find(const struct opt_set *set, const char *name,
                                   size_t len, bool *on)
{
  size_t prefix_len = sizeof(no_prefix) - 1;
  const struct opt_row *row = find_exactly(set, name, len);
  *on = true;
  if (row || len <= prefix_len || memcmp(name, no_prefix, prefix_len) != 0)
    return row;
  row = find_exactly(set, name + prefix_len, len - prefix_len);
  if (!row || !row->negatable)
    return NULL;
  *on = false;
  return row;
}

const struct opt_row *opt_set_find_short(const struct opt_set *set, char name)
{
  for (size_t i = 0; i < set->count; i++)
    if (set->rows[i].short_name == name)
      return &set->rows[i];
  return NULL;
}

const struct opt_row *opt_set_resolve(const struct opt_set *set,
                                      const struct opt_row *alias,
                                      const char **value)
{
  size_t len = strcspn(alias->alias, "=");
  *value = alias->alias[len] ? alias->alias + len + 1 : NULL;
  return find_exactly(set, alias->alias, len);
}
