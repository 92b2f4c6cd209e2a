/* cmd/resolve/made.h: what --system finds, written as a reply from DNS. */
#ifndef RESOLVE_MADE_H
#define RESOLVE_MADE_H

#include <stdbool.h>
#include <stdint.h>

#include "resolve/item.h"

/* The reply to an item's question, in item->made: with addresses or names (a
 * NUL behind each), or only an rcode. Missing memory is told by the next. */
void resolve_made_addresses(struct resolve_item *item,
                            const struct async_dns_addresses *found);
void resolve_made_names(struct resolve_item *item,
                        const struct async_buf *names, uint32_t ttl_s);
void resolve_made_rcode(struct resolve_item *item, unsigned rcode);

/* Reads it into item->message. Returns 0 or ASYNC_ENOMEM. */
int resolve_made_end(struct resolve_item *item);

/* The address whose name in reverse is the question's. Returns whether it is
 * one. */
bool resolve_made_address(const struct resolve_question *question,
                          struct async_dns_address *out);

#endif
