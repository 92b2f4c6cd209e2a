#include "job/count.h"

#include <stdio.h>

#include "async/timer.h"
#include "job/json.h"

void job_add_duration(struct async_buf *out, int64_t duration_ns)
{
  double ms = (double)duration_ns / (double)ASYNC_MS;
  long long s = (duration_ns + ASYNC_SEC / 2) / ASYNC_SEC;
  if (duration_ns == 0)
    async_buf_add_str(out, "0 ms");
  else if (ms < 999.5)
    async_buf_printf(out, "%.*f ms", ms < 1 ? 2 : ms < 10 ? 1 : 0, ms);
  else if (s < 60)
    async_buf_printf(out, "%.3g s", ms / 1000);
  else if (s < 3600)
    async_buf_printf(out, "%lld min %lld s", s / 60, s % 60);
  else
    async_buf_printf(out, "%lld h %lld min", s / 3600, s % 3600 / 60);
}

void job_add_size(struct async_buf *out, double bytes)
{
  static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
  size_t unit = 0;
  for (; bytes >= 1024 && unit < 4; unit++)
    bytes /= 1024;
  async_buf_printf(out, unit == 0 || bytes >= 100 ? "%.0f %s" : "%.1f %s",
                   bytes, units[unit]);
}

void job_add_rate(struct async_buf *out, double per_s)
{
  async_buf_printf(out, per_s < 10 ? "%.1f/s" : "%.0f/s", per_s);
}

static uint64_t ended(const struct job_count *count)
{
  return job_end_total(&count->end);
}

/* How many there will be; 0: nobody knows. */
static uint64_t expected(const struct job_count *count)
{
  return count->fan.intake_over ? count->taken : count->total;
}

static double per_second(const struct job_count *count, double amount)
{
  double s = (double)(async_now() - count->began_ns) / (double)ASYNC_SEC;
  return s > 0 ? amount / s : 0;
}

static void add_left(struct async_buf *out, const struct job_count *count)
{
  uint64_t done = ended(count), total = expected(count);
  if (total <= done || done == 0)
    return;
  double spent_ns = (double)(async_now() - count->began_ns);
  async_buf_add_str(out, ", ");
  job_add_duration(out,
                   (int64_t)(spent_ns / (double)done * (double)(total - done)));
  async_buf_add_str(out, " left");
}

void job_add_state(struct async_buf *out, const struct job_count *count)
{
  uint64_t done = ended(count), bad = done - count->end.outcomes[0];
  uint64_t total = expected(count);
  async_buf_add_uint(out, done);
  if (total)
    async_buf_printf(out, " of %llu", (unsigned long long)total);
  async_buf_add_str(out, " done, ");
  if (bad)
    async_buf_printf(out, "%llu not ok, ", (unsigned long long)bad);
  async_buf_printf(out, "%zu %srunning", count->fan.running,
                   !count->groups            ? ""
                   : count->fan.running == 1 ? "job "
                                             : "jobs ");
  if (count->fan.delayed)
    async_buf_printf(out, ", %zu wait to retry", count->fan.delayed);
  async_buf_add_str(out, ", ");
  job_add_rate(out, per_second(count, (double)done));
  if (count->counts_bytes) {
    async_buf_add_str(out, ", ");
    job_add_size(out, per_second(count, (double)count->bytes));
    async_buf_add_str(out, "/s");
  }
  add_left(out, count);
}

static void add_number(struct async_buf *out, const char *name, uint64_t value)
{
  async_buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)value);
}

void job_add_state_json(struct async_buf *out, const struct job_count *count,
                        const char *type)
{
  const struct async_fan_stats *fan = &count->fan;
  async_buf_printf(out, "{\"v\":1,\"type\":\"%s\",\"tool\":\"%s\"", type,
                   count->tool);
  async_buf_add_str(out, ",\"elapsed_ms\":");
  job_json_ms(out, async_now() - count->began_ns);
  if (count->total)
    add_number(out, "total", count->total);
  add_number(out, "done", ended(count));
  for (int i = 0; i <= JOB_OUTCOME_SKIPPED; i++)
    add_number(out, job_outcome_name((enum job_outcome)i),
               count->end.outcomes[i]);
  add_number(out, "retried", fan->retried);
  add_number(out, "running", fan->running);
  add_number(out, "queued", fan->queued);
  add_number(out, "delayed", fan->delayed);
  if (count->counts_bytes)
    add_number(out, "bytes", count->bytes);
  async_buf_printf(out, ",\"per_s\":%.1f",
                   per_second(count, (double)ended(count)));
  if (count->latency.total) {
    async_buf_add_str(out, ",\"latency_ms\":{\"p50\":");
    job_json_ms(out, async_histogram_at(&count->latency, 0.5));
    async_buf_add_str(out, ",\"p90\":");
    job_json_ms(out, async_histogram_at(&count->latency, 0.9));
    async_buf_add_str(out, ",\"p99\":");
    job_json_ms(out, async_histogram_at(&count->latency, 0.99));
    async_buf_add_str(out, ",\"max\":");
    job_json_ms(out, count->latency.max_ns);
    async_buf_add_char(out, '}');
  }
  async_buf_add_str(out, "}\n");
}
