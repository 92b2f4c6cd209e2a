/* cmd/resolve/soa_priv.h: what the steps of --soa-check share. */
#ifndef RESOLVE_SOA_PRIV_H
#define RESOLVE_SOA_PRIV_H

#include "resolve/judge.h"
#include "resolve/soa.h"

struct resolve_soa_check {
  struct resolve_client *client;
  struct resolve_item *item;
  struct async_fan_attempt *attempt;
  struct resolve_servers *servers;
};

/* Ends of the check: a sentence, one that a buffer has (which is freed), or the
 * error of a query. They return false. */
bool resolve_soa_fail(struct resolve_soa_check *check, enum job_error_kind kind,
                      int code, const char *message);
bool resolve_soa_fail_text(struct resolve_soa_check *check,
                           struct async_buf *text);
bool resolve_soa_fail_code(struct resolve_soa_check *check, int err);

/* Asks questions to their end. Returns 0 or ASYNC_ECANCELED. */
int resolve_soa_ask(struct resolve_soa_check *check,
                    struct resolve_inquiry *items, size_t count);

/* A question of resolvers, of the item's class. */
struct resolve_question resolve_soa_question(
    const struct resolve_soa_check *check, unsigned char *name, size_t bytes,
    uint16_t type);

/* The addresses of the servers that have a name, and what they say. Return
 * whether the check goes on. */
bool resolve_soa_find_addresses(struct resolve_soa_check *check);
bool resolve_soa_ask_serials(struct resolve_soa_check *check);

#endif
