/* cmd/opt/setting.h: "this option, this value", as somebody wrote it.
 *
 * The command line and the configuration file are read into settings first and
 * applied afterwards, because the command line names the file, and yet the file
 * comes below it. */
#ifndef OPT_SETTING_H
#define OPT_SETTING_H

#include "opt/opt.h"

struct opt_setting {
  const struct opt_row *row; /* never an alias: what it stands for */
  const char *dashes;        /* with the name as written: "--", "-" or "" */
  const char *name;
  size_t name_len;
  const char *value; /* borrowed from argv, the file, or the row */
  const char *file;  /* NULL: the command line */
  unsigned line;
};

struct opt_settings {
  struct opt_setting *items; /* later ones win */
  size_t count;
};

/* Appends; an alias is resolved.
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int opt_settings_add(struct opt_settings *settings, const struct opt_set *set,
                     struct opt_setting setting);
void opt_settings_done(struct opt_settings *settings);

/* The value that the last setting of an option has, or NULL. */
const char *opt_settings_last(const struct opt_settings *settings,
                              const char *long_name);

/* Stores all values, in order.
 *
 * Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL with one sentence in `message`.
 */
int opt_settings_apply(const struct opt_settings *settings, void *opts,
                       struct async_buf *message);

/* Appends "FILE:LINE: ", or nothing for the command line. */
void opt_add_origin(const char *file, unsigned line, struct async_buf *out);

#endif
