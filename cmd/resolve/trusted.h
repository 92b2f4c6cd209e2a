/* cmd/resolve/trusted.h: --trusted. */
#ifndef RESOLVE_TRUSTED_H
#define RESOLVE_TRUSTED_H

#include "async/fan.h"
#include "resolve/client.h"

/* Asks trusted resolvers about an answer of others. What they say takes its
 * place; if the two have nothing in common, the item is marked as hijacked.
 *
 * Does nothing for other ends.
 */
void resolve_confirm(struct resolve_client *client, struct resolve_item *item,
                     struct async_fan_attempt *attempt);

#endif
