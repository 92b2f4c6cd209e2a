/* cmd/resolve/record_priv.h: the parts of resolve's records. */
#ifndef RESOLVE_RECORD_PRIV_H
#define RESOLVE_RECORD_PRIV_H

#include "async/dns_message.h"
#include "job/record.h"
#include "resolve/item.h"

/* Appends a section as an array of objects. */
void resolve_record_add_section(const struct async_dns_message *message,
                                enum async_dns_section section,
                                struct async_buf *out);

/* Of questions that take more than one query. */
void resolve_get_agree(const struct job_item *item, struct job_value *out);
void resolve_get_votes(const struct job_item *item, struct job_value *out);
void resolve_get_zone(const struct job_item *item, struct job_value *out);
void resolve_get_servers(const struct job_item *item, struct job_value *out);
void resolve_get_hijacked(const struct job_item *item, struct job_value *out);
void resolve_get_hijacker(const struct job_item *item, struct job_value *out);

#endif
