/* cmd/exec/attempt.h: one run of the command for one item. */
#ifndef EXEC_ATTEMPT_H
#define EXEC_ATTEMPT_H

#include "async/fan.h"
#include "async/proc.h"
#include "exec/client.h"
#include "exec/item.h"

struct exec_attempt {
  struct exec_client *client;
  struct exec_item *item;
  struct async_fan_attempt *fan;
  struct async_proc proc;
  struct exec_cgroup *cgroup; /* NULL: none of its own */
  int64_t began_ns;
};

#endif
