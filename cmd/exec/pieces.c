#include "exec/pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "async/buf.h"
#include "async/error.h"

/* Reading. */

/* Two dots are a range of the shell: {a..e}. */
static bool is_name(const char *text, size_t len)
{
  if (len == 0 || !(isalpha((unsigned char)*text) || *text == '_'))
    return false;
  for (size_t i = 1; i < len; i++) {
    bool range = text[i] == '.' && text[i - 1] == '.';
    if (range || !(isalnum((unsigned char)text[i]) || strchr("_.-", text[i])))
      return false;
  }
  return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
  return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool read_part(struct exec_piece *piece, const char *text, size_t len)
{
  static const char *const parts[] = { "", ".", "/", "//", "/." };
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    if (is_word(text, len, parts[i])) {
      piece->part = (enum exec_part)i;
      return true;
    }
  }
  return false;
}

/* "1", "12/.": a number from 1 to 999, and what part of the value. */
static bool read_number(struct exec_piece *piece, const char *text, size_t len)
{
  size_t digits = 0;
  while (digits < len && digits < 3 && isdigit((unsigned char)text[digits]))
    piece->number = piece->number * 10 + (size_t)(text[digits++] - '0');
  return digits > 0 && *text != '0' &&
         read_part(piece, text + digits, len - digits);
}

static const struct {
  const char *word;
  enum exec_piece_kind kind;
} words[] = {
  { "#", EXEC_PIECE_NUMBER },
  { "%", EXEC_PIECE_SLOT },
  { "try", EXEC_PIECE_TRY },
  { "key", EXEC_PIECE_KEY },
};

/* What stands between the braces. */
static bool read_inside(struct exec_piece *piece, const char *text, size_t len,
                        bool several)
{
  *piece = (struct exec_piece){ .kind = EXEC_PIECE_ENTRY };
  if (read_part(piece, text, len))
    return true;
  piece->kind = several ? EXEC_PIECE_NTH : EXEC_PIECE_COLUMN;
  if (read_number(piece, text, len))
    return true;
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    *piece = (struct exec_piece){ .kind = words[i].kind };
    if (is_word(text, len, words[i].word))
      return true;
  }
  *piece = (struct exec_piece){ .kind = EXEC_PIECE_FIELD,
                                .text = (char *)(uintptr_t)text,
                                .len = len };
  return is_name(text, len);
}

static size_t read_literal(struct exec_piece *piece, const char *text)
{
  size_t inside = strcspn(text + 2, "{}");
  bool closed = inside > 0 && strncmp(text + 2 + inside, "}}", 2) == 0;
  *piece = (struct exec_piece){ .kind = EXEC_PIECE_TEXT,
                                .text = (char *)(uintptr_t)text,
                                .len = closed ? inside + 4 : 1 };
  return closed ? inside + 4 : 2;
}

size_t exec_piece_read(struct exec_piece *piece, const char *text,
                       const struct exec_marks *marks)
{
  size_t replace = marks->replace ? strlen(marks->replace) : 0;
  if (replace > 0 && strncmp(text, marks->replace, replace) == 0) {
    *piece = (struct exec_piece){ .kind = EXEC_PIECE_ENTRY };
    return replace;
  }
  if (!marks->braces || *text != '{')
    return 0;
  if (text[1] == '{')
    return read_literal(piece, text);
  size_t len = strcspn(text + 1, "{}");
  if (text[1 + len] != '}' ||
      !read_inside(piece, text + 1, len, marks->several))
    return 0;
  return len + 2;
}

int exec_pieces_add(struct exec_pieces *pieces, const struct exec_piece *piece)
{
  struct exec_piece copy = *piece;
  struct exec_piece *more =
      realloc(pieces->items, (pieces->count + 1) * sizeof(*more));
  if (!more)
    return ASYNC_ENOMEM;
  pieces->items = more;
  if (piece->text) {
    copy.text = strndup(piece->text, piece->len);
    if (!copy.text)
      return ASYNC_ENOMEM;
  }
  pieces->items[pieces->count++] = copy;
  return 0;
}

static int add_text(struct exec_pieces *pieces, struct async_buf *text)
{
  struct exec_piece piece = { .kind = EXEC_PIECE_TEXT,
                              .text = text->data,
                              .len = text->len };
  if (text->err || text->len == 0)
    return text->err;
  int err = exec_pieces_add(pieces, &piece);
  async_buf_clear(text);
  return err;
}

/* ${HOME}, ${1} and ${#} are a shell's. */
static bool is_variable(const struct exec_piece *piece)
{
  return piece->kind != EXEC_PIECE_TEXT && piece->kind != EXEC_PIECE_ENTRY &&
         piece->kind != EXEC_PIECE_SLOT;
}

int exec_pieces_read(struct exec_pieces *pieces, const char *text,
                     const struct exec_marks *marks)
{
  struct async_buf plain = ASYNC_BUF_INIT;
  int err = 0;
  for (const char *start = text; *text && err == 0;) {
    struct exec_piece piece = { .kind = EXEC_PIECE_TEXT };
    size_t len = exec_piece_read(&piece, text, marks);
    if (text > start && text[-1] == '$' && is_variable(&piece))
      len = 0;
    if (len == 0) {
      async_buf_add_char(&plain, *text);
    } else if (piece.kind == EXEC_PIECE_TEXT) {
      async_buf_add(&plain, piece.text, piece.len);
    } else {
      err = add_text(pieces, &plain);
      if (err == 0)
        err = exec_pieces_add(pieces, &piece);
    }
    text += len ? len : 1;
  }
  if (err == 0)
    err = add_text(pieces, &plain);
  async_buf_done(&plain);
  return err;
}

void exec_pieces_done(struct exec_pieces *pieces)
{
  for (size_t i = 0; i < pieces->count; i++)
    free(pieces->items[i].text);
  free(pieces->items);
  *pieces = (struct exec_pieces)EXEC_PIECES_INIT;
}

/* Asking. */

bool exec_piece_is_of_entry(const struct exec_piece *piece)
{
  switch (piece->kind) {
  case EXEC_PIECE_ENTRY:
  case EXEC_PIECE_COLUMN:
  case EXEC_PIECE_FIELD:
  case EXEC_PIECE_KEY:
    return true;
  default:
    return false;
  }
}

bool exec_pieces_are_of_entry(const struct exec_pieces *pieces)
{
  for (size_t i = 0; i < pieces->count; i++)
    if (exec_piece_is_of_entry(&pieces->items[i]))
      return true;
  return false;
}

bool exec_pieces_are_plain(const struct exec_pieces *pieces)
{
  for (size_t i = 0; i < pieces->count; i++)
    if (pieces->items[i].kind != EXEC_PIECE_TEXT)
      return false;
  return true;
}
