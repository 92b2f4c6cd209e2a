/* cmd/fetch/verdict.h: what became of an exchange, in words. */
#ifndef FETCH_VERDICT_H
#define FETCH_VERDICT_H

#include "fetch/exchange.h"

/* Says in the item what went wrong, if anything did.
 *
 * url    where the exchange went
 * rc     what fetch_exchange_run returned
 * cause  set if something did
 *
 * Returns whether all is well.
 */
bool fetch_verdict(struct fetch_exchange *exchange, const struct fetch_url *url,
                   int rc, enum fetch_cause *cause);

/* Says that the body could not be kept. */
void fetch_verdict_of_io(struct fetch_exchange *exchange, int err);

#endif
