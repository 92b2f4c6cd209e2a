/* Room for output that has to wait for its turn. When --buffer-size is used up:
 *
 *   1. what the stream has in memory goes into a file;
 *   2. if that cannot be, and it may be this job's turn, it is shown at once
 *      and holds the turn from then on;
 *   3. else the job waits, but for one, which may have as much again for
 *      itself, so that somebody always gets on. When it has that and can never
 *      be shown early (--quiet-ok, a retry may follow), it fails. */
#include "async/error.h"
#include "exec/output_priv.h"

static void say_no_spill(struct exec_screen *screen, int err)
{
  if (screen->said_no_spill)
    return;
  screen->said_no_spill = true;
  job_say_error(screen->run->log,
                "cannot put output into a file in %s: %s; jobs wait for room "
                "in memory",
                screen->dir, async_err_text(err));
}

static bool spill(struct exec_output *output, struct exec_stream *stream)
{
  struct exec_screen *screen = output->screen;
  if (!screen->opts->spill)
    return false;
  int err = exec_store_spill(&stream->store, screen->dir);
  if (err < 0)
    say_no_spill(screen, err);
  return err == 0;
}

/* Whether its output can be shown before the job has ended. */
static bool may_come_early(const struct exec_output *output)
{
  const struct exec_screen *screen = output->screen;
  if (screen->json)
    return false;
  return screen->mode == EXEC_OUTPUT_LINE ||
         (!screen->opts->quiet_ok &&
          output->item->item.attempts > screen->opts->job.retries);
}

static bool is_its_turn(const struct exec_output *output)
{
  const struct exec_screen *screen = output->screen;
  return may_come_early(output) &&
         (screen->mode == EXEC_OUTPUT_LINE || !screen->opts->job.keep_order ||
          output->item->item.seq == screen->next_seq);
}

static bool take_turn(struct exec_output *output)
{
  if (!output->has_turn) {
    if (!is_its_turn(output) || !async_sem_try(&output->screen->turn, 1))
      return false;
    output->has_turn = true;
  }
  exec_show(output, &output->streams[0], 0);
  exec_show(output, &output->streams[1], 0);
  return true;
}

/* With --keep-order those that have ended keep their memory until it is their
 * turn: only the first in the order brings that nearer. Else any one does. */
static bool is_favoured(struct exec_output *output)
{
  struct exec_screen *screen = output->screen;
  if (!screen->opts->job.keep_order) {
    if (!screen->favoured)
      screen->favoured = output;
    return screen->favoured == output;
  }
  ASYNC_LIST_EACH (node, &screen->reading) {
    const struct exec_output *other =
        ASYNC_CONTAINER_OF(node, struct exec_output, node);
    if (other->item->item.seq < output->item->item.seq)
      return false;
  }
  return true;
}

static bool has_share(const struct exec_output *output)
{
  return output->streams[0].store.memory + output->streams[1].store.memory >=
         output->screen->pool.limit;
}

static int fail(struct exec_output *output, int err)
{
  if (err == ASYNC_ENOMEM)
    return exec_output_fail(output, JOB_ERROR_INTERNAL, err, "its output");
  return exec_output_fail(output, JOB_ERROR_LIMIT, 0,
                          "its output: more than --buffer-size has room for");
}

int exec_find_room(struct exec_output *output, struct exec_stream *stream,
                   char **room, size_t *len)
{
  for (;;) {
    int err = exec_store_room(&stream->store, false, room, len);
    if (err != ASYNC_EAGAIN)
      return err < 0 ? fail(output, err) : 0;
    if (spill(output, stream) || take_turn(output))
      continue;
    bool favoured = is_favoured(output);
    if (favoured && !has_share(output)) {
      err = exec_store_room(&stream->store, true, room, len);
      return err < 0 ? fail(output, err) : 0;
    }
    if (favoured && !may_come_early(output))
      return fail(output, 0);
    exec_pool_wait(&output->screen->pool);
  }
}
