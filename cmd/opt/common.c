#include "opt/common.h"

#include <limits.h>
#include <string.h>

#include "async/error.h"
#include "async/time.h"

#define INPUT       "Input"
#define CONCURRENCY "Concurrency"
#define TIMES       "Time"
#define RETRIES     "Retries"
#define STOPPING    "When to stop"
#define RECORDS     "Records"
#define MESSAGES    "Messages"
#define OTHER       "Other"

enum { JOBS_MAX = 65535 };

static const char *const jitter_words[] = { "full", "equal", "decorrelated",
                                            "none", NULL };
static const char *const input_words[] = { "auto", "lines",  "nul", "tsv",
                                           "csv",  "ndjson", NULL };
static const char *const progress_words[] = { "auto", "bar", "json", "none",
                                              NULL };
static const char *const summary_words[] = { "auto", "json", "none", NULL };
static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const format_words[] = { "text", "ndjson", "tsv", "csv",
                                            NULL };

/* Copies the part up to the comma into `part`. Returns what follows the comma,
 * "" at the end, NULL if the part is too long. */
static const char *next_part(const char *text, char part[32])
{
  size_t len = strcspn(text, ",");
  if (len >= 32)
    return NULL;
  memcpy(part, text, len);
  part[len] = '\0';
  return text[len] ? text + len + 1 : text + len;
}

/* BASE[,FACTOR[,MAX]] */
static int read_backoff(const char *text, void *field)
{
  struct job_backoff backoff = { .factor = 2, .max_ns = 30 * ASYNC_SEC };
  char part[32];
  const char *rest = next_part(text, part);
  if (!rest || opt_read_duration(part, &backoff.base_ns) < 0)
    return ASYNC_EINVAL;
  if (backoff.max_ns < backoff.base_ns)
    backoff.max_ns = backoff.base_ns;
  if (*rest) {
    rest = next_part(rest, part);
    if (!rest || opt_read_decimal(part, &backoff.factor) < 0)
      return ASYNC_EINVAL;
  }
  if (*rest && opt_read_duration(rest, &backoff.max_ns) < 0)
    return ASYNC_EINVAL;
  if (backoff.factor < 1 || backoff.max_ns < backoff.base_ns)
    return ASYNC_EINVAL;
  *(struct job_backoff *)field = backoff;
  return 0;
}

/* N[,COOLDOWN] */
static int read_breaker(const char *text, void *field)
{
  struct job_breaker breaker = { .cooldown_ns = 30 * ASYNC_SEC };
  uint64_t failures;
  char part[32];
  const char *rest = next_part(text, part);
  if (!rest || opt_read_count(part, &failures) < 0 || failures > UINT_MAX)
    return ASYNC_EINVAL;
  breaker.failures = (unsigned)failures;
  if (*rest && opt_read_duration(rest, &breaker.cooldown_ns) < 0)
    return ASYNC_EINVAL;
  *(struct job_breaker *)field = breaker;
  return 0;
}

static bool is_format(const char *text)
{
  for (const char *const *word = format_words; *word; word++)
    if (strcmp(text, *word) == 0)
      return true;
  return strchr(text, '{') != NULL;
}

#define J struct job_opts

const struct opt_row job_rows[] = {
  { .long_name = "input",
    .metavar = "FILE",
    OPT_LIST(J, inputs),
    .group = INPUT,
    .help = "Read entries from FILE; - is standard input",
    .more = "May be given several times." },
  { .long_name = "input-format",
    OPT_CHOICE(J, input_format, input_words),
    .initial = "auto",
    .group = INPUT,
    .help = "How entries are written in the input",
    .more = "In lines, empty ones and those that begin with # are skipped. In "
            "ndjson, the fields of an entry override options for that entry." },
  { .short_name = '0',
    .long_name = "null",
    OPT_ALIAS("input-format=nul"),
    .group = INPUT,
    .help = "Entries end with a NUL byte" },
  { .long_name = "error-on-empty",
    OPT_FLAG(J, error_on_empty),
    .group = INPUT,
    .help = "Exit with status 1 if there are no entries" },

  { .short_name = 'j',
    .long_name = "jobs",
    .metavar = "N",
    OPT_COUNT(J, jobs, 1, JOBS_MAX),
    .initial = "50",
    .group = CONCURRENCY,
    .help = "Run at most N jobs at once" },
  { .long_name = "per-host",
    .metavar = "N",
    OPT_COUNT(J, per_host, 0, JOBS_MAX),
    .initial = "0",
    .group = CONCURRENCY,
    .help = "At most N of them to one destination",
    .more = "0 is no limit but that of --jobs." },
  { .long_name = "adaptive",
    OPT_FLAG(J, adaptive),
    .negatable = true,
    .initial = "true",
    .group = CONCURRENCY,
    .help = "Send less to a destination that struggles",
    .more = "The number of jobs to a destination is halved when it answers "
            "429 or 503, resets or times out, and grows again slowly, up to "
            "--per-host." },
  { .long_name = "rate",
    .metavar = "RATE",
    OPT_RATE(J, rate),
    .group = CONCURRENCY,
    .help = "Start at most so many attempts a second",
    .more = "Written N[/s|m|h][,burst=B], as in 10, 600/m or 10/s,burst=20. "
            "The burst is 1 by default; 0 lifts the limit." },
  { .long_name = "rate-per-host",
    .metavar = "RATE",
    OPT_RATE(J, rate_per_host),
    .group = CONCURRENCY,
    .help = "The same for each destination" },

  { .long_name = "timeout",
    .metavar = "D",
    OPT_DURATION(J, timeout_ns),
    .initial = "0",
    .group = TIMES,
    .help = "End one attempt after D; 0 is off" },
  { .long_name = "deadline",
    .metavar = "D",
    OPT_DURATION(J, deadline_ns),
    .initial = "0",
    .group = TIMES,
    .help = "End the whole run after D; 0 is off",
    .more = "Nothing more is started, what runs is cancelled, and the rest of "
            "the entries is reported as skipped." },
  { .long_name = "grace",
    .metavar = "D",
    OPT_DURATION(J, grace_ns),
    .initial = "10s",
    .group = TIMES,
    .help = "After a signal, let running jobs have D",
    .more = "Then they are cancelled; a second signal cancels them at once." },

  { .long_name = "retries",
    .metavar = "N",
    OPT_COUNT(J, retries, 0, 1000),
    .initial = "3",
    .group = RETRIES,
    .help = "Try again up to N times" },
  { .long_name = "retry-on",
    .metavar = "LIST",
    OPT_WORDS(J, retry_on),
    .group = RETRIES,
    .help = "The failures that are tried again" },
  { .long_name = "backoff",
    .metavar = "BASE[,FACTOR[,MAX]]",
    OPT_CALL(J, backoff, struct job_backoff, read_backoff),
    .accepts = "BASE[,FACTOR[,MAX]] such as 500ms,2,30s, with a FACTOR of at "
               "least 1 and a MAX of at least BASE",
    .initial = "500ms,2,30s",
    .group = RETRIES,
    .help = "Wait before a retry, longer each time" },
  { .long_name = "jitter",
    OPT_CHOICE(J, jitter, jitter_words),
    .initial = "full",
    .group = RETRIES,
    .help = "How the wait is randomised",
    .more = "full: between 0 and the wait. equal: the upper half of it. "
            "decorrelated: between BASE and three times the wait before." },
  { .long_name = "retry-budget",
    .metavar = "PCT",
    OPT_PERCENT(J, retry_budget_pct),
    .initial = "20",
    .group = RETRIES,
    .help = "Retries for each 100 jobs of a destination",
    .more = "So that retries do not finish off a server in trouble. 0 lifts "
            "the limit." },
  { .long_name = "breaker",
    .metavar = "N[,COOLDOWN]",
    OPT_CALL(J, breaker, struct job_breaker, read_breaker),
    .accepts = "N[,COOLDOWN] such as 10,30s; 0 is off",
    .initial = "0",
    .group = RETRIES,
    .help = "Leave a destination alone after N failures",
    .more = "After N failures in a row its jobs fail at once, for COOLDOWN "
            "(30s by default); then single jobs try whether it is back. 0 is "
            "off." },

  { .long_name = "fail-fast",
    OPT_FLAG(J, fail_fast),
    .group = STOPPING,
    .help = "Stop at the first failure, cancel what runs" },
  { .long_name = "max-failures",
    .metavar = "N|PCT%",
    OPT_QUOTA(J, max_failures),
    .initial = "0",
    .group = STOPPING,
    .help = "Stop after so many failures; 0 is off" },
  { .long_name = "first",
    .metavar = "N",
    OPT_COUNT(J, first, 0, INT64_MAX),
    .initial = "0",
    .group = STOPPING,
    .help = "Stop after N successes; 0 is off" },

  { .long_name = "format",
    .metavar = "text|ndjson|tsv|csv|TEMPLATE",
    OPT_STRING(J, format),
    .words = format_words,
    .check = is_format,
    .accepts = "text, ndjson, tsv, csv, or a template with fields in braces "
               "such as '{key} {outcome}\\n'",
    .initial = "text",
    .group = RECORDS,
    .help = "How records are written on standard output" },
  { .long_name = "ndjson",
    OPT_ALIAS("format=ndjson"),
    .group = RECORDS,
    .help = "Records as JSON, one a line" },
  { .long_name = "fields",
    .metavar = "LIST",
    OPT_WORDS(J, fields),
    .group = RECORDS,
    .help = "Only these fields of a record" },
  { .long_name = "records",
    .metavar = "FILE",
    OPT_STRING(J, records_file),
    .group = RECORDS,
    .help = "Write records as NDJSON to FILE as well" },
  { .long_name = "keep-order",
    OPT_FLAG(J, keep_order),
    .negatable = true,
    .initial = "false",
    .group = RECORDS,
    .help = "Records in the order of the entries" },

  { .long_name = "progress",
    OPT_CHOICE(J, progress, progress_words),
    .initial = "auto",
    .group = MESSAGES,
    .help = "Progress on standard error",
    .more = "auto is a bar if standard error is a terminal. json is one line "
            "now and then." },
  { .long_name = "summary",
    OPT_CHOICE(J, summary, summary_words),
    .initial = "auto",
    .group = MESSAGES,
    .help = "Counts and latencies at the end" },
  { .short_name = 'q',
    .long_name = "quiet",
    OPT_FLAG(J, quiet),
    .group = MESSAGES,
    .help = "Only errors on standard error" },
  { .short_name = 'v',
    .long_name = "verbose",
    OPT_TALLY(J, verbose),
    .group = MESSAGES,
    .help = "Say more; -vv still more" },
  { .long_name = "color",
    OPT_CHOICE(J, color, color_words),
    .initial = "auto",
    .group = MESSAGES,
    .help = "Colored messages",
    .more = "auto is yes on a terminal, unless the environment has NO_COLOR." },

  { .long_name = "dry-run",
    OPT_FLAG(J, dry_run),
    .group = OTHER,
    .help = "Show what would be done" },
  { .long_name = "seed",
    .metavar = "N",
    OPT_COUNT(J, seed, 0, INT64_MAX),
    .initial = "0",
    .group = OTHER,
    .help = "Repeat the random choices of a run",
    .more = "0 chooses differently each time." },
  { .long_name = "config",
    .metavar = "FILE",
    OPT_STRING(J, config),
    .command_line_only = true,
    .group = OTHER,
    .help = "Read options from FILE",
    .more = "In place of $XDG_CONFIG_HOME/asynctool/config or "
            "~/.config/asynctool/config." },
  { .long_name = "no-config",
    OPT_FLAG(J, no_config),
    .command_line_only = true,
    .group = OTHER,
    .help = "Read no configuration file" },
  { 0 },
};

const struct opt_row action_rows[] = {
  { .short_name = 'h',
    .long_name = "help",
    OPT_ACTION(OPT_ACTION_HELP),
    .group = OTHER,
    .help = "Help; -h is the short form" },
  { .short_name = 'V',
    .long_name = "version",
    OPT_ACTION(OPT_ACTION_VERSION),
    .group = OTHER,
    .help = "The version, and those of libraries" },
  { .long_name = "introspect",
    OPT_ACTION(OPT_ACTION_INTROSPECT),
    .hidden = true,
    .group = OTHER,
    .help = "This command's options as JSON" },
  { 0 },
};
