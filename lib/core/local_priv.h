/* What a layer above keeps for a loop, from its first use to the loop's end. */
#ifndef ASY_LOCAL_PRIV_H
#define ASY_LOCAL_PRIV_H

#include "async/list.h"

struct asy_local {
  struct async_list node;
  void (*close)(struct asy_local *local);
};

/* The running loop's, known by its `close`; or NULL. */
struct asy_local *asy_local_find(void (*close)(struct asy_local *local));

/* local  kept until close is called with it, when the last task has ended;
 *        handles of libuv may be closed there, and their callbacks run */
void asy_local_add(struct asy_local *local,
                   void (*close)(struct asy_local *local));

#endif
