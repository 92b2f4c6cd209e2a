/* The table looks at itself: our own mistakes, found before users do. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "opt/opt.h"
#include "opt/value.h"

/* So that -h keeps to one line an option. */
enum { HELP_MAX = 48 };

struct checker {
  const struct opt_set *set;
  struct async_buf *message;
  void *scratch; /* an options struct */
  bool found;
};

static void mistake(struct checker *c, const struct opt_row *row,
                    const char *what)
{
  async_buf_printf(c->message, "--%s: %s\n", row->long_name, what);
  c->found = true;
}

static void check_names(struct checker *c, const struct opt_row *row)
{
  bool on;
  for (const struct opt_row *r = c->set->rows; r < row; r++) {
    if (strcmp(r->long_name, row->long_name) == 0)
      mistake(c, row, "the name is given twice");
    if (r->short_name && r->short_name == row->short_name)
      mistake(c, row, "the letter is given twice");
  }
  const struct opt_row *found =
      opt_set_find(c->set, row->long_name, strlen(row->long_name), &on);
  if (found && !on)
    mistake(c, row, "the name is another one's negation");
  if (row->negatable && strncmp(row->long_name, "no-", 3) == 0)
    mistake(c, row, "negatable, and begins with no-");
}

static void check_texts(struct checker *c, const struct opt_row *row)
{
  struct async_buf metavar = ASYNC_BUF_INIT;
  opt_row_add_metavar(row, &metavar);
  if (opt_row_takes_value(row) != (metavar.len > 0))
    mistake(c, row, "metavar and kind do not agree");
  async_buf_done(&metavar);
  if (!row->help || !row->group)
    mistake(c, row, "help or group is missing");
  else if (strlen(row->help) > HELP_MAX)
    mistake(c, row, "help is too long for a line");
  else if (row->help[strlen(row->help) - 1] == '.')
    mistake(c, row, "help ends in a full stop");
  if (row->more && row->more[strlen(row->more) - 1] != '.')
    mistake(c, row, "more does not end in a full stop");
}

static void check_kind(struct checker *c, const struct opt_row *row)
{
  if (row->kind == OPT_KIND_CHOICE && (!row->words || !row->words[0]))
    mistake(c, row, "a choice without words");
  if (row->kind == OPT_KIND_CALL && !row->parse)
    mistake(c, row, "a call without a reader");
  if ((row->parse || row->check) && !row->accepts)
    mistake(c, row, "accepts is missing");
  if (row->negatable && row->kind != OPT_KIND_FLAG)
    mistake(c, row, "negatable, and not a flag");
  if (row->implied && !opt_row_takes_value(row))
    mistake(c, row, "implied, and takes no value");
}

static bool is_good(struct checker *c, const struct opt_row *row,
                    const char *value)
{
  return !value || opt_value_set(row, value, c->scratch) == 0;
}

static void check_alias(struct checker *c, const struct opt_row *row)
{
  const char *value;
  const struct opt_row *target = opt_set_resolve(c->set, row, &value);
  if (!target || target->kind == OPT_KIND_ALIAS ||
      target->kind == OPT_KIND_ACTION || !value)
    mistake(c, row, "an alias for nothing");
  else if (!is_good(c, target, value))
    mistake(c, row, "an alias for a bad value");
}

static void check_row(struct checker *c, const struct opt_row *row)
{
  check_names(c, row);
  check_texts(c, row);
  check_kind(c, row);
  if (row->kind == OPT_KIND_ALIAS)
    check_alias(c, row);
  if (row->kind == OPT_KIND_ALIAS || row->kind == OPT_KIND_ACTION)
    return;
  if (!is_good(c, row, row->initial))
    mistake(c, row, "the initial value does not parse");
  if (!is_good(c, row, row->implied))
    mistake(c, row, "the implied value does not parse");
}

int opt_set_check(const struct opt_set *set, size_t opts_bytes,
                  struct async_buf *message)
{
  struct checker c = { .set = set, .message = message };
  c.scratch = calloc(1, opts_bytes ? opts_bytes : 1);
  if (!c.scratch)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < set->count; i++)
    check_row(&c, &set->rows[i]);
  opt_values_done(set, c.scratch);
  free(c.scratch);
  return c.found ? ASYNC_EINVAL : 0;
}
