/* cmd/resolve/work.h: questions that take more than one query each, in tasks. */
#ifndef RESOLVE_WORK_H
#define RESOLVE_WORK_H

#include "job/tool.h"
#include "resolve/client.h"

/* Whether the options ask for any of that. */
bool resolve_needs_work(const struct resolve_opts *opts);

/* The hooks of struct job_tool; ctx is a struct resolve_client. */
int resolve_work_prepare(void *ctx, struct job_item *item);
void resolve_work(void *ctx, struct job_item *item,
                  struct async_fan_attempt *attempt);

/* Whether the options fit each other, and the resolvers. Returns 0, or the exit
 * status after it was said what is wrong. */
int resolve_work_check(struct resolve_client *client);

#endif
