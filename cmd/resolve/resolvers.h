/* cmd/resolve/resolvers.h: whom we ask. */
#ifndef RESOLVE_RESOLVERS_H
#define RESOLVE_RESOLVERS_H

#include "async/dns_fleet.h"
#include "job/message.h"
#include "resolve/options.h"

struct resolve_resolvers {
  struct async_dns_resolver *items;
  size_t count;
};

/* Reads --resolvers and --trusted: addresses, or files of them. Without any,
 * the system's. Those that -4 or -6 rules out are left out.
 *
 * Returns 0, or the exit status, after it was said what is wrong: 2 for one
 * that cannot be read, 4 if none is left.
 */
int resolve_resolvers_read(struct resolve_resolvers *out,
                           const struct resolve_opts *opts,
                           struct job_log *log);
void resolve_resolvers_done(struct resolve_resolvers *resolvers);

#endif
