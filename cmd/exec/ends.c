/* What a run makes of its jobs' ends: what is shown of them, and the exit
 * status. */
#include <string.h>

#include "command.h"
#include "exec/client.h"
#include "exec/job.h"
#include "exec/verdict.h"

static void note_status(struct exec_client *client,
                        const struct exec_item *item)
{
  int status = exec_status_of(item);
  if (client->first_status == 0)
    client->first_status = status;
  if (status > client->max_status)
    client->max_status = status;
}

/* With -v, or a format of records, it is said elsewhere. */
static void say_failure(const struct exec_client *client,
                        const struct job_item *item)
{
  const struct job_opts *opts = client->run->opts;
  bool text = !opts->format || strcmp(opts->format, "text") == 0;
  bool failed = item->outcome == JOB_OUTCOME_FAILED ||
                item->outcome == JOB_OUTCOME_TIMEOUT;
  if (text && opts->verbose == 0 && failed)
    job_say(client->run->log, "%s: %s", item->entry.key ? item->entry.key : "",
            job_error_text(&item->error));
}

void exec_ended(void *ctx, struct job_item *base,
                const struct async_fan_result *result)
{
  struct exec_client *client = ctx;
  struct exec_item *item = (struct exec_item *)base;
  (void)result;
  item->first_seq = base->seq;
  /* A rehearsal shows the commands. */
  if (client->run->opts->dry_run && base->prepared)
    exec_words_fill(client->words, item, &item->argv);
  if (item->output &&
      exec_output_show(item->output, base->outcome == JOB_OUTCOME_OK) < 0 &&
      base->outcome == JOB_OUTCOME_OK)
    base->outcome = JOB_OUTCOME_FAILED;
  exec_screen_next(client->screen, base->seq + 1 + item->more_count);
  note_status(client, item);
  say_failure(client, base);
}

/* Standard output has the jobs' output; of a rehearsal, their commands, each
 * once, however many entries it is for. */
void exec_text_of(void *ctx, const struct job_item *base, struct async_buf *out)
{
  const struct exec_client *client = ctx;
  const struct exec_item *item = (const struct exec_item *)base;
  if (!client->run->opts->dry_run || !item->argv.items ||
      base->seq != item->first_seq)
    return;
  exec_argv_quote(&item->argv, out);
  async_buf_add_char(out, '\n');
}

int exec_status(void *ctx, int status)
{
  const struct exec_client *client = ctx;
  enum exec_exit_with with = client->opts->exit_with;
  if (exec_screen_failed(client->screen))
    return COMMAND_IO;
  if (with == EXEC_EXIT_SUMMARY || status == COMMAND_OK ||
      status == COMMAND_USAGE || status == COMMAND_IO ||
      client->first_status == 0)
    return status;
  return with == EXEC_EXIT_FIRST ? client->first_status : client->max_status;
}
