/* cmd/exec/cut.h: where a block of lines ends. */
#ifndef EXEC_CUT_H
#define EXEC_CUT_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "exec/options.h"

struct exec_cut {
  const struct exec_pipe_choice *choice;
  regex_t regex;         /* of EXEC_PIPE_SEP */
  size_t scanned;        /* bytes of the block that were looked at already */
  uint64_t lines;        /* in them */
  struct async_buf line; /* with a NUL, to be matched */
};

/* Needs more stack than a task has, for a regular expression that is deeply
 * nested.
 *
 * choice  borrowed
 *
 * Returns 0, ASYNC_EINVAL or ASYNC_ENOMEM. */
int exec_cut_init(struct exec_cut *cut, const struct exec_pipe_choice *choice);
void exec_cut_done(struct exec_cut *cut);

/* Finds the end of the block that begins at `bytes`: behind the end of a line.
 * Called with more and more bytes of the same block, until it is found.
 *
 * len   not 0
 * last  nothing comes behind them
 *
 * Returns the block's length; 0, if not `last`: it goes on behind `len`.
 */
size_t exec_cut_find(struct exec_cut *cut, const char *bytes, size_t len,
                     bool last);

/* How many bytes in all are of use for finding the end, if it is not within
 * the first `len`; 0: any number. */
size_t exec_cut_wants(const struct exec_cut *cut, size_t len);

#endif
