#include "async/debug.h"

#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/loop_priv.h"

enum { FRAMES_MOST = 32, OWN_FRAMES = 3 };

static _Thread_local struct async_stats last_run;
static _Thread_local struct async_buf *dump_out; /* while a task shows itself */

static void fill(const struct async_loop *loop, struct async_stats *out)
{
  *out = loop->stats;
  out->stacks = loop->stacks.in_use;
  out->stacks_peak = loop->stacks.most;
  out->stacks_pooled = loop->stacks.pooled;
  out->timers = loop->timers.count;
  out->held = loop->held;
}

void async_stats_get(struct async_stats *out)
{
  if (asy_loop)
    fill(asy_loop, out);
  else
    *out = last_run;
}

void asy_stats_keep(const struct async_loop *loop)
{
  fill(loop, &last_run);
}

/* Dumps. Tasks that stand at the same place are one group: 1,300 tasks would be
 * thousands of lines otherwise. */

struct place {
  struct async_task *oldest;
  const char *what;
  size_t count;
};

static const char *what_of(const struct async_task *task)
{
  if (task == asy_loop->current)
    return "running";
  return task->waiting ? task->waiting->what : "ready";
}

static bool same_place(const struct place *place, const struct async_task *task,
                       const char *what)
{
  return place->what == what && place->oldest->line == task->line &&
         place->oldest->fn == task->fn && place->oldest->file == task->file;
}

static size_t gather(struct async_loop *loop, struct place *places)
{
  size_t count = 0;
  ASYNC_LIST_EACH (node, &loop->all) {
    struct async_task *task = ASYNC_CONTAINER_OF(node, struct async_task, all);
    const char *what = what_of(task);
    size_t i = 0;
    while (i < count && !same_place(&places[i], task, what))
      i++;
    if (i == count)
      places[count++] = (struct place){ task, what, 0 };
    places[i].count++;
  }
  return count;
}

void asy_task_show(struct async_task *task)
{
  void *frames[FRAMES_MOST];
  (void)task;
  int count = backtrace(frames, FRAMES_MOST);
  char **names = backtrace_symbols(frames, count);
  for (int i = OWN_FRAMES; names && i < count; i++)
    async_buf_printf(dump_out, "      %s\n", names[i]);
  free(names);
}

static void dump_place(struct async_buf *out, const struct place *place,
                       bool stacks)
{
  struct async_task *task = place->oldest;
  double age_s = (double)(async_now() - task->born_ns) / 1e9;
  async_buf_printf(out,
                   "  %zu x %s from %s:%d: %s; the oldest is task %llu, %.3f s"
                   "%s\n",
                   place->count, task->name, task->file ? task->file : "-",
                   task->line, place->what, (unsigned long long)task->id, age_s,
                   task->scope->cancelled ? ", cancelled" : "");
  if (!stacks || !task->waiting || asy_loop->current)
    return;
  dump_out = out;
  task->dumping = true;
  asy_task_step(task);
  dump_out = NULL;
}

void async_dump(struct async_buf *out, bool stacks)
{
  struct async_loop *loop = asy_loop;
  struct async_stats stats;
  async_stats_get(&stats);
  async_buf_printf(out,
                   "%zu tasks, %zu timers, %zu operations outside, %zu stacks"
                   " (%zu at most, %zu kept)\n",
                   stats.tasks, stats.timers, stats.held, stats.stacks,
                   stats.stacks_peak, stats.stacks_pooled);
  struct place *places = calloc(stats.tasks + 1, sizeof(*places));
  if (!places)
    return;
  size_t count = gather(loop, places);
  for (size_t i = 0; i < count; i++)
    dump_place(out, &places[i], stacks);
  free(places);
}

/* Reports. */

void asy_report(struct async_loop *loop, const char *text, size_t len)
{
  if (loop->opts.report) {
    loop->opts.report(text, len, loop->opts.report_ctx);
    return;
  }
  while (len > 0) {
    ssize_t written = write(STDERR_FILENO, text, len);
    if (written <= 0)
      return;
    text += written;
    len -= (size_t)written;
  }
}

void asy_report_slow_step(struct async_loop *loop,
                          const struct async_task *task, int64_t took_ns)
{
  if (took_ns > loop->stats.longest_step_ns)
    loop->stats.longest_step_ns = took_ns;
  if (took_ns <= loop->opts.slow_step_ns)
    return;
  struct async_buf text = ASYNC_BUF_INIT;
  loop->stats.slow_steps++;
  async_buf_printf(
      &text, "async: task %llu %s (%s:%d) held the loop for %.1f ms\n",
      (unsigned long long)task->id, task->name, task->file ? task->file : "-",
      task->line, (double)took_ns / 1e6);
  asy_report(loop, text.data, text.len);
  async_buf_done(&text);
}

_Noreturn static void report_and_abort(struct async_loop *loop,
                                       struct async_buf *text)
{
  async_dump(text, false);
  asy_report(loop, text->data, text->len);
  abort();
}

_Noreturn void asy_report_deadlock(struct async_loop *loop)
{
  struct async_buf text = ASYNC_BUF_INIT;
  async_buf_add_str(&text, "async: deadlock: every task is parked and nothing"
                           " can wake one\n");
  report_and_abort(loop, &text);
}

_Noreturn void asy_report_open_scope(struct async_loop *loop,
                                     const struct async_task *task)
{
  struct async_buf text = ASYNC_BUF_INIT;
  async_buf_printf(&text,
                   "async: task %llu %s (%s:%d) returned with an open scope"
                   " or group\n",
                   (unsigned long long)task->id, task->name,
                   task->file ? task->file : "-", task->line);
  report_and_abort(loop, &text);
}
