/* cmd/exec/slots.h: a number for each job that runs, from 1 to --jobs: {%}. */
#ifndef EXEC_SLOTS_H
#define EXEC_SLOTS_H

#include <stddef.h>

struct exec_slots {
  unsigned *free; /* the next one is the last */
  size_t count;
};

/* Returns 0 or ASYNC_ENOMEM. */
int exec_slots_init(struct exec_slots *slots, size_t count);
void exec_slots_done(struct exec_slots *slots);

/* As many can be taken at once as there are. */
unsigned exec_slots_take(struct exec_slots *slots);
void exec_slots_give(struct exec_slots *slots, unsigned slot);

#endif
