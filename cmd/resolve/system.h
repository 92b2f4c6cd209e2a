/* cmd/resolve/system.h: --system, names looked up as other programs do: in the
 * hosts file, with the search list, at the system's resolvers. What comes out
 * is written as a message, so that records and formats are those of any other
 * question. */
#ifndef RESOLVE_SYSTEM_H
#define RESOLVE_SYSTEM_H

#include "async/fan.h"
#include "job/tool.h"
#include "resolve/item.h"
#include "resolve/question.h"

struct resolve_client;

/* Opens the lookups' side of the client. Returns 0, or the exit status after
 * job_say_error. */
int resolve_system_open(struct resolve_client *client);

/* Whether the options and operands go together; makes them what --system means.
 * Returns as resolve_system_open does. */
int resolve_system_check(struct resolve_client *client);

/* Makes one of an entry's types: A and AAAA are one question, of type ANY.
 *
 * reverse  the entry is an address
 *
 * Returns 0, or -1 after job_error_set.
 */
int resolve_system_types(struct resolve_types *types, struct job_item *item,
                         bool reverse);

/* The hooks of struct job_tool; ctx is a struct resolve_client. */
int resolve_system_prepare(void *ctx, struct job_item *item);
void resolve_system_work(void *ctx, struct job_item *item,
                         struct async_fan_attempt *attempt);

#endif
