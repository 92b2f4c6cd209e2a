/* cmd/exec/block.h: parts of the input, for --pipe.
 *
 * The input is read into slabs, and a block is a part of one, so that no byte
 * is copied but those behind the last block of a slab. A slab lives as long as
 * a block of it; its memory is used again. */
#ifndef EXEC_BLOCK_H
#define EXEC_BLOCK_H

#include <stddef.h>

#include "async/list.h"

struct exec_slab {
  struct exec_slabs *all;
  struct exec_slab *next; /* of those that are not used */
  size_t refs, cap;
  char bytes[];
};

struct exec_slabs {
  size_t cap; /* of those that are worth keeping */
  struct exec_slab *spare;
};

struct exec_block {
  struct async_list node; /* free for whoever has it */
  struct exec_slab *slab;
  const char *bytes;
  size_t len;
};

/* Frees those that are not used. */
void exec_slabs_trim(struct exec_slabs *slabs);

/* Makes one with at least `cap` bytes, and one reference. Returns NULL without
 * memory. */
struct exec_slab *exec_slab_new(struct exec_slabs *slabs, size_t cap);

/* NULL is fine. */
void exec_slab_unref(struct exec_slab *slab);

/* The block begins at `start`; feed.h has its end. Returns NULL without
 * memory. */
struct exec_block *exec_block_new(struct exec_slab *slab, size_t start,
                                  size_t len);

#endif
