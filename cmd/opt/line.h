/* cmd/opt/line.h: the command line.
 *
 * GNU habits: -qv is -q -v; -j64, -j 64, --jobs=64 and --jobs 64 are the same;
 * options and operands mix; "--" ends the options; "-" is an operand. Nothing
 * may be abbreviated. */
#ifndef OPT_LINE_H
#define OPT_LINE_H

#include "opt/setting.h"

struct opt_line {
  struct opt_settings settings;
  char **operands; /* the words are argv's */
  size_t operand_count;
  enum opt_action action; /* the first one seen; nothing is read after it */
};

/* Reads the words of argv, without the names of program and command.
 *
 * line             to be given to opt_line_done on every path
 * stop_at_operand  the first operand ends the options
 *
 * Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL with one sentence in `message`.
 */
int opt_line_read(struct opt_line *line, const struct opt_set *set,
                  char *const *words, size_t word_count, bool stop_at_operand,
                  struct async_buf *message);
void opt_line_done(struct opt_line *line);

/* Adds the names like `word` that the set has to a search. */
struct opt_nearest;
void opt_set_add_nearest(const struct opt_set *set, const char *dashes,
                         struct opt_nearest *nearest);

#endif
