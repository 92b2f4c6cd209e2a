/* cmd/exec/words_priv.h: a command line, taken apart. */
#ifndef EXEC_WORDS_PRIV_H
#define EXEC_WORDS_PRIV_H

#include "exec/pieces.h"
#include "exec/words.h"

struct exec_word {
  struct exec_pieces pieces;
  bool of_entry; /* repeated for each entry */
  bool guarded;  /* a value at its beginning must not look like an option */
};

struct exec_words {
  struct exec_word *items;
  size_t count;
  size_t repeated;   /* how many are repeated */
  size_t line_most;  /* --max-chars; 0: no limit */
  size_t bytes_most; /* what the system takes, with a pointer for each word */
};

/* What the system takes of a command line besides the environment. */
size_t exec_words_system_bytes(const struct exec_opts *opts);

#endif
