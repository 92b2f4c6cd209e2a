#include "exec/block.h"

#include <stdlib.h>

#include "exec/feed.h"

void exec_slabs_trim(struct exec_slabs *slabs)
{
  while (slabs->spare) {
    struct exec_slab *slab = slabs->spare;
    slabs->spare = slab->next;
    free(slab);
  }
}

struct exec_slab *exec_slab_new(struct exec_slabs *slabs, size_t cap)
{
  struct exec_slab *slab = NULL;
  if (cap <= slabs->cap) {
    cap = slabs->cap;
    slab = slabs->spare;
    if (slab)
      slabs->spare = slab->next;
  }
  if (!slab)
    slab = malloc(sizeof(*slab) + cap);
  if (!slab)
    return NULL;
  slab->all = slabs;
  slab->next = NULL;
  slab->refs = 1;
  slab->cap = cap;
  return slab;
}

void exec_slab_unref(struct exec_slab *slab)
{
  if (!slab || --slab->refs > 0)
    return;
  if (slab->cap != slab->all->cap) {
    free(slab);
    return;
  }
  slab->next = slab->all->spare;
  slab->all->spare = slab;
}

struct exec_block *exec_block_new(struct exec_slab *slab, size_t start,
                                  size_t len)
{
  struct exec_block *block = malloc(sizeof(*block));
  if (!block)
    return NULL;
  async_list_init(&block->node);
  block->slab = slab;
  block->bytes = slab->bytes + start;
  block->len = len;
  slab->refs++;
  return block;
}

void exec_block_free(struct exec_block *block)
{
  if (block)
    exec_slab_unref(block->slab);
  free(block);
}
