/* The completion file for fish: one line an option. */
#include <string.h>

#include "opt/generate.h"

static const char head[] =
    "# fish completion for asynctool\n"
    "# Generated from the option tables by `asynctool __complete fish`.\n"
    "\n"
    "complete -c asynctool -n __fish_use_subcommand -f\n"
    "complete -c asynctool -n __fish_use_subcommand -s h -l help -d Help\n"
    "complete -c asynctool -n __fish_use_subcommand -s V -l version \\\n"
    "    -d 'The version, and those of libraries'\n"
    "complete -c asynctool -n __fish_use_subcommand -a help \\\n"
    "    -d 'Explain a command'\n";

static void add_quoted(struct async_buf *out, const char *text)
{
  async_buf_add_char(out, '\'');
  opt_add_escaped(out, text, "'\\");
  async_buf_add_char(out, '\'');
}

static void add_follow(struct async_buf *out, const struct opt_row *row)
{
  switch (opt_row_follow(row)) {
  case OPT_FOLLOW_NOTHING:
    break;
  case OPT_FOLLOW_TEXT:
    async_buf_add_str(out, " -x");
    break;
  case OPT_FOLLOW_WORDS:
    async_buf_add_str(out, " -xa '");
    for (const char *const *word = row->words; *word; word++)
      async_buf_printf(out, "%s%s", word == row->words ? "" : " ", *word);
    async_buf_add_char(out, '\'');
    break;
  case OPT_FOLLOW_FILE:
    async_buf_add_str(out, " -rF");
    break;
  case OPT_FOLLOW_DIR:
    async_buf_add_str(out, " -xa '(__fish_complete_directories)'");
    break;
  }
}

struct lines {
  struct async_buf *out;
  const char *command;
  bool standalone; /* for asynctool-NAME, which has no subcommands */
};

static void begin_line(const struct lines *lines)
{
  if (lines->standalone)
    async_buf_printf(lines->out, "complete -c asynctool-%s", lines->command);
  else
    async_buf_printf(lines->out,
                     "complete -c asynctool "
                     "-n '__fish_seen_subcommand_from %s'",
                     lines->command);
}

static void visit(void *ctx, const struct opt_row *row, bool first)
{
  const struct lines *lines = ctx;
  (void)first;
  begin_line(lines);
  if (row->short_name)
    async_buf_printf(lines->out, " -s %c", row->short_name);
  async_buf_printf(lines->out, " -l %s", row->long_name);
  add_follow(lines->out, row);
  async_buf_add_str(lines->out, " -d ");
  add_quoted(lines->out, row->help);
  async_buf_add_char(lines->out, '\n');
  if (!row->negatable)
    return;
  begin_line(lines);
  async_buf_printf(lines->out, " -l no-%s -d 'Undo --%s'\n", row->long_name,
                   row->long_name);
}

static void add_command(struct async_buf *out, const struct command *command)
{
  struct lines lines = { out, command->name, false };
  async_buf_printf(out,
                   "\ncomplete -c asynctool -n __fish_use_subcommand -a %s -d ",
                   command->name);
  add_quoted(out, command->summary);
  async_buf_printf(out,
                   "\ncomplete -c asynctool "
                   "-n '__fish_seen_subcommand_from help' -xa %s\n",
                   command->name);
  opt_visit_command(command, out, visit, &lines);
  lines.standalone = true;
  opt_visit_command(command, out, visit, &lines);
}

void opt_generate_fish(struct async_buf *out,
                       const struct command *const *commands)
{
  async_buf_add_str(out, head);
  for (const struct command *const *c = commands; *c; c++)
    add_command(out, *c);
}
