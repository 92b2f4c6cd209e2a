/* The completion file for bash: two generated tables and a fixed engine. */
#include <string.h>

#include "opt/generate.h"

static const char head[] =
    "# bash completion for asynctool\n"
    "# Generated from the option tables by `asynctool __complete bash`.\n"
    "# shellcheck shell=bash\n";

static const char engine[] =
    "\n"
    "_asynctool()\n"
    "{\n"
    "  local cur prev command follow IFS=$' \\t\\n'\n"
    "  COMPREPLY=()\n"
    "  cur=${COMP_WORDS[COMP_CWORD]}\n"
    "  prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "  # readline takes \"=\" for a word of its own: --color = al\n"
    "  if [[ $cur == \"=\" ]]; then\n"
    "    cur=''\n"
    "  elif [[ $prev == \"=\" ]] && ((COMP_CWORD > 2)); then\n"
    "    prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "  fi\n"
    "  command=${COMP_WORDS[0]##*/}\n"
    "  if [[ $command == asynctool-* ]]; then\n"
    "    command=${command#asynctool-}\n"
    "  elif ((COMP_CWORD > 1)); then\n"
    "    command=${COMP_WORDS[1]}\n"
    "  else\n"
    "    _asynctool_reply \"$_asynctool_commands -h --help -V --version\"\n"
    "    return\n"
    "  fi\n"
    "  if [[ $command == help ]]; then\n"
    "    _asynctool_reply \"$_asynctool_commands\"\n"
    "    return\n"
    "  fi\n"
    "  follow=$(_asynctool_follow \"$command\" \"$prev\")\n"
    "  case $follow in\n"
    "  words*) _asynctool_reply \"${follow#words }\" ;;\n"
    "  file) _asynctool_paths -f ;;\n"
    "  dir) _asynctool_paths -d ;;\n"
    "  text) ;;\n"
    "  *)\n"
    "    if [[ $cur == -* ]]; then\n"
    "      _asynctool_reply \"$(_asynctool_options \"$command\")\"\n"
    "    else\n"
    "      _asynctool_paths -f\n"
    "    fi\n"
    "    ;;\n"
    "  esac\n"
    "}\n"
    "\n"
    "# Offers those of the words that begin with $cur.\n"
    "_asynctool_reply()\n"
    "{\n"
    "  local word\n"
    "  for word in $1; do\n"
    "    [[ $word == \"$cur\"* ]] && COMPREPLY+=(\"$word\")\n"
    "  done\n"
    "}\n"
    "\n"
    "_asynctool_paths()\n"
    "{\n"
    "  local path\n"
    "  compopt -o filenames 2>/dev/null\n"
    "  while IFS= read -r path; do\n"
    "    COMPREPLY+=(\"$path\")\n"
    "  done < <(compgen \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "complete -F _asynctool asynctool";

static void add_options(void *ctx, const struct opt_row *row, bool first)
{
  struct async_buf *out = ctx;
  (void)first;
  if (row->short_name)
    async_buf_printf(out, " -%c", row->short_name);
  async_buf_printf(out, " --%s", row->long_name);
  if (row->negatable)
    async_buf_printf(out, " --no-%s", row->long_name);
}

static void add_follow(struct async_buf *out, const struct opt_row *row)
{
  static const char *const names[] = {
    [OPT_FOLLOW_TEXT] = "text",
    [OPT_FOLLOW_WORDS] = "words",
    [OPT_FOLLOW_FILE] = "file",
    [OPT_FOLLOW_DIR] = "dir",
  };
  enum opt_follow follow = opt_row_follow(row);
  async_buf_printf(out, "echo '%s", names[follow]);
  if (follow == OPT_FOLLOW_WORDS)
    for (const char *const *word = row->words; *word; word++)
      async_buf_printf(out, " %s", *word);
  async_buf_add_char(out, '\'');
}

struct follow_table {
  struct async_buf *out;
  const char *command;
};

static void add_case(void *ctx, const struct opt_row *row, bool first)
{
  const struct follow_table *table = ctx;
  (void)first;
  if (opt_row_follow(row) == OPT_FOLLOW_NOTHING)
    return;
  async_buf_add_str(table->out, "  ");
  if (row->short_name)
    async_buf_printf(table->out, "%s-%c | ", table->command, row->short_name);
  async_buf_printf(table->out, "%s--%s) ", table->command, row->long_name);
  add_follow(table->out, row);
  async_buf_add_str(table->out, " ;;\n");
}

static void add_commands(struct async_buf *out,
                         const struct command *const *commands)
{
  async_buf_add_str(out, "\n_asynctool_commands='");
  for (const struct command *const *c = commands; *c; c++)
    async_buf_printf(out, "%s ", (*c)->name);
  async_buf_add_str(out, "help'\n");
}

static void add_options_table(struct async_buf *out,
                              const struct command *const *commands)
{
  async_buf_add_str(out, "\n# The options of a command.\n"
                         "_asynctool_options()\n{\n  case $1 in\n");
  for (const struct command *const *c = commands; *c; c++) {
    async_buf_printf(out, "  %s)\n    echo '", (*c)->name);
    opt_visit_command(*c, out, add_options, out);
    async_buf_add_str(out, "'\n    ;;\n");
  }
  async_buf_add_str(out, "  esac\n}\n");
}

static void add_follow_table(struct async_buf *out,
                             const struct command *const *commands)
{
  async_buf_add_str(out,
                    "\n# What stands behind an option; nothing if it takes no "
                    "value.\n_asynctool_follow()\n{\n  case $1$2 in\n");
  for (const struct command *const *c = commands; *c; c++) {
    struct follow_table table = { out, (*c)->name };
    opt_visit_command(*c, out, add_case, &table);
  }
  async_buf_add_str(out, "  esac\n}\n");
}

void opt_generate_bash(struct async_buf *out,
                       const struct command *const *commands)
{
  async_buf_add_str(out, head);
  add_commands(out, commands);
  add_options_table(out, commands);
  add_follow_table(out, commands);
  async_buf_add_str(out, engine);
  for (const struct command *const *c = commands; *c; c++)
    async_buf_printf(out, " asynctool-%s", (*c)->name);
  async_buf_add_char(out, '\n');
}
