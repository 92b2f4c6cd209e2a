/* cmd/fetch/job.h: one entry's work. */
#ifndef FETCH_JOB_H
#define FETCH_JOB_H

#include "job/tool.h"

/* Hooks of struct job_tool. */
int fetch_prepare(void *ctx, struct job_item *item);
const char *fetch_key(void *ctx, struct job_item *item, size_t *len);
void fetch_work(void *ctx, struct job_item *item,
                struct async_fan_attempt *attempt);

#endif
