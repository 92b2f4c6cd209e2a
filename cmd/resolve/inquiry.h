/* cmd/resolve/inquiry.h: questions of our own, several at once, each asked until
 * it is answered or there is no point in asking again. */
#ifndef RESOLVE_INQUIRY_H
#define RESOLVE_INQUIRY_H

#include "async/event.h"
#include "resolve/filter.h"
#include "resolve/flight.h"

struct resolve_inquiry {
  struct resolve_question question; /* its name is borrowed */
  struct async_dns_tried tried;
  struct resolve_flight *flight; /* of the last attempt */
  unsigned attempts;
  bool plain; /* without EDNS, which was not understood */
  struct async_op op;

  /* What came of it. */
  int rc;                           /* as of async_dns_ask_start */
  struct async_dns_message message; /* the reply, if rc is 0 */
};

/* Several inquiries under way. */
struct resolve_round {
  struct resolve_flights *flights;
  const struct resolve_codes *retry_on;
  unsigned attempts;   /* at one question */
  size_t limit;        /* at once; 0: all */
  int64_t deadline_ns; /* for all; 0: none */

  /* NULL, or is asked before a question is asked again: it may send it
   * elsewhere. Returns whether it is to be asked. NULL: as often as `attempts`
   * says. */
  bool (*again)(struct resolve_round *round, struct resolve_inquiry *inquiry);
  void *ctx;

  size_t running;
  struct async_list ended;
  struct async_event wake;
};

/* Asks all of them, and waits for the last one in a task. Where a question has
 * to go to one resolver it is asked there again, else elsewhere.
 *
 * items  the questions are set, the rest is zeroed; resolve_inquiries_done
 *        gives back what they have, also after a failure
 *
 * Returns 0, or ASYNC_ECANCELED.
 */
int resolve_round_run(struct resolve_round *round,
                      struct resolve_inquiry *items, size_t count);
void resolve_inquiries_done(struct resolve_inquiry *items, size_t count);

/* Whether a reply of that kind, or its lack, is worth another attempt. */
bool resolve_round_doubts(const struct resolve_round *round,
                          const struct resolve_inquiry *inquiry);
bool resolve_round_is_late(const struct resolve_round *round);

/* The resolver that was asked last, "any resolver" if none was. */
const char *resolve_inquiry_server(const struct resolve_inquiry *inquiry);

/* Appends what went wrong: "no answer from ...", "SERVFAIL from ...". */
void resolve_inquiry_explain(const struct resolve_inquiry *inquiry,
                             struct async_buf *out);

#endif
