#include "async/gather.h"

#include "async/error.h"
#include "async/event.h"
#include "async/timer.h"

struct gather {
  struct async_call *calls;
  size_t count;
  size_t started; /* the tasks take the calls in order */
  size_t winner;  /* count: none */
  enum async_gather_mode mode;
  struct async_group group;
  struct async_event ended; /* one has, since the last was started */
};

static bool decides(const struct gather *gather, int rc)
{
  switch (gather->mode) {
  case ASYNC_GATHER_ALL:
    return rc < 0;
  case ASYNC_GATHER_ANY:
    return rc >= 0;
  case ASYNC_GATHER_RACE:
    return true;
  case ASYNC_GATHER_SETTLE:
    break;
  }
  return false;
}

static bool is_decided(const struct gather *gather)
{
  return gather->winner < gather->count;
}

static void call_ended(struct gather *gather, size_t index, int rc)
{
  gather->calls[index].rc = rc;
  async_event_set(&gather->ended);
  if (is_decided(gather) || !decides(gather, rc))
    return;
  gather->winner = index;
  async_group_cancel(&gather->group);
}

static int run_call(void *arg)
{
  struct gather *gather = arg;
  size_t index = gather->started++;
  struct async_call *call = &gather->calls[index];
  call_ended(gather, index, call->fn(call->arg));
  return 0;
}

/* Waits until the next call may start: after a while, or when one has ended.
 * Returns ASYNC_ECANCELED if it may not, being decided or cancelled. */
static int wait_turn(struct gather *gather, int64_t stagger_ns)
{
  int rc;
  async_event_clear(&gather->ended);
  ASYNC_WITHIN(stagger_ns, rc, async_event_wait(&gather->ended));
  return rc == ASYNC_ECANCELED ? rc : async_check();
}

static void start_calls(struct gather *gather, int64_t stagger_ns)
{
  static const struct async_spawn_opts opts = { .name = "gather" };
  int rc = 0;
  for (size_t i = 0; i < gather->count && rc == 0; i++) {
    if (i > 0 && stagger_ns > 0)
      rc = wait_turn(gather, stagger_ns);
    if (rc == 0)
      rc = async_spawn_with(&gather->group, &opts, run_call, gather, NULL);
    if (rc < 0 && rc != ASYNC_ECANCELED)
      while (i < gather->count)
        call_ended(gather, i++, rc);
  }
}

static bool was_cut(const struct gather *gather)
{
  for (size_t i = 0; i < gather->count; i++)
    if (gather->calls[i].rc == ASYNC_ECANCELED)
      return true;
  return false;
}

/* What completed wins: a cancel that came after the last call had ended is left
 * to the next checkpoint. */
static int outcome(const struct gather *gather, int group_rc)
{
  if (is_decided(gather))
    return gather->calls[gather->winner].rc;
  if (group_rc < 0 && was_cut(gather))
    return group_rc;
  return gather->mode == ASYNC_GATHER_ANY ? gather->calls[0].rc : 0;
}

int async_gather(struct async_call *calls, size_t count,
                 enum async_gather_mode mode, int64_t stagger_ns,
                 size_t *winner)
{
  struct gather gather = {
    .calls = calls, .count = count, .winner = count, .mode = mode
  };
  bool needs_one = mode == ASYNC_GATHER_ANY || mode == ASYNC_GATHER_RACE;
  for (size_t i = 0; i < count; i++)
    calls[i].rc = ASYNC_ECANCELED;
  if (winner)
    *winner = count;
  if (needs_one && count == 0)
    return ASYNC_EINVAL;
  int rc = async_check();
  if (rc < 0)
    return rc;
  async_event_init(&gather.ended);
  async_group_open(&gather.group, ASYNC_GROUP_COLLECT);
  start_calls(&gather, stagger_ns);
  rc = async_group_close(&gather.group);
  if (winner)
    *winner = gather.winner;
  return outcome(&gather, rc);
}
