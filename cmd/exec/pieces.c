#include "exec/pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "exec/item.h"
#include "opt/number.h"

/* Reading. */

static bool is_name(const char *text, size_t len)
{
  if (len == 0 || !(isalpha((unsigned char)*text) || *text == '_'))
    return false;
  for (size_t i = 1; i < len; i++)
    if (!isalnum((unsigned char)text[i]) && !strchr("_.-", text[i]))
      return false;
  return true;
}

/* "12", from 1 to 999. Returns 0 for anything else. */
static size_t column_of(const char *text, size_t len)
{
  size_t column = 0;
  if (len == 0 || len > 3 || *text == '0')
    return 0;
  for (size_t i = 0; i < len; i++) {
    if (!isdigit((unsigned char)text[i]))
      return 0;
    column = column * 10 + (size_t)(text[i] - '0');
  }
  return column;
}

static const struct {
  const char *word;
  enum exec_piece_kind kind;
} words[] = {
  { "", EXEC_PIECE_ENTRY },       { ".", EXEC_PIECE_STEM },
  { "/", EXEC_PIECE_BASE },       { "//", EXEC_PIECE_DIR },
  { "/.", EXEC_PIECE_BASE_STEM }, { "#", EXEC_PIECE_NUMBER },
  { "%", EXEC_PIECE_SLOT },       { "try", EXEC_PIECE_TRY },
  { "key", EXEC_PIECE_KEY },
};

/* What stands between the braces. */
static bool read_inside(struct exec_piece *piece, const char *text, size_t len)
{
  *piece = (struct exec_piece){ .column = column_of(text, len) };
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strlen(words[i].word) == len && memcmp(words[i].word, text, len) == 0) {
      piece->kind = words[i].kind;
      return true;
    }
  }
  piece->kind = piece->column ? EXEC_PIECE_COLUMN : EXEC_PIECE_FIELD;
  if (piece->column)
    return true;
  piece->text = (char *)(uintptr_t)text;
  piece->len = len;
  return is_name(text, len);
}

size_t exec_piece_read(struct exec_piece *piece, const char *text,
                       const char *replace)
{
  if (replace) {
    size_t len = strlen(replace);
    *piece = (struct exec_piece){ .kind = EXEC_PIECE_ENTRY };
    return len > 0 && strncmp(text, replace, len) == 0 ? len : 0;
  }
  if (*text != '{')
    return 0;
  size_t len = strcspn(text + 1, "{}");
  if (text[1 + len] != '}' || !read_inside(piece, text + 1, len))
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

int exec_pieces_read(struct exec_pieces *pieces, const char *text,
                     const char *replace)
{
  struct async_buf plain = ASYNC_BUF_INIT;
  int err = 0;
  while (*text && err == 0) {
    struct exec_piece piece;
    size_t len = exec_piece_read(&piece, text, replace);
    if (len > 0) {
      err = add_text(pieces, &plain);
      if (err == 0)
        err = exec_pieces_add(pieces, &piece);
    } else {
      async_buf_add_char(&plain, *text);
      len = !replace && text[0] == '{' && text[1] == '{' ? 2 : 1;
    }
    text += len;
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
  case EXEC_PIECE_STEM:
  case EXEC_PIECE_BASE:
  case EXEC_PIECE_DIR:
  case EXEC_PIECE_BASE_STEM:
  case EXEC_PIECE_KEY:
  case EXEC_PIECE_FIELD:
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

/* Filling. */

static const char *base_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Where the extension begins, in the last part of the path; its end if there is
 * none. A dot at the beginning of a name begins no extension. */
static size_t stem_len(const char *path)
{
  const char *base = base_of(path), *dot = strrchr(base, '.');
  return dot && dot > base ? (size_t)(dot - path) : strlen(path);
}

/* As dirname(1): "." for a plain name. */
static void add_dir(const char *path, struct async_buf *out)
{
  const char *slash = strrchr(path, '/');
  if (!slash)
    async_buf_add_char(out, '.');
  else
    async_buf_add(out, path, slash > path ? (size_t)(slash - path) : 1);
}

static void add_path(enum exec_piece_kind kind, const char *path,
                     struct async_buf *out)
{
  const char *base = base_of(path);
  switch (kind) {
  case EXEC_PIECE_STEM:
    async_buf_add(out, path, stem_len(path));
    return;
  case EXEC_PIECE_BASE:
    async_buf_add_str(out, base);
    return;
  case EXEC_PIECE_BASE_STEM:
    async_buf_add(out, base, stem_len(path) - (size_t)(base - path));
    return;
  default:
    add_dir(path, out);
  }
}

/* A string as it is; a number or true as JSON writes it. */
static bool add_json(json_t *value, struct async_buf *out)
{
  const char *text = json_string_value(value);
  if (text) {
    async_buf_add(out, text, json_string_length(value));
    return true;
  }
  if (!json_is_number(value) && !json_is_boolean(value))
    return false;
  char *written = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
  if (!written)
    return false;
  async_buf_add_str(out, written);
  free(written);
  return true;
}

bool exec_field_add(const struct job_entry *entry, const char *name, size_t len,
                    struct async_buf *out)
{
  json_t *value =
      entry->fields ? json_object_getn(entry->fields, name, len) : NULL;
  return value && add_json(value, out);
}

static int add_field(const struct exec_piece *piece, struct exec_item *item,
                     const struct job_entry *entry, struct async_buf *out)
{
  if (exec_field_add(entry, piece->text, piece->len, out))
    return 0;
  return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                       "the entry has no field '%s'; for these letters in "
                       "braces write {{%s}",
                       piece->text, piece->text);
}

/* A column of the row, or the n-th entry of the batch. */
static int add_column(const struct exec_piece *piece, struct exec_item *item,
                      struct async_buf *out)
{
  const struct job_entry *first = &item->item.entry;
  size_t column = piece->column, seen = 0;
  const char *name;
  json_t *value;
  json_object_foreach(first->fields, name, value)
  {
    if (++seen == column && add_json(value, out))
      return 0;
  }
  if (!first->fields && column == 1) {
    async_buf_add(out, first->text, first->text_len);
    return 0;
  }
  if (column >= 2 && column - 2 < item->more_count) {
    const struct job_entry *entry = &item->more[column - 2];
    async_buf_add(out, entry->text, entry->text_len);
    return 0;
  }
  return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                       "there is no column %zu in the entry", column);
}

static int fill_one(const struct exec_piece *piece, struct exec_item *item,
                    const struct job_entry *entry, struct async_buf *out)
{
  switch (piece->kind) {
  case EXEC_PIECE_TEXT:
    async_buf_add(out, piece->text, piece->len);
    return 0;
  case EXEC_PIECE_ENTRY:
    async_buf_add(out, entry->text, entry->text_len);
    return 0;
  case EXEC_PIECE_NUMBER:
    async_buf_add_uint(out, item->item.seq + 1);
    return 0;
  case EXEC_PIECE_SLOT:
    async_buf_add_uint(out, item->slot);
    return 0;
  case EXEC_PIECE_TRY:
    async_buf_add_uint(out, item->item.attempts);
    return 0;
  case EXEC_PIECE_KEY:
    async_buf_add(out, entry->key, entry->key_len);
    return 0;
  case EXEC_PIECE_COLUMN:
    return add_column(piece, item, out);
  case EXEC_PIECE_FIELD:
    return add_field(piece, item, entry, out);
  default:
    add_path(piece->kind, entry->text, out);
    return 0;
  }
}

int exec_pieces_fill(const struct exec_pieces *pieces, struct exec_item *item,
                     const struct job_entry *entry, struct async_buf *out)
{
  for (size_t i = 0; i < pieces->count; i++)
    if (fill_one(&pieces->items[i], item, entry, out) < 0)
      return -1;
  return 0;
}
