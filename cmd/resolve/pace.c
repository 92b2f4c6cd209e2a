#include "resolve/pace.h"

void resolve_pace_init(struct resolve_pace *pace,
                       const struct async_dns_fleet *fleet)
{
  pace->fleet = fleet;
  pace->waiting = false;
  async_event_init(&pace->ended);
}

/* Each end of a query leads to another one that leaves the queue. */
int resolve_pace_wait(struct resolve_pace *pace)
{
  int err = 0;
  while (err == 0 && pace->fleet &&
         async_dns_fleet_queued(pace->fleet) >= RESOLVE_PACE_QUEUE) {
    async_event_clear(&pace->ended);
    pace->waiting = true;
    err = async_event_wait(&pace->ended);
    pace->waiting = false;
  }
  return err;
}
