/* cmd/exec/block.h: a part of the input, for --pipe. */
#ifndef EXEC_BLOCK_H
#define EXEC_BLOCK_H

#include <stddef.h>

struct exec_block {
  size_t len;
  char bytes[];
};

#endif
