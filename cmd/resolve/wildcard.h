/* cmd/resolve/wildcard.h: --wildcard. */
#ifndef RESOLVE_WILDCARD_H
#define RESOLVE_WILDCARD_H

#include "async/fan.h"
#include "resolve/client.h"

/* Whether what came of a question would have come of any name beside it: an
 * answer, or SERVFAIL. Sets the item's `wildcard` and what follows from it.
 *
 * Does nothing for other ends.
 */
void resolve_wildcard(struct resolve_client *client, struct resolve_item *item,
                      struct async_fan_attempt *attempt);

#endif
