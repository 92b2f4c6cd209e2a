/* What the generators share. */
#include "opt/generate.h"

#include <string.h>

void opt_visit_command(const struct command *command, struct async_buf *out,
                       opt_visit_fn *visit, void *ctx)
{
  struct opt_set set;
  int err = opt_set_init(&set, command->tables);
  if (err < 0) {
    out->err = err;
    return;
  }
  opt_set_visit(&set, visit, ctx);
  opt_set_done(&set);
}

enum opt_follow opt_row_follow(const struct opt_row *row)
{
  if (!opt_row_takes_value(row))
    return OPT_FOLLOW_NOTHING;
  if (row->words)
    return OPT_FOLLOW_WORDS;
  if (row->metavar && strstr(row->metavar, "FILE"))
    return OPT_FOLLOW_FILE;
  if (row->metavar && strcmp(row->metavar, "DIR") == 0)
    return OPT_FOLLOW_DIR;
  return OPT_FOLLOW_TEXT;
}

void opt_add_escaped(struct async_buf *out, const char *text,
                     const char *special)
{
  for (; *text; text++) {
    if (strchr(special, *text))
      async_buf_add_char(out, '\\');
    async_buf_add_char(out, *text);
  }
}
