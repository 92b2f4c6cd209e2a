/* cmd/exec/shell.h: where in a shell script a byte stands. */
#ifndef EXEC_SHELL_H
#define EXEC_SHELL_H

#include <stdbool.h>
#include <stddef.h>

enum { EXEC_SHELL_DEEPEST = 64, EXEC_SHELL_DOCUMENTS = 8 };

enum exec_place {
  EXEC_PLACE_CODE, /* a quoted parameter is one word here */
  EXEC_PLACE_COMMENT,
  EXEC_PLACE_QUOTES,     /* '...' "..." $'...' */
  EXEC_PLACE_BACKQUOTES, /* `...` */
  EXEC_PLACE_EXPANSION,  /* ${...} */
  EXEC_PLACE_ARITHMETIC, /* $((...)) ((...)) */
  EXEC_PLACE_DOCUMENT,   /* the lines behind <<END */
  EXEC_PLACE_DEEP        /* more levels than we follow */
};

/* The word behind <<, in the script. */
struct exec_document {
  const char *word;
  size_t len;
  bool strip; /* <<- */
};

/* Begin with all zero but `text` and `at`, both at the script's first byte. */
struct exec_shell {
  const char *text, *at;
  char levels[EXEC_SHELL_DEEPEST]; /* what ends each that is open */
  size_t depth, too_deep;
  char quote; /* '\'' or '$' in '...' or $'...'; '#' in a comment; or 0 */
  struct exec_document documents[EXEC_SHELL_DOCUMENTS];
  size_t document_count; /* that begin at the end of the line */
  size_t document;       /* the one we are in, of as many */
  bool in_document;
};

enum exec_place exec_shell_place(const struct exec_shell *shell);

/* Goes over the next byte, or bytes that belong together. */
void exec_shell_step(struct exec_shell *shell);

#endif
