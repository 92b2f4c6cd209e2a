/* cmd/resolve/votes.h: the same question, answered by several resolvers. */
#ifndef RESOLVE_VOTES_H
#define RESOLVE_VOTES_H

#include "resolve/inquiry.h"

/* Those that said the same, or in the same way nothing. */
struct resolve_group {
  size_t first, count; /* the first of them, among the votes */
};

/* One that was asked, and another in its place. */
struct resolve_lost {
  uint16_t resolver;
  int rc; /* 0: a reply, with this rcode */
  unsigned rcode;
};

enum { RESOLVE_LOST = 32 };

struct resolve_votes {
  struct async_dns_fleet *fleet;
  struct resolve_inquiry *items;
  size_t *group_of; /* each vote's */
  size_t count;
  struct resolve_group *groups; /* the largest first */
  size_t group_count;
  struct resolve_lost lost[RESOLVE_LOST]; /* the first of them */
  size_t lost_count;
};

/* Room for so many votes on one question; whom they ask is still to be set.
 * Returns NULL without memory. */
struct resolve_votes *resolve_votes_new(struct async_dns_fleet *fleet,
                                        const struct resolve_question *question,
                                        size_t count);

/* NULL is fine. */
void resolve_votes_free(struct resolve_votes *votes);

/* Remembers that one was asked in vain. */
void resolve_votes_lose(struct resolve_votes *votes,
                        const struct resolve_inquiry *inquiry);

/* Forms the groups, and keeps one reply of each: the rcode and the set of records are the same, or the error
 * is. Returns 0 or ASYNC_ENOMEM. */
int resolve_votes_count(struct resolve_votes *votes);

/* A member of a group. */
struct resolve_inquiry *resolve_votes_of(const struct resolve_votes *votes,
                                         const struct resolve_group *group);

/* Appends who says what, for people: "2 say 192.0.2.1, 1 says NXDOMAIN, 1 says
 * nothing". */
void resolve_votes_explain(const struct resolve_votes *votes,
                           struct async_buf *out);

#endif
