#include "job/summary.h"

#include "async/timer.h"

/* "10000 entries in 12.3 s: 9990 ok, 10 failed" */
static void add_counts(struct async_buf *out, const struct job_count *count,
                       int64_t elapsed_ns)
{
  uint64_t total = job_end_total(&count->end);
  const char *between = ": ";
  async_buf_printf(out, "asynctool %s: %llu %s in ", count->tool,
                   (unsigned long long)total, total == 1 ? "entry" : "entries");
  job_add_duration(out, elapsed_ns);
  for (int i = 0; i <= JOB_OUTCOME_SKIPPED; i++) {
    if (!count->end.outcomes[i])
      continue;
    async_buf_printf(out, "%s%llu %s", between,
                     (unsigned long long)count->end.outcomes[i],
                     job_outcome_name((enum job_outcome)i));
    between = ", ";
  }
  async_buf_add_char(out, '\n');
}

static void add_latency(struct async_buf *out,
                        const struct async_histogram *latency)
{
  static const struct {
    const char *name;
    double share;
  } points[] = {
    { "p50", 0.5 }, { "p90", 0.9 }, { "p99", 0.99 }, { "max", 1 }
  };
  if (!latency->total)
    return;
  async_buf_add_str(out, "  latency ");
  for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
    async_buf_printf(out, " %s ", points[i].name);
    job_add_duration(out, async_histogram_at(latency, points[i].share));
  }
  async_buf_add_char(out, '\n');
}

static void add_throughput(struct async_buf *out, const struct job_count *count,
                           int64_t elapsed_ns)
{
  double s = (double)elapsed_ns / (double)ASYNC_SEC;
  if (s <= 0)
    return;
  async_buf_add_str(out, "  ");
  job_add_rate(out, (double)job_end_total(&count->end) / s);
  if (count->counts_bytes) {
    async_buf_add_str(out, ", ");
    job_add_size(out, (double)count->bytes);
    async_buf_add_str(out, " (");
    job_add_size(out, (double)count->bytes / s);
    async_buf_add_str(out, "/s)");
  }
  if (count->fan.retried)
    async_buf_printf(out, ", %llu retries",
                     (unsigned long long)count->fan.retried);
  async_buf_add_char(out, '\n');
}

void job_summary_print(enum job_summary mode, bool for_people,
                       const struct job_count *count, struct job_log *log)
{
  struct async_buf text = ASYNC_BUF_INIT;
  int64_t elapsed_ns = async_now() - count->began_ns;
  if (mode == JOB_SUMMARY_JSON) {
    job_add_state_json(&text, count, "summary");
  } else if (mode == JOB_SUMMARY_AUTO && for_people) {
    add_counts(&text, count, elapsed_ns);
    add_latency(&text, &count->latency);
    add_throughput(&text, count, elapsed_ns);
  }
  if (text.len > 0 && !text.err)
    job_say_raw(log, text.data, text.len);
  async_buf_done(&text);
}
