/* Room for output that has to wait for its turn. When --buffer-size is used up:
 *
 *   1. one output is favoured: the last of the memory is for it, so that it can
 *      end and give back what it has; the others wait for that, but not long;
 *   2. what the stream has in memory goes into a file;
 *   3. if that cannot be, and it may be this job's turn, it is shown at once
 *      and holds the turn from then on;
 *   4. else the job waits, but for the favoured one, which may have as much
 *      again for itself, so that somebody always gets on. When it has that and
 *      can never be shown early (--quiet-ok, a retry may follow), it fails. */
#include "async/error.h"
#include "exec/output_priv.h"

/* For memory, where a file would do: a job that writes fast is shown sooner
 * than a file is written and read again. */
static const int64_t PATIENCE_NS = 50 * ASYNC_MS;
static const int64_t PATIENCE_IN_ALL_NS = 500 * ASYNC_MS;

/* After which nobody is taken to be showing anything. */
static const int64_t STILL_NS = ASYNC_SEC;

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

/* Waits a little; not for ever again when it was in vain. */
static bool got_memory(struct exec_output *output)
{
  int rc;
  if (output->impatient || !output->screen->opts->spill)
    return false;
  int64_t began_ns = async_now();
  ASYNC_WITHIN(PATIENCE_NS, rc, exec_pool_wait(&output->screen->pool));
  output->waited_ns += async_now() - began_ns;
  output->impatient = rc < 0 || output->waited_ns >= PATIENCE_IN_ALL_NS;
  return rc == 0;
}

static size_t count_reading(const struct exec_screen *screen)
{
  size_t count = 0;
  ASYNC_LIST_EACH (node, &screen->reading)
    count++;
  return count;
}

/* With --keep-order: the job whose turn it is may wait to be tried again, in
 * none of the slots, while those that have them wait for it. */
static bool may_be_stuck(const struct exec_output *output)
{
  const struct exec_screen *screen = output->screen;
  return screen->opts->job.keep_order && !is_its_turn(output) &&
         count_reading(screen) >= screen->run->jobs;
}

/* Returns 0 when something has changed, -1 if nothing ever will. */
static int wait_for_change(struct exec_output *output, bool favoured)
{
  struct exec_screen *screen = output->screen;
  int rc;
  if (!favoured || !may_be_stuck(output)) {
    exec_pool_wait(&screen->pool);
    return 0;
  }
  ASYNC_WITHIN(STILL_NS, rc, exec_pool_wait(&screen->pool));
  if (rc == 0 || !async_sem_try(&screen->turn, 1))
    return 0; /* or another one is being shown, which takes its time */
  async_sem_release(&screen->turn, 1);
  return -1;
}

static int take_more(struct exec_output *output, struct exec_stream *stream,
                     char **room, size_t *len)
{
  int err = exec_store_room(&stream->store, EXEC_STORE_BEYOND, room, len);
  return err < 0 ? fail(output, err) : 0;
}

int exec_find_room(struct exec_output *output, struct exec_stream *stream,
                   char **room, size_t *len)
{
  enum exec_store_claim claim = EXEC_STORE_COMMON;
  for (;;) {
    int err = exec_store_room(&stream->store, claim, room, len);
    if (err != ASYNC_EAGAIN)
      return err < 0 ? fail(output, err) : 0;
    bool favoured = is_favoured(output);
    if (favoured && claim == EXEC_STORE_COMMON) {
      claim = EXEC_STORE_FAVOURED;
      continue;
    }
    if ((!favoured && got_memory(output)) || spill(output, stream) ||
        take_turn(output))
      continue;
    if (favoured && !has_share(output))
      return take_more(output, stream, room, len);
    if (favoured && !may_come_early(output))
      return fail(output, 0);
    if (wait_for_change(output, favoured) < 0)
      return fail(output, 0);
  }
}
