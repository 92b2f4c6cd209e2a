/* cmd/opt/config.h: the configuration file, below the command line.
 *
 *   # a comment
 *   [all]              options of every command that has them
 *   retries = 5
 *   [fetch]            options of one command
 *   jobs = 64          long names, without dashes
 *   no-adaptive        a flag, or: adaptive = false
 *
 * A value reaches to the end of its line; there is no quoting. */
#ifndef OPT_CONFIG_H
#define OPT_CONFIG_H

#include "command.h"
#include "opt/setting.h"

struct opt_config {
  const char *path; /* for messages */
  const char *command;
  const struct command *const *commands; /* the sections there may be */
  const struct opt_set *set;             /* of `command` */
  const struct opt_set *all;             /* what [all] may name, besides */
};

/* Reads the text of a file. Sections of other commands are skipped.
 *
 * text      changed in place; the settings point into it
 * settings  appended to
 *
 * Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL with one sentence in `message`.
 */
int opt_config_read(const struct opt_config *config, char *text, size_t len,
                    struct opt_settings *settings, struct async_buf *message);

/* The file to read, as its path.
 *
 * line  what the command line said: --config, --no-config
 * must  whether it is an error if there is no such file
 *
 * Returns 0, also with nothing in `path` (none is to be read), or ASYNC_ENOMEM.
 */
int opt_config_path(const struct opt_settings *line, struct async_buf *path,
                    bool *must);

/* Reads a file into memory.
 *
 * Returns 0, or a negative error; ASYNC_ETOOLONG for more than 1 MiB.
 */
int opt_config_load(const char *path, struct async_buf *text);

#endif
