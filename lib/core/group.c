#include <assert.h>

#include "async/error.h"
#include "async/task.h"
#include "core/loop_priv.h"

void async_group_open(struct async_group *group, enum async_group_policy policy)
{
  *group = (struct async_group){ .policy = policy };
  async_list_init(&group->tasks);
  async_scope_enter(&group->scope, ASYNC_NEVER);
}

void async_group_cancel(struct async_group *group)
{
  async_scope_cancel(&group->scope);
}

/* A cancel reaches the tasks through their scopes; waiting for them goes on. */
static int keep_waiting(struct async_op *op)
{
  (void)op;
  return ASYNC_OP_PENDING;
}

static void wait_for_tasks(struct async_group *group)
{
  while (group->live > 0) {
    struct async_op op;
    async_op_start(&op, "group close", keep_waiting);
    group->closer = &op;
    async_await(&op);
    group->closer = NULL;
  }
}

int async_group_close(struct async_group *group)
{
  wait_for_tasks(group);
  group->closing = true;
  asy_group_free_handles(group);
  bool from_outside = group->scope.parent->cancelled;
  async_scope_leave(&group->scope, 0);
  if (group->rc < 0)
    return group->rc;
  return from_outside ? ASYNC_ECANCELED : 0;
}

struct async_group *async_root(void)
{
  return &asy_loop->root;
}
