/* The completion file for zsh: one function a command, for _arguments. */
#include <string.h>

#include "async/error.h"
#include "opt/generate.h"

static const char head[] =
    "\n"
    "# zsh completion for asynctool\n"
    "# Generated from the option tables by `asynctool __complete zsh`.\n";

static const char main_head[] = "\n"
                                "_asynctool() {\n"
                                "  local curcontext=$curcontext state line\n"
                                "  local -a commands\n"
                                "  if [[ $service == asynctool-* ]]; then\n"
                                "    _asynctool_${service#asynctool-}\n"
                                "    return\n"
                                "  fi\n"
                                "  commands=(\n";

static const char main_tail[] =
    "    'help:Explain a command'\n"
    "  )\n"
    "  _arguments -C -S : \\\n"
    "    '(- *)'{-h,--help}'[Help]' \\\n"
    "    '(- *)'{-V,--version}'[The version, and those of libraries]' \\\n"
    "    '1: :->command' \\\n"
    "    '*:: :->rest' && return\n"
    "  case $state in\n"
    "  command) _describe -t commands command commands ;;\n"
    "  rest)\n"
    "    case $words[1] in\n"
    "    help) _describe -t commands command commands ;;\n"
    "    *) (( $+functions[_asynctool_$words[1]] )) && "
    "_asynctool_$words[1] ;;\n"
    "    esac\n"
    "    ;;\n"
    "  esac\n"
    "}\n"
    "\n"
    "_asynctool \"$@\"\n";

/* Inside single quotes of the shell, and special to _arguments. */
static void add_text(struct async_buf *out, const char *text)
{
  for (; *text; text++) {
    if (*text == '\'') {
      async_buf_add_str(out, "'\\''");
      continue;
    }
    if (strchr("[]:\\", *text))
      async_buf_add_char(out, '\\');
    async_buf_add_char(out, *text);
  }
}

static void add_metavar(struct async_buf *out, const struct opt_row *row)
{
  struct async_buf metavar = ASYNC_BUF_INIT;
  opt_row_add_metavar(row, &metavar);
  if (async_buf_str(&metavar))
    add_text(out, metavar.data);
  else
    out->err = ASYNC_ENOMEM;
  async_buf_done(&metavar);
}

/* ":N: ", ":WHEN:(auto always never)", ":FILE:_files" */
static void add_action(struct async_buf *out, const struct opt_row *row)
{
  enum opt_follow follow = opt_row_follow(row);
  if (follow == OPT_FOLLOW_NOTHING)
    return;
  async_buf_add_str(out, row->implied ? "::" : ":");
  add_metavar(out, row);
  async_buf_add_char(out, ':');
  if (follow == OPT_FOLLOW_WORDS) {
    async_buf_add_char(out, '(');
    for (const char *const *word = row->words; *word; word++)
      async_buf_printf(out, "%s%s", word == row->words ? "" : " ", *word);
    async_buf_add_char(out, ')');
  } else if (follow == OPT_FOLLOW_TEXT) {
    async_buf_add_char(out, ' ');
  } else {
    async_buf_add_str(out, follow == OPT_FOLLOW_FILE ? "_files" : "_files -/");
  }
}

/* '(-j --jobs)'{-j+,--jobs=}, or '*'{-H+,--header=} if it may be repeated. */
static void add_names(struct async_buf *out, const struct opt_row *row)
{
  bool repeats = row->kind == OPT_KIND_LIST || row->kind == OPT_KIND_TALLY;
  bool value = opt_row_takes_value(row);
  const char *name = row->long_name;
  if (!row->short_name) {
    async_buf_printf(out, "'%s--%s%s", repeats ? "*" : "", name,
                     value ? "=" : "");
    return;
  }
  if (repeats)
    async_buf_add_str(out, "'*'");
  else
    async_buf_printf(out, "'(-%c --%s)'", row->short_name, name);
  async_buf_printf(out, "{-%c%s,--%s%s}'", row->short_name, value ? "+" : "",
                   name, value ? "=" : "");
}

static void add_help(struct async_buf *out, const char *text)
{
  async_buf_add_char(out, '[');
  add_text(out, text);
  async_buf_add_char(out, ']');
}

static void visit(void *ctx, const struct opt_row *row, bool first)
{
  struct async_buf *out = ctx;
  (void)first;
  async_buf_add_str(out, "    ");
  add_names(out, row);
  add_help(out, row->help);
  add_action(out, row);
  async_buf_add_str(out, "' \\\n");
  if (!row->negatable)
    return;
  async_buf_printf(out, "    '--no-%s[Undo --%s]' \\\n", row->long_name,
                   row->long_name);
}

void opt_generate_zsh(struct async_buf *out,
                      const struct command *const *commands)
{
  async_buf_add_str(out, "#compdef asynctool");
  for (const struct command *const *c = commands; *c; c++)
    async_buf_printf(out, " asynctool-%s", (*c)->name);
  async_buf_add_str(out, head);
  for (const struct command *const *c = commands; *c; c++) {
    async_buf_printf(out, "\n_asynctool_%s() {\n  _arguments -s%s : \\\n",
                     (*c)->name, (*c)->stop_at_operand ? " -A '-*'" : " -S");
    opt_visit_command(*c, out, visit, out);
    async_buf_add_str(out, "    '*:entry:_files'\n}\n");
  }
  async_buf_add_str(out, main_head);
  for (const struct command *const *c = commands; *c; c++) {
    async_buf_printf(out, "    '%s:", (*c)->name);
    add_text(out, (*c)->summary);
    async_buf_add_str(out, "'\n");
  }
  async_buf_add_str(out, main_tail);
}
