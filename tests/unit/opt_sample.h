/* opt_sample.h: a command with one option of each kind, for the tests of
 * cmd/opt. */
#ifndef OPT_SAMPLE_H
#define OPT_SAMPLE_H

#include "async/error.h"
#include "async/time.h"
#include "opt/common.h"
#include "opt/line.h"
#include "opt/value.h"
#include "tap.h"

enum sample_mode { SAMPLE_SLOW, SAMPLE_FAST, SAMPLE_FASTEST };

struct sample {
  int before; /* so that no offset is 0 by chance */
  bool flag, on;
  unsigned tally;
  enum sample_mode mode, set;
  uint64_t count;
  unsigned small;
  int64_t duration_ns;
  uint64_t size;
  struct opt_rate rate;
  struct opt_quota quota;
  double percent;
  char *string;
  struct opt_list list, words;
  int even;
};

static const char *const sample_modes[] = { "slow", "fast", "fastest", NULL };

static inline int sample_read_even(const char *text, void *field)
{
  uint64_t value;
  if (opt_read_count(text, &value) < 0 || value % 2 != 0 || value > 100)
    return ASYNC_EINVAL;
  *(int *)field = (int)value;
  return 0;
}

static inline bool sample_is_lower(const char *text)
{
  return strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

#define S            struct sample
#define SAMPLE_TEXTS .group = "Sample", .help = "Some help"

static const struct opt_row sample_rows[] = {
  { .short_name = 'f', .long_name = "flag", OPT_FLAG(S, flag), SAMPLE_TEXTS },
  { .long_name = "on",
    OPT_FLAG(S, on),
    .initial = "true",
    .negatable = true,
    SAMPLE_TEXTS },
  { .short_name = 'v',
    .long_name = "tally",
    OPT_TALLY(S, tally),
    SAMPLE_TEXTS },
  { .short_name = '6',
    .long_name = "set",
    OPT_SET(S, set, SAMPLE_FASTEST),
    SAMPLE_TEXTS },
  { .short_name = 'j',
    .long_name = "count",
    .metavar = "N",
    OPT_COUNT(S, count, 1, 100),
    .initial = "7",
    SAMPLE_TEXTS },
  { .long_name = "small",
    .metavar = "N",
    OPT_COUNT(S, small, 0, INT64_MAX),
    SAMPLE_TEXTS },
  { .short_name = 't',
    .long_name = "duration",
    .metavar = "D",
    OPT_DURATION(S, duration_ns),
    .initial = "1.5s",
    SAMPLE_TEXTS },
  { .long_name = "size", .metavar = "SIZE", OPT_SIZE(S, size), SAMPLE_TEXTS },
  { .long_name = "rate", .metavar = "RATE", OPT_RATE(S, rate), SAMPLE_TEXTS },
  { .long_name = "quota",
    .metavar = "N|P%",
    OPT_QUOTA(S, quota),
    SAMPLE_TEXTS },
  { .long_name = "percent",
    .metavar = "PCT",
    OPT_PERCENT(S, percent),
    SAMPLE_TEXTS },
  { .long_name = "mode",
    OPT_CHOICE(S, mode, sample_modes),
    .initial = "fast",
    .implied = "fastest",
    SAMPLE_TEXTS },
  { .short_name = 'o',
    .long_name = "string",
    .metavar = "FILE",
    OPT_STRING(S, string),
    SAMPLE_TEXTS },
  { .short_name = 'H',
    .long_name = "list",
    .metavar = "LINE",
    OPT_LIST(S, list),
    SAMPLE_TEXTS },
  { .long_name = "words",
    .metavar = "LIST",
    OPT_WORDS(S, words),
    .check = sample_is_lower,
    .accepts = "a list of lower-case words",
    .initial = "a,b",
    SAMPLE_TEXTS },
  { .long_name = "even",
    .metavar = "N",
    OPT_CALL(S, even, int, sample_read_even),
    .accepts = "an even number",
    SAMPLE_TEXTS },
  { .short_name = '0',
    .long_name = "quick",
    OPT_ALIAS("mode=fastest"),
    SAMPLE_TEXTS },
  { 0 },
};

static const struct opt_table sample_tables[] = { { .rows = sample_rows },
                                                  { .rows = action_rows },
                                                  { 0 } };

/* A set, a struct with its initial values, and a place for messages. */
struct sample_fixture {
  struct opt_set set;
  struct opt_line line;
  struct sample opts;
  struct async_buf message;
};

static inline void sample_init(struct sample_fixture *f)
{
  *f = (struct sample_fixture){ .message = ASYNC_BUF_INIT };
  CHECK_INT(opt_set_init(&f->set, sample_tables), 0);
  CHECK_INT(opt_values_init(&f->set, &f->opts), 0);
}

static inline void sample_done(struct sample_fixture *f)
{
  opt_line_done(&f->line);
  opt_values_done(&f->set, &f->opts);
  opt_set_done(&f->set);
  async_buf_done(&f->message);
}

/* Reads the words (NULL ends them) and stores what they say. */
static inline int sample_read(struct sample_fixture *f,
                              const char *const *words, bool stop_at_operand)
{
  size_t count = 0;
  char *argv[32];
  for (; words[count]; count++)
    argv[count] = (char *)(uintptr_t)words[count];
  opt_line_done(&f->line);
  async_buf_clear(&f->message);
  int err = opt_line_read(&f->line, &f->set, argv, count, stop_at_operand,
                          &f->message);
  if (err == 0)
    err = opt_settings_apply(&f->line.settings, &f->opts, &f->message);
  return err;
}

#define READ(f, ...)                                                           \
  sample_read((f), (const char *const[]){ __VA_ARGS__, NULL }, false)

#define CHECK_MESSAGE(f, text) CHECK_STR(async_buf_str(&(f)->message), (text))

#endif
