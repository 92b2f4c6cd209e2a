/* cmd/exec/pieces.h: a text with placeholders, taken apart. */
#ifndef EXEC_PIECES_H
#define EXEC_PIECES_H

#include <stdbool.h>
#include <stddef.h>

struct exec_item;
struct job_entry;

enum exec_piece_kind {
  EXEC_PIECE_TEXT,
  EXEC_PIECE_ENTRY,  /* {} */
  EXEC_PIECE_COLUMN, /* {1}, of a row */
  EXEC_PIECE_NTH,    /* {1}, of several entries */
  EXEC_PIECE_FIELD,  /* {name} */
  EXEC_PIECE_KEY,    /* {key} */
  EXEC_PIECE_NUMBER, /* {#} */
  EXEC_PIECE_SLOT,   /* {%} */
  EXEC_PIECE_TRY     /* {try} */
};

/* What is taken of a value. */
enum exec_part {
  EXEC_PART_ALL,
  EXEC_PART_STEM,     /* {.} {1.} */
  EXEC_PART_BASE,     /* {/} {1/} */
  EXEC_PART_DIR,      /* {//} {1//} */
  EXEC_PART_BASE_STEM /* {/.} {1/.} */
};

struct exec_piece {
  enum exec_piece_kind kind;
  enum exec_part part;
  char *text; /* of TEXT; the name of a field; owned by exec_pieces */
  size_t len;
  size_t number; /* of COLUMN and NTH, from 1 */
};

struct exec_pieces {
  struct exec_piece *items;
  size_t count;
};

#define EXEC_PIECES_INIT                                                       \
  {                                                                            \
    NULL, 0                                                                    \
  }

/* What is a placeholder. */
struct exec_marks {
  const char *replace; /* NULL, or what also stands for {} */
  bool braces;         /* the ones in braces */
  bool several;        /* {1} is the first of several entries */
};

/* Reads the placeholder at `text`, or the braces that are written to be none:
 * {{ is {, but {{...}}, with braces on both sides and none inside, stays.
 *
 * piece  its text is borrowed
 *
 * Returns its length, or 0 if there is nothing special about this byte.
 */
size_t exec_piece_read(struct exec_piece *piece, const char *text,
                       const struct exec_marks *marks);

/* Takes a text apart. Returns 0 or ASYNC_ENOMEM; exec_pieces_done is due in
 * either case. */
int exec_pieces_read(struct exec_pieces *pieces, const char *text,
                     const struct exec_marks *marks);
void exec_pieces_done(struct exec_pieces *pieces);

/* Appends a piece (its text is copied). Returns 0 or ASYNC_ENOMEM. */
int exec_pieces_add(struct exec_pieces *pieces, const struct exec_piece *piece);

/* Whether it depends on the entry: of several, each gets its own. */
bool exec_piece_is_of_entry(const struct exec_piece *piece);
bool exec_pieces_are_of_entry(const struct exec_pieces *pieces);
bool exec_pieces_are_plain(const struct exec_pieces *pieces);

#endif
