/* cmd/opt/help.h: -h and --help, from the tables. */
#ifndef OPT_HELP_H
#define OPT_HELP_H

#include "command.h"

struct opt_style {
  size_t width; /* columns of a line */
  bool color;
};

/* For text on standard output.
 *
 * when  "auto", "always" or "never", as --color says; NULL is auto
 */
struct opt_style opt_style_of_stdout(const char *when);

/* One line an option. */
void opt_help_short(struct async_buf *out, const struct opt_style *style,
                    const struct command *command, const struct opt_set *set);

/* All there is to say: description, options in full, examples, statuses. */
void opt_help_long(struct async_buf *out, const struct opt_style *style,
                   const struct command *command, const struct opt_set *set);

/* Appends "-j, --jobs N", "--[no-]adaptive" and so on. */
void opt_help_add_names(const struct opt_row *row, struct async_buf *out);

/* Appends the initial value as people read it ("on" for a flag); nothing if
 * there is none to speak of. */
void opt_help_add_initial(const struct opt_row *row, struct async_buf *out);

/* Appends the sentences about an option: help, more, limits, default. */
void opt_help_add_text(const struct opt_row *row, struct async_buf *out);

/* Calls `visit` for the first row of each group, and then for the others of the
 * group, hidden ones left out: the order of help and manual. */
typedef void opt_visit_fn(void *ctx, const struct opt_row *row, bool first);
void opt_set_visit(const struct opt_set *set, opt_visit_fn *visit, void *ctx);

/* Appends `text` in lines of at most `width` columns.
 *
 * column  where the text begins: that many columns are taken already
 * indent  where the following lines begin
 */
void opt_wrap(struct async_buf *out, const char *text, size_t column,
              size_t indent, size_t width);

#endif
