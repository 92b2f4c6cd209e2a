/* cmd/exec/pieces.h: a text with placeholders, taken apart. */
#ifndef EXEC_PIECES_H
#define EXEC_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "async/buf.h"

struct exec_item;
struct job_entry;

enum exec_piece_kind {
  EXEC_PIECE_TEXT,
  EXEC_PIECE_ENTRY,     /* {} */
  EXEC_PIECE_STEM,      /* {.} */
  EXEC_PIECE_BASE,      /* {/} */
  EXEC_PIECE_DIR,       /* {//} */
  EXEC_PIECE_BASE_STEM, /* {/.} */
  EXEC_PIECE_NUMBER,    /* {#} */
  EXEC_PIECE_SLOT,      /* {%} */
  EXEC_PIECE_TRY,       /* {try} */
  EXEC_PIECE_KEY,       /* {key} */
  EXEC_PIECE_COLUMN,    /* {1} */
  EXEC_PIECE_FIELD      /* {name} */
};

struct exec_piece {
  enum exec_piece_kind kind;
  char *text; /* of TEXT; the name of a field; owned */
  size_t len;
  size_t column; /* from 1 */
};

struct exec_pieces {
  struct exec_piece *items;
  size_t count;
};

#define EXEC_PIECES_INIT                                                       \
  {                                                                            \
    NULL, 0                                                                    \
  }

/* Reads the placeholder at `text`, which begins with "{" (or with `replace`).
 *
 * replace  NULL, or what stands for {}; then nothing else is a placeholder
 * piece    its text is borrowed
 *
 * Returns its length, or 0 if it is none.
 */
size_t exec_piece_read(struct exec_piece *piece, const char *text,
                       const char *replace);

/* Takes a text apart. Returns 0 or ASYNC_ENOMEM. */
int exec_pieces_read(struct exec_pieces *pieces, const char *text,
                     const char *replace);
void exec_pieces_done(struct exec_pieces *pieces);

/* Appends a piece (its text is copied). Returns 0 or ASYNC_ENOMEM. */
int exec_pieces_add(struct exec_pieces *pieces, const struct exec_piece *piece);

/* Whether it depends on the entry: of several, each gets its own. */
bool exec_piece_is_of_entry(const struct exec_piece *piece);
bool exec_pieces_are_of_entry(const struct exec_pieces *pieces);
bool exec_pieces_are_plain(const struct exec_pieces *pieces);

/* Appends a field of an entry: a string as it is, a number or a truth value as
 * JSON has it. Returns whether there is such a field. */
bool exec_field_add(const struct job_entry *entry, const char *name, size_t len,
                    struct async_buf *out);

/* Appends the values.
 *
 * entry  the one of the item's that {} stands for
 *
 * Returns 0, or -1 after job_error_set: a field or column that is missing.
 */
int exec_pieces_fill(const struct exec_pieces *pieces, struct exec_item *item,
                     const struct job_entry *entry, struct async_buf *out);

#endif
