/* cmd/job/count.h: what is counted while a run goes on, and how people read
 * quantities. */
#ifndef JOB_COUNT_H
#define JOB_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "async/buf.h"
#include "async/fan.h"
#include "async/histogram.h"
#include "job/status.h"

struct job_count {
  const char *tool;
  struct async_fan_stats fan; /* of jobs: one may be for several entries */
  uint64_t taken;             /* entries so far */
  struct job_end end;
  struct async_histogram latency; /* of the last attempts */
  uint64_t bytes;
  bool counts_bytes;
  bool groups;    /* a job may be for several entries: say which is meant */
  uint64_t total; /* entries, if known beforehand; else 0 */
  int64_t began_ns;
};

/* Appends "1.5 s", "12 ms", "2 min 3 s". */
void job_add_duration(struct async_buf *out, int64_t duration_ns);

/* Appends "12.3 MiB". */
void job_add_size(struct async_buf *out, double bytes);

/* Appends "812/s", "0.4/s". */
void job_add_rate(struct async_buf *out, double per_s);

/* Appends where the run stands, as one line for people without a newline. */
void job_add_state(struct async_buf *out, const struct job_count *count);

/* The same as a JSON object of `type`, with a newline. */
void job_add_state_json(struct async_buf *out, const struct job_count *count,
                        const char *type);

#endif
