/* cmd/resolve/check.h: --check-resolvers. */
#ifndef RESOLVE_CHECK_H
#define RESOLVE_CHECK_H

#include "resolve/client.h"
#include "resolve/resolvers.h"

/* Whether it is asked for, with so many resolvers. */
bool resolve_check_wanted(const struct resolve_opts *opts, size_t count);

/* Asks each of them for a name that exists and for one that cannot, before
 * anything is read. Says which are bad, and takes them off the list (drop); or
 * writes the good ones to standard output (only).
 *
 * opts  of the fleet that will ask them
 *
 * Returns 0, or the exit status after it was said what is wrong: 4 if none is of
 * use.
 */
int resolve_check_run(struct resolve_client *client,
                      struct resolve_resolvers *resolvers,
                      const struct async_dns_fleet_opts *opts);

#endif
