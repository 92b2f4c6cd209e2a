/* cmd/opt/common.h: the options that mean the same in every command. */
#ifndef OPT_COMMON_H
#define OPT_COMMON_H

#include "opt/opt.h"

enum job_jitter {
  JOB_JITTER_FULL,
  JOB_JITTER_EQUAL,
  JOB_JITTER_DECORRELATED,
  JOB_JITTER_NONE
};

enum job_input_format {
  JOB_INPUT_AUTO,
  JOB_INPUT_LINES,
  JOB_INPUT_NUL,
  JOB_INPUT_TSV,
  JOB_INPUT_CSV,
  JOB_INPUT_NDJSON
};

enum job_progress {
  JOB_PROGRESS_AUTO,
  JOB_PROGRESS_BAR,
  JOB_PROGRESS_JSON,
  JOB_PROGRESS_NONE
};

enum job_summary { JOB_SUMMARY_AUTO, JOB_SUMMARY_JSON, JOB_SUMMARY_NONE };

enum job_color { JOB_COLOR_AUTO, JOB_COLOR_ALWAYS, JOB_COLOR_NEVER };

struct job_backoff {
  int64_t base_ns;
  double factor;
  int64_t max_ns;
};

struct job_breaker {
  unsigned failures; /* in a row; 0: never opens */
  int64_t cooldown_ns;
};

/* Durations of 0 are "off", counts of 0 "no limit", where not said
 * otherwise. */
struct job_opts {
  /* Input */
  struct opt_list inputs; /* files of entries; "-" is stdin */
  enum job_input_format input_format;
  bool error_on_empty;

  /* Concurrency */
  size_t jobs, per_host;
  bool adaptive;
  struct opt_rate rate, rate_per_host;

  /* Time */
  int64_t timeout_ns;  /* one attempt */
  int64_t deadline_ns; /* the whole run, from its start */
  int64_t grace_ns;    /* after the first signal; 0: cancel at once */

  /* Retries */
  unsigned retries;
  struct opt_list retry_on;
  struct job_backoff backoff;
  enum job_jitter jitter;
  double retry_budget_pct;
  struct job_breaker breaker;

  /* When to stop */
  bool fail_fast;
  struct opt_quota max_failures;
  uint64_t first; /* stop after so many successes */

  /* Records */
  char *format; /* "text", "ndjson", "tsv", "csv", or a template with {...} */
  struct opt_list fields; /* empty: all */
  char *records_file;     /* NULL: none */
  bool keep_order;

  /* Messages */
  enum job_progress progress;
  enum job_summary summary;
  bool quiet;
  unsigned verbose;
  enum job_color color;

  bool dry_run;
  uint64_t seed; /* 0: a new one each run */
  char *config;  /* read already when the command runs, as is no_config */
  bool no_config;
};

/* The rows for a struct job_opts; a command embeds one and says where with the
 * base of its struct opt_table. */
extern const struct opt_row job_rows[];

/* -h, --help, -V, --version, --introspect: no fields. */
extern const struct opt_row action_rows[];

#endif
