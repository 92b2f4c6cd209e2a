/* cmd/resolve/words.h: the words of --brute. */
#ifndef RESOLVE_WORDS_H
#define RESOLVE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct resolve_words {
  char *text; /* the file */
  size_t *starts;
  size_t count, len;
};

/* Reads a file of a word a line; empty lines and # comments are skipped.
 * Returns 0, ASYNC_ENOMEM, or the system's error. */
int resolve_words_read(struct resolve_words *words, const char *path);
void resolve_words_done(struct resolve_words *words);

const char *resolve_words_get(const struct resolve_words *words, uint64_t n,
                              size_t *len);

#endif
