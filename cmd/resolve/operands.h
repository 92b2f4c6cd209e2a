/* cmd/resolve/operands.h: words in dig's manner, between names and lists:
 * @ADDRESS, TYPE, CLASS, +dnssec. */
#ifndef RESOLVE_OPERANDS_H
#define RESOLVE_OPERANDS_H

#include "job/tool.h"
#include "resolve/options.h"
#include "resolve/question.h"

/* Takes them out of run->operands, which becomes an array of its own.
 *
 * opts       changed by +words; @ADDRESS goes into opts->resolvers
 * types      given as words
 * operands   on success to be freed after the run
 *
 * Returns 0, or the exit status, after it was said what is wrong.
 */
int resolve_operands_take(struct job_run *run, struct resolve_opts *opts,
                          struct resolve_types *types, char ***operands);

#endif
