/* What is to become of output, for all jobs: which options go together, and
 * what they share. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/shutdown.h"
#include "async/task.h"
#include "command.h"
#include "exec/output_priv.h"

static const int64_t STDERR_NS = 2 * ASYNC_SEC;

/* What was meant. */

static const char *format_of(const struct exec_opts *opts)
{
  return opts->job.format ? opts->job.format : "text";
}

/* Nothing is asked for that needs the bytes to go through us. */
static bool is_plain(const struct exec_opts *opts)
{
  return !opts->tag && !opts->results && !opts->quiet_ok &&
         (opts->capture == EXEC_CAPTURE_AUTO ||
          opts->capture == EXEC_CAPTURE_NONE);
}

static enum exec_output_mode choose_mode(const struct job_run *run,
                                         const struct exec_opts *opts)
{
  bool text = strcmp(format_of(opts), "text") == 0;
  if (opts->output == EXEC_OUTPUT_DISCARD && opts->results)
    return EXEC_OUTPUT_FILES;
  if (opts->output != EXEC_OUTPUT_AUTO)
    return opts->output;
  if (!text)
    return opts->results ? EXEC_OUTPUT_FILES : EXEC_OUTPUT_DISCARD;
  if (is_plain(opts) &&
      (opts->tty || (run->jobs == 1 && isatty(STDOUT_FILENO))))
    return EXEC_OUTPUT_LIVE;
  return EXEC_OUTPUT_GROUP;
}

static bool captures(const struct exec_opts *opts, enum exec_capture one)
{
  if (opts->capture == EXEC_CAPTURE_AUTO)
    return strcmp(format_of(opts), "text") != 0 &&
           opts->output != EXEC_OUTPUT_LIVE;
  return opts->capture == one || opts->capture == EXEC_CAPTURE_BOTH;
}

/* What does not go together. Returns a sentence, or NULL. */

static const char *find_mixed(const struct exec_screen *screen)
{
  const char *format = format_of(screen->opts);
  bool text = strcmp(format, "text") == 0, json = strcmp(format, "ndjson") == 0;
  if (screen->opts->output != EXEC_OUTPUT_AUTO && !text &&
      (screen->mode == EXEC_OUTPUT_GROUP || screen->mode == EXEC_OUTPUT_LIVE))
    return "records and output of jobs would mix on standard output: use "
           "--records FILE for the records, or -O line with --ndjson for both";
  if (screen->mode == EXEC_OUTPUT_LINE && !text && !json)
    return "-O line goes with --format text or --ndjson; --records FILE is "
           "another way to have records";
  return NULL;
}

static const char *find_live(const struct exec_opts *opts)
{
  if (opts->tag)
    return "--tag needs -O group or -O line: with -O live the output does not "
           "come through us";
  if (opts->results)
    return "--results needs -O group, line or files: with -O live the output "
           "does not come through us";
  if (opts->capture != EXEC_CAPTURE_AUTO && opts->capture != EXEC_CAPTURE_NONE)
    return "--capture needs -O group, line, files or discard: with -O live "
           "the output does not come through us";
  return NULL;
}

static const char *find_contradiction(const struct exec_screen *screen)
{
  const struct exec_opts *opts = screen->opts;
  enum exec_output_mode mode = screen->mode;
  const char *mixed = find_mixed(screen);
  if (mixed)
    return mixed;
  if (opts->output == EXEC_OUTPUT_FILES && !opts->results)
    return "-O files needs --results DIR, which says where";
  if (mode == EXEC_OUTPUT_LIVE && find_live(opts))
    return find_live(opts);
  if (opts->tag && screen->json)
    return "--tag is for text: with --ndjson each line has its key";
  if (opts->tag && mode != EXEC_OUTPUT_GROUP && mode != EXEC_OUTPUT_LINE)
    return "--tag needs output that is shown: -O group or -O line";
  if (opts->quiet_ok && mode != EXEC_OUTPUT_GROUP)
    return "--quiet-ok needs -O group: whether a job succeeds is known when it "
           "has ended";
  return NULL;
}

/* What is shared. */

static int usage(struct exec_screen *screen, const char *text)
{
  job_say_error(screen->run->log, "%s", text);
  return COMMAND_USAGE;
}

static int failure(struct exec_screen *screen, int err)
{
  job_say_error(screen->run->log, "output of jobs: %s", async_err_text(err));
  return COMMAND_IO;
}

/* With the message, if there is one. */
static int refuse(struct exec_screen *screen, int err,
                  struct async_buf *message)
{
  const char *text = message->len > 0 ? async_buf_str(message) : NULL;
  if (err == 0)
    return 0;
  if (!text)
    return failure(screen, err);
  usage(screen, text);
  return err == ASYNC_EINVAL ? COMMAND_USAGE : COMMAND_IO;
}

static int open_texts(struct exec_screen *screen)
{
  const struct exec_opts *opts = screen->opts;
  struct async_buf message = ASYNC_BUF_INIT;
  int err = 0;
  if (opts->tag)
    err = exec_text_new(&screen->tag, opts, opts->tag, NULL, &message);
  if (err == 0 && opts->results)
    err = exec_results_init(&screen->results, opts, &message);
  int status = refuse(screen, err, &message);
  async_buf_done(&message);
  return status;
}

static const char *choose_dir(const struct exec_opts *opts)
{
  const char *dir = opts->tmpdir ? opts->tmpdir : getenv("TMPDIR");
  return dir && *dir ? dir : "/tmp";
}

/* When everything was cut off, standard error gets as long as standard output,
 * if nobody reads it. */
static int watch_stop(void *arg)
{
  struct exec_screen *screen = arg;
  if (async_shutdown_wait() < 0)
    return 0;
  async_sleep(screen->opts->job.grace_ns);
  job_out_limit(&screen->err, async_in(STDERR_NS));
  return 0;
}

static int open_shared(struct exec_screen *screen)
{
  screen->scratch = malloc(EXEC_CHUNK_BYTES);
  if (!screen->scratch)
    return failure(screen, ASYNC_ENOMEM);
  int err = job_out_open_fd(&screen->err, STDERR_FILENO, "standard error");
  if (err < 0)
    return failure(screen, err);
  if (isatty(STDERR_FILENO))
    screen->err.screen = screen->run->log;
  err = async_spawn_handle(async_root(), watch_stop, screen, &screen->watch);
  return err < 0 ? failure(screen, err) : open_texts(screen);
}

static struct exec_screen *new_screen(struct job_run *run,
                                      const struct exec_opts *opts)
{
  struct exec_screen *screen = calloc(1, sizeof(*screen));
  if (!screen)
    return NULL;
  screen->run = run;
  screen->opts = opts;
  screen->mode = choose_mode(run, opts);
  screen->json = screen->mode == EXEC_OUTPUT_LINE &&
                 strcmp(format_of(opts), "ndjson") == 0;
  screen->captures[0] = captures(opts, EXEC_CAPTURE_STDOUT);
  screen->captures[1] = captures(opts, EXEC_CAPTURE_STDERR);
  screen->dir = choose_dir(opts);
  exec_pool_init(&screen->pool, opts->buffer_bytes < SIZE_MAX
                                    ? (size_t)opts->buffer_bytes
                                    : SIZE_MAX);
  async_sem_init(&screen->turn, 1);
  async_list_init(&screen->reading);
  return screen;
}

int exec_screen_open(struct exec_screen **out, struct job_run *run,
                     const struct exec_opts *opts)
{
  struct exec_screen *screen = new_screen(run, opts);
  if (!screen) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  const char *wrong = find_contradiction(screen);
  int status = wrong ? usage(screen, wrong) : open_shared(screen);
  if (status == 0)
    *out = screen;
  else
    exec_screen_close(screen);
  return status;
}

void exec_screen_close(struct exec_screen *screen)
{
  struct async_scope shield;
  if (!screen)
    return;
  async_scope_shield(&shield, ASYNC_NEVER);
  if (screen->watch) {
    async_task_cancel(screen->watch);
    async_join(screen->watch);
  }
  job_out_close(&screen->err);
  async_scope_leave(&shield, 0);
  exec_text_free(screen->tag);
  exec_results_done(&screen->results);
  exec_pool_done(&screen->pool);
  free(screen->scratch);
  free(screen);
}

void exec_screen_next(struct exec_screen *screen, uint64_t seq)
{
  if (seq <= screen->next_seq)
    return;
  screen->next_seq = seq;
  exec_pool_wake(&screen->pool);
}

bool exec_screen_failed(const struct exec_screen *screen)
{
  return screen->err.err < 0;
}
