#include "core/local_priv.h"

#include "core/loop_priv.h"

struct asy_local *asy_local_find(void (*close)(struct asy_local *local))
{
  ASYNC_LIST_EACH (node, &asy_loop->locals) {
    struct asy_local *local = ASYNC_CONTAINER_OF(node, struct asy_local, node);
    if (local->close == close)
      return local;
  }
  return NULL;
}

void asy_local_add(struct asy_local *local,
                   void (*close)(struct asy_local *local))
{
  local->close = close;
  async_list_push(&asy_loop->locals, &local->node);
}

void asy_locals_close(struct async_loop *loop)
{
  struct async_list *node;
  while ((node = async_list_shift(&loop->locals)) != NULL) {
    struct asy_local *local = ASYNC_CONTAINER_OF(node, struct asy_local, node);
    local->close(local);
  }
}
