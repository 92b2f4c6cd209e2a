#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "async/error.h"
#include "proc/launch_priv.h"
#include "proc/proc_priv.h"

static void close_procs(struct asy_local *local)
{
  struct asy_procs *procs = ASYNC_CONTAINER_OF(local, struct asy_procs, local);
  asy_launch_stack_free(procs->stack);
  asy_low_done(&procs->low);
  free(procs->strangers);
  asy_watch_close(procs);
}

struct asy_procs *asy_procs_this(void)
{
  struct asy_local *local = asy_local_find(close_procs);
  return local ? ASYNC_CONTAINER_OF(local, struct asy_procs, local) : NULL;
}

/* The system reaps the children of those that ignore SIGCHLD, and nobody
 * learns how they ended. */
static void heed_children(void)
{
  struct sigaction action;
  if (sigaction(SIGCHLD, NULL, &action) < 0 || action.sa_handler != SIG_IGN)
    return;
  action.sa_handler = SIG_DFL;
  action.sa_flags = 0;
  sigaction(SIGCHLD, &action, NULL);
}

int asy_procs_get(struct asy_procs **out)
{
  struct asy_procs *procs = asy_procs_this();
  if (!procs) {
    procs = calloc(1, sizeof(*procs));
    if (!procs)
      return ASYNC_ENOMEM;
    for (size_t i = 0; i < ASY_PROCS_BUCKETS; i++)
      async_list_init(&procs->live[i]);
    async_list_init(&procs->told);
    asy_low_init(&procs->low);
    procs->fork_only = !ASY_PROC_SHARED;
    heed_children();
    asy_local_add(&procs->local, close_procs);
  }
  if (!procs->fork_only && !procs->stack)
    procs->stack = asy_launch_stack_new();
  if (!procs->fork_only && !procs->stack)
    return ASYNC_ENOMEM;
  *out = procs;
  return asy_low_open(&procs->low);
}

static struct async_list *bucket(struct asy_procs *procs, pid_t pid)
{
  return &procs->live[(size_t)pid % ASY_PROCS_BUCKETS];
}

struct async_proc *asy_procs_find(struct asy_procs *procs, pid_t pid)
{
  ASYNC_LIST_EACH (node, bucket(procs, pid)) {
    struct async_proc *proc = ASYNC_CONTAINER_OF(node, struct async_proc, node);
    if (proc->pid == pid)
      return proc;
  }
  return NULL;
}

void asy_procs_add(struct asy_procs *procs, struct async_proc *proc)
{
  async_list_push(bucket(procs, proc->pid), &proc->node);
}

void asy_procs_each(struct asy_procs *procs,
                    void (*fn)(struct async_proc *proc, int arg), int arg)
{
  for (size_t i = 0; i < ASY_PROCS_BUCKETS; i++)
    ASYNC_LIST_EACH (node, &procs->live[i])
      fn(ASYNC_CONTAINER_OF(node, struct async_proc, node), arg);
}
