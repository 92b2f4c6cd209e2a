/* cmd/resolve/judge.h: one question, attempt by attempt. */
#ifndef RESOLVE_JUDGE_H
#define RESOLVE_JUDGE_H

#include "async/fan.h"
#include "job/tool.h"

/* The hooks of struct job_tool; ctx is a struct resolve_client. */
int resolve_next(void *ctx, struct job_item *item);
int resolve_prepare(void *ctx, struct job_item *item);
void resolve_start(void *ctx, struct job_item *item,
                   struct async_fan_attempt *attempt, struct async_op *op);
void resolve_judge(void *ctx, struct job_item *item,
                   struct async_fan_attempt *attempt, struct async_op *op);
void resolve_ended(void *ctx, struct job_item *item,
                   const struct async_fan_result *result);
void resolve_item_done(struct job_item *item);

#endif
