#include "exec/script.h"

#include <string.h>

#include "async/error.h"
#include "exec/options.h"

/* Where in a script we are. Only as much of a shell's grammar as it takes to
 * know whether a word could be quoted here. */
enum place {
  PLACE_CODE,
  PLACE_SINGLE, /* '...' */
  PLACE_DOUBLE, /* "..." */
  PLACE_COMMENT
};

struct reader {
  struct exec_script *script;
  const struct exec_opts *opts;
  const char *text, *at;
  enum place place;
  bool has_document; /* "<<" was seen, and a line ended after it */
  bool document_follows;
  struct async_buf *message;
};

static int refuse(struct reader *reader, size_t len, const char *where,
                  const char *fix)
{
  async_buf_printf(reader->message, "%.*s is %s, at byte %zu of the script: %s",
                   (int)len, reader->at, where,
                   (size_t)(reader->at - reader->text) + 1, fix);
  return ASYNC_EINVAL;
}

static bool is_same(const struct exec_piece *a, const struct exec_piece *b)
{
  return a->kind == b->kind && a->column == b->column && a->len == b->len &&
         (a->len == 0 || memcmp(a->text, b->text, a->len) == 0);
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

/* With several entries each is a parameter, so the others have no numbers; what
 * is the same for all is in the environment. */
static int add_for_many(struct reader *reader, const struct exec_piece *piece,
                        size_t len)
{
  struct async_buf *out = &reader->script->text;
  switch (piece->kind) {
  case EXEC_PIECE_ENTRY:
    async_buf_add_str(out, "\"$@\"");
    return 0;
  case EXEC_PIECE_NUMBER:
    async_buf_add_str(out, "\"$ASYNCTOOL_SEQ\"");
    return 0;
  case EXEC_PIECE_SLOT:
    async_buf_add_str(out, "\"$ASYNCTOOL_SLOT\"");
    return 0;
  case EXEC_PIECE_TRY:
    async_buf_add_str(out, "\"$ASYNCTOOL_TRY\"");
    return 0;
  default:
    return refuse(reader, len, "one value of several",
                  "with -n and -X only {}, {#}, {%} and {try} can be used");
  }
}

static bool takes_many(const struct exec_opts *opts)
{
  return opts->max_args > 1 || opts->fill;
}

static int add_placeholder(struct reader *reader,
                           const struct exec_piece *piece, size_t len)
{
  size_t number;
  if (reader->place == PLACE_SINGLE || reader->place == PLACE_DOUBLE)
    return refuse(reader, len, "between quotation marks",
                  "end them before it and begin them again behind it, as in "
                  "\"a \"{}\" b\", or use $1 in its place");
  if (reader->has_document)
    return refuse(reader, len, "behind the beginning of a here-document",
                  "use $1 in its place");
  if (takes_many(reader->opts))
    return add_for_many(reader, piece, len);
  int err = find_parameter(&reader->script->parameters, piece, &number);
  async_buf_printf(&reader->script->text, "\"${%zu}\"", number);
  return err;
}

/* Goes over one character, or two of which the first is a backslash. */
static size_t step(struct reader *reader)
{
  const char *at = reader->at;
  switch (reader->place) {
  case PLACE_SINGLE:
    if (*at == '\'')
      reader->place = PLACE_CODE;
    return 1;
  case PLACE_DOUBLE:
    if (*at == '"')
      reader->place = PLACE_CODE;
    return *at == '\\' && at[1] ? 2 : 1;
  case PLACE_COMMENT:
    if (*at == '\n')
      reader->place = PLACE_CODE;
    return 1;
  case PLACE_CODE:
    break;
  }
  if (*at == '\'')
    reader->place = PLACE_SINGLE;
  else if (*at == '"')
    reader->place = PLACE_DOUBLE;
  else if (*at == '#' && (at == reader->text || strchr(" \t\n;&|(", at[-1])))
    reader->place = PLACE_COMMENT;
  else if (strncmp(at, "<<", 2) == 0 && at[2] != '<')
    reader->document_follows = true;
  else if (strncmp(at, "<<<", 3) == 0)
    return 3;
  else if (*at == '\n' && reader->document_follows)
    reader->has_document = true;
  return *at == '\\' && at[1] ? 2 : strncmp(at, "<<", 2) == 0 ? 2 : 1;
}

static int read_all(struct reader *reader)
{
  int err = 0;
  while (*reader->at && err == 0) {
    struct exec_piece piece;
    size_t len = 0;
    if (reader->place != PLACE_COMMENT)
      len = exec_piece_read(&piece, reader->at, reader->opts->replace);
    /* ${...} is the shell's own. */
    if (len > 0 && reader->at > reader->text && reader->at[-1] == '$')
      len = 0;
    if (len > 0) {
      err = add_placeholder(reader, &piece, len);
    } else {
      len = step(reader);
      async_buf_add(&reader->script->text, reader->at, len);
    }
    reader->at += len;
  }
  return err;
}

int exec_script_read(struct exec_script *script, const struct exec_opts *opts,
                     const char *text, struct async_buf *message)
{
  static const struct exec_piece entry = { .kind = EXEC_PIECE_ENTRY };
  struct reader reader = {
    .script = script, .opts = opts, .text = text, .at = text, .message = message
  };
  /* $1 is the entry, whatever else there is. */
  int err = exec_pieces_add(&script->parameters, &entry);
  if (err == 0)
    err = read_all(&reader);
  return err < 0 ? err : script->text.err;
}

void exec_script_done(struct exec_script *script)
{
  async_buf_done(&script->text);
  exec_pieces_done(&script->parameters);
}
