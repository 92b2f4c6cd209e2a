#include "exec/script.h"

#include <string.h>

#include "async/error.h"
#include "exec/options.h"
#include "exec/shell.h"

struct reader {
  struct exec_script *script;
  struct exec_marks marks;
  struct exec_shell shell;
  struct async_buf *message;
};

/* Refusing. */

static const struct {
  const char *where, *fix;
} places[] = {
  [EXEC_PLACE_BACKQUOTES] = { "in `...`", "write $(...) for that" },
  [EXEC_PLACE_EXPANSION] = { "in ${...}",
                             "give its value to a variable before" },
  [EXEC_PLACE_ARITHMETIC] = { "in ((...))",
                              "a value could be an expression that runs code; "
                              "give it to a variable, and check it, before" },
  [EXEC_PLACE_DOCUMENT] = { "in a here-document",
                            "give its value to a variable before" },
  [EXEC_PLACE_DEEP] = { "nested too deeply",
                        "give its value to a variable before" },
};

/* What is quoted can be put together, of quoted and unquoted parts. */
static void explain_quotes(const struct reader *reader,
                           const struct exec_piece *piece, size_t len)
{
  struct async_buf *out = reader->message;
  const char *at = reader->shell.at;
  char mark = reader->shell.quote ? '\'' : '"';
  async_buf_printf(out,
                   "end them before it and begin them again behind it, as in "
                   "%ca %c%.*s%c b%c",
                   mark, mark, (int)len, at, mark, mark);
  if (piece->kind == EXEC_PIECE_ENTRY && piece->part == EXEC_PART_ALL &&
      mark == '"')
    async_buf_add_str(out, ", or write $1");
  if (piece->kind == EXEC_PIECE_FIELD)
    async_buf_printf(out, "; for these letters write {%.*s", (int)len, at);
}

static int refuse(const struct reader *reader, const struct exec_piece *piece,
                  size_t len)
{
  const struct exec_shell *shell = &reader->shell;
  enum exec_place place = exec_shell_place(shell);
  struct async_buf *out = reader->message;
  bool quoted = place == EXEC_PLACE_QUOTES;
  async_buf_printf(out, "%.*s is %s, at byte %zu of the script: ", (int)len,
                   shell->at,
                   quoted ? "between quotation marks" : places[place].where,
                   (size_t)(shell->at - shell->text) + 1);
  if (quoted)
    explain_quotes(reader, piece, len);
  else
    async_buf_add_str(out, places[place].fix);
  return out->err ? out->err : ASYNC_EINVAL;
}

/* Placeholders. */

static bool is_same(const struct exec_piece *a, const struct exec_piece *b)
{
  return a->kind == b->kind && a->part == b->part && a->number == b->number &&
         a->len == b->len && (a->len == 0 || !memcmp(a->text, b->text, a->len));
}

/* The number of a placeholder's parameter, from 1. */
static int find_parameter(struct exec_pieces *parameters,
                          const struct exec_piece *piece, size_t *out)
{
  for (size_t i = 0; i < parameters->count; i++) {
    if (is_same(&parameters->items[i], piece)) {
      *out = i + 1;
      return 0;
    }
  }
  int err = exec_pieces_add(parameters, piece);
  *out = parameters->count;
  return err;
}

/* With several entries the parameters are these, so the others have no numbers;
 * what is the same for all is in the environment. */
static int add_of_several(struct reader *reader, const struct exec_piece *piece,
                          size_t len)
{
  struct async_buf *out = &reader->script->text;
  if (piece->kind == EXEC_PIECE_ENTRY && piece->part == EXEC_PART_ALL)
    async_buf_add_str(out, "\"$@\"");
  else if (piece->kind == EXEC_PIECE_NUMBER)
    async_buf_add_str(out, "\"$ASYNCTOOL_SEQ\"");
  else if (piece->kind == EXEC_PIECE_SLOT)
    async_buf_add_str(out, "\"$ASYNCTOOL_SLOT\"");
  else if (piece->kind == EXEC_PIECE_TRY)
    async_buf_add_str(out, "\"$ASYNCTOOL_TRY\"");
  else if (piece->kind == EXEC_PIECE_NTH && piece->part == EXEC_PART_ALL)
    async_buf_printf(out, "\"${%zu}\"", piece->number);
  else {
    async_buf_printf(reader->message,
                     "%.*s does not go with several entries (--max-args, "
                     "--fill) in a script; they are $1, $2 and so on",
                     (int)len, reader->shell.at);
    return ASYNC_EINVAL;
  }
  return 0;
}

static int add_placeholder(struct reader *reader,
                           const struct exec_piece *piece, size_t len)
{
  size_t number;
  if (exec_shell_place(&reader->shell) != EXEC_PLACE_CODE)
    return refuse(reader, piece, len);
  if (reader->marks.several)
    return add_of_several(reader, piece, len);
  int err = find_parameter(&reader->script->parameters, piece, &number);
  async_buf_printf(&reader->script->text, "\"${%zu}\"", number);
  return err;
}

/* Reading. */

static void copy(struct reader *reader, const char *end)
{
  const char *start = reader->shell.at;
  while (reader->shell.at < end && *reader->shell.at)
    exec_shell_step(&reader->shell);
  async_buf_add(&reader->script->text, start,
                (size_t)(reader->shell.at - start));
}

/* In a comment nothing is special; $STR is a variable even with -I STR. */
static size_t read_piece(const struct reader *reader, struct exec_piece *piece)
{
  const struct exec_shell *shell = &reader->shell;
  if (exec_shell_place(shell) == EXEC_PLACE_COMMENT ||
      (shell->at > shell->text && shell->at[-1] == '$'))
    return 0;
  return exec_piece_read(piece, shell->at, &reader->marks);
}

static int read_one(struct reader *reader)
{
  struct exec_piece piece = { .kind = EXEC_PIECE_TEXT };
  struct exec_shell *shell = &reader->shell;
  size_t len = read_piece(reader, &piece);
  int err = 0;
  if (len > 0 && piece.kind != EXEC_PIECE_TEXT) {
    err = add_placeholder(reader, &piece, len);
    shell->at += len;
  } else if (len == 0 || len == piece.len) {
    copy(reader, shell->at + (len ? len : 1));
  } else {
    async_buf_add(&reader->script->text, piece.text, piece.len);
    shell->at += len;
  }
  return err;
}

int exec_script_read(struct exec_script *script, const struct exec_opts *opts,
                     const char *text, struct async_buf *message)
{
  static const struct exec_piece entry = { .kind = EXEC_PIECE_ENTRY };
  struct reader reader = {
    .script = script,
    .marks = { .replace = opts->replace,
               .braces = !opts->replace,
               .several = opts->max_args > 1 || opts->fill },
    .shell = { .text = text, .at = text },
    .message = message,
  };
  int err = exec_pieces_add(&script->parameters, &entry);
  while (*reader.shell.at && err == 0)
    err = read_one(&reader);
  return err < 0 ? err : script->text.err;
}

void exec_script_done(struct exec_script *script)
{
  async_buf_done(&script->text);
  exec_pieces_done(&script->parameters);
}
