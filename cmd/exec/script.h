/* cmd/exec/script.h: a shell script with placeholders. Values become positional
 * parameters, so no value is ever read as code. */
#ifndef EXEC_SCRIPT_H
#define EXEC_SCRIPT_H

#include "async/buf.h"
#include "exec/pieces.h"

struct exec_opts;

struct exec_script {
  struct async_buf text;         /* with "${2}" in place of placeholders */
  struct exec_pieces parameters; /* one each; $1 is the entry in any case */
};

#define EXEC_SCRIPT_INIT                                                       \
  {                                                                            \
    ASYNC_BUF_INIT, EXEC_PIECES_INIT                                           \
  }

/* Reads a script. With several entries (-n, -X) all parameters are entries, and
 * {} becomes "$@".
 *
 * A placeholder is refused where a quoted parameter would be something else
 * than one word: between quotation marks, also around a $(...) with the
 * placeholder; in `...`, ${...}, $((...)), ((...)), a here-document. In a
 * comment it is nothing.
 *
 * message  for people, without a newline, if it is not acceptable
 *
 * Returns 0, ASYNC_EINVAL with a message, or ASYNC_ENOMEM. In every case
 * exec_script_done is due.
 */
int exec_script_read(struct exec_script *script, const struct exec_opts *opts,
                     const char *text, struct async_buf *message);
void exec_script_done(struct exec_script *script);

#endif
