/* cmd/job/tool.h: what a subcommand is to the part that all of them share.
 *
 * A tool says how one entry is done; sources, lanes, retries, records,
 * progress, signals and the exit status are the same for all:
 *
 *   open -> for each entry: prepare -> key -> work (once an attempt)
 *                           -> its record -> item_done
 *        -> close
 *
 * All hooks run in tasks of the loop, but those that say otherwise. */
#ifndef JOB_TOOL_H
#define JOB_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/fan.h"
#include "job/item.h"
#include "job/json.h"
#include "job/message.h"
#include "job/out.h"
#include "job/record.h"
#include "job/source.h"
#include "opt/common.h"

struct job_tool;

/* A run, as the tool may see it. */
struct job_run {
  const struct job_tool *tool;
  const struct job_opts *opts;
  const void *tool_opts; /* the command's whole options struct */
  struct job_log *log;   /* messages for people */
  struct job_out *out;   /* standard output */
  size_t jobs;           /* at once: as --jobs, or as descriptors allow; where
                            the tool reads 0 as "auto", its open says how many */
  bool few_descriptors;  /* hardly more than these jobs need */
  struct job_source *source;
  const enum async_fan_stop *stop; /* why the run is ending before its input:
                                      for a job that is cut off, who does it.
                                      Changes while it runs */

  /* What open may change. */
  char *const *operands; /* those it takes away are not entries */
  size_t operand_count;
  bool needs_input; /* true; false: there is input without operands, files and
                       standard input, from a `next` of its own */
  bool header;      /* the first row of TSV and CSV names the columns, even if
                       none of them is in entry_fields */
  size_t window;    /* items between source and record; 0: as async_fan_opts */
  int64_t retry_after_max_ns; /* a server that asks for longer is given up; 0:
                                 10 x the longest backoff */
};

struct job_tool {
  const char *name;               /* "fetch" */
  const char *usage;              /* "[OPTIONS] [URL|FILE|-]..." */
  const char *entries;            /* "URLs", for the hint when there are none */
  size_t item_bytes;              /* of a struct that begins with job_item */
  const struct job_field *fields; /* after the common ones */

  /* The members of an NDJSON entry (columns of TSV and CSV) that can be the
   * entry's text, the best first; NULL ends. NULL: url, final_url, target,
   * name, file, input, key. */
  const char *const *entry_fields;

  /* NULL, or words of --format that the hook `text` understands as well as
   * "text"; NULL ends. */
  const char *const *styles;

  bool counts_bytes; /* item->bytes means something */
  size_t descriptors_per_job;

  /* The state of each destination: async_lane_data. */
  size_t lane_bytes;
  void (*lane_done)(void *data);

  /* NULL, or begins a run: clients, files, templates.
   *
   * ctx  set to what all other hooks get
   *
   * Returns 0, or the exit status, after job_say_error; then close is not
   * called.
   */
  int (*open)(struct job_run *run, void **ctx);
  void (*close)(void *ctx);

  /* NULL, or the next entry in place of job_source_next(run->source, item):
   * several jobs for each entry, one for several, a directory's files. May
   * park.
   *
   * Returns 0, ASYNC_EOF, or an error, which ends the run with status 4.
   */
  int (*next)(void *ctx, struct job_item *item);

  /* NULL, or the further entries of an item that stands for several, in the
   * order of the input: one job does them all. They share its fate, and each
   * has a record of its own, which differs in seq, key, input and queue_ms.
   *
   * `next` gathers them. It gives a malformed entry an item of its own, and
   * what it has gathered before that one first, so that the order stays; if it
   * is cut off, it gives what it has. prepare answers for all of them, ended
   * is called once. What people see, --ndjson's summary and the exit status
   * count entries; the engine's limits (--jobs, --rate, --max-failures, --first)
   * and latencies count jobs.
   *
   * entries  set to them; they are the tool's, until its item_done frees them
   *          with job_entry_done
   *
   * Returns how many: always the same, from the end of `next` to item_done.
   */
  size_t (*more)(const struct job_item *item, struct job_entry **entries);

  /* NULL, or validates an entry: reads its fields, parses its text.
   *
   * Returns 0, or -1 after job_error_set(item, JOB_ERROR_INPUT, ...): the entry
   * is recorded as failed, without an attempt.
   */
  int (*prepare)(void *ctx, struct job_item *item);

  /* NULL, or the destination: limits, rates and circuits are each one's own.
   * Returns bytes that live until the next call, or NULL. */
  const char *(*key)(void *ctx, struct job_item *item, size_t *len);

  /* One attempt. item->timeout_ns is a scope around it: after its deadline
   * every wait returns ASYNC_ECANCELED, and what the attempt then sets in
   * attempt->rc = ASYNC_ECANCELED becomes outcome `timeout`. On failure
   * attempt->outcome is the class and job_error_set has said why; a class
   * without an error is made one of kind internal. */
  void (*work)(void *ctx, struct job_item *item,
               struct async_fan_attempt *attempt);

  /* In place of work, for bulk: as in struct async_fan. The time limit is the
   * tool's own then; JOB_ERROR_TIMEOUT makes the outcome `timeout`. */
  void (*start)(void *ctx, struct job_item *item,
                struct async_fan_attempt *attempt, struct async_op *op);
  void (*judge)(void *ctx, struct job_item *item,
                struct async_fan_attempt *attempt, struct async_op *op);

  /* NULL, or sees an entry that has ended, just before its record. May park
   * and change item->outcome. */
  void (*ended)(void *ctx, struct job_item *item,
                const struct async_fan_result *result);

  /* NULL, or appends the record in format "text": lines, or nothing. Not called
   * for malformed entries, unless text_of_malformed. NULL: "OUTCOME KEY
   * [MESSAGE]". */
  void (*text)(void *ctx, const struct job_item *item, struct async_buf *out);
  bool text_of_malformed;

  /* NULL, or frees the tool's part of an item; also for one that prepare has
   * refused or never saw. */
  void (*item_done)(struct job_item *item);

  /* NULL, or called before the process is stopped by SIGTSTP (Ctrl-Z), and when
   * it goes on: to stop and continue others. On the loop's stack: they must not
   * park. The loop's clock stands still in between. Without effect where the
   * system ignores SIGTSTP: one follows the other. */
  void (*stopping)(void *ctx);
  void (*continued)(void *ctx);

  /* NULL, or changes the exit status at the end (Nagios). */
  int (*status)(void *ctx, int status);
};

/* Runs a subcommand: from its options to the exit status, or to death by the
 * signal that ended it.
 *
 * opts       the part of tool_opts that all commands share
 * operands   borrowed
 */
int job_run(const struct job_tool *tool, const struct job_opts *opts,
            const void *tool_opts, char *const *operands, size_t operand_count);

#endif
