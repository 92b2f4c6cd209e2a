/* cmd/exec/excerpt.h: the beginning or the end of a stream, for its record. */
#ifndef EXEC_EXCERPT_H
#define EXEC_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"

struct exec_excerpt {
  struct async_buf buf;
  size_t most;
  bool on, tail;
  bool truncated;
};

void exec_excerpt_add(struct exec_excerpt *excerpt, const char *bytes,
                      size_t len);

/* The same for a file that is there whole. Returns 0 or the system's error. */
int exec_excerpt_read(struct exec_excerpt *excerpt, int fd, uint64_t size);

/* No more will come: takes no more memory than there are bytes. */
void exec_excerpt_settle(struct exec_excerpt *excerpt);
void exec_excerpt_done(struct exec_excerpt *excerpt);

#endif
