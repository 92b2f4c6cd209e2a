/* cmd/opt/generate.h: what is written for other programs to read. */
#ifndef OPT_GENERATE_H
#define OPT_GENERATE_H

#include "command.h"
#include "opt/help.h"

/* The body of the manual's OPTIONS section, in mdoc(7). */
void opt_generate_man(struct async_buf *out, const struct command *command);

/* A whole completion file, for all commands (the array ends with NULL). */
void opt_generate_bash(struct async_buf *out,
                       const struct command *const *commands);
void opt_generate_zsh(struct async_buf *out,
                      const struct command *const *commands);
void opt_generate_fish(struct async_buf *out,
                       const struct command *const *commands);

/* All rows as JSON: --introspect. */
void opt_generate_json(struct async_buf *out,
                       const struct command *const *commands);

/* Calls `visit` as opt_set_visit does, for a command's rows. If memory is
 * short, `out` says so. */
void opt_visit_command(const struct command *command, struct async_buf *out,
                       opt_visit_fn *visit, void *ctx);

/* What a shell offers behind an option. */
enum opt_follow {
  OPT_FOLLOW_NOTHING, /* it takes no value */
  OPT_FOLLOW_TEXT,
  OPT_FOLLOW_WORDS,
  OPT_FOLLOW_FILE,
  OPT_FOLLOW_DIR
};
enum opt_follow opt_row_follow(const struct opt_row *row);

/* Appends `text`, with a backslash before each byte that is in `special`. */
void opt_add_escaped(struct async_buf *out, const char *text,
                     const char *special);

#endif
