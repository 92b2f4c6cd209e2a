/* cmd/resolve/vote.h: --agree and --compare. */
#ifndef RESOLVE_VOTE_H
#define RESOLVE_VOTE_H

#include "async/fan.h"
#include "resolve/client.h"

/* Whether there are resolvers for it. Returns 0, or the exit status after it
 * was said what is wrong. */
int resolve_vote_check(struct resolve_client *client);

/* One attempt at a question, for resolve_work. */
void resolve_vote(struct resolve_client *client, struct resolve_item *item,
                  struct async_fan_attempt *attempt);

#endif
