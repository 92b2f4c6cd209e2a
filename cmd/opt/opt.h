/* cmd/opt/opt.h: the option tables.
 *
 * An option is one row. The parser, the configuration file, -h and --help, the
 * manual's OPTIONS, the completions and --introspect read that row; nothing
 * about an option is written twice. An option's value lands in a field of the
 * command's options struct, so a test can build one by hand:
 *
 *   { .short_name = 'j', .long_name = "jobs", .metavar = "N",
 *     OPT_COUNT(struct job_opts, jobs, 1, 65535), .initial = "16",
 *     .group = "Concurrency", .help = "Run at most N jobs at once" },
 *
 * Tables of rows are shared between commands; a command lists the tables it
 * takes, and its changes to their rows (another initial value, left out). */
#ifndef OPT_OPT_H
#define OPT_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "opt/list.h"
#include "opt/number.h"

enum opt_kind {
  OPT_KIND_FLAG,     /* bool; takes no value */
  OPT_KIND_TALLY,    /* unsigned: how often it was given, as in -vv */
  OPT_KIND_SET,      /* enum: sets one fixed value; takes no value */
  OPT_KIND_COUNT,    /* any unsigned type */
  OPT_KIND_DURATION, /* int64_t, nanoseconds */
  OPT_KIND_SIZE,     /* any unsigned type, bytes */
  OPT_KIND_RATE,     /* struct opt_rate */
  OPT_KIND_QUOTA,    /* struct opt_quota: N or P% */
  OPT_KIND_PERCENT,  /* double, 0 to 100 */
  OPT_KIND_CHOICE,   /* enum: the position in `words` */
  OPT_KIND_STRING,   /* char *, NULL if never given */
  OPT_KIND_LIST,     /* struct opt_list; each time appends */
  OPT_KIND_WORDS,    /* struct opt_list; a,b,c; each time replaces */
  OPT_KIND_CALL,     /* plain data of any shape, read by `parse` */
  OPT_KIND_ALIAS,    /* stands for another option with a value */
  OPT_KIND_ACTION    /* ends the parsing: help, version */
};

/* What the command line asks for. */
enum opt_action {
  OPT_ACTION_RUN,
  OPT_ACTION_HELP, /* the row's; the parser makes one of the next two of it */
  OPT_ACTION_HELP_SHORT,
  OPT_ACTION_HELP_LONG,
  OPT_ACTION_VERSION,
  OPT_ACTION_INTROSPECT
};

struct opt_row {
  char short_name;       /* 0: none */
  const char *long_name; /* without dashes; NULL ends a table */
  const char *metavar;   /* NULL: no value, or the words of a choice */

  /* By the OPT_... macros below. */
  enum opt_kind kind;
  size_t offset, width;     /* of the field */
  int64_t min, max;         /* or, of a SET or an ACTION, `min` is the value */
  const char *const *words; /* of a CHOICE; else hints for completion */
  int (*parse)(const char *text, void *field);
  const char *alias; /* "format=ndjson" */

  const char *initial; /* as a user would write it; NULL: all zero */
  const char *implied; /* makes the value optional: --name means this one */
  const char *group;   /* the heading in help and manual */
  const char *help;    /* one line, no full stop */
  const char *more;    /* NULL, or sentences for --help and the manual */

  /* NULL, or says whether a text (of WORDS: each word) is acceptable. */
  bool (*check)(const char *text);
  const char *accepts; /* "expected ...": needed with `parse` or `check` */

  bool negatable;         /* a flag with a partner --no-name */
  bool hidden;            /* from help, manual, completions */
  bool command_line_only; /* not in the configuration file */
};

/* Does not compile unless the member has the type. */
#define OPT_FIELD(type, member, wanted)                                        \
  .offset = _Generic(((type *)0)->member, wanted                               \
                     : offsetof(type, member)),                                \
  .width = sizeof(((type *)0)->member)

#define OPT_FIELD_UNSIGNED(type, member)                                       \
  .offset = _Generic(((type *)0)->member, unsigned                             \
                     : offsetof(type, member), unsigned long                   \
                     : offsetof(type, member), unsigned long long              \
                     : offsetof(type, member)),                                \
  .width = sizeof(((type *)0)->member)

#define OPT_FLAG(type, member)                                                 \
  .kind = OPT_KIND_FLAG, OPT_FIELD(type, member, bool)
#define OPT_TALLY(type, member)                                                \
  .kind = OPT_KIND_TALLY, OPT_FIELD(type, member, unsigned)
#define OPT_SET(type, member, value)                                           \
  .kind = OPT_KIND_SET, OPT_FIELD_UNSIGNED(type, member), .min = (value)
#define OPT_COUNT(type, member, lowest, highest)                               \
  .kind = OPT_KIND_COUNT, OPT_FIELD_UNSIGNED(type, member), .min = (lowest),   \
  .max = (highest)
#define OPT_DURATION(type, member)                                             \
  .kind = OPT_KIND_DURATION, OPT_FIELD(type, member, int64_t), .max = INT64_MAX
#define OPT_SIZE(type, member)                                                 \
  .kind = OPT_KIND_SIZE, OPT_FIELD_UNSIGNED(type, member), .max = INT64_MAX
#define OPT_RATE(type, member)                                                 \
  .kind = OPT_KIND_RATE, OPT_FIELD(type, member, struct opt_rate)
#define OPT_QUOTA(type, member)                                                \
  .kind = OPT_KIND_QUOTA, OPT_FIELD(type, member, struct opt_quota)
#define OPT_PERCENT(type, member)                                              \
  .kind = OPT_KIND_PERCENT, OPT_FIELD(type, member, double)
#define OPT_CHOICE(type, member, list)                                         \
  .kind = OPT_KIND_CHOICE, OPT_FIELD_UNSIGNED(type, member), .words = (list)
#define OPT_STRING(type, member)                                               \
  .kind = OPT_KIND_STRING, OPT_FIELD(type, member, char *)
#define OPT_LIST(type, member)                                                 \
  .kind = OPT_KIND_LIST, OPT_FIELD(type, member, struct opt_list)
#define OPT_WORDS(type, member)                                                \
  .kind = OPT_KIND_WORDS, OPT_FIELD(type, member, struct opt_list)
#define OPT_CALL(type, member, field_type, reader)                             \
  .kind = OPT_KIND_CALL, OPT_FIELD(type, member, field_type), .parse = (reader)
#define OPT_ALIAS(name_and_value)                                              \
  .kind = OPT_KIND_ALIAS, .alias = (name_and_value)
#define OPT_ACTION(action)                                                     \
  .kind = OPT_KIND_ACTION, .min = (action), .command_line_only = true

/* A command's change to a row of a shared table. NULL (0) leaves a thing as it
 * is; a `long_name` of NULL ends the array. For a value of another shape,
 * --jobs as a word, say, a command omits the shared row and has one of its own
 * for the same field. */
struct opt_change {
  const char *long_name;
  bool omit;
  char short_name; /* by habit; long names are one language */
  const char *initial;
  const char *help, *more;
  bool (*check)(const char *text);
  const char *accepts;
};

/* A table as a command includes it; `rows` of NULL ends an array of these. */
struct opt_table {
  const struct opt_row *rows; /* ends with a `long_name` of NULL */
  size_t base; /* where the rows' struct begins in the command's */
  const struct opt_change *changes; /* NULL: none */
};

/* All rows of one command, changes made, offsets counted from its struct. */
struct opt_set {
  struct opt_row *rows;
  size_t count;
};

/* Gathers the rows.
 *
 * tables  borrowed for the call; the rows' strings are kept
 *
 * Returns 0, or ASYNC_ENOMEM with an empty set.
 */
int opt_set_init(struct opt_set *set, const struct opt_table *tables);
void opt_set_done(struct opt_set *set);

/* The row of a name, or NULL. `--no-x` is a name if x is negatable; then *on
 * becomes false (else true). */
const struct opt_row *opt_set_find(const struct opt_set *set, const char *name,
                                   size_t len, bool *on);
const struct opt_row *opt_set_find_short(const struct opt_set *set, char name);

/* The row that an alias stands for, and the value to give it. */
const struct opt_row *opt_set_resolve(const struct opt_set *set,
                                      const struct opt_row *alias,
                                      const char **value);

/* Looks for mistakes of ours in the table: names given twice, no help text, an
 * initial value that does not parse.
 *
 * opts_bytes  size of the command's options struct
 *
 * Returns 0, or ASYNC_EINVAL with one line a mistake in `message`.
 */
int opt_set_check(const struct opt_set *set, size_t opts_bytes,
                  struct async_buf *message);

bool opt_row_takes_value(const struct opt_row *row);

/* How help names the value: "N", or "auto|always|never". */
void opt_row_add_metavar(const struct opt_row *row, struct async_buf *out);

/* What the option accepts, to be read after "expected ". */
void opt_row_add_accepts(const struct opt_row *row, struct async_buf *out);

#endif
