/* cmd/resolve/judge.h: one question, attempt by attempt. */
#ifndef RESOLVE_JUDGE_H
#define RESOLVE_JUDGE_H

#include "async/fan.h"
#include "job/tool.h"
#include "resolve/flight.h"

struct resolve_client;

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

/* An attempt begins: what came of the one before is forgotten. */
void resolve_begin(struct resolve_item *item);

/* The same, and its time begins now: where there is more than one query. */
void resolve_begin_now(struct resolve_item *item);

/* The end of a query as an attempt's: what resolve_judge does.
 *
 * rc  as of async_dns_ask_start; if it is 0, the flight has the reply
 */
void resolve_judge_end(struct resolve_client *client, struct resolve_item *item,
                       struct async_fan_attempt *attempt, int rc);

/* The same for a reply that is in item->message already. */
void resolve_judge_message(struct resolve_client *client,
                           struct resolve_item *item,
                           struct async_fan_attempt *attempt);

/* Gives an item another flight (given, or NULL), and forgets what came of the
 * one before. */
void resolve_item_take(struct resolve_item *item,
                       struct resolve_flight *flight);

#endif
