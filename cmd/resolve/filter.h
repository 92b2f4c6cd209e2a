/* cmd/resolve/filter.h: words for what came of a question. */
#ifndef RESOLVE_FILTER_H
#define RESOLVE_FILTER_H

#include "opt/list.h"
#include "resolve/item.h"

/* --retry-on */
struct resolve_codes {
  bool timeout, badreply, network;
  uint64_t rcodes[64]; /* a bit for each of 4096 */
};

void resolve_codes_init(struct resolve_codes *codes,
                        const struct opt_list *words);
bool resolve_codes_have(const struct resolve_codes *codes, unsigned rcode);

/* --only and --not: a list of conditions, each a set of words that have to be
 * true together. Borrows the texts. */
struct resolve_filter {
  const struct opt_list *words;
};

/* Whether one of the conditions is true. */
bool resolve_filter_hits(const struct resolve_filter *filter,
                         const struct resolve_item *item);

#endif
