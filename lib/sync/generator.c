/* fn runs while somebody stands in `asking`:
 *
 *   next   joins `asking`, opens the gate `wanted`
 *   yield  gives the item to the first in `asking`, then waits for another
 *
 * Whether to wait is always decided by `asking`; the gate says when to look. */
#include "async/generator.h"

#include <string.h>

#include "async/error.h"
#include "sync/queue_priv.h"

struct asker {
  struct async_op op;
  void *item;
};

static int wait_for_asker(struct async_generator *generator)
{
  int rc = 0;
  while (rc == 0 && async_list_empty(&generator->asking)) {
    async_event_clear(&generator->wanted);
    rc = async_event_wait(&generator->wanted);
  }
  return rc;
}

static int run(void *arg)
{
  struct async_generator *generator = arg;
  wait_for_asker(generator);
  int rc = generator->fn(generator, generator->arg);
  generator->ended = true;
  asy_queue_end_all(&generator->asking, ASYNC_EOF);
  return rc;
}

int async_generator_open(struct async_generator *generator, size_t item_bytes,
                         async_generator_fn *fn, void *arg)
{
  static const struct async_spawn_opts opts = { .name = "generator" };
  generator->item_bytes = item_bytes;
  generator->fn = fn;
  generator->arg = arg;
  generator->ended = false;
  async_list_init(&generator->asking);
  async_event_init(&generator->wanted);
  async_group_open(&generator->group, ASYNC_GROUP_COLLECT);
  int err = async_spawn_with(&generator->group, &opts, run, generator, NULL);
  if (err < 0)
    async_group_close(&generator->group);
  return err;
}

/* Once the item is taken it succeeds, even if it is cancelled before the next
 * is asked for: the call after this one tells. */
int async_generator_yield(struct async_generator *generator, const void *item)
{
  int err = async_checkpoint();
  if (err == 0)
    err = wait_for_asker(generator);
  if (err < 0)
    return err;
  struct async_op *op = asy_queue_shift(&generator->asking);
  memcpy(ASYNC_CONTAINER_OF(op, struct asker, op)->item, item,
         generator->item_bytes);
  async_op_done(op, 0);
  wait_for_asker(generator);
  return 0;
}

int async_generator_next(struct async_generator *generator, void *item)
{
  struct asker asker = { .item = item };
  int err = async_checkpoint();
  if (err < 0)
    return err;
  if (generator->ended)
    return ASYNC_EOF;
  async_event_set(&generator->wanted);
  return asy_queue_wait(&generator->asking, &asker.op, "generator",
                        asy_queue_abort);
}

int async_generator_close(struct async_generator *generator)
{
  async_group_cancel(&generator->group);
  return async_group_close(&generator->group);
}
