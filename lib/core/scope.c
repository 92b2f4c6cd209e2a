#include "async/scope.h"

#include <assert.h>
#include <string.h>

#include "async/error.h"
#include "core/loop_priv.h"

/* Marks a scope; a task that is parked right there has its operation aborted.
 */
static void mark(struct async_scope *scope)
{
  struct async_task *task = scope->task;
  scope->cancelled = true;
  if (task && task->scope == scope && task->waiting)
    async_op_abort(task->waiting);
}

/* The first child, from `node` on, that the cancel of its parent concerns. */
static struct async_scope *next_child(struct async_scope *parent,
                                      struct async_list *node)
{
  for (; node != &parent->children; node = node->next) {
    struct async_scope *child =
        ASYNC_CONTAINER_OF(node, struct async_scope, sibling);
    if (!child->shield && !child->cancelled)
      return child;
  }
  return NULL;
}

/* Marks a scope and the unshielded ones inside it, parents first. Without
 * recursion: a tree of tasks may be deeper than a stack has room for. */
static void propagate(struct async_scope *top)
{
  struct async_scope *scope = top;
  if (top->cancelled)
    return;
  mark(top);
  for (;;) {
    struct async_scope *next = next_child(scope, scope->children.next);
    while (!next && scope != top) {
      next = next_child(scope->parent, scope->sibling.next);
      scope = scope->parent;
    }
    if (!next)
      return;
    mark(next);
    scope = next;
  }
}

void async_scope_cancel(struct async_scope *scope)
{
  if (scope->own)
    return;
  scope->own = true;
  async_timer_clear(&scope->timer);
  propagate(scope);
}

static void deadline_passed(struct async_timer *timer)
{
  struct async_scope *scope =
      ASYNC_CONTAINER_OF(timer, struct async_scope, timer);
  /* What an outer scope cut off did not run out of time. */
  scope->timed_out = !scope->cancelled;
  async_scope_cancel(scope);
}

void asy_scope_init(struct async_scope *scope, struct async_scope *parent,
                    struct async_task *task, int64_t deadline_ns, bool shield)
{
  memset(scope, 0, sizeof(*scope));
  scope->parent = parent;
  scope->task = task;
  scope->shield = shield;
  async_list_init(&scope->children);
  async_list_init(&scope->sibling);
  if (parent) {
    async_list_push(&parent->children, &scope->sibling);
    scope->cancelled = parent->cancelled && !shield;
  }
  if (deadline_ns != ASYNC_NEVER)
    async_timer_set(&scope->timer, deadline_ns, deadline_passed);
}

static void enter(struct async_scope *scope, int64_t deadline_ns, bool shield)
{
  struct async_task *task = asy_loop->current;
  assert(task);
  asy_scope_init(scope, task->scope, task, deadline_ns, shield);
  task->scope = scope;
}

void async_scope_enter(struct async_scope *scope, int64_t deadline_ns)
{
  enter(scope, deadline_ns, false);
}

void async_scope_shield(struct async_scope *scope, int64_t deadline_ns)
{
  enter(scope, deadline_ns, true);
}

int async_scope_leave(struct async_scope *scope, int rc)
{
  struct async_task *task = asy_loop->current;
  assert(task && task->scope == scope);
  assert(async_list_empty(&scope->children));
  async_timer_clear(&scope->timer);
  async_list_remove(&scope->sibling);
  task->scope = scope->parent;
  return rc == ASYNC_ECANCELED && scope->timed_out ? ASYNC_ETIMEDOUT : rc;
}

void async_scope_extend(struct async_scope *scope, int64_t deadline_ns)
{
  if (!scope->own)
    async_timer_set(&scope->timer, deadline_ns, deadline_passed);
}

int async_check(void)
{
  struct async_loop *loop = asy_loop;
  if (++loop->stats.checkpoints == loop->opts.cancel_at)
    async_scope_cancel(&loop->root.scope);
  return loop->current->scope->cancelled ? ASYNC_ECANCELED : 0;
}

int64_t async_deadline(void)
{
  int64_t nearest_ns = ASYNC_NEVER;
  struct async_scope *scope = asy_loop->current->scope;
  for (; scope; scope = scope->shield ? NULL : scope->parent)
    if (async_timer_armed(&scope->timer) && scope->timer.node.key < nearest_ns)
      nearest_ns = scope->timer.node.key;
  return nearest_ns;
}
