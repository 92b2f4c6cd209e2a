/* cmd/exec/options.h: what `asynctool exec` can be told. */
#ifndef EXEC_OPTIONS_H
#define EXEC_OPTIONS_H

#include "opt/common.h"
#include "opt/opt.h"

enum exec_stdin {
  EXEC_STDIN_NULL,
  EXEC_STDIN_INHERIT,
  EXEC_STDIN_RECORD, /* the entry, as it was read */
  EXEC_STDIN_FILE    /* a file named by a template */
};

/* --stdin WORD, or file:TEMPLATE */
struct exec_stdin_choice {
  enum exec_stdin from;
  char file[256];
};

enum exec_pipe {
  EXEC_PIPE_NONE,
  EXEC_PIPE_LINES, /* so many lines a block */
  EXEC_PIPE_SIZE,  /* about so many bytes, cut at the end of a line */
  EXEC_PIPE_SEP    /* what a regular expression separates */
};

/* --pipe lines=N|size=SIZE|sep=REGEX */
struct exec_pipe_choice {
  enum exec_pipe by;
  uint64_t lines, bytes;
  char separator[256];
};

enum exec_output_mode {
  EXEC_OUTPUT_AUTO,
  EXEC_OUTPUT_GROUP,  /* a job's output in one piece, when it has ended */
  EXEC_OUTPUT_LINE,   /* whole lines, as they come */
  EXEC_OUTPUT_LIVE,   /* straight to our own standard output and error */
  EXEC_OUTPUT_FILES,  /* to --results alone */
  EXEC_OUTPUT_DISCARD /* nowhere */
};

enum exec_stderr {
  EXEC_STDERR_SEPARATE,
  EXEC_STDERR_MERGE,
  EXEC_STDERR_DISCARD
};

enum exec_capture {
  EXEC_CAPTURE_AUTO, /* both with --ndjson, else none */
  EXEC_CAPTURE_NONE,
  EXEC_CAPTURE_STDOUT,
  EXEC_CAPTURE_STDERR,
  EXEC_CAPTURE_BOTH
};

/* --capture-max SIZE[,head|tail] */
struct exec_capture_max {
  uint64_t bytes;
  bool tail;
};

enum exec_kill_mode { EXEC_KILL_GROUP, EXEC_KILL_PROCESS, EXEC_KILL_CGROUP };

enum exec_orphans { EXEC_ORPHANS_KILL, EXEC_ORPHANS_KEEP };

enum exec_jobserver_use { EXEC_JOBSERVER_AUTO, EXEC_JOBSERVER_NONE };

enum exec_exit_with {
  EXEC_EXIT_SUMMARY, /* 0, 1, 3, 4 as for every command */
  EXEC_EXIT_FIRST,   /* the exit status of the first job that failed */
  EXEC_EXIT_MAX      /* the highest of all */
};

/* --max-load N, or N%: of the processors; 0: no limit */
struct exec_load {
  double runnable;
};

/* --min-free SIZE, or P%: of the memory; both 0: no limit */
struct exec_free {
  uint64_t bytes;
  double share;
};

enum { EXEC_LIMITS = 16 };

/* --rlimit as=2G,cpu=60,nofile=1024,core=0 */
struct exec_limits {
  size_t count;
  struct {
    int resource;
    uint64_t value; /* UINT64_MAX: unlimited */
  } items[EXEC_LIMITS];
};

struct exec_opts {
  struct job_opts job;

  /* Command */
  char *replace;            /* -I: this stands for {}; NULL: {} */
  uint64_t max_args;        /* entries a command */
  bool fill;                /* -X: as many as fit */
  uint64_t max_chars;       /* of a command line; 0: what the system allows */
  char *shell;              /* the command is a script for it; NULL: no shell */
  bool commands;            /* each entry is a command line for the shell */
  bool dash_values;         /* values that begin with - may begin an argument */
  char *chdir;              /* template */
  struct opt_list env;      /* NAME=VALUE, templates */
  struct opt_list env_from; /* fields of the entry, as variables */
  bool clean_env;
  bool header; /* the first row of TSV and CSV names the columns */

  /* Time and signals */
  int signal; /* the first one to a job that is to end */
  int64_t kill_after_ns;
  enum exec_kill_mode kill_mode;
  enum exec_orphans orphans;
  struct opt_list ok_codes; /* "0", "1-3" */
  enum exec_exit_with exit_with;

  /* Limits */
  int64_t nice;
  struct exec_limits rlimits;
  uint64_t memory_max; /* 0: none */
  struct exec_load max_load;
  struct exec_free min_free;
  enum exec_jobserver_use jobserver;
  bool tty;

  /* Input of jobs */
  struct exec_stdin_choice stdin_choice;
  struct exec_pipe_choice pipe;
  bool round_robin; /* of its blocks */

  /* Output of jobs */
  enum exec_output_mode output;
  enum exec_stderr stderr_choice;
  char *tag;     /* template; NULL: none */
  char *results; /* template of a directory; NULL: none */
  bool quiet_ok;
  enum exec_capture capture;
  struct exec_capture_max capture_max;
  uint64_t buffer_bytes;
  char *tmpdir; /* NULL: TMPDIR or /tmp */
  bool spill;
  int64_t drain_ns;
};

extern const struct opt_table exec_tables[];

#endif
