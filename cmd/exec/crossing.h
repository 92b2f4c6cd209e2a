/* cmd/exec/crossing.h: the entries behind ::: on the command line. Each further
 * ::: crosses with those before, the last one varying fastest; :::+ goes along
 * with the one before it, up to the end of the shorter. */
#ifndef EXEC_CROSSING_H
#define EXEC_CROSSING_H

#include <stdbool.h>

#include "job/tool.h"

struct exec_crossing;

/* Whether a word is ::: or :::+. */
bool exec_crossing_is_mark(const char *word);

/* Reads run->operands, which begin with one. Returns 0, or the exit status,
 * after it was said what is wrong. */
int exec_crossing_new(struct exec_crossing **out, struct job_run *run);
void exec_crossing_free(struct exec_crossing *crossing);

/* The next entry: the values with a blank between, and each as a column. Returns
 * 0, ASYNC_EOF or ASYNC_ENOMEM. */
int exec_crossing_next(struct exec_crossing *crossing, struct job_item *item);

#endif
