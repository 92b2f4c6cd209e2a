/* cmd/resolve/marks.h: what an answer says, to be compared with what others say.
 *
 * Two answers are rarely equal byte by byte: loads are balanced, records come
 * in any order, and a name may point at itself below another domain. */
#ifndef RESOLVE_MARKS_H
#define RESOLVE_MARKS_H

#include <stdbool.h>

#include "async/buf.h"
#include "async/dns_message.h"
#include "resolve/item.h"

/* Sets of 64-bit hashes. */
struct resolve_marks {
  struct async_buf records;  /* type and data, whoever owns them */
  struct async_buf networks; /* the /24 and /48 of addresses */
  struct async_buf alias;    /* what the name itself is another name for */
};

#define RESOLVE_MARKS_INIT                                                     \
  {                                                                            \
    ASYNC_BUF_INIT, ASYNC_BUF_INIT, ASYNC_BUF_INIT                             \
  }

/* Adds an answer. A name that leads to its own first label below another domain
 * leaves the same mark as its neighbours do.
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int resolve_marks_add(struct resolve_marks *marks,
                      const struct async_dns_message *message,
                      const struct resolve_question *question);
void resolve_marks_done(struct resolve_marks *marks);

/* Whether all that `one` says, `all` says too: it has the same alias or a part
 * of the records. Says nothing: false.
 *
 * networks  addresses in the same networks are the same
 */
bool resolve_marks_within(const struct resolve_marks *one,
                          const struct resolve_marks *all, bool networks);

/* Whether they have an alias, a record or a network in common. */
bool resolve_marks_touch(const struct resolve_marks *a,
                         const struct resolve_marks *b);

#endif
