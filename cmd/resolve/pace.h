/* cmd/resolve/pace.h: -j auto. How many queries a resolver gets at once is the
 * fleet's business; ours is to take no more names than it can make use of: what
 * has to be asked again waits behind those that were taken before, and its
 * --timeout goes on. */
#ifndef RESOLVE_PACE_H
#define RESOLVE_PACE_H

#include "async/dns_fleet.h"
#include "async/event.h"

enum {
  RESOLVE_PACE_JOBS = 10000,     /* names at once, at most */
  RESOLVE_PACE_WORK_JOBS = 1000, /* where each has a task */
  RESOLVE_PACE_QUEUE = 512 /* that wait for a resolver: as many as may leave on
                              one turn of the loop */
};

struct resolve_pace {
  const struct async_dns_fleet *fleet; /* NULL: without a limit */
  struct async_event ended;
  bool waiting;
};

/* fleet  borrowed; NULL: resolve_pace_wait never waits */
void resolve_pace_init(struct resolve_pace *pace,
                       const struct async_dns_fleet *fleet);

/* Waits until one more name is welcome. Returns 0 or ASYNC_ECANCELED. */
int resolve_pace_wait(struct resolve_pace *pace);

/* A query has ended. */
static inline void resolve_pace_ended(struct resolve_pace *pace)
{
  if (pace->waiting)
    async_event_set(&pace->ended);
}

#endif
