/* cmd/fetch/record.h: how fetch shows what became of an entry. */
#ifndef FETCH_RECORD_H
#define FETCH_RECORD_H

#include "job/tool.h"

extern const struct job_field fetch_fields[];

/* Hooks of struct job_tool. */
void fetch_text(void *ctx, const struct job_item *item, struct async_buf *out);
void fetch_ended(void *ctx, struct job_item *item,
                 const struct async_fan_result *result);
int fetch_status(void *ctx, int status);

#endif
