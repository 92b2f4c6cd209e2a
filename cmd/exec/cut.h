/* cmd/exec/cut.h: where a block of lines ends. */
#ifndef EXEC_CUT_H
#define EXEC_CUT_H

#include <regex.h>
#include <stddef.h>

#include "exec/options.h"

struct exec_cut {
  const struct exec_pipe_choice *choice;
  regex_t regex;  /* of EXEC_PIPE_SEP */
  size_t scanned; /* bytes of the block that were looked at already */
  uint64_t lines; /* in them */
};

/* choice  borrowed. Returns 0, ASYNC_EINVAL or ASYNC_ENOMEM. */
int exec_cut_init(struct exec_cut *cut, const struct exec_pipe_choice *choice);
void exec_cut_done(struct exec_cut *cut);

/* Finds the end of the block that begins at `bytes`: behind the end of a line.
 * Called with more and more bytes of the same block, until it is found.
 *
 * Returns the block's length, or 0: it goes on behind `len`.
 */
size_t exec_cut_find(struct exec_cut *cut, const char *bytes, size_t len);

#endif
